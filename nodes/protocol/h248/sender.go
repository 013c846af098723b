package h248

import (
	"time"

	"imsim/sim"
)

// request is one of our transactions that is not answered yet.
type request struct {
	bytes         []byte
	why           sim.Cause // of the request or of the last Pending, which both armed the deadlines
	repeatAt      sim.Time  // Never over TCP
	loseAt        sim.Time
	interval      time.Duration
	pendings      int
	serviceChange bool      // of ROOT
	parts         *assembly // of a reply that comes in segments
}

// Request sends a transaction and returns its id. Answer or Timeout will name it.
func (e *Endpoint) Request(now sim.Time, why sim.Cause, actions []Action) TransactionID {
	e.expire(now)
	id, r := e.begin(now, why, actions)
	e.out.push(Output{Kind: Send, Cause: why, ID: id, Bytes: r.bytes})
	return id
}

// RequestAll sends several transactions in one message where they fit (H.248.1 §8.3: they are independent of each other),
// else in several, and returns the id of the first; the others follow. Each is repeated by itself.
func (e *Endpoint) RequestAll(now sim.Time, why sim.Cause, list [][]Action) (first TransactionID) {
	e.expire(now)
	var items []*Item
	var bytes []byte
	flush := func() {
		if len(items) > 0 {
			e.out.push(Output{Kind: Send, Cause: why, ID: items[0].ID, Bytes: bytes})
		}
		items, bytes = nil, nil
	}
	for i, actions := range list {
		id, r := e.begin(now, why, actions)
		if i == 0 {
			first = id
		}
		it := &Item{Kind: Request, ID: id, Actions: actions}
		if len(items) == MaxTransactions {
			flush()
		}
		grown := r.bytes
		if len(items) > 0 {
			if grown = e.encode(append(items, it)...); len(grown) > e.cfg.MaxMessage {
				flush()
				grown = r.bytes
			}
		}
		items, bytes = append(items, it), grown
	}
	flush()
	return first
}

// begin makes a transaction that is about to be sent.
func (e *Endpoint) begin(now sim.Time, why sim.Cause, actions []Action) (TransactionID, *request) {
	id := e.nextID
	e.nextID++
	if e.nextID == 0 { // H.248.1 §8.1: 0 is no transaction's id
		e.nextID = 1
	}
	r := &request{why: why, interval: e.cfg.ReqRetx, repeatAt: sim.Never, serviceChange: isServiceChange(actions)}
	r.bytes = e.encode(&Item{Kind: Request, ID: id, Actions: actions})
	e.open[id] = r
	e.order = append(e.order, id)
	e.armRepeat(now, id, r)
	r.loseAt = now.Add(e.cfg.TMax)
	e.timers.add(r.loseAt, loseRequest, id)
	return id, r
}

func (e *Endpoint) armRepeat(now sim.Time, id TransactionID, r *request) {
	if e.cfg.Transport == UDP {
		r.repeatAt = now.Add(r.interval)
		e.timers.add(r.repeatAt, repeatRequest, id)
	}
}

// isServiceChange reports whether a transaction is the ServiceChange of a whole gateway.
func isServiceChange(actions []Action) bool {
	for i := range actions {
		for j := range actions[i].Commands {
			if c := &actions[i].Commands[j]; c.Verb == ServiceChange && c.Termination.IsRoot() {
				return true
			}
		}
	}
	return false
}

// repeat sends a request again. H.248.1 Annex D.1.3: the interval grows exponentially, up to a limit.
func (e *Endpoint) repeat(now sim.Time, id TransactionID) {
	r := e.open[id]
	e.out.push(Output{Kind: Send, Cause: r.why, ID: id, Bytes: r.bytes, Resent: true})
	if r.pendings == 0 {
		r.interval = min(2*r.interval, e.cfg.ReqRetxCap)
	}
	e.armRepeat(now, id, r)
}

// lose gives up: an unanswered request means that the peer is gone, so all requests fail.
func (e *Endpoint) lose(id TransactionID) {
	why := e.open[id].why
	e.failAll(sim.Cause{})
	e.out.push(Output{Kind: AssociationLost, Cause: why, ID: id})
}

// failAll fails all open requests, by reason of why, or of each one's own deadline where that is zero.
func (e *Endpoint) failAll(why sim.Cause) {
	for _, id := range e.order {
		if r := e.open[id]; r != nil {
			w := why
			if w == (sim.Cause{}) {
				w = r.why
			}
			e.out.push(Output{Kind: Timeout, Cause: w, ID: id})
			delete(e.open, id)
		}
	}
	e.order = e.order[:0]
}

func (e *Endpoint) done(id TransactionID) {
	delete(e.open, id)
	n := 0
	for n < len(e.order) && e.open[e.order[n]] == nil {
		n++
	}
	if n > 0 {
		e.order = e.order[:copy(e.order, e.order[n:])]
	}
}

// answered takes a reply of the peer. A repeated one is acknowledged again if it asks for that, and otherwise ignored.
func (e *Endpoint) answered(now sim.Time, why sim.Cause, it *Item) {
	if it.Segment != 0 || it.LastSegment {
		if it = e.assemble(now, why, it); it == nil {
			return
		}
	}
	if it.ImmAckRequired {
		// H.248.1 §8.2.2: the third leg of the handshake, sent at once.
		e.send(why, &Item{Kind: Ack, Acks: []AckRange{{it.ID, it.ID}}})
	}
	r := e.open[it.ID]
	if r == nil {
		return
	}
	if r.serviceChange && !failed(it) {
		if !e.agree(it) {
			e.done(it.ID)
			e.out.push(Output{Kind: Timeout, Cause: why, ID: it.ID, Code: ErrVersion})
			return
		}
		e.ready = true
	}
	e.done(it.ID)
	e.out.push(Output{Kind: Answer, Cause: why, ID: it.ID, Item: it})
}

// failed reports whether a reply holds an error anywhere.
func failed(it *Item) bool { return it.FirstError() != nil }

// FirstError returns the first error anywhere in a reply, or nil.
func (it *Item) FirstError() *ErrorDescriptor {
	if it.Error != nil {
		return it.Error
	}
	for i := range it.Actions {
		a := &it.Actions[i]
		for j := range a.Commands {
			if e := a.Commands[j].Error; e != nil {
				return e
			}
		}
		if a.Error != nil {
			return a.Error
		}
	}
	return nil
}

// pending takes the peer's word that it works on our request.
func (e *Endpoint) pending(now sim.Time, why sim.Cause, id TransactionID) {
	r := e.open[id]
	if r == nil {
		return
	}
	r.pendings++
	// H.248.1 §8.2.3: more Pendings than the limit mean that the transaction failed. Its 506 may have been lost.
	if r.pendings > e.cfg.PendingLimit {
		e.done(id)
		e.out.push(Output{Kind: Timeout, Cause: why, ID: id, Code: ErrTooManyPendings})
		return
	}
	r.why, r.interval = why, e.cfg.LongRequest
	e.armRepeat(now, id, r)
	r.loseAt = now.Add(e.cfg.TMax)
	e.timers.add(r.loseAt, loseRequest, id)
	e.out.push(Output{Kind: PendingSeen, Cause: why, ID: id})
}
