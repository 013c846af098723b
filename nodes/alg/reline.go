package alg

import (
	"hash/fnv"
	"net/netip"
	"strings"

	"imsim/netem/packet"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sdp"
)

type h248Action = h248.Action

// line is what a call keeps of a media line. Sides are the caller's, 0, and the called's, 1.
type line struct {
	at          [2]packet.AddrPort // the gateway's
	peer        [2]packet.AddrPort // as the ends have said
	path        [2]uint32          // digests of their a=path
	role        [2]sdp.Setup       // the gateway's
	fingerprint string             // the gateway's, on a protected line
	secure      bool
	hop         bool // protected on the leg away from users
	passing     bool // TLS from end to end
	held        bool // inactive
	audio       bool
	gone        bool // port 0
}

// reline is one line of an offer inside the call. It is looked at as a call of its own: v is what alg.go, setup.go and
// describe.go see of it.
type reline struct {
	v        call
	i        int
	kind     relineKind
	was      line // as it was; the zero value for one that is added
	farRole  sdp.Setup
	nearNow  sdp.Setup
	held     bool
	answered *line // what the answer says of the answerer
}

type relineKind uint8

const (
	keptLine  relineKind = iota // its connections stay
	newPair                     // new connections from end to end
	newLeg                      // a new connection on the offerer's leg, which is independent of the other (merge, proxy)
	newRelay                    // the same through a relay
	addedLine                   // there was none before
	takenLine                   // the offer takes it out
	goneLine                    // it is not there any more, or was never taken
)

// keep notes what the first offer and answer have come to, before the call lets go of them.
func (c *call) keep(answer sdp.Line, nearRole, farRole sdp.Setup) {
	l := line{secure: c.secure, hop: c.hop, passing: c.passing, audio: c.audio, role: [2]sdp.Setup{nearRole, farRole}}
	l.heard(0, c.offer.Line(0))
	l.heard(1, answer)
	l.held = c.offer.Line(0).Direction() == sdp.Inactive || answer.Direction() == sdp.Inactive
	c.lines = []line{l}
	if c.backhauls() {
		c.paths = &paths{}
		c.paths.peer[0], _ = c.offer.Line(0).Attr(sdp.AttrPath)
		c.paths.peer[1], _ = answer.Attr(sdp.AttrPath)
		for i := range c.paths.peer {
			c.paths.peer[i] = strings.Clone(c.paths.peer[i])
		}
	}
}

// located notes the gateway's addresses of the first line.
func (c *call) located() {
	if len(c.lines) == 0 || c.near.local == nil || c.far.local == nil {
		return
	}
	if c.paths != nil {
		c.paths.own[0], _ = c.near.local.Attr(sdp.AttrPath)
		c.paths.own[1], _ = c.far.local.Attr(sdp.AttrPath)
		for i := range c.paths.own {
			c.paths.own[i] = strings.Clone(c.paths.own[i])
		}
	}
	c.lines[0].found(c, 0, c.near.local)
	c.lines[0].found(c, 1, c.far.local)
}

// heard notes what an end says of itself.
func (l *line) heard(side int, from sdp.Line) {
	if ap, ok := from.Address(); ok {
		l.peer[side] = packet.AddrPort{Addr: packet.AddrFrom(ap.Addr()), Port: ap.Port()}
	}
	path, _ := from.Attr(sdp.AttrPath)
	l.path[side] = digest(path)
}

func digest(s string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s))
	return h.Sum32()
}

// found notes the gateway's address on a side.
func (l *line) found(c *call, side int, f *sdp.Fragment) {
	if ap, ok := f.Address(); ok {
		l.at[side] = packet.AddrPort{Addr: packet.AddrFrom(ap.Addr()), Port: ap.Port()}
	}
	if fps, _ := f.Fingerprints(); len(fps) > 0 {
		// A gateway has one for all calls: they share its text.
		if text := fps[0].String(); text != c.p.fingerprint {
			c.p.fingerprint = strings.Clone(text)
		}
		l.fingerprint = c.p.fingerprint
	}
}

// fragment returns the gateway's side as it was reported once.
func (l *line) fragment(side int, protected bool) *sdp.Fragment {
	f := &sdp.Fragment{}
	f.Media = "message"
	f.SetAddress(l.at[side].Netip())
	if protected && l.fingerprint != "" {
		f.Add(sdp.AttrFingerprint, l.fingerprint)
	}
	return f
}

// changed reports whether an end's line announces a new connection (RFC 4145 §5, decision D2 of the spec reference).
func (l *line) changed(side int, now sdp.Line) bool {
	var n line
	n.heard(side, now)
	switch c := now.Connection(); {
	case n.peer[side] != l.peer[side]:
		return true
	case c != sdp.NoConnection:
		return c == sdp.NewConnection
	}
	return n.path[side] != l.path[side]
}

// nearSide is the offerer's side.
func (x *change) nearSide() int {
	if x.fromCaller {
		return 0
	}
	return 1
}

// line looks at line i of the offer; status refuses the offer.
func (x *change) line(i int) (r *reline, status int) {
	c := x.c
	r = &reline{i: i}
	l := x.offer.Line(i)
	known := i < len(c.lines)
	if known {
		r.was = c.lines[i]
	}
	r.v = call{p: c.p, served: c.served, originating: x.fromCaller == c.originating, context: c.context, offer: x.offer.Only(i)}
	r.v.near, r.v.far = leg{id: x.near.id, access: x.near.access}, leg{id: x.far.id, access: x.far.access}
	near := x.nearSide()
	switch {
	case r.was.gone, !known && l.Rejected():
		r.kind = goneLine
		return r, 0
	case l.Rejected():
		r.kind = takenLine
		return r, 0
	case r.was.audio:
		if !isAudio(l) || r.was.changed(near, l) {
			return r, 488 // another address for RTP is not modelled
		}
		r.kind, r.v.audio, r.v.relay = keptLine, true, true
		r.v.near.local, r.v.far.local = r.was.fragment(near, false), r.was.fragment(1-near, false)
		return r, 0
	case l.Media() != "message":
		return r, 488
	}
	if known && !r.v.originating {
		// The access leg is as its UE has asked for; the far side's offer does not change that [I].
		r.v.secure = r.was.secure
		if status := r.v.protectHop(l); status != 0 {
			return r, status
		}
		r.v.passing = !r.v.secure && !r.v.hop && l.Proto().Security == sdp.TLS
		r.v.tls = r.v.passing
	} else if status := r.v.protect(l); status != 0 {
		return r, status
	}
	if known && r.v.originating {
		r.v.hop = r.was.hop && !r.v.passing // nor does the UE's offer change what the other side has come to [I]
	}
	r.v.relay = c.p.cfg.TCPMode == "relay" && !r.v.secure && !r.v.hop
	r.v.aware = c.aware && !r.v.relay && !r.v.passing
	if known {
		r.v.near.local = r.was.fragment(near, r.was.protects(x.near))
		r.v.far.local = r.was.fragment(1-near, r.was.protects(x.far))
	}
	hold := sdp.OfferDefault(l.Setup()) == sdp.HoldConn
	switch {
	case !known:
		r.kind = addedLine
	case !r.was.changed(near, l) && (r.was.role[near] != sdp.HoldConn || hold):
		if r.v.secure != r.was.secure || r.v.hop != r.was.hop || r.v.passing != r.was.passing {
			return r, 488 // RFC 8842 §4: another protection takes a new connection
		}
		r.kind = keptLine
		return r, 0
	case r.v.relay:
		r.kind = newRelay
		return r, 0
	case x.independent(r) && !hold:
		r.kind = newLeg
		if _, _, err := sdp.Negotiate(l.Setup(), r.was.role[near]); err != nil {
			return r, 488
		}
		return r, 0
	default:
		r.kind = newPair
	}
	var ok bool
	if r.v.onward, ok = r.v.setupOnward(l.Setup()); !ok {
		return r, 488
	}
	return r, 0
}

// independent reports whether the offerer's leg can have a new connection while the other keeps its own: both were opened
// towards the gateway (§2.11 merge/modification), or each by an order of its own (proxy/modification).
func (x *change) independent(r *reline) bool {
	near := x.nearSide()
	merged := r.was.role[0] == sdp.Passive && r.was.role[1] == sdp.Passive
	return (merged || x.c.p.cfg.TCPMode == "proxy") && r.was.role[near] != sdp.HoldConn && r.v.secure == r.was.secure && r.v.hop == r.was.hop
}

// reservation is the command that reserves what the offer asks for on the answerer's side, nil for none.
func (x *change) reservation() *h248.Command {
	cmd := modification{leg: x.far}
	for _, r := range x.lines {
		if r.kind != newPair && r.kind != addedLine {
			continue
		}
		one := r.v.add(&r.v.far, r.v.localFor(&r.v.far, r.v.onward), nil)
		if r.v.relay && x.c.p.cfg.GateUntilAnswer || r.was.held {
			one.Media.Streams[0].Control.Mode = h248.Inactive
		}
		cmd.stream(r.i, one.Media.Streams[0])
		if r.kind == addedLine {
			cmd.events = true
		}
	}
	return cmd.command(x)
}

// undo is the command that takes the reservation back, nil for none.
func (x *change) undo() *h248.Command {
	cmd := modification{leg: x.far}
	side := 1 - x.nearSide()
	for _, r := range x.lines {
		switch {
		case r.v.far.local == nil:
		case r.kind == newPair:
			f := r.v.localFor(&r.v.far, r.was.role[side])
			f.SetAddress(r.was.at[side].Netip())
			cmd.stream(r.i, h248.Stream{Local: f.Append(nil)})
		case r.kind == addedLine:
			cmd.stream(r.i, h248.Stream{Local: []byte{}})
		}
	}
	return cmd.command(x)
}

// agree reads the answer to the line; text says why it cannot be used.
func (r *reline) agree(d *sdp.Description, i int) (text string) {
	offer, ans := r.v.offer.Line(0), d.Line(i)
	if r.kind == goneLine || r.kind == takenLine {
		return ""
	}
	if ans.Rejected() {
		if r.kind == addedLine {
			r.kind = goneLine
		} else {
			r.kind = takenLine
		}
		return ""
	}
	r.held = offer.Direction() == sdp.Inactive || ans.Direction() == sdp.Inactive
	r.answered = &line{}
	r.answered.heard(0, ans)
	r.answered.peer[1], r.answered.path[1] = r.answered.peer[0], r.answered.path[0]
	switch r.kind {
	case newPair, addedLine:
		if r.v.relay {
			return ""
		}
		if r.v.secure && !r.v.originating && (ans.Proto().Security != sdp.TLS || r.v.unverifiable(ans)) {
			return "no TLS in the answer, or no fingerprint that counts"
		}
		var err error
		// As in settle: the gateway is the offerer towards the answerer, and the answerer towards the offerer.
		if text = r.v.answeredTLS(ans); text != "" {
			return text
		}
		if r.farRole, _, err = sdp.Negotiate(r.v.onward, ans.Setup()); err != nil {
			return "RFC 4145: " + err.Error()
		}
		offered := offer.Setup()
		if _, r.nearNow, err = sdp.Negotiate(offered, r.v.setupBack(offered, ans.Setup())); err != nil {
			return "RFC 4145: " + err.Error()
		}
	}
	return ""
}

// configuration is the commands that work the answer in, towards the answerer and towards the offerer; nil for none.
func (x *change) configuration(d *sdp.Description) (far, near *h248.Command) {
	f, n := modification{leg: x.far}, modification{leg: x.near}
	nearSide := x.nearSide()
	for _, r := range x.lines {
		offer, ans := r.v.offer.Line(0), d.Line(r.i)
		mode := h248.SendReceive
		if r.held {
			mode = h248.Inactive
		}
		moved := r.kind != addedLine && r.kind != newPair && r.kind != goneLine && r.kind != takenLine && r.was.changed(1-nearSide, ans) &&
			ans.Connection() != sdp.ExistingConnection
		switch r.kind {
		case newPair, addedLine:
			local := *r.v.far.local
			control := &h248.LocalControl{Mode: mode}
			one := h248.Stream{Control: control, Remote: r.v.remoteFor(&r.v.far, ans)}
			if !r.v.relay {
				full := r.v.localFor(&r.v.far, r.farRole)
				if ap, ok := local.Address(); ok {
					full.SetAddress(ap)
				}
				one.Local = full.Append(nil)
				control.Properties = r.v.interlink(&r.v.far, r.farRole, r.nearNow, r.v.near.id)
			}
			f.stream(r.i, one)
			f.signal(r.i, r.v.signals(&r.v.far, r.farRole))

			remote := r.v.remoteFor(&r.v.near, offer)
			if r.v.punches(&r.v.near, r.nearNow) {
				remote = r.v.reflexive(offer)
			}
			add := r.v.add(&r.v.near, r.v.localFor(&r.v.near, r.nearNow), remote)
			two := add.Media.Streams[0]
			two.Control.Mode = mode
			two.Control.Properties = append(two.Control.Properties, r.v.interlink(&r.v.near, r.nearNow, r.farRole, r.v.far.id)...)
			n.stream(r.i, two)
			n.signal(r.i, r.v.signals(&r.v.near, r.nearNow))
			n.events = n.events || r.kind == addedLine
			continue
		case takenLine:
			f.stream(r.i, h248.Stream{Local: []byte{}})
			n.stream(r.i, h248.Stream{Local: []byte{}})
			continue
		case goneLine:
			if r.v.far.local != nil {
				f.stream(r.i, h248.Stream{Local: []byte{}}) // reserved, and refused by the answer
			}
			continue
		}
		var toFar, toNear h248.Stream
		if r.kind == newLeg || r.kind == newRelay {
			toNear.Remote = r.announcing(r.v.remoteFor(&r.v.near, offer))
			if r.v.near.access && r.v.latches() {
				n.signal(r.i, relatch())
			}
		}
		if moved {
			toFar.Remote = r.announcing(r.v.remoteFor(&r.v.far, ans))
			if r.v.far.access && r.v.latches() {
				f.signal(r.i, relatch())
			}
		}
		if r.held != r.was.held {
			toFar.Control, toNear.Control = &h248.LocalControl{Mode: mode}, &h248.LocalControl{Mode: mode}
		}
		f.stream(r.i, toFar)
		n.stream(r.i, toNear)
	}
	return f.command(x), n.command(x)
}

// announcing marks a Remote descriptor as that of a new connection, where the stream has any to be aware of.
func (r *reline) announcing(remote []byte) []byte {
	if r.v.relay {
		return remote
	}
	return append(remote, "a="+sdp.AttrConnection+":new\n"...)
}

// relatch lets the gateway take the source of the next SYN for the remote address (H.248.37).
func relatch() *h248.Signals {
	return &h248.Signals{List: []h248.Signal{{Name: "ipnapt/latch", Parms: []h248.Parm{h248.Set("napt", h248.Word("RELATCH"))}}}}
}

// learn takes the addresses that command n of a reply tells, on the answerer's side or on the offerer's.
func (x *change) learn(actions []h248.Action, n int, far bool) bool {
	if len(actions) != 1 || len(actions[0].Commands) <= n {
		return false
	}
	var streams []h248.Stream
	if m := actions[0].Commands[n].Media; m != nil {
		streams = m.Streams
	}
	for _, r := range x.lines {
		if r.kind != newPair && r.kind != addedLine {
			continue
		}
		ok := false
		for i := range streams {
			if int(streams[i].ID) != r.i+1 {
				continue
			}
			f, err := sdp.ParseFragment(string(streams[i].Local))
			if ok = err == nil && !f.Underspecified(); ok && far {
				r.v.far.local = &f
			} else if ok {
				r.v.near.local = &f
			}
		}
		if !ok {
			return false
		}
	}
	return true
}

// rewrite makes the offer, or the answer, speak for the gateway towards its reader.
func (x *change) rewrite(d *sdp.Description, offer bool) {
	passing := false
	for _, r := range x.lines {
		passing = passing || r.v.passing
	}
	if !passing {
		for _, a := range []string{sdp.AttrFingerprint, sdp.AttrE2AE, sdp.AttrTLSID} {
			d.RemoveSession(a)
		}
	}
	for _, r := range x.lines {
		towards, setup := &r.v.near, sdp.NoSetup
		l := d.Line(r.i)
		if offer {
			towards, setup = &r.v.far, r.v.onward
		} else if r.kind == newPair || r.kind == addedLine {
			setup = r.v.setupBack(r.v.offer.Line(0).Setup(), l.Setup())
		}
		switch r.kind {
		case goneLine, takenLine:
			l.Reject()
			l.SetPlace(x.anywhere(offer))
			continue
		case keptLine, newRelay:
			setup = l.Setup()
		case newLeg:
			if setup = l.Setup(); offer {
				l.Set(sdp.AttrConnection, sdp.ExistingConnection.String())
			} else {
				setup = r.was.role[x.nearSide()]
				l.Set(sdp.AttrConnection, sdp.NewConnection.String())
			}
		}
		if r.v.relay && r.kind == addedLine {
			setup = l.Setup()
		}
		r.v.speak(l, towards, setup)
		r.v.rewriteICE(l, towards) // ICE ends here, and offers inside the call bring none [SIM]
		if offer && towards.access && r.v.secure {
			l.Set(sdp.AttrE2AE, sdp.E2AEApplied)
		}
	}
	d.DropConnection()
}

// anywhere is an address of the gateway on the side of the reader, for lines that have none.
func (x *change) anywhere(offer bool) netip.Addr {
	side := x.nearSide()
	if offer {
		side = 1 - side
	}
	return x.c.lines[0].at[side].Addr.Netip()
}

// speak makes a line speak for the gateway's leg towards its reader, as rewrite does with a description of one line.
func (c *call) speak(l sdp.Line, towards *leg, setup sdp.Setup) {
	if ap, ok := towards.local.Address(); ok {
		l.SetPort(ap.Port())
		l.SetPlace(ap.Addr())
	}
	l.SetSetup(setup)
	if c.passing {
		return
	}
	for _, a := range []string{sdp.AttrFingerprint, sdp.AttrE2AE, sdp.AttrTLSID} {
		l.Remove(a)
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

// commit notes what the call's lines are from now on.
func (x *change) commit() {
	c := x.c
	near := x.nearSide()
	for _, r := range x.lines {
		n := r.was
		switch r.kind {
		case goneLine, takenLine:
			n = line{gone: true}
			if r.i < len(c.lines) {
				n.at = c.lines[r.i].at // for anywhere
			}
		default:
			n.heard(near, r.v.offer.Line(0))
			if r.answered != nil {
				n.peer[1-near], n.path[1-near] = r.answered.peer[1-near], r.answered.path[1-near]
			}
			n.secure, n.hop, n.passing, n.held = r.v.secure, r.v.hop, r.v.passing, r.held
			if r.kind == newPair || r.kind == addedLine {
				n.role[near], n.role[1-near] = r.nearNow, r.farRole
				n.found(c, near, r.v.near.local)
				n.found(c, 1-near, r.v.far.local)
			}
		}
		if r.i < len(c.lines) {
			c.lines[r.i] = n
		} else {
			c.lines = append(c.lines, n)
		}
	}
}

// modification is a Modify that is being put together.
type modification struct {
	leg     *leg
	streams []h248.Stream
	signals []h248.Signal
	events  bool // what is to be reported has to be said anew
}

// stream adds what is to be changed of line i, where it is anything.
func (m *modification) stream(i int, s h248.Stream) {
	if s.Local == nil && s.Remote == nil && s.Control == nil {
		return
	}
	s.ID = h248.StreamID(i + 1)
	m.streams = append(m.streams, s)
}

// signal adds orders for line i.
func (m *modification) signal(i int, s *h248.Signals) {
	if s == nil {
		return
	}
	for _, g := range s.List {
		g.Stream = h248.StreamID(i + 1)
		m.signals = append(m.signals, g)
	}
}

func (m *modification) command(x *change) *h248.Command {
	if len(m.streams) == 0 {
		return nil
	}
	cmd := &h248.Command{Verb: h248.Modify, Termination: m.leg.id}
	cmd.Media = &h248.Media{Streams: m.streams}
	if len(m.signals) > 0 {
		cmd.Signals = &h248.Signals{List: m.signals}
	}
	if m.events {
		cmd.Events = x.events(m.leg)
	}
	return cmd
}

// events arms the reports of all lines of a termination: an Events descriptor replaces the one before (H.248.1 §7.1.9).
func (x *change) events(l *leg) *h248.Events {
	p := x.c.p
	p.events++
	l.request = p.events
	e := &h248.Events{ID: l.request, HasID: true}
	for _, r := range x.lines {
		if r.kind == goneLine || r.kind == takenLine || r.v.relay {
			continue
		}
		from := len(e.List)
		e.List = p.arm(e.List, "tcpbcc/BNCChange")
		if r.v.protected(l) {
			e.List = p.arm(e.List, "tlsbsc/BNCChange")
		}
		for i := from; i < len(e.List); i++ {
			e.List[i].Stream = h248.StreamID(r.i + 1)
		}
	}
	e.List = append(e.List, h248.Event{Name: "hangterm/thb", Parms: []h248.Parm{h248.Set("timerx", h248.Number(300))}})
	return e
}

// transaction is an action of the call's context.
func (x *change) transaction(cmds ...h248.Command) h248.Action {
	return h248.Action{Context: x.c.context, Commands: cmds}
}
