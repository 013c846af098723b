package h248

import "imsim/sim"

// assembly collects the segments of a reply (version 3, H.248.1 §8.2.4): numbered from 1, the last one says END.
type assembly struct {
	parts map[uint16]*Item // never ranged over
	last  uint16           // 0: not known yet
	until sim.Time
}

// maxSegments bounds what a peer can make us hold.
const maxSegments = 256

// assemble takes a segment, acknowledges it, and returns the whole reply once nothing is missing.
func (e *Endpoint) assemble(now sim.Time, why sim.Cause, it *Item) *Item {
	e.send(why, &Item{Kind: Segment, ID: it.ID, Segment: it.Segment, LastSegment: it.LastSegment})
	r := e.open[it.ID]
	if r == nil || it.Segment == 0 || it.Segment > maxSegments {
		return nil
	}
	if r.parts == nil {
		r.parts = &assembly{parts: map[uint16]*Item{}}
	}
	a := r.parts
	a.parts[it.Segment] = it
	if it.LastSegment {
		a.last = it.Segment
	}
	// The peer has executed the request: it is not repeated any more, and the segments have a time of their own.
	r.why, r.repeatAt, r.loseAt = why, sim.Never, sim.Never
	a.until = now.Add(e.cfg.SegmentTimer)
	if a.last == 0 || len(a.parts) < int(a.last) {
		e.timers.add(a.until, missSegments, it.ID)
		return nil
	}
	whole := &Item{Kind: Reply, ID: it.ID}
	for n := uint16(1); n <= a.last; n++ {
		p := a.parts[n]
		if p == nil {
			e.timers.add(a.until, missSegments, it.ID)
			return nil
		}
		whole.ImmAckRequired = whole.ImmAckRequired || p.ImmAckRequired
		if p.Error != nil {
			whole.Error = p.Error
		}
		for _, action := range p.Actions {
			if k := len(whole.Actions); k > 0 && whole.Actions[k-1].Context == action.Context {
				last := &whole.Actions[k-1]
				last.Commands = append(last.Commands[:len(last.Commands):len(last.Commands)], action.Commands...)
				if action.Error != nil {
					last.Error = action.Error
				}
				continue
			}
			whole.Actions = append(whole.Actions, action)
		}
	}
	return whole
}

// missSegments gives up on a reply of which segments never came, and tells the peer.
func (e *Endpoint) missSegments(id TransactionID) {
	why := e.open[id].why
	e.done(id)
	m := Message{Version: e.cfg.Version, From: e.cfg.Own, Error: Describe(ErrSegmentsMissing, "transaction "+string(appendUint(nil, uint64(id))))}
	e.out.push(Output{Kind: Send, Cause: why, Bytes: m.Append(nil, e.cfg.Style), Sent: Segment})
	e.out.push(Output{Kind: Timeout, Cause: why, ID: id, Code: ErrSegmentsMissing})
}
