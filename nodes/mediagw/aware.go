package mediagw

import (
	"strings"

	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/msrp"
	"imsim/nodes/protocol/sdp"
	"imsim/sim"
)

// aware is what an endpoint needs whose gateway is told the application (TR 29.828 cl. 4.1.4): the paths that MSRP messages from here
// get on the other side come from both endpoints' descriptors.
type aware struct {
	own, peer string        // a=path of Local and of Remote
	rewriter  msrp.Rewriter // of what comes in here
	pending   packet.Payload
	why       sim.Cause
	end       *input // the end of the direction, which waits behind pending
	backhaul  bool   // heads are the controller's to edit (H.248.78)
	asked     bool   // one is there
	more      bool   // the rewriter may have another
}

// knows reports an application that this gateway can be told.
func (g *Gateway) knows(app sdp.App) bool {
	if g.cfg.Interface == "mp" {
		return app == sdp.MSRP // TS 23.333 cl. 5: it is the end of the protocol
	}
	return app == sdp.NoApp || app == sdp.MSRP && len(g.cfg.Applications) > 0
}

// setAware takes the application of Local, and chooses our path where that is left to us.
func (s *sep) setAware(f *sdp.Fragment) {
	if f.Proto.App != sdp.MSRP {
		s.aware = nil
		return
	}
	if s.aware == nil {
		s.aware = &aware{}
	}
	if p, ok := f.Attr(sdp.AttrPath); ok && p != "$" {
		s.aware.own = strings.Clone(p)
		return
	}
	gw := s.st.gw
	if gw.pathIDs == nil {
		r := gw.K.Rand(gw.Name + ".msrp")
		gw.pathIDs = &r
	}
	scheme := "msrp://"
	if s.secure {
		scheme = "msrps://"
	}
	s.aware.own = scheme + s.local.String() + "/" + msrp.NewSessionID(gw.pathIDs) + ";tcp"
	f.Set(sdp.AttrPath, s.aware.own)
}

// moveAware passes on what waits on from, with the paths of to's side.
func (st *stream) moveAware(from, to *sep, why sim.Cause) {
	x := from.aware
	if x.backhaul {
		st.moveBackhauled(from, to, why)
		return
	}
	for {
		if x.pending.Len > 0 {
			x.pending.Drop(to.leg.Write(x.pending, x.why))
			if x.pending.Len > 0 {
				return // Write has asked for more room
			}
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
		if err := x.rewriter.Rewrite(p, &x.pending, to.aware.peer, to.aware.own); err != nil {
			from.nonsense(err, w)
			return
		}
	}
	from.leg.Settled()
}

// nonsense ends a leg whose stream cannot be made sense of any more (RFC 4975 §7.1).
func (s *sep) nonsense(err error, why sim.Cause) {
	s.leg.Reset(false, s.st.gw.Mark(why, s.term.realm, nodes.MSRPFailed, err.Error()))
	s.st.input(s.side, bearer.RstIn, "not MSRP", why)
}

// waits keeps back the end of a direction that has octets before it which have not been passed on.
func (x *aware) waits(s *sep, ev bearer.Event, cause string, why sim.Cause) bool {
	if x == nil || x.pending.Len == 0 && !x.asked || ev != bearer.FinIn && ev != bearer.CNIn {
		return false
	}
	x.end = &input{s.side, ev, cause, why}
	return true
}

// unsupported refuses an application that we do not know (F12).
func (g *Gateway) unsupported(p sdp.Proto) *h248.ErrorDescriptor {
	known := "TCP and TCP/TLS are supported"
	if g.cfg.Interface == "mp" {
		known += " with MSRP"
	} else if len(g.cfg.Applications) > 0 {
		known += ", with or without MSRP"
	}
	return fault(h248.ErrUnsupportedMedia, "Unsupported Media Type "+p.String()+"; "+known)
}
