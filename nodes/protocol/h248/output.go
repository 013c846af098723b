package h248

import "imsim/sim"

// OutputKind tells the outputs of an Endpoint apart.
type OutputKind uint8

// What an Endpoint hands out.
const (
	Send             OutputKind = iota // Bytes go to the peer; Resent when they went before
	Transaction                        // the peer asks ID, Actions; answer with Endpoint.Reply
	Answer                             // Item is the reply to our request ID
	PendingSeen                        // the peer works on our request ID
	Timeout                            // our request ID failed: no reply. Code is 0, or 506 after too many Pendings
	AssociationLost                    // follows the Timeouts of all requests that were open
	Aborted                            // we answered the peer's transaction ID with error 506: its execution took too long
	PeerError                          // the peer answered a message of ours with Error Code, Text
	Malformed                          // Syntax tells what was wrong with a message; Send follows when it was answered
	RefusedNotReady                    // the peer's transaction ID was answered with 505
	RepeatAbsorbed                     // the peer repeated a transaction; a Send follows when it was answered already
	ReplyUnconfirmed                   // a reply with ImmAckRequired was never acknowledged; it is forgotten
	Acknowledged                       // the peer has acknowledged the reply ID, which is not kept any more
)

var outputNames = [...]string{"send", "transaction", "answer", "pending", "timeout", "association-lost", "aborted", "peer-error", "malformed", "refused-505", "repeat", "reply-unconfirmed", "acknowledged"}

// String returns the kind's name.
func (k OutputKind) String() string { return outputNames[k] }

// Output is one thing an Endpoint hands out. Fields that its kind does not have are zero. What it refers to is not
// changed afterwards and may be kept; it must not be written to.
type Output struct {
	Kind    OutputKind
	Cause   sim.Cause
	ID      TransactionID
	Bytes   []byte
	Resent  bool
	Sent    ItemKind // Send: what Bytes is
	Actions []Action
	Item    *Item
	Code    ErrorCode
	Text    string
	Syntax  *SyntaxError
}

// queue is a first-in first-out list that reuses its memory.
type queue struct {
	list []Output
	head int
}

func (q *queue) push(o Output) { q.list = append(q.list, o) }

func (q *queue) pop() (Output, bool) {
	if q.head == len(q.list) {
		return Output{}, false
	}
	o := q.list[q.head]
	q.list[q.head] = Output{}
	if q.head++; q.head == len(q.list) {
		q.list, q.head = q.list[:0], 0
	}
	return o, true
}
