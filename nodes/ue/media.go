package ue

import (
	"strings"
	"time"

	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/netem/tls"
	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/nodes/protocol/msrp"
	"imsim/nodes/protocol/sdp"
	"imsim/sim"
)

// media is the message line of a call: what offer and answer agreed on, the leg that carries it, and MSRP on top. TCP
// role, TLS role, offer role and who speaks first are kept apart: each comes from its own rule.
type media struct {
	c       *call
	local   packet.AddrPort
	remote  packet.AddrPort
	path    string
	own     sdp.Setup // as we wrote it
	far     sdp.Setup // as we read it
	tcpRole sdp.Setup // Active, Passive or HoldConn, once agreed
	secure  bool
	client  bool // TLS
	hash    []tls.Fingerprint
	agreed  bool
	offerer bool

	leg     *bearer.Leg
	session *msrp.Session
	conn    *msrp.Conn
	usable  bool
	saying  string // Message-ID of the line under way
	shut    bool
	in, out pdus
}

// firstRequest is how long a passive end waits for the first MSRP request on a connection (RFC 4976 §6.1).
const firstRequest = 30 * time.Second

// prepare reserves the line's address and starts listening: an offerer of actpass or passive is reachable from the moment
// its offer leaves, an answerer from that of its answer (RFC 4145 §6).
func (m *media) prepare(c *call) (err string) {
	u := c.u
	m.c = c
	m.local = u.local()
	scheme := "msrp"
	if m.secure {
		scheme = "msrps"
	}
	m.path = scheme + "://" + m.local.String() + "/" + msrp.NewSessionID(&u.msrp.IDs) + ";tcp"
	if m.own != sdp.Active && u.Host.Listen(m.local, m) != nil {
		return "no port left" // ports come round: this one's call is still there
	}
	m.session = u.msrp.Open(msrp.Config{Local: m.path, IgnoreScheme: true})
	return ""
}

// describe writes our side of the line.
func (m *media) describe() string {
	u := m.c.u
	d := sdp.New(uint64(m.c.slot)+1, 1, m.local.Addr.Netip())
	security := sdp.Clear
	if m.secure {
		security = sdp.TLS
	}
	// D15: the real port, also where we are active.
	l := d.AddLine("message", m.local.Port, sdp.Proto{Transport: sdp.TCP, Security: security, App: sdp.MSRP}, "*")
	l.Set(sdp.AttrPath, m.path)
	l.Set(sdp.AttrAcceptTypes, "message/cpim text/plain application/octet-stream")
	l.SetSetup(m.own)
	if nodes.Or(u.cfg.CEMA, true) {
		l.Add(sdp.AttrCEMA, "")
	}
	if m.secure {
		l.Add(sdp.AttrFingerprint, u.cert.Fingerprint("sha-256").String())
	}
	if m.offerer && m.c.script.Security == nodes.SecurityE2AE {
		l.Add(sdp.AttrE2AE, sdp.E2AERequested)
	}
	return string(d.Bytes())
}

// offer makes the offer of a caller; err says why there is none.
func (m *media) offer(c *call, why sim.Cause) (body, err string) {
	u := c.u
	m.offerer = true
	m.own = sdp.ActPass
	if u.cfg.Offer != "" {
		m.own = sdp.ParseSetup(u.cfg.Offer)
	}
	switch c.script.Security {
	case nodes.SecurityE2AE:
		// TS 24.229 cl. 6.1.2: only what both sides announced at registration is asked for.
		if !u.MediaSecurity("msrp-tls") {
			return "", "msrp-tls not agreed at registration"
		}
		m.secure = true
	case nodes.SecurityE2ECert:
		m.secure = true
	}
	if err := m.prepare(c); err != "" {
		return "", err
	}
	return m.describe(), ""
}

// answered takes the answer to our offer; err says why it cannot be used.
func (m *media) answered(body string, why sim.Cause) (err string) {
	m.agreed = true
	l, err := m.line(body)
	if err != "" {
		return err
	}
	mine, _, bad := sdp.Negotiate(m.own, l.Setup())
	if bad != nil {
		return bad.Error()
	}
	m.tcpRole = mine
	if err := m.read(l); err != "" {
		return err
	}
	if m.secure && l.Proto().Security != sdp.TLS {
		return "answer without TLS"
	}
	m.connect(why)
	return ""
}

// offered takes the offer of a caller; status refuses it.
func (m *media) offered(c *call, body string, why sim.Cause) (status int) {
	u := c.u
	m.c = c
	l, err := m.line(body)
	if err != "" {
		return 488
	}
	prefer := sdp.Passive
	if u.cfg.Answer == "active" {
		prefer = sdp.Active
	}
	m.own = sdp.Answer(l.Setup(), prefer)
	_, mine, bad := sdp.Negotiate(l.Setup(), m.own)
	if bad != nil {
		return 488
	}
	// RFC 6714 §4.3: a path that does not lead to c= and m= wants CEMA.
	decide := sdp.CEMAAnswerer{OfferCEMA: l.CEMA(), Match: l.PathMatches(), Active: mine == sdp.Active, CanBePassive: true}
	if action, _ := decide.Decide(); action == sdp.RejectLine {
		return 488
	}
	m.secure = l.Proto().Security == sdp.TLS
	if m.secure && l.E2AE() == sdp.E2AEApplied && !u.MediaSecurity("msrp-tls") {
		return 488
	}
	m.tcpRole = mine
	if m.prepare(c) != "" {
		return 500
	}
	if err := m.read(l); err != "" {
		return 488
	}
	return 0
}

// line finds the message line of a body.
func (m *media) line(body string) (l sdp.Line, err string) {
	d, bad := sdp.Parse([]byte(body))
	if bad != nil {
		return l, bad.Error()
	}
	if d.Lines() == 0 || d.Line(0).Rejected() || d.Line(0).Media() != "message" {
		return l, "no message line"
	}
	return d.Line(0), ""
}

// read takes address, path and fingerprints of the peer's line. CEMA and TS 24.247: c= and m= are where to dial, the
// path is what to match.
func (m *media) read(l sdp.Line) (err string) {
	ap, ok := l.Address()
	if !ok {
		return "no address"
	}
	m.remote = packet.AddrPort{Addr: packet.AddrFrom(ap.Addr()), Port: ap.Port()}
	peer, _ := l.Attr(sdp.AttrPath)
	m.session.SetRemote(strings.Clone(peer))
	m.client = sdp.TLSRuleFor(sdp.MSRP, sdp.ActiveIsClient).Client(m.offerer, m.tcpRole == sdp.Active)
	for _, f := range l.Fingerprints() {
		m.hash = append(m.hash, tls.Fingerprint(f))
	}
	if m.secure && len(m.hash) == 0 {
		return "no fingerprint"
	}
	return ""
}

// connect does what the agreed role asks for: the active side dials at once (RFC 4145 §6), the passive one has been
// listening. A handshake that ran ahead of the answer is verified now.
func (m *media) connect(why sim.Cause) {
	u := m.c.u
	switch {
	case m.shut:
	case m.leg != nil:
		if t := m.leg.TLS(); t != nil {
			m.leg.SetFingerprints(m.hash, why)
		}
	case m.tcpRole == sdp.Active:
		u.Host.Unlisten(m.local)
		m.leg = bearer.NewLeg(&u.Base, "", m)
		if err := m.leg.Dial(m.local, m.remote, u.tcpConfig(), why); err != nil {
			m.c.mediaLost("unreachable", why)
		}
	}
}

func (u *UE) tcpConfig() tcp.Config {
	return u.cfg.TCP.Config(35*time.Second, 15*time.Minute, 256<<10)
}

// Incoming takes a SYN for the line's port: the first connection is ours.
func (m *media) Incoming(o tcp.Opening) {
	u := m.c.u
	if m.shut || m.leg != nil || m.own == sdp.Active || m.tcpRole == sdp.Active {
		u.Host.Refuse(o, o.Why)
		return
	}
	m.leg = bearer.NewLeg(&u.Base, "", m)
	m.leg.Accept(o, u.tcpConfig(), false)
}

// LegEvent takes what happens on the connection.
func (m *media) LegEvent(l *bearer.Leg, ev bearer.Event, cause string, why sim.Cause) {
	if l != m.leg {
		return
	}
	c := m.c
	switch ev {
	case bearer.TCPUp:
		if m.secure {
			m.startTLS(why)
		} else {
			m.up(why)
		}
	case bearer.TLSUp:
		m.up(why)
	case bearer.TCPFail, bearer.RstIn, bearer.TCPLost:
		m.lost(why)
		c.mediaLost(cause, why)
	case bearer.TLSFail, bearer.AlertIn:
		m.lost(why)
		l.FIN(why)
		c.mediaLost(cause, why)
	case bearer.CNIn:
		// RFC 5246 §7.2.1: the session has answered before 1.3; MSRP has no use for half a connection.
		l.CloseTLS(why)
		l.FIN(why)
		m.lost(why)
		c.closing(why)
	case bearer.FinIn:
		l.FIN(why)
		m.lost(why)
		c.closing(why)
	case bearer.TCPGone:
		m.lost(why)
	}
	c.wake()
}

// wake sets the call's timer again, unless the call is over.
func (c *call) wake() {
	if c.state != over {
		c.arm()
	}
}

func (m *media) startTLS(why sim.Cause) {
	u := m.c.u
	role := tls.Server
	if m.client {
		role = tls.Client
	}
	lowest, highest := u.cfg.TLS.Versions()
	u.unique++
	m.leg.AttachTLS(u.env.Engine.NewSession(tls.Config{
		Role: role, MinVersion: lowest, MaxVersion: highest, Certificate: u.cert, Fingerprints: m.hash,
		AllowSHA1: u.cfg.TLS.AllowSHA1, Costs: u.crypto, Unique: u.unique,
	}))
	m.leg.StartTLS(why)
}

// up starts MSRP on a connection that is established and, where it has TLS, verified.
func (m *media) up(why sim.Cause) {
	u := m.c.u
	now := u.K.Now()
	m.hash = nil // verified, or not wanted: what it is part of may go
	if m.tcpRole == sdp.Active {
		m.conn = u.msrp.NewConn(now, why, 0)
		m.conn.Bind(now, why, m.session)
		m.drain(why)
		m.usable = true
		m.c.mediaUp(why)
		return
	}
	m.conn = u.msrp.NewConn(now, why, firstRequest)
}

// LegReadable gives what has arrived to MSRP.
func (m *media) LegReadable(l *bearer.Leg, reading sim.Cause) {
	u := m.c.u
	for l.Readable() > 0 && m.conn != nil {
		var p packet.Payload
		n, why := l.Take(64<<10, &p, reading)
		if n == 0 || m.conn == nil { // TLS may have failed on what comes next
			break
		}
		m.observe(&m.in, false, p, u.K.Now())
		m.conn.Input(u.K.Now(), why, p)
		m.drain(why)
	}
	l.Settled()
	m.c.wake()
}

// LegWritable goes on sending.
func (m *media) LegWritable(_ *bearer.Leg, why sim.Cause) { m.drain(why) }

// drain carries out what the MSRP connection wants.
func (m *media) drain(why sim.Cause) {
	u := m.c.u
	for m.conn != nil {
		space := m.leg.Space()
		m.conn.SetRoom(u.K.Now(), space)
		o, ok := m.conn.Next()
		if !ok {
			break
		}
		switch o.Kind {
		case msrp.OutSend:
			w := o.Why
			if o.Name == "SEND" {
				w = u.Mark(w, "", nodes.MSRPSendSent, "")
			} else if k := u.K; k.Tracing() && o.Name != "" {
				w = k.Record(sim.Record{Cause: w, Node: u.Entity, Kind: "msrp.sent", Text: o.Name})
			}
			m.observe(&m.out, true, o.Payload, u.K.Now())
			if m.leg.Write(o.Payload, w) != o.Payload.Len {
				m.c.mediaLost("send buffer", w)
				return
			}
		case msrp.OutClose:
			m.leg.CloseTLS(o.Why) // RFC 5246 §7.2.1: also where it is MSRP that has failed
			m.leg.FIN(o.Why)
			m.lost(o.Why)
			m.c.mediaLost(o.Name, o.Why)
		default:
			m.c.msrpOutput(o)
		}
	}
	if m.conn != nil && m.leg.Space() == 0 {
		m.leg.WantSpace()
	}
}

// say sends one message.
func (m *media) say(contentType string, body packet.Payload, why sim.Cause) {
	if m.conn == nil {
		return
	}
	m.saying = m.conn.Send(m.c.u.K.Now(), why, m.session, msrp.Outgoing{ContentType: contentType, Body: body})
	m.drain(why)
}

// lost tells MSRP that its connection is of no use any more.
func (m *media) lost(why sim.Cause) {
	if m.conn == nil {
		return
	}
	conn := m.conn
	m.conn = nil
	conn.Lost(m.c.u.K.Now(), why)
}

// close ends the media behind what was written: close_notify, FIN.
func (m *media) close(why sim.Cause) {
	if m.shut || m.session == nil { // an offer that is refused leaves nothing to close
		return
	}
	m.shut = true
	u := m.c.u
	u.Host.Unlisten(m.local)
	m.lost(why)
	u.msrp.Close(m.session)
	if m.leg == nil {
		return
	}
	switch s := m.leg.Stream(); {
	case s == nil:
	case !m.leg.Up():
		m.leg.Forget(why)
	default:
		m.leg.CloseTLS(why)
		m.leg.FIN(why)
	}
}

func (m *media) deadline() sim.Time {
	if m.conn == nil {
		return sim.Never
	}
	return m.conn.Deadline()
}

func (m *media) tick(now sim.Time) {
	if m.conn != nil && m.conn.Deadline() <= now {
		m.conn.Tick(now)
		m.drain(m.c.why)
	}
}

// mediaLost ends a call whose media is gone before its time: an endpoint turns it into BYE (RFC 4975 §5.4).
func (c *call) mediaLost(cause string, why sim.Cause) {
	if c.media.shut || c.result != "" {
		return
	}
	why = c.u.Mark(why, "", nodes.MSRPFailed, cause)
	c.hangUp("failed", "", why)
}

// byeGrace is how long an end whose media was closed in good order waits for the BYE that should go with it, since media
// and signalling race each other [I].
const byeGrace = 2 * time.Second

// closing waits for the BYE.
func (c *call) closing(why sim.Cause) {
	if !c.media.shut && c.result == "" && c.grace.at == 0 {
		c.grace.set(c.u.K.Now().Add(byeGrace), why)
	}
}
