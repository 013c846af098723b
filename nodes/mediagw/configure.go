package mediagw

import (
	"bytes"
	"strconv"
	"strings"

	"imsim/netem/packet"
	"imsim/netem/tls"
	"imsim/nodes/bearer"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sdp"
	"imsim/sim"
)

// streams works the descriptors of an Add or Modify into the termination's endpoints, and puts what the controller wants
// to know into the reply. What the change sets in motion is appended to after.
func (g *Gateway) streams(t *termination, c, r *h248.Command, after *[]func(), why sim.Cause) *h248.ErrorDescriptor {
	if c.Media != nil {
		for i := range c.Media.Streams {
			in := &c.Media.Streams[i]
			if in.Local != nil && len(bytes.TrimSpace(in.Local)) == 0 {
				// a stream without anything in Local is taken out (H.248.1 §7.1.8).
				if s := t.of(in.ID); s != nil {
					*after = append(*after, func() { s.st.remove(s.side, why) })
				}
				continue
			}
			s, e := g.endpoint(t, in, after, why)
			if e != nil {
				return e
			}
			answer, e := s.configure(in, after)
			if e != nil {
				return e
			}
			if answer != nil {
				if r.Media == nil {
					r.Media = &h248.Media{}
				}
				r.Media.Streams = append(r.Media.Streams, h248.Stream{ID: in.ID, Local: answer})
			}
		}
	}
	if c.Events != nil {
		t.arm(c.Events)
		g.supervise(t, c.Events)
	}
	for _, s := range t.seps {
		if e := s.orders(c.Signals, after, why); e != nil {
			return e
		}
		s.apply(why, after)
	}
	return nil
}

// endpoint finds or makes the termination's endpoint of a stream.
func (g *Gateway) endpoint(t *termination, in *h248.Stream, after *[]func(), why sim.Cause) (*sep, *h248.ErrorDescriptor) {
	if s := t.of(in.ID); s != nil {
		return g.reached(t, s, in, after, why)
	}
	if in.Local == nil {
		return nil, fault(h248.ErrMissingLocalRemote, "Missing Remote or Local Descriptor")
	}
	local, ok := g.local(t.realm)
	if !ok {
		return nil, fault(h248.ErrInsufficientResources, "Insufficient resources: no free port")
	}
	var st *stream
	for _, o := range t.ctx.streams {
		if o.id == uint16(in.ID) && o.app == nil {
			st = o
		}
	}
	if st == nil {
		st = &stream{gw: g, id: uint16(in.ID)}
		st.m.Policy, st.m.Table = g.policy, g.table
		t.ctx.streams = append(t.ctx.streams, st)
		if g.cfg.Interface == "mp" {
			g.attach(st, t.ctx, why)
		}
	}
	s := &sep{st: st, term: t, local: local, side: bearer.X}
	if o := st.sep[bearer.X]; o != nil && !o.leaving {
		s.side = bearer.Y
	}
	if o := st.sep[s.side]; o != nil {
		// What lingers of a subtracted endpoint makes room. [SIM]
		o.leg.Reset(false, t.ctx.why)
		o.close()
		st.m.SEP[s.side] = bearer.SEP{}
	}
	g.place(s)
	st.m.SEP[s.side].Exists = true
	t.seps = append(t.seps, s)
	return s, nil
}

// place gives an endpoint its timer and makes it a side of its stream.
func (g *Gateway) place(s *sep) {
	if n := len(g.free); n > 0 {
		s.slot, g.free = g.free[n-1], g.free[:n-1]
		g.seps[s.slot] = s
	} else {
		s.slot = uint32(len(g.seps))
		g.seps = append(g.seps, s)
	}
	s.st.sep[s.side] = s
	s.newLeg()
}

// of returns the termination's endpoint of a stream, or nil.
func (t *termination) of(id h248.StreamID) *sep {
	for _, s := range t.seps {
		if s.st.id == uint16(id) {
			return s
		}
	}
	return nil
}

// configure takes Local, Remote and LocalControl of a stream. answer is the Local of the reply, where one is due.
func (s *sep) configure(in *h248.Stream, after *[]func()) (answer []byte, e *h248.ErrorDescriptor) {
	if in.Local != nil {
		f, err := sdp.ParseFragment(string(in.Local))
		if err != nil {
			return nil, fault(h248.ErrUnknownValue, err.Error())
		}
		if e := s.setLocal(&f); e != nil {
			return nil, e
		}
		// F13: ports and addresses are the gateway's to give. A controller that has named another may ask again with $.
		if !f.AnyPort && f.Port != 0 && f.Port != s.local.Port || f.Addr.IsValid() && f.Addr != s.local.Addr.Netip() {
			return nil, fault(h248.ErrUnknownValue, "Local must have $ or the address that the gateway has given")
		}
		f.SetAddress(s.local.Netip())
		s.setAware(&f)
		if e := s.setICE(&f); e != nil {
			return nil, e
		}
		if s.wantsFP {
			f.Remove(sdp.AttrFingerprint)
			for _, fp := range s.st.gw.cfg.TLS.Announces(s.st.gw.certificate) {
				f.Add(sdp.AttrFingerprint, fp.String())
			}
		}
		answer = f.Append(nil)
	}
	if in.Remote != nil {
		f, err := sdp.ParseFragment(string(in.Remote))
		if err != nil {
			return nil, fault(h248.ErrUnknownValue, err.Error())
		}
		if e := s.setRemote(&f, after); e != nil {
			return nil, e
		}
	}
	s.st.app.configured(s.aware)
	if c := in.Control; c != nil {
		switch c.Mode {
		case h248.SendReceive:
			s.setMode(bearer.SendReceive, after)
		case h248.SendOnly:
			s.setMode(bearer.SendOnly, after)
		case h248.ReceiveOnly:
			s.setMode(bearer.ReceiveOnly, after)
		case h248.Inactive:
			s.setMode(bearer.Inactive, after)
		case h248.Loopback:
			return nil, fault(h248.ErrUnsupportedMode, "Unsupported or invalid Mode: Loopback")
		}
		if e := s.properties(c.Properties); e != nil {
			return nil, e
		}
	}
	return answer, nil
}

// setMode gates user data, also on the connections before the one that is being made.
func (s *sep) setMode(m bearer.Mode, after *[]func()) {
	s.state().Mode = m
	for p := s.predecessor(); p != nil; p = p.predecessor() {
		p.state().Mode = m
		*after = append(*after, func() { p.st.openOrClose(p.term.ctx.why) })
	}
}

// rtp is the protocol of an audio line.
const rtp = "RTP/AVP"

// setLocal takes the gateway's own side: protocol stack, role, and whether a fingerprint is wanted.
func (s *sep) setLocal(f *sdp.Fragment) *h248.ErrorDescriptor {
	x := s.state()
	if f.Media == "audio" && f.Proto.String() == rtp {
		// RTP passes as it comes: what a gateway could do with it is not modelled.
		if s.proto = rtp; s.relay == nil {
			s.relay = &relay{s: s}
		}
		return nil
	}
	if f.Proto.Transport != sdp.TCP || f.Proto.Security == sdp.DTLS || !s.st.gw.knows(f.Proto.App) {
		return s.st.gw.unsupported(f.Proto)
	}
	if f.Proto.Security == sdp.TLS && s.st.gw.cfg.Crypto == "none" {
		return fault(h248.ErrNotImplemented, "Not Implemented: no TLS on this gateway") // E10
	}
	s.proto = f.Proto.String()
	s.secure = f.Proto.Security == sdp.TLS
	if s.secure && x.TLS == bearer.TLSNone {
		x.TLS = bearer.TLSIdle
	}
	if !s.secure && x.TLS == bearer.TLSIdle {
		x.TLS, s.wantsFP = bearer.TLSNone, false // the peer would have no TLS
	}
	if _, choose := f.Fingerprints(); choose != "" {
		s.wantsFP = true
	}
	switch f.Setup() {
	case sdp.NoSetup:
		if s.relay == nil {
			s.relay = &relay{s: s}
		}
		return nil
	case sdp.Active:
		x.TCPRole = bearer.Active
	case sdp.Passive:
		x.TCPRole = bearer.Passive
	case sdp.ActPass:
		x.TCPRole = bearer.Undecided
	case sdp.HoldConn:
		x.TCPRole = bearer.HoldConn
	default:
		return fault(h248.ErrUnknownValue, "a=setup must be active, passive, actpass or holdconn")
	}
	if s.st.splice == nil {
		s.relay = nil
	}
	return nil
}

// setRemote takes the peer's side: its address, unless latched already, and its fingerprints.
func (s *sep) setRemote(f *sdp.Fragment, after *[]func()) *h248.ErrorDescriptor {
	x := s.state()
	fps, _ := f.Fingerprints()
	var list []tls.Fingerprint
	for _, fp := range fps {
		list = append(list, tls.Fingerprint{Hash: strings.Clone(fp.Hash), Value: strings.Clone(fp.Value)})
	}
	if len(list) > 0 && tls.Strongest(list, s.st.gw.cfg.TLS.AllowSHA1) == "" {
		return fault(h248.ErrUnknownValue, "a=fingerprint with no hash that is supported: "+list[0].Hash) // E11
	}
	was := s.remote
	if ap, ok := f.Address(); ok && !s.latched {
		to := packet.AddrPort{Addr: packet.AddrFrom(ap.Addr()), Port: ap.Port()}
		if s.relay != nil && x.Remote && to != was {
			s.st.readdress(after)
		}
		s.remote = to
	}
	// D2: a change of address announces a new connection as connection:new does.
	if c, _ := f.Attr(sdp.AttrConnection); c == "new" || x.Remote && s.remote != was {
		s.announce()
	}
	x.Remote = true
	if p, ok := f.Attr(sdp.AttrPath); ok && s.aware != nil {
		s.aware.peer = strings.Clone(p)
	}
	if i, ok, _ := f.ICE(); ok && s.ice != nil {
		s.ice.lite.Remote = i.Credentials
	}
	s.fps = list
	return nil
}

// properties takes the package properties of LocalControl that the gateway acts on; the validator has seen them all.
func (s *sep) properties(list []h248.Parm) *h248.ErrorDescriptor {
	x := s.state()
	for _, p := range list {
		switch strings.ToLower(p.Name) {
		case "gm/saf":
			s.filter = strings.EqualFold(p.Value.Text, "on")
		case "seplink/x_topo":
			rules, err := h248.ParseTopology(p.Value.Text)
			if err != nil {
				return fault(h248.ErrUnknownValue, err.Error())
			}
			x.Link = 0
			for _, r := range rules {
				x.Link |= bearer.PresetByName(r.Trigger.Preset())
			}
		case "ipdc/realm":
			if p.Value.Text != s.term.realm {
				return fault(h248.ErrUnknownValue, "ipdc/realm "+p.Value.Text+" is not that of "+string(s.term.id))
			}
		}
	}
	return nil
}

func itoa(n int) string { return strconv.Itoa(n) }
