package h248

import (
	"time"

	"imsim/sim"
)

// execution is a transaction of the peer, being executed or answered.
type execution struct {
	bytes         []byte    // the last Pending, or the reply
	why           sim.Cause // of the request while it is executed, then of the reply
	at            sim.Time  // next Pending, or repetition of the reply; Never for none
	until         sim.Time  // answered: end of the cache
	interval      time.Duration
	pendings      int
	answered      bool
	confirm       bool // the reply asks for an acknowledgement
	serviceChange bool
}

// requested takes a request of the peer.
func (e *Endpoint) requested(now sim.Time, why sim.Cause, it *Item) {
	if it.ID == 0 {
		m := Message{Version: e.cfg.Version, From: e.cfg.Own, Error: Describe(ErrBadRequest, "transaction without id")}
		e.out.push(Output{Kind: Send, Cause: why, Bytes: m.Append(nil, e.cfg.Style), Sent: Reply})
		return
	}
	if x := e.taken[it.ID]; x != nil {
		e.out.push(Output{Kind: RepeatAbsorbed, Cause: why, ID: it.ID})
		// H.248.1 §8.2.3, Annex D.1.1: at most once. The answer, or the Pending if there is one, goes out again.
		if x.bytes != nil {
			kind := Pending
			if x.answered {
				kind = Reply
			}
			e.out.push(Output{Kind: Send, Cause: why, ID: it.ID, Bytes: x.bytes, Resent: true, Sent: kind})
		}
		return
	}
	x := &execution{why: why, serviceChange: isServiceChange(it.Actions)}
	e.taken[it.ID] = x
	// H.248.1 §11.2: nothing but the ServiceChange itself is executed before its reply.
	if !e.ready && !x.serviceChange {
		e.out.push(Output{Kind: RefusedNotReady, Cause: why, ID: it.ID, Code: ErrBeforeServiceChange})
		e.answer(now, why, it.ID, x, &Item{Kind: Reply, ID: it.ID, Error: Describe(ErrBeforeServiceChange, "")})
		return
	}
	x.at = now.Add(e.cfg.ProvTimer)
	e.timers.add(x.at, sendPending, it.ID)
	e.out.push(Output{Kind: Transaction, Cause: why, ID: it.ID, Actions: it.Actions})
}

// provisional sends a Pending, or gives the transaction up when there were too many.
func (e *Endpoint) provisional(now sim.Time, id TransactionID) {
	x := e.taken[id]
	if x.pendings == e.cfg.PendingLimit {
		why := x.why
		e.out.push(Output{Kind: Aborted, Cause: why, ID: id, Code: ErrTooManyPendings})
		e.answer(now, why, id, x, &Item{Kind: Reply, ID: id, Error: Describe(ErrTooManyPendings, "")})
		return
	}
	x.pendings++
	x.bytes = e.send(x.why, &Item{Kind: Pending, ID: id})
	x.at = now.Add(e.cfg.ProvTimer)
	e.timers.add(x.at, sendPending, id)
}

// Reply answers a transaction of the peer: reply's Actions or Error, and ImmAckRequired if the user wants it, are sent;
// Kind and ID are set here. It reports false, and sends nothing, when the transaction is not being executed (any more).
func (e *Endpoint) Reply(now sim.Time, why sim.Cause, id TransactionID, reply Item) bool {
	e.expire(now)
	x := e.taken[id]
	if x == nil || x.answered {
		return false
	}
	reply.Kind, reply.ID = Reply, id
	up := x.serviceChange && !failed(&reply)
	if up {
		e.ready = true
	}
	e.answer(now, why, id, x, &reply)
	if up {
		e.agree(&reply) // the reply itself is still in the version that the peer spoke
	}
	return true
}

func (e *Endpoint) answer(now sim.Time, why sim.Cause, id TransactionID, x *execution, reply *Item) {
	udp := e.cfg.Transport == UDP
	if x.pendings > 0 && udp {
		reply.ImmAckRequired = true
	}
	bytes := e.encode(reply)
	if len(bytes) > e.cfg.MaxMessage {
		// H.248.1 §7.2: the commands were carried out, but the reply cannot be sent. Version 3 may segment; we do not.
		bytes = e.encode(&Item{Kind: Reply, ID: id, ImmAckRequired: reply.ImmAckRequired, Error: Describe(ErrReplyTooLarge, "")})
	}
	e.out.push(Output{Kind: Send, Cause: why, ID: id, Bytes: bytes, Sent: Reply})
	if !udp {
		delete(e.taken, id) // nothing repeats over TCP
		return
	}
	x.bytes, x.why, x.answered, x.confirm, x.at = bytes, why, true, reply.ImmAckRequired, sim.Never
	x.until = now.Add(e.cfg.LongTimer)
	e.expiry = append(e.expiry, id)
	if x.confirm {
		x.interval = e.cfg.ReqRetx
		x.at = now.Add(x.interval)
		e.timers.add(x.at, repeatReply, id)
	}
}

// repeatReply sends a reply again that was not acknowledged.
func (e *Endpoint) repeatReply(now sim.Time, id TransactionID) {
	x := e.taken[id]
	if now >= x.until {
		delete(e.taken, id)
		e.out.push(Output{Kind: ReplyUnconfirmed, Cause: x.why, ID: id})
		return
	}
	e.out.push(Output{Kind: Send, Cause: x.why, ID: id, Bytes: x.bytes, Resent: true, Sent: Reply})
	x.interval = min(2*x.interval, e.cfg.ReqRetxCap)
	x.at = min(now.Add(x.interval), x.until)
	e.timers.add(x.at, repeatReply, id)
}

// acknowledged clears the cache of what the peer has got. The id stays until LongTimer ends, so that a request that the
// network repeated late is still not executed twice. Only what is cached is visited, however wide a range is.
func (e *Endpoint) acknowledged(why sim.Cause, acks []AckRange) {
	for _, id := range e.expiry[e.expiryAt:] {
		x := e.taken[id]
		if x == nil || !x.answered {
			continue
		}
		for _, a := range acks {
			if a.First <= id && id <= a.Last {
				if x.bytes != nil {
					e.out.push(Output{Kind: Acknowledged, Cause: why, ID: id})
				}
				x.bytes, x.confirm, x.at = nil, false, sim.Never
				break
			}
		}
	}
}

// expire forgets the replies whose LongTimer has ended. Replies end in the order in which they were sent.
func (e *Endpoint) expire(now sim.Time) {
	for e.expiryAt < len(e.expiry) {
		id := e.expiry[e.expiryAt]
		x := e.taken[id]
		if x != nil && x.answered && x.until > now {
			break
		}
		if x != nil && x.answered {
			if x.confirm {
				e.out.push(Output{Kind: ReplyUnconfirmed, Cause: x.why, ID: id})
			}
			delete(e.taken, id)
		}
		e.expiryAt++
	}
	if e.expiryAt > 64 && 2*e.expiryAt > len(e.expiry) {
		e.expiry = e.expiry[:copy(e.expiry, e.expiry[e.expiryAt:])]
		e.expiryAt = 0
	}
}
