package alg

import (
	"time"

	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sdp"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// A hole that could not be punched leaves merge (spec reference §8.5 step 6): the UE behind the NAT, the caller, opens to the
// gateway, as the called does already. The called's connection stays as it is, held; the caller's leg gets another port, and
// latches. So the ALG tells the caller of a new connection, in the called's name; then the called of the path that the caller has
// for it, in the caller's name; and then has the gateway merge. Until then the gateway holds either's SYN, so nothing is sent
// before both know all.

// fall is the way that is left when the gateway punches in vain. A nil one is that there is none.
type fall struct {
	c      *call
	state  fallState
	acked  bool   // the INVITE's 2xx
	told   string // the description that the caller has of the called
	body   string // of the request under way
	client sip.TxID
	invite *sip.Message
	answer sdp.Line // the caller's
	tries  int      // of the request under way
	again  sim.Timer
	slot   uint32 // of again; 0: none
	why    sim.Cause
	acks   []taken
}

type fallState uint8

const (
	fallReady    fallState = iota // the gateway is at it
	fallAwaits                    // the ACK of the INVITE's 2xx: no offer before that (RFC 3261 §14.1)
	fallReserves                  // a port for the caller's leg
	fallNear                      // the caller has the offer
	fallFar                       // the called has it
	fallMerges                    // the gateway
	fallOver
)

// taken is a re-INVITE of ours that a 2xx has answered, which may come again (RFC 3261 §13.2.2.4).
type taken struct {
	tx  sip.TxID
	uac sip.UAC
}

// slotFall is where timer slots of falls begin; slotBack is above all of them.
const slotFall = 1 << 31

// mostTries is how often a re-INVITE is sent that meets another (491), or comes too early (500). [I]
const mostTries = 4

// another returns the way that is left for a call whose offerer's leg the gateway opens in that role. Legs that do not wait for
// one another have data on them before the paths are right, and are not merged.
func (c *call) another(role sdp.Setup) *fall {
	cfg := &c.p.cfg
	if cfg.PunchFallback != "merge" || !c.punches(&c.near, role) || c.aware || c.collides() || c.orders() || cfg.Accept != "" && cfg.Accept != "late" {
		return nil
	}
	return &fall{c: c}
}

// punch is the order; where there is another way, a failure is to end nothing.
func (f *fall) punch() h248.Signal {
	s := h248.Signal{Name: "tcphp/punch", Stream: 1}
	if f != nil {
		s.Parms = []h248.Parm{h248.Set("x_keep", h248.Word("ON"))}
	}
	return s
}

func (f *fall) begun() bool { return f != nil && f.state > fallReady }

// goesOn reports that it is under way.
func (f *fall) goesOn() bool { return f.begun() && f.state < fallOver }

// missed reports whether a failure that the gateway reports is that of the punch.
func (f *fall) missed(t h248.TerminationID, cause string) bool {
	return f != nil && f.state == fallReady && t == f.c.near.id && (cause == "timeout" || cause == "refused" || cause == "unreachable") && f.c.change == nil
}

// begin starts on the other way.
func (f *fall) begin(why sim.Cause) {
	if f.c.ended || f.state != fallReady {
		return
	}
	f.why = f.c.p.Mark(f.c.because(why), "", nodes.PunchFallback, "merge")
	f.state = fallAwaits
	f.reserve()
}

// acknowledged takes an ACK of the caller's.
func (f *fall) acknowledged(m *sip.Message, why sim.Cause) {
	if f == nil || f.acked || m.FromTag() != f.c.callerTag || !f.c.final {
		return
	}
	f.acked = true
	if f.state == fallAwaits {
		f.why = why
		f.reserve()
	}
}

// reserve has the gateway be passive on the caller's leg, at another port, and latch.
func (f *fall) reserve() {
	c := f.c
	if !f.acked {
		return
	}
	if c.busy || c.change != nil {
		f.giveUp(f.why)
		return
	}
	f.state = fallReserves
	d, err := sdp.Parse([]byte(f.told))
	if err != nil {
		f.giveUp(f.why)
		return
	}
	v := f.view(d)
	local := v.localFor(&c.near, sdp.Passive)
	s := h248.Stream{ID: 1, Local: local.Append(nil)}
	if c.protected(&c.near) {
		s.Control = unlinked() // its rule was that of a client
	}
	cmd := modifyOf(&c.near, s)
	cmd.Signals = v.signals(&c.near, sdp.Passive)
	why := c.p.Mark(f.why, "", nodes.ModifySent, c.near.realm())
	why = c.p.Mark(why, "", nodes.ModifySent, c.far.realm())
	// Without a role for the called's leg the gateway holds what comes on either (E-3).
	c.order(why, (*call).fallReserved, h248.Action{Context: c.context, Commands: []h248.Command{cmd, f.farAs(v, sdp.ActPass)}})
}

// farAs has the gateway take a role on the called's leg, where it is, without a rule for what it is to do to the other leg.
func (f *fall) farAs(v *call, role sdp.Setup) h248.Command {
	local := v.localFor(&f.c.far, role)
	local.Set(sdp.AttrSetup, role.String())
	local.SetAddress(f.c.lines[0].at[1].Netip())
	return modifyOf(&f.c.far, h248.Stream{ID: 1, Control: unlinked(), Local: local.Append(nil)})
}

// view is the call as describe.go sees it, with a description.
func (f *fall) view(d *sdp.Description) *call {
	c := f.c
	return &call{p: c.p, served: c.served, originating: c.originating, secure: c.secure, hop: c.hop, passing: c.passing, tls: c.tls, offer: d}
}

func modifyOf(l *leg, s h248.Stream) h248.Command {
	cmd := h248.Command{Verb: h248.Modify, Termination: l.id}
	cmd.Media = &h248.Media{Streams: []h248.Stream{s}}
	return cmd
}

// unlinked takes the rules of a leg away.
func unlinked() *h248.LocalControl {
	return &h248.LocalControl{Properties: []h248.Parm{h248.Set("seplink/x_topo", h248.Quoted(""))}}
}

// fallReserved offers the caller a new connection, to that port.
func (c *call) fallReserved(actions []h248Action, why sim.Cause) {
	f := c.fall
	d, err := sdp.Parse([]byte(f.told))
	if err != nil || !c.learn(&c.near, actions, 0) {
		f.giveUp(why)
		return
	}
	line := &c.lines[0]
	line.found(c, 0, c.near.local)
	c.near.local = nil
	d.Origin.SessionVersion++ // RFC 3264 §8
	l := d.Line(0)
	l.SetPort(line.at[0].Port)
	l.SetPlace(line.at[0].Addr.Netip())
	l.SetSetup(sdp.Passive)
	l.Set(sdp.AttrConnection, sdp.NewConnection.String())
	if c.near.access && c.secure {
		l.Set(sdp.AttrE2AE, sdp.E2AEApplied)
	}
	d.DropConnection()
	f.state, f.body, f.tries = fallNear, string(d.Bytes()), 0
	f.send(why)
}

// send sends the re-INVITE of the state, in the name of the other end.
func (f *fall) send(why sim.Cause) {
	c := f.c
	p := c.p
	to, other := c.toCaller.Dialog(), c.toCalled.Dialog()
	if f.state == fallFar {
		to, other = other, to
	}
	if to == nil || other == nil {
		f.giveUp(why)
		return
	}
	to.LocalSeq = c.take(f.state == fallFar) - 1
	to.Contact = "<" + other.Target + ">" // the end's remote target stays who it was
	m := to.Request(sip.INVITE)
	m.Add(sip.HAllow, "INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, OPTIONS")
	if s := c.session; s != nil && s.interval > 0 {
		// RFC 4028 §7.4: a re-INVITE without a word of it would end the session timer. Who refreshes, goes on.
		v := sip.Seconds(s.interval) + ";refresher=uas"
		if s.byCaller == (f.state == fallFar) {
			v = sip.Seconds(s.interval) + ";refresher=uac"
		}
		m.Add(sip.HSupported, "timer")
		m.Add(sip.HSessionExpires, v)
	}
	m.SetBody("application/sdp", f.body)
	next, err := p.node.NextHop(m)
	if err != nil {
		f.giveUp(why)
		return
	}
	next.Timers = p.node.Timers(next)
	f.tries++
	f.invite = m
	f.client = p.sip.Request(m, next, p.Mark(why, "", nodes.InviteSent, ""))
	p.byTx[f.client] = c
}

// has reports whether a transaction is one of ours.
func (f *fall) has(tx sip.TxID) bool { return f != nil && (tx == f.client || f.ackOf(tx) != nil) }

func (f *fall) ackOf(tx sip.TxID) *taken {
	for i := range f.acks {
		if f.acks[i].tx == tx {
			return &f.acks[i]
		}
	}
	return nil
}

// response takes a response to a re-INVITE of ours.
func (f *fall) response(tx sip.TxID, m *sip.Message, why sim.Cause) {
	c := f.c
	p := c.p
	if t := f.ackOf(tx); t != nil {
		if again := t.uac.Success(m); again != nil && m.Status >= 200 && m.Status < 300 {
			f.ack(again, why)
		}
		return
	}
	if m.Status < 200 {
		return
	}
	f.client = 0
	switch after, said := m.RetryAfter(); {
	case m.Status < 300:
		dialog := c.toCaller
		if f.state == fallFar {
			dialog = c.toCalled
		}
		d := dialog.Dialog()
		ack := d.Ack(f.invite)
		t := taken{tx: tx}
		t.uac.Acked(m, ack)
		f.acks = append(f.acks, t)
		f.ack(ack, why)
		if c.ended {
			break
		}
		c.renew(m, asked{}, why)
		f.answered(m, why)
		return
	case c.ended:
	case m.Status == 491 && f.tries < mostTries:
		// RFC 3261 §14.1: who owns the Call-ID, in whose name we speak to the called, waits 2.1 to 4 s, the other 0 to 2 s.
		r := p.K.Rand(p.Name + ".fall." + c.id + "." + m.Get(sip.HCSeq))
		wait := time.Duration(r.Below(201)) * 10 * time.Millisecond
		if f.state == fallFar {
			wait = 2100*time.Millisecond + time.Duration(r.Below(191))*10*time.Millisecond
		}
		f.wait(wait, why)
	case m.Status == 500 && said && f.tries < mostTries:
		f.wait(time.Duration(after)*time.Second, why)
	default:
		f.giveUp(p.Mark(why, "", nodes.ReinviteRefused, sip.Phrase(m.Status)))
	}
	delete(p.byTx, tx)
}

func (f *fall) ack(m *sip.Message, why sim.Cause) {
	p := f.c.p
	if to, err := p.node.NextHop(m); err == nil {
		to.Timers = p.node.Timers(to)
		p.sip.Request(m, to, why)
	}
}

// wait sends the re-INVITE again later.
func (f *fall) wait(d time.Duration, why sim.Cause) {
	p := f.c.p
	if f.slot == 0 {
		f.slot = slotFall + uint32(len(p.falling))
		p.falling = append(p.falling, f)
	}
	f.why = why
	p.K.Arm(&f.again, p.Entity, f.slot, p.K.Now().Add(d))
}

// waitedFor goes on with a fall whose time has come.
func (p *ALG) waitedFor(slot uint32) {
	f := p.falling[slot-slotFall]
	if f == nil || !p.K.Due(&f.again, p.Entity, slot) || f.c.ended || f.client != 0 {
		return
	}
	f.send(p.Waited(f.why, "sip.retry"))
}

// answered takes the answer of the end that has had the offer.
func (f *fall) answered(m *sip.Message, why sim.Cause) {
	c := f.c
	d, err := sdp.Parse([]byte(m.Body))
	if err != nil || d.Lines() != 1 || d.Line(0).Rejected() {
		f.giveUp(why)
		return
	}
	l := d.Line(0)
	near := f.state == fallNear
	leg := &c.near
	if !near {
		leg = &c.far
	}
	role, _, err := sdp.Negotiate(sdp.Passive, l.Setup())
	if err != nil || role != sdp.Passive || c.protected(leg) && (l.Proto().Security != sdp.TLS || c.unverifiable(l)) {
		f.giveUp(why)
		return
	}
	if near {
		f.answer = l
		c.lines[0].heard(0, l)
		f.offerFar(d, why)
		return
	}
	if c.lines[0].changed(1, l) {
		f.giveUp(why) // RFC 4145 §5 allows a new connection for an answer; the caller has been told of the one there is
		return
	}
	f.merge(why)
}

// offerFar tells the called of the caller's new path: its own connection stays.
func (f *fall) offerFar(answer *sdp.Description, why sim.Cause) {
	c := f.c
	d := answer.Clone()
	l := d.Line(0)
	if !c.passing {
		for _, a := range []string{sdp.AttrFingerprint, sdp.AttrE2AE, sdp.AttrTLSID} {
			d.RemoveSession(a)
		}
	}
	far := leg{access: c.far.access, on: c.far.on, local: c.lines[0].fragment(1, c.protected(&c.far))}
	c.speak(l, &far, sdp.Passive)
	l.Set(sdp.AttrConnection, sdp.ExistingConnection.String())
	d.DropConnection()
	f.state, f.body, f.tries = fallFar, string(d.Bytes()), 0
	f.send(why)
}

// merge has the gateway accept both SYNs: both legs wait, and no rule is between them (§9.6).
func (f *fall) merge(why sim.Cause) {
	c := f.c
	f.state = fallMerges
	d, err := sdp.Parse([]byte(f.told))
	if err != nil {
		f.giveUp(why)
		return
	}
	v := f.view(d)
	near := modifyOf(&c.near, h248.Stream{ID: 1, Remote: v.remoteFor(&c.near, f.answer)})
	why = c.p.Mark(why, "", nodes.ModifySent, c.near.realm())
	why = c.p.Mark(why, "", nodes.ModifySent, c.far.realm())
	c.order(why, (*call).fallMerged, h248.Action{Context: c.context, Commands: []h248.Command{near, f.farAs(v, sdp.Passive)}})
}

// fallMerged leaves the call as one that is merged.
func (c *call) fallMerged([]h248Action, sim.Cause) {
	c.lines[0].role = [2]sdp.Setup{sdp.Passive, sdp.Passive}
	f := c.fall
	f.state, f.told, f.body, f.invite, f.answer = fallOver, "", "", nil, sdp.Line{}
}

// giveUp ends the call, as if there had been no other way.
func (f *fall) giveUp(why sim.Cause) {
	if f.c.ended {
		return
	}
	f.state = fallOver
	f.c.release(503, "punch-fallback", why)
}

// end forgets it with the call. An INVITE under way still has its response, and a 2xx its ACK.
func (f *fall) end() {
	if f == nil {
		return
	}
	for i := range f.acks {
		delete(f.c.p.byTx, f.acks[i].tx)
	}
	if f.slot != 0 {
		f.c.p.falling[f.slot-slotFall] = nil
	}
}
