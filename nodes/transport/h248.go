package transport

import (
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/sim"
)

// H248Text is the port of the text encoding (H.248.1 Annex D.1).
const H248Text = 2944

// H248User is a controller or a gateway above the transactions of one association.
type H248User interface {
	// H248Transaction hands over a transaction of the peer; it is answered with H248.Reply.
	H248Transaction(id h248.TransactionID, actions []h248.Action, why sim.Cause)
	// H248Answer hands over the reply to our transaction.
	H248Answer(id h248.TransactionID, reply *h248.Item, why sim.Cause)
	// H248Failed says that our transaction got no reply.
	H248Failed(id h248.TransactionID, code h248.ErrorCode, why sim.Cause)
	// H248Lost says that the association is lost.
	H248Lost(why sim.Cause)
}

// H248Aborter is a user whose executions can be given up.
type H248Aborter interface {
	// H248Aborted says that a transaction has been answered with error 506: its execution took too long.
	H248Aborted(id h248.TransactionID)
}

// H248 is one side of one association, over UDP or TCP as its configuration says. A controller that is configured for UDP
// goes over to TCP with a peer that comes by it.
type H248 struct {
	Endpoint *h248.Endpoint
	port     *H248Port
	base     *nodes.Base
	user     H248User
	peer     packet.AddrPort
	self     sim.Entity
	timer    sim.Timer
	tcp      bool
	conn     *h248Conn         // nil while there is none
	waiting  map[uint64][]byte // messages the processor has not dealt with; never ranged over
	next     uint64
	busy     bool
	faults   faults
	heard    sim.Time // when the last message came
}

// NewH248 binds one side of an association with the peer node: over the link between the two where there is one, else
// between their primary addresses. cost is the processor time of a received message.
func NewH248(base *nodes.Base, cfg h248.Config, peer netem.Node, cost time.Duration, user H248User) (*H248, error) {
	from, to := H248Addresses(base, peer)
	p, err := OpenH248(base, packet.AddrPort{Addr: from, Port: H248Text}, cfg.Role, cost)
	if err != nil {
		return nil, err
	}
	return p.Associate(cfg, packet.AddrPort{Addr: to, Port: H248Text}, user), nil
}

// H248Addresses returns the addresses of an association with a peer node: those of the link between the two where there is
// one, else the primary ones.
func H248Addresses(base *nodes.Base, peer netem.Node) (from, to packet.Addr) {
	for _, i := range base.Host.Interfaces() {
		if i.Peer.Node() == peer {
			return i.Addr(base.Addr), i.Peer.Addr(base.Addr)
		}
	}
	return base.Addr, netem.CoreOf(peer).Addr(base.Addr.Is4())
}

// H248MID returns the message identifier of a node, by its primary address.
func H248MID(base *nodes.Base, node netem.Node) h248.MID {
	return h248.MID{Kind: h248.MIDAddress, Host: netem.CoreOf(node).Addr(base.Addr.Is4()).String(), Port: H248Text}
}

// H248Names reports whether a message identifier, as written, is that of a node, by whichever of its addresses.
func H248Names(mid string, node netem.Node) bool {
	for _, i := range netem.CoreOf(node).Interfaces() {
		for _, a := range i.Addrs {
			if mid == (h248.MID{Kind: h248.MIDAddress, Host: a.String(), Port: H248Text}).String() {
				return true
			}
		}
	}
	return false
}

// Peer returns the address and port that the association is with.
func (t *H248) Peer() packet.AddrPort { return t.peer }

// Heard returns when the last message of the peer came; 0 before the first.
func (t *H248) Heard() sim.Time { return t.heard }

// Request sends a transaction and returns its id.
func (t *H248) Request(actions []h248.Action, why sim.Cause) h248.TransactionID {
	id := t.Endpoint.Request(t.base.K.Now(), why, actions)
	t.pump()
	return id
}

// RequestAll sends several transactions in one message and returns the id of the first.
func (t *H248) RequestAll(list [][]h248.Action, why sim.Cause) h248.TransactionID {
	id := t.Endpoint.RequestAll(t.base.K.Now(), why, list)
	t.pump()
	return id
}

// Reply answers a transaction of the peer.
func (t *H248) Reply(id h248.TransactionID, reply h248.Item, why sim.Cause) {
	t.Endpoint.Reply(t.base.K.Now(), why, id, reply)
	t.pump()
}

func (t *H248) pump() {
	if t.busy {
		return
	}
	t.busy = true
	for {
		o, ok := t.Endpoint.Next()
		if !ok {
			break
		}
		switch o.Kind {
		case h248.Send:
			t.send(o)
		case h248.Transaction:
			t.user.H248Transaction(o.ID, o.Actions, o.Cause)
		case h248.Answer:
			t.user.H248Answer(o.ID, o.Item, o.Cause)
		case h248.Timeout:
			t.user.H248Failed(o.ID, o.Code, t.base.Waited(o.Cause, "h248.timer"))
		case h248.AssociationLost:
			t.user.H248Lost(o.Cause)
		default:
			if u, ok := t.user.(H248Aborter); ok && o.Kind == h248.Aborted {
				u.H248Aborted(o.ID)
			}
			t.mark(o)
		}
	}
	t.busy = false
	t.base.K.Arm(&t.timer, t.self, 0, t.Endpoint.Deadline())
}

func (t *H248) send(o h248.Output) {
	why := o.Cause
	k := t.base.K
	if o.Resent || o.Sent == h248.Pending {
		why = t.base.Waited(why, "h248.timer") // no time has passed where the peer's repetition asks for it
	}
	why = t.markSent(o, why)
	if k.Tracing() {
		r := sim.Record{Cause: why, Node: t.base.Entity, Kind: "h248.sent", Text: title(o.Bytes)}
		if o.Resent {
			r.Text += " again"
		}
		why = k.Record(r)
	}
	if !t.faults.struck(t, o.Bytes, why) {
		t.carry(o.Bytes, why)
	}
}

// Handle runs the transaction timers, and sends what a fault has kept back.
func (t *H248) Handle(kept uint32) {
	if kept > 0 {
		t.release(kept)
		return
	}
	if t.base.K.Due(&t.timer, t.self, 0) {
		t.Endpoint.Tick(t.base.K.Now())
	}
	t.pump()
}

// arrived takes one message off the carrier.
func (t *H248) arrived(b []byte, why sim.Cause) {
	if t.faults.mute {
		return
	}
	t.heard = t.base.K.Now()
	if k := t.base.K; k.Tracing() {
		why = k.Record(sim.Record{Cause: why, Node: t.base.Entity, Kind: "h248.received", Text: title(b)})
	}
	t.next++
	t.waiting[t.next] = b
	t.base.Work(t, t.next, t.port.cost, sim.Processing, why)
}

// WorkDone gives a message to the endpoint once the processor has dealt with it.
func (t *H248) WorkDone(n uint64, why sim.Cause) {
	b := t.waiting[n]
	delete(t.waiting, n)
	t.Endpoint.Receive(t.base.K.Now(), why, b)
	t.pump()
}

// title is what the ladder shows of a message: the commands of a request, or what else it is.
func title(b []byte) string {
	m, err := h248.Parse(b)
	if err != nil || len(m.Items) == 0 {
		return "Error"
	}
	it := &m.Items[0]
	text := ""
	for i := range it.Actions {
		for j := range it.Actions[i].Commands {
			if text != "" {
				text += "+"
			}
			c := &it.Actions[i].Commands[j]
			text += c.Verb.String()
			if it.Kind == h248.Request && c.Services != nil {
				text += "(" + c.Services.Method.String() + ")"
			}
		}
	}
	switch it.Kind {
	case h248.Request:
		return text
	case h248.Reply:
		if e := it.FirstError(); e != nil {
			if text != "" {
				text += " "
			}
			text += "Error " + codeText(e.Code)
		}
		return "Reply " + text
	case h248.Pending:
		return "Pending"
	}
	return "Ack"
}
