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
func (m *media) offer(c *call, why sim.Cause) (body, err string) {
	u := c.u
	m.offerer = true
	m.cema = nodes.Or(u.cfg.CEMA, true)
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
	if u.cfg.Insist {
		m.own, mine = prefer, prefer
	}
	// RFC 6714 §4.3: a path that does not lead to c= and m= wants CEMA.
	decide := sdp.CEMAAnswerer{OfferCEMA: l.CEMA(), Match: l.PathMatches(), Active: mine == sdp.Active, CanBePassive: true}
	action, cema := decide.Decide()
	if action == sdp.RejectLine {
		return 488
	}
	m.cema = cema && nodes.Or(u.cfg.CEMA, true)
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
	if m.own != sdp.Active && u.cfg.MediaPort != "closed" && u.Host.Listen(m.local, m) != nil {
		return "no port left" // ports come round: this one's call is still there
	}
	m.session = u.msrp.Open(msrp.Config{Local: m.path, IgnoreScheme: true})
	return ""
}

// describe writes our side of the line.
func (m *media) describe() string {
	u := m.c.u
	d := sdp.New(uint64(m.c.slot)+1, 1, u.known)
	security := sdp.Clear
	if m.secure {
		security = sdp.TLS
	}
	// D15: the real port, also where we are active.
	l := d.AddLine("message", m.local.Port, sdp.Proto{Transport: sdp.TCP, Security: security, App: sdp.MSRP}, "*")
	l.Set(sdp.AttrPath, m.path)
	l.Set(sdp.AttrAcceptTypes, "message/cpim text/plain application/octet-stream")
	l.SetSetup(m.own)
	if m.cema {
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
