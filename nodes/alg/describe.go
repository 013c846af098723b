package alg

import (
	"net/netip"

	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sdp"
)

// isAudio reports a line of RTP, which is relayed, whatever is in it.
func isAudio(l sdp.Line) bool { return l.Media() == "audio" && l.Proto().String() == "RTP/AVP" }

// proto returns the protocol stack that the gateway is told for a leg. An agnostic gateway need not know more than TCP,
// and TLS where it ends it (TS 23.334 cl. 6.2.18).
func (c *call) proto(l *leg) sdp.Proto {
	if c.audio {
		return c.offer.Line(0).Proto()
	}
	p := sdp.Proto{Transport: sdp.TCP}
	if c.protected(l) {
		p.Security = sdp.TLS
	}
	if c.aware {
		p.App = sdp.MSRP
	}
	return p
}

// format returns what stands for the media formats: "-" where the gateway need not know the application (§9.6).
func (c *call) format() string {
	if c.audio {
		return c.offer.Line(0).Fragment().Format
	}
	if c.aware {
		return "*"
	}
	return "-"
}

// localFor returns the Local descriptor that asks for a leg's address. setup is the gateway's own role; a relayed stream
// has none (§2.3).
func (c *call) localFor(l *leg, setup sdp.Setup) sdp.Fragment {
	line := c.offer.Line(0)
	f := sdp.Fragment{Media: line.Media(), AnyPort: true, Proto: c.proto(l), Format: c.format()}
	f.Family = sdp.IP4
	if ap, ok := line.Address(); ok {
		f.Family = sdp.FamilyOf(ap.Addr())
	}
	if !c.relay {
		f.Add(sdp.AttrSetup, sdp.OfferDefault(setup).String())
	}
	if c.protected(l) {
		f.Add(sdp.AttrFingerprint, "SHA-256 $")
	}
	c.localICE(l, &f)
	c.withPath(&f)
	return f
}

// remoteFor returns the Remote descriptor of a leg: the peer's address, and on a protected leg its fingerprints.
func (c *call) remoteFor(l *leg, line sdp.Line) []byte {
	f := sdp.Fragment{Media: line.Media(), Port: line.Port(), Proto: c.proto(l), Format: c.format()}
	if ap, ok := line.Address(); ok {
		f.SetAddress(ap)
	}
	if c.protected(l) && !(l.access && c.omits("fingerprint")) {
		for _, fp := range line.Fingerprints() {
			f.Add(sdp.AttrFingerprint, fp.String())
		}
	}
	c.remoteICE(l, &f)
	c.withPeerPath(&f, line)
	return f.Append(nil)
}

// reflexive returns the Remote descriptor of a leg through whose NAT a hole is punched: the source of the UE's signalling,
// with the port that the UE says, which is right behind a NAT that preserves ports (§8.5 step 1 [I]).
func (c *call) reflexive(line sdp.Line) []byte {
	f := sdp.Fragment{Media: "message", Proto: c.proto(&c.near), Format: c.format()}
	f.SetAddress(netip.AddrPortFrom(c.served.Flow.Remote.Addr(), line.Port()))
	return f.Append(nil)
}

// strange reports a leg towards somebody else's network, whose peer must be who signalling said: users on Iq, on Ix the other
// operator.
func (l *leg) strange() bool { return l.access == (l.on == Iq) }

// add returns the command that makes a leg's termination.
func (c *call) add(l *leg, local sdp.Fragment, remote []byte) h248.Command {
	p := c.p
	p.events++
	l.request = p.events
	control := &h248.LocalControl{Mode: h248.SendReceive, Properties: []h248.Parm{h248.Set("ipdc/realm", h248.Quoted(l.realm()))}}
	if l.strange() && remote != nil && !c.latches() && !c.ice {
		control.Properties = append(control.Properties, h248.Set("gm/saf", h248.Word("ON")))
	}
	cmd := h248.Command{Verb: h248.Add, Termination: h248.TerminationID("ip/" + l.realm() + "/$")}
	cmd.Media = &h248.Media{Streams: []h248.Stream{{ID: 1, Control: control, Local: local.Append(nil), Remote: remote}}}
	cmd.Events = &h248.Events{ID: l.request, HasID: true}
	if !c.relay {
		cmd.Events.List = p.arm(cmd.Events.List, "tcpbcc/BNCChange")
		if c.protected(l) {
			cmd.Events.List = p.arm(cmd.Events.List, "tlsbsc/BNCChange")
		}
	}
	if c.backhauls() {
		cmd.Events.List = append(cmd.Events.List, h248.Event{Name: backhauled, Stream: 1})
	}
	if l.access && c.latches() && p.cfg.ReportLatch {
		cmd.Events.List = append(cmd.Events.List, h248.Event{Name: latchDeadlock, Stream: 1})
	}
	cmd.Events.List = append(cmd.Events.List, h248.Event{Name: "hangterm/thb", Parms: []h248.Parm{h248.Set("timerx", h248.Number(p.heartbeat()))}})
	return cmd
}

// latchDeadlock is the report that nothing has come that could be latched onto (spec reference §8.2).
const latchDeadlock = "adid/ipstop"

// arm asks for reports of a connection's failure and release, and where configured of its success (§2.8).
func (p *ALG) arm(list []h248.Event, change string) []h248.Event {
	list = append(list, h248.Event{Name: change, Stream: 1})
	if p.cfg.NotifySuccess {
		list = append(list, h248.Event{Name: change, Stream: 1, Parms: []h248.Parm{h248.Set("Type", h248.Word("Est"))}})
	}
	return list
}

// offerOnward returns the offer as it goes on to the answerer.
func (c *call) offerOnward() string {
	d := c.offer.Clone()
	c.rewrite(d, &c.far, c.onward)
	if c.far.access && c.secure {
		d.Line(0).Set(sdp.AttrE2AE, sdp.E2AEApplied) // TS 24.229 cl. 6.7.2.3: offers towards the UE
	}
	return string(d.Bytes())
}

// answerFor returns an answer as it goes back to the offerer.
func (c *call) answerFor(d *sdp.Description) string {
	c.rewrite(d, &c.near, c.setupBack(c.offer.Line(0).Setup(), d.Line(0).Setup()))
	return string(d.Bytes())
}

// rewrite makes a description speak for the gateway's leg towards its reader: the leg's address, and on the side where the
// gateway ends TLS, or where there is none, protocol, fingerprint and 3ge2ae to match, whether they stood with the line or with
// the session. Everything else is left alone: o= is the session's name, not a place (RFC 4566 §5.2), and CEMA has the path kept
// (RFC 6714 §5).
func (c *call) rewrite(d *sdp.Description, towards *leg, setup sdp.Setup) {
	if ap, ok := towards.local.Address(); ok {
		d.MoveTo(ap)
	}
	l := d.Line(0)
	l.SetSetup(setup)
	c.rewriteICE(l, towards)
	c.rewritePath(l, towards)
	if c.passing {
		return // §2.4: TLS attributes unmodified
	}
	for _, a := range []string{sdp.AttrFingerprint, sdp.AttrE2AE, sdp.AttrTLSID} {
		d.Remove(a)
	}
	security := sdp.Clear
	if c.protected(towards) {
		security = sdp.TLS
		fps, _ := towards.local.Fingerprints()
		for _, fp := range fps {
			l.Add(sdp.AttrFingerprint, fp.String())
		}
	}
	l.SetProto(l.Proto().Secured(security))
}
