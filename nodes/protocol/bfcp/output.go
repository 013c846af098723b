package bfcp

import "imsim/sim"

// OutputKind says what an Output asks of the owner or reports to it.
type OutputKind uint8

// The outputs of a client and of a server's peer.
const (
	OutSend     OutputKind = iota + 1 // Octets go to the peer: one message, Primitive names it
	OutReceived                       // a message has come in: Primitive, Code of an Error
	OutStatus                         // floor request Request of User is Status now, at Position; at a client the answer to Answers
	OutFloor                          // client: a FloorStatus has come: Floor, and who holds it in User (0: nobody)
	OutError                          // client: its transaction Transaction was answered by Error: Code
	OutDone                           // client: its transaction Transaction was answered with success
	OutClose                          // the connection is of no use any more and must be closed: Name says why
)

// Output is one thing that a machine wants done or reports. Octets belong to the owner.
type Output struct {
	Kind        OutputKind
	Primitive   Primitive
	Code        ErrorCode
	Status      Status
	Position    uint8
	User        uint16
	Floor       uint16
	Request     uint16
	Transaction uint16 // 0: begun by the server
	Name        string
	Octets      []byte
	Why         sim.Cause
}

// outputs is what waits for the owner.
type outputs struct {
	all []Output
	at  int
}

func (q *outputs) add(o Output) { q.all = append(q.all, o) }

func (q *outputs) next() (o Output, ok bool) {
	if q.at == len(q.all) {
		return o, false
	}
	o, q.all[q.at] = q.all[q.at], Output{}
	if q.at++; q.at == len(q.all) {
		q.all, q.at = q.all[:0], 0
	}
	return o, true
}
