package h248

import (
	"bytes"

	"imsim/sim"
)

// Endpoint is one side of one MGC–MG association: the machine that makes transactions reliable (H.248.1 §8, Annex D).
// It is plain state: inputs are Request, Reply, Receive and Tick, outputs are drained with Next.
//
// As sender it repeats a request over UDP after ReqRetx, doubled up to ReqRetxCap, until it is answered. A Pending
// slows the repetition to LongRequest (H.248.1 Annex D.1.4: a different repetition timer) and starts TMax anew.
// After TMax without answer the association is lost and every open request with it.
//
// As receiver it executes a request at most once: a repetition is absorbed while the request is executed and answered
// from a cache afterwards, for LongTimer. An execution longer than ProvTimer is reported by Pending, up to PendingLimit
// times, then the transaction is answered with 506. A reply behind a Pending asks for immediate acknowledgement over
// UDP, and is itself repeated until that comes or LongTimer ends, since the peer no longer repeats quickly [I].
type Endpoint struct {
	cfg      Config
	nextID   TransactionID
	open     map[TransactionID]*request // never ranged over
	order    []TransactionID            // of open, ascending; answered ones are dropped when they reach the front
	taken    map[TransactionID]*execution
	expiry   []TransactionID // of answered executions, in the order of their end
	expiryAt int             // index of the first in expiry
	timers   deadlines
	out      queue
	scratch  []byte // for encoding
	ready    bool
}

// NewEndpoint returns an endpoint that has seen nothing yet.
func NewEndpoint(cfg Config) *Endpoint {
	cfg.fill()
	return &Endpoint{cfg: cfg, nextID: 1, ready: !cfg.ColdStart,
		open: make(map[TransactionID]*request), taken: make(map[TransactionID]*execution)}
}

// Ready reports whether the association is past its ServiceChange.
func (e *Endpoint) Ready() bool { return e.ready }

// SetReady sets the state that ColdStart begins with: false before a restart's ServiceChange, true after its reply.
// Endpoint sets it itself when a ServiceChange of ROOT is answered without error.
func (e *Endpoint) SetReady(ready bool) { e.ready = ready }

// SetTransport changes the carrier; what is under way goes on as it began.
func (e *Endpoint) SetTransport(t Transport) { e.cfg.Transport = t }

// CarrierLost ends the association because its connection has failed: all open requests fail, and what the peer asked
// cannot be answered any more.
func (e *Endpoint) CarrierLost(why sim.Cause) {
	e.failAll(why)
	clear(e.taken)
	e.expiry, e.expiryAt = e.expiry[:0], 0
	e.out.push(Output{Kind: AssociationLost, Cause: why})
}

// Open returns the number of own requests without reply.
func (e *Endpoint) Open() int { return len(e.open) }

// Forget drops all transactions, as a restart does. Ids go on, so that late replies match nothing.
func (e *Endpoint) Forget() {
	clear(e.open)
	clear(e.taken)
	e.order, e.expiry, e.expiryAt = e.order[:0], e.expiry[:0], 0
	e.timers.heap = e.timers.heap[:0]
}

// Next returns the next output; false when there is none.
func (e *Endpoint) Next() (Output, bool) { return e.out.pop() }

// Deadline returns when Tick has something to do, or sim.Never.
func (e *Endpoint) Deadline() sim.Time {
	for len(e.timers.heap) > 0 {
		if d := e.timers.heap[0]; e.due(d) {
			return d.at
		}
		e.timers.pop()
	}
	return sim.Never
}

// due reports whether a deadline still counts.
func (e *Endpoint) due(d deadline) bool {
	switch d.kind {
	case repeatRequest, loseRequest:
		r := e.open[d.id]
		return r != nil && (d.kind == repeatRequest && r.repeatAt == d.at || d.kind == loseRequest && r.loseAt == d.at)
	}
	if d.kind == missSegments {
		r := e.open[d.id]
		return r != nil && r.parts != nil && r.parts.until == d.at
	}
	x := e.taken[d.id]
	return x != nil && x.at == d.at && x.answered == (d.kind == repeatReply)
}

// Tick does what is due at now.
func (e *Endpoint) Tick(now sim.Time) {
	for e.Deadline() <= now && len(e.timers.heap) > 0 {
		d := e.timers.heap[0]
		e.timers.pop()
		switch d.kind {
		case repeatRequest:
			e.repeat(now, d.id)
		case loseRequest:
			e.lose(d.id)
		case sendPending:
			e.provisional(now, d.id)
		case repeatReply:
			e.repeatReply(now, d.id)
		case missSegments:
			e.missSegments(d.id)
		}
	}
}

// Receive takes a message of the peer. What it hands out shares data, which must not change any more.
func (e *Endpoint) Receive(now sim.Time, why sim.Cause, data []byte) {
	e.expire(now)
	m, err := ParseShared(data)
	if m != nil && m.Version > e.cfg.Supported {
		// H.248.1 §11.3: a version that is not supported; the sender learns it before anything is done.
		err, m = &SyntaxError{Line: 1, Col: 1, Code: ErrVersion, Text: "version not supported", InAnswer: m.answers()}, nil
	}
	if m != nil {
		if m.Error != nil {
			e.out.push(Output{Kind: PeerError, Cause: why, Code: m.Error.Code, Text: m.Error.Text})
		}
		for i := range m.Items {
			e.item(now, why, &m.Items[i])
		}
	}
	if err != nil {
		e.malformed(why, err.(*SyntaxError))
	}
}

func (e *Endpoint) item(now sim.Time, why sim.Cause, it *Item) {
	switch it.Kind {
	case Request:
		e.requested(now, why, it)
	case Reply:
		e.answered(now, why, it)
	case Segment:
		// Version 3: acknowledges a segment of a reply; ours have none.
	case Pending:
		e.pending(now, why, it.ID)
	case Ack:
		e.acknowledged(why, it.Acks)
	}
}

// malformed answers what can be answered: a request by an error reply, anything else but an answer by a message's Error.
func (e *Endpoint) malformed(why sim.Cause, s *SyntaxError) {
	e.out.push(Output{Kind: Malformed, Cause: why, ID: s.ID, Code: s.Code, Text: s.Text, Syntax: s})
	switch {
	case s.InAnswer: // an answer is never answered, so that two endpoints cannot keep each other busy
	case s.InRequest && s.Known && e.taken[s.ID] != nil: // a spoilt repetition of what is executed or answered
	case s.InRequest && s.Known && s.ID != 0:
		e.send(why, &Item{Kind: Reply, ID: s.ID, Error: s.Descriptor()})
	default:
		m := Message{Version: e.cfg.Version, From: e.cfg.Own, Error: s.Descriptor()}
		e.out.push(Output{Kind: Send, Cause: why, Bytes: m.Append(nil, e.cfg.Style), Sent: Reply})
	}
}

// send writes a message of one item and returns its octets.
func (e *Endpoint) send(why sim.Cause, it *Item) []byte {
	b := e.encode(it)
	e.out.push(Output{Kind: Send, Cause: why, ID: it.ID, Bytes: b, Sent: it.Kind})
	return b
}

func (e *Endpoint) encode(items ...*Item) []byte {
	m := Message{Version: e.cfg.Version, From: e.cfg.Own, Items: make([]Item, len(items))}
	for i, it := range items {
		m.Items[i] = *it
	}
	e.scratch = m.Append(e.scratch[:0], e.cfg.Style)
	return bytes.Clone(e.scratch)
}

// Version returns the protocol version that is written: as configured, or as the association's ServiceChange agreed.
func (e *Endpoint) Version() uint8 { return e.cfg.Version }

// agree takes the version of a ServiceChange reply, sent or received. H.248.1 §11.3: the lower of what both sides know.
func (e *Endpoint) agree(reply *Item) (ok bool) {
	for i := range reply.Actions {
		for j := range reply.Actions[i].Commands {
			s := reply.Actions[i].Commands[j].Services
			if s == nil || s.Version == 0 {
				continue
			}
			if s.Version > e.cfg.Supported {
				return false
			}
			e.cfg.Version = s.Version
		}
	}
	return true
}
