package mediagw

import (
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/sim"
)

// relay is a stateless endpoint (TS 23.334 cl. 5.16.1): every segment for its address leaves from the partner's, with
// nothing but the addresses changed.
type relay struct {
	s    *sep
	held []*packet.Packet // waiting for the processor, in order
}

// packet takes one segment for the endpoint.
func (r *relay) packet(p *packet.Packet) {
	gw := r.s.st.gw
	if gw.costs.packet == 0 {
		r.pass(p)
		return
	}
	r.held = append(r.held, p)
	gw.Work(r, 0, gw.costs.packet, sim.Processing, p.Cause)
}

// WorkDone passes on the segment that the processor has dealt with.
func (r *relay) WorkDone(_ uint64, why sim.Cause) {
	p := r.held[0]
	r.held = r.held[1:]
	p.Cause = why
	r.pass(p)
}

func (r *relay) pass(p *packet.Packet) {
	st := r.s.st
	gw := st.gw
	from := packet.AddrPort{Addr: p.Src, Port: p.SrcPort}
	to := st.sep[r.s.side.Other()]
	syn := p.TCP.Flags&(packet.SYN|packet.ACK) == packet.SYN
	if r.s.latches() && !r.s.latched && syn {
		r.s.deadlock = deadline{}
		r.s.remote, r.s.latched = from, true
		p.Cause = gw.Mark(p.Cause, r.s.name(), nodes.Latched, from.String())
	}
	// D4: without a partner or a remote address, or with a gate closed (D5), segments are dropped silently.
	if to == nil || to.relay == nil || !to.remote.Addr.IsValid() ||
		!st.m.SEP[r.s.side].Mode.Receives() || !st.m.SEP[to.side].Mode.Sends() {
		if syn {
			gw.Mark(p.Cause, r.s.name(), nodes.SYNDropped, from.String())
		}
		gw.Host.Discard(p, "gate closed")
		return
	}
	if st.splice != nil && !st.splice.admits(r.s, p) {
		gw.Host.Discard(p, "not of this connection")
		return
	}
	dst, ok := st.onto(r.s.side, from)
	if !ok {
		gw.Host.Discard(p, "relayLinger is over")
		return
	}
	if syn {
		p.Cause = gw.Mark(p.Cause, r.s.name(), nodes.SYNReceived, from.String())
	}
	r.s.term.stats.received += uint64(p.Payload.Len)
	to.term.stats.sent += uint64(p.Payload.Len)
	p.Src, p.SrcPort = to.local.Addr, to.local.Port
	p.Dst, p.DstPort = dst.Addr, dst.Port
	if syn {
		p.Cause = gw.Mark(p.Cause, to.name(), nodes.SYNSent, "")
	}
	if st.splice != nil {
		st.splice.follow(r.s.side, p)
	}
	gw.Host.Forward(p)
}
