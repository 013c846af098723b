package ue

import (
	"strings"

	"imsim/netem/packet"
	"imsim/netem/tls"
	"imsim/nodes"
	"imsim/nodes/protocol/msrp"
	"imsim/nodes/protocol/sdp"
	"imsim/sim"
)

// offer makes the offer of a caller; err says why there is none.
func (m *media) offer(why sim.Cause) (body, err string) {
	c := m.c
	u := c.u
	m.offerer = true
	if c.script.Audio {
		if err := m.openAudio(); err != "" {
			return "", err
		}
		return c.describe(true), ""
	}
	m.cema = u.cema()
	m.own = sdp.ActPass
	if u.cfg.ICE == "full" {
		m.own = sdp.Active // RFC 6544 §4.4: the default candidate of a full agent
	}
	if u.cfg.Offer != "" {
		m.own = sdp.ParseSetup(u.cfg.Offer)
	}
	if u.plain() {
		m.own = sdp.NoSetup
	}
	if err := m.protect(); err != "" {
		return "", err
	}
	if err := m.prepare(); err != "" {
		return "", err
	}
	return c.describe(true), ""
}

// protect decides on the protection that our first offer of a line asks for; err says why there is none.
func (m *media) protect() (err string) {
	u := m.c.u
	switch m.c.script.Security {
	case nodes.SecurityE2AE:
		// TS 24.229 cl. 6.1.2: only what both sides announced at registration is asked for.
		if !u.MediaSecurity("msrp-tls") && u.cfg.Request != "always" {
			return "msrp-tls not agreed at registration"
		}
		m.secure, m.e2ae = true, true
	case nodes.SecurityE2ECert:
		m.secure = true
	}
	return ""
}

// answered takes the answer to our offer; err says why it cannot be used.
func (m *media) answered(body string, why sim.Cause) (err string) {
	m.agreed = true
	l, err := m.theLine(body)
	if err != "" {
		return err
	}
	if m.audio != nil {
		if err := m.readAudio(l); err != "" {
			return err
		}
		m.begin(why)
		return ""
	}
	return m.accepted(l, why)
}

// accepted takes the line of an answer; err says why it cannot be used.
func (m *media) accepted(l sdp.Line, why sim.Cause) (err string) {
	m.agreed = true
	mine, _, bad := m.c.u.negotiate(m.own, l.Setup())
	if bad != nil {
		return bad.Error()
	}
	m.tcpRole = mine
	if err := m.answeredCEMA(l); err != "" {
		return err
	}
	if m.secure && l.Proto().Security != sdp.TLS {
		if !m.e2ae || m.c.u.cfg.Request != "always" {
			return "answer without TLS"
		}
		m.secure, m.e2ae = false, false // it takes what it gets
	}
	if err := m.read(l); err != "" {
		return err
	}
	m.readICE(l, why)
	m.begin(why)
	return ""
}

// offered takes the offer of a caller; status refuses it.
func (m *media) offered(body string, why sim.Cause) (status int) {
	l, err := m.theLine(body)
	if err != "" {
		return 488
	}
	if l.Media() == "audio" {
		if m.readAudio(l) != "" || m.openAudio() != "" {
			return 488
		}
		return 0
	}
	if l.Proto().Security == sdp.TLS && m.c.u.cfg.TLSOffers == "port-0" {
		m.secure, m.gone = true, true // RFC 3264 §6
		return 0
	}
	return m.consider(l, why)
}

// consider takes a line that was offered; status refuses it.
func (m *media) consider(l sdp.Line, why sim.Cause) (status int) {
	u := m.c.u
	prefer := sdp.Passive
	if u.cfg.Answer != "" {
		prefer = sdp.ParseSetup(u.cfg.Answer)
	}
	if m.own = sdp.Answer(l.Setup(), prefer); prefer == sdp.HoldConn {
		m.own = prefer
	}
	if u.plain() {
		m.own = sdp.NoSetup
	}
	_, mine, bad := u.negotiate(l.Setup(), m.own)
	if bad != nil {
		return 488
	}
	if u.cfg.Insist {
		m.own, mine = prefer, prefer
	}
	// RFC 6714 §4.3: a path that does not lead to c= and m= wants CEMA.
	decide := sdp.CEMAAnswerer{OfferCEMA: l.CEMA(), Match: l.PathMatches(), Active: mine == sdp.Active, CanBePassive: true}
	action, cema := decide.Decide()
	if action == sdp.RejectLine && u.cema() {
		return 488
	}
	m.cema = cema && u.cema()
	m.secure = l.Proto().Security == sdp.TLS
	if m.secure && u.cfg.TLSOffers == "refuse" {
		return 488
	}
	m.e2ae = m.secure && l.E2AE() == sdp.E2AEApplied
	if m.e2ae && !u.MediaSecurity("msrp-tls") {
		return 488
	}
	m.tcpRole = mine
	if m.prepare() != "" {
		return 500
	}
	m.readICE(l, why)
	if err := m.read(l); err != "" {
		return 488
	}
	return 0
}

// prepare reserves the line's address and starts listening: an offerer of actpass or passive is reachable from the moment
// its offer leaves, an answerer from that of its answer (RFC 4145 §6).
func (m *media) prepare() (err string) {
	u := m.c.u
	m.local = u.local()
	scheme := "msrp"
	if m.secure {
		scheme = "msrps"
	}
	m.path = scheme + "://" + m.local.String() + "/" + msrp.NewSessionID(&u.msrp.IDs) + ";tcp"
	if u.cfg.ICE == "full" {
		m.gather()
	}
	if (m.own != sdp.Active && m.own != sdp.HoldConn || m.ice != nil) && !m.late() && u.cfg.MediaPort != "closed" && u.Host.Listen(m.local, m) != nil {
		return "no port left" // ports come round: this one's call is still there
	}
	cfg := msrp.Config{Local: m.path, IgnoreScheme: true, MaxSize: int64(u.cfg.MaxSize)}
	if m.before != nil {
		m.session = u.msrp.Follow(m.before.session, cfg)
	} else {
		m.session = u.msrp.Open(cfg)
	}
	return ""
}

// describe writes our side of all lines, as an offer or as an answer.
func (c *call) describe(offer bool) string {
	d := sdp.New(uint64(c.slot)+1, uint64(c.offers)+1, c.u.known)
	for m := range c.lines() {
		m.describe(d, offer)
	}
	return string(d.Bytes())
}

// describe writes our side of the line.
func (m *media) describe(d *sdp.Description, offer bool) {
	if m.next != nil {
		m = m.next
	}
	if m.audio != nil {
		m.describeAudio(d)
		return
	}
	security := sdp.Clear
	if m.secure {
		security = sdp.TLS
	}
	// D15: the real port, also where we are active.
	port := m.local.Port
	if m.gone || m.removing {
		port = 0 // RFC 3264 §8.2
	}
	l := d.AddLine("message", port, sdp.Proto{Transport: sdp.TCP, Security: security, App: sdp.MSRP}, "*")
	if port == 0 {
		return
	}
	l.Set(sdp.AttrPath, m.path)
	l.Set(sdp.AttrAcceptTypes, "message/cpim text/plain application/octet-stream")
	l.SetSetup(m.own)
	if m.connection != sdp.NoConnection {
		l.Set(sdp.AttrConnection, m.connection.String())
	}
	if m.cema {
		l.Add(sdp.AttrCEMA, "")
	}
	if m.secure {
		for _, fp := range m.c.u.cfg.TLS.Announces(m.certificate()) {
			l.Add(sdp.AttrFingerprint, fp.String())
		}
	}
	if offer && m.e2ae {
		l.Add(sdp.AttrE2AE, sdp.E2AERequested)
	}
	if dir := m.says(offer); dir != sdp.SendRecv {
		l.SetDirection(dir)
	}
	m.ice.describe(l)
}

// theLine finds the line of a body that begins a call: messages, or audio where that is what we have asked for, or are asked for.
func (m *media) theLine(body string) (l sdp.Line, err string) {
	d, bad := sdp.Parse([]byte(body))
	if bad != nil {
		return l, bad.Error()
	}
	if d.Lines() == 0 || d.Line(0).Rejected() || d.Line(0).Media() != "message" && (d.Line(0).Media() != "audio" || m.offerer && m.audio == nil) {
		return l, "no message line"
	}
	return d.Line(0), ""
}

// read takes address, path and fingerprints of the peer's line. CEMA and TS 24.247: c= and m= are where to dial, the
// path is what to match.
func (m *media) read(l sdp.Line) (err string) {
	ap, ok := m.c.u.leadsTo(l)
	if !ok {
		return "no address"
	}
	m.remote = packet.AddrPort{Addr: packet.AddrFrom(ap.Addr()), Port: ap.Port()}
	peer, _ := l.Attr(sdp.AttrPath)
	if m.c.u.cfg.PathScheme == "match" && strings.HasPrefix(peer, "msrps:") != m.secure {
		return "path scheme"
	}
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
