package mediagw

import (
	"encoding/hex"

	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/sim"
)

// Backhauling (H.248.78, TR 29.828 cl. 4.1.4): the head of each MSRP message goes to the controller, which returns it as it is to go on.
// Bodies stay here, and wait behind it. One head a direction is out at a time. [SIM]

// moveBackhauled passes on what waits on from, as far as the controller has edited it.
func (st *stream) moveBackhauled(from, to *sep, why sim.Cause) {
	x := from.aware
	for {
		for x.more && !x.asked {
			head, err := x.rewriter.Head(&x.pending)
			switch {
			case err != nil:
				from.nonsense(err, x.why)
				return
			case head == nil:
				x.more = false
			default:
				x.asked = true
				from.backhaul(head, x.why)
			}
		}
		if x.pending.Len > 0 {
			x.pending.Drop(to.leg.Write(x.pending, x.why))
			if x.pending.Len > 0 {
				return // Write has asked for more room
			}
		}
		if x.asked {
			return
		}
		if x.end != nil {
			e := *x.end
			x.end = nil
			st.input(e.side, e.ev, e.cause, e.why)
			return
		}
		space := to.leg.Space()
		if from.leg.Readable() == 0 || !st.flows(from.side) {
			break
		}
		if space == 0 {
			to.leg.WantSpace()
			return
		}
		var p packet.Payload
		n, w := from.leg.Take(space, &p, why)
		if n == 0 {
			return
		}
		x.why = later(w, why)
		x.rewriter.Push(p)
		x.more = true
	}
	from.leg.Settled()
}

// backhaul sends a head to the controller.
func (s *sep) backhaul(head []byte, why sim.Cause) {
	g := s.st.gw
	why = g.Mark(why, s.name(), nodes.BackhaulSent, "")
	g.report(h248.In(s.term.ctx.id, h248.NotifyOf(s.term.id, s.request, h248.ObservedEvent{
		Time: h248.Stamp(g.K.Now()), Name: "simbha/msg", Stream: h248.StreamID(s.st.id),
		Parms: []h248.Parm{h248.Set("head", h248.Word(hex.EncodeToString(head)))},
	})), why)
}

// edited takes a head as it comes back.
func (s *sep) edited(head []byte, why sim.Cause) {
	x := s.aware
	if x == nil || !x.asked {
		return // nobody waits for it
	}
	x.asked = false
	x.why = s.st.gw.Mark(why, s.name(), nodes.BackhaulReceived, "")
	x.pending.Append(packet.Bytes(head))
	s.st.move(s.side, x.why)
}
