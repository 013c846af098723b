package ue

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"imsim/netem/tls"
	"imsim/nodes"
	"imsim/nodes/protocol/sdp"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// Reinvite is what an offer inside a call is to change.
type Reinvite struct {
	Connection  sdp.Connection // new, or existing: also the zero value
	Setup       sdp.Setup      // of new connections; NoSetup: as in the UE's first offers
	Direction   sdp.Direction  // of all lines, where Directed
	Directed    bool
	Add         bool // one more message line
	Remove      int  // the line of this number, from 1; 0: none
	Certificate bool // another certificate, and so fingerprint; takes a new connection
	NoOffer     bool // an INVITE without a description (RFC 3261 §14.1)
}

// reinvites are the re-INVITEs of a call: one at a time (RFC 3261 §14.1).
type reinvites struct {
	want    []Reinvite // the first is under way, or due at retry
	tx      sip.TxID   // 0: none under way
	invite  *sip.Message
	why     sim.Cause
	again   deadline // after a 491, or a 500 that says when
	added   *media   // by the offer under way
	undoing bool     // takeBack is at work
	back    []taken  // answered by a 2xx that may come again
}

// taken is a re-INVITE of ours that a 2xx has answered (RFC 3261 §13.2.2.4).
type taken struct {
	tx  sip.TxID
	uac sip.UAC
}

// Reinvite makes an offer inside every call that is up.
func (u *UE) Reinvite(r Reinvite) {
	for _, c := range u.calls {
		if c != nil && c.state == talking {
			if c.re == nil {
				c.re = &reinvites{}
			}
			c.re.want = append(c.re.want, r)
			c.pending(c.why)
			c.wake()
		}
	}
}

func (c *call) isReinvite(tx sip.TxID) bool {
	return c.re != nil && tx != 0 && (c.re.tx == tx || c.re.taken(tx) != nil)
}

func (re *reinvites) taken(tx sip.TxID) *taken {
	for i := range re.back {
		if re.back[i].tx == tx {
			return &re.back[i]
		}
	}
	return nil
}

// reinviteEnded lets go of what a re-INVITE needs as long as its 2xx can come again.
func (c *call) reinviteEnded(tx sip.TxID) {
	if c.re != nil {
		c.re.back = slices.DeleteFunc(c.re.back, func(t taken) bool { return t.tx == tx })
	}
}

func (c *call) retryAt() sim.Time {
	if c.re == nil || c.re.again.at == 0 {
		return sim.Never
	}
	return c.re.again.at
}

func (c *call) retry(now sim.Time) {
	if c.re != nil && c.re.again.due(now) {
		why := c.u.Waited(c.re.again.why, "sip.retry")
		c.re.again = deadline{}
		c.pending(why)
	}
}

// pending sends the next re-INVITE, unless something is under way in either direction.
func (c *call) pending(why sim.Cause) {
	re := c.re
	if re == nil || len(re.want) == 0 || re.undoing || re.invite != nil || re.again.at != 0 || c.uas != nil || c.state != talking || c.changing() {
		return
	}
	u := c.u
	r := re.want[0]
	if err := c.reoffer(r, why); err != "" {
		c.takeBack(why)
		re.want = re.want[1:]
		u.Mark(why, "", nodes.ReinviteRefused, err)
		return
	}
	m := c.unpacked().Request(sip.INVITE)
	m.Add(sip.HAllow, "INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, OPTIONS")
	m.Add(sip.HSupported, "100rel, path")
	if c.session.interval > 0 {
		refresher := "uas"
		if c.session.refresher {
			refresher = "uac"
		}
		c.askSession(m, refresher)
	}
	if !r.NoOffer {
		c.offers++
		m.SetBody("application/sdp", c.describe(true))
	}
	re.invite = m
	re.why = u.Mark(why, "", nodes.InviteSent, "")
	re.tx = u.sip.Request(m, u.flow(c.dialog), re.why)
	u.byTx[re.tx] = c
	c.rest()
}

// changing reports whether a new connection has been agreed on that is not up yet.
func (c *call) changing() bool {
	for m := range c.lines() {
		if m.next != nil {
			return true
		}
	}
	return false
}

// reoffer prepares the media that the offer is to describe; err says why there is none.
func (c *call) reoffer(r Reinvite, why sim.Cause) (err string) {
	u := c.u
	if r.NoOffer {
		return ""
	}
	setup := r.Setup
	if setup == sdp.NoSetup {
		setup = sdp.ActPass
		if u.cfg.Offer != "" {
			setup = sdp.ParseSetup(u.cfg.Offer)
		}
	}
	for m := range c.lines() {
		switch {
		case m.gone, m.audio != nil:
			continue
		case int(m.line)+1 == r.Remove:
			m.removing = true
			continue
		case r.Connection != sdp.NewConnection && !r.Certificate && m.tcpRole != sdp.HoldConn:
			m.connection = sdp.ExistingConnection
		default:
			n := m.successor()
			n.offerer, n.own = true, setup
			if r.Certificate {
				u.certs++
				n.cert = tls.Pool(u.cfg.TLS.KeyType(), u.index+u.certs)
			}
			if err := n.prepare(); err != "" {
				return err
			}
		}
		if m.ask = m.wish; r.Directed {
			m.ask = r.Direction
		}
		if m.next != nil {
			m.next.ask = m.ask
		}
	}
	if !r.Add {
		return ""
	}
	n := c.addLine()
	c.re.added = n
	n.offerer, n.own, n.secure, n.e2ae, n.cema = true, setup, c.media.secure, c.media.e2ae, c.media.cema
	if c.media.audio != nil {
		if n.cema = u.cema(); n.protect() != "" {
			return "no protection"
		}
	}
	return n.prepare()
}

// takeBack makes everything as it was before an offer that has come to nothing (RFC 3261 §14.1).
func (c *call) takeBack(why sim.Cause) {
	c.re.undoing = true // what ends here does not bring on the next offer: the want of this one is still the first
	defer func() { c.re.undoing = false }()
	for m := range c.lines() {
		m.removing = false
		if n := m.next; n != nil {
			n.giveUp("refused", why)
		}
	}
	if n := c.re.added; n != nil {
		c.re.added = nil
		n.close(why)
		c.more = c.more[:len(c.more)-1]
	}
}

// reanswered takes a response to our re-INVITE.
func (c *call) reanswered(tx sip.TxID, m *sip.Message, why sim.Cause) {
	u, re := c.u, c.re
	switch {
	case m.Status < 200:
		return
	case m.Status < 300:
		if t := re.taken(tx); t != nil {
			if again := t.uac.Success(m); again != nil {
				u.sip.Request(again, u.flow(c.unpacked()), why)
				c.rest()
			}
			return
		}
		why = u.Mark(why, "", nodes.AnswerReceived, "")
		d := c.unpacked()
		d.ReceiveResponse(m)
		ack := d.Ack(re.invite)
		t := taken{tx: tx}
		t.uac.Acked(m, ack)
		re.back = append(re.back, t)
		u.sip.Request(ack, u.flow(d), why)
		re.invite, re.tx, re.want = nil, 0, re.want[1:]
		if c.session.interval > 0 {
			c.takeSession(m, why)
		}
		if c.state == talking {
			if err := c.reagreed(m.Body, why); err != "" {
				c.hangUp("failed", `SIP;cause=488;text="`+err+`"`, why)
			}
		}
		if c.state == talking {
			c.rest()
		}
		c.pending(why)
		return
	}
	c.unanswered(m.Status, why)
	if c.state != talking || len(re.want) == 0 {
		return
	}
	after, said := m.RetryAfter()
	switch {
	case m.Status == 491:
		// RFC 3261 §14.1: the owner of the Call-ID waits 2.1 to 4 s, the other side 0 to 2 s, in steps of 10 ms.
		wait := time.Duration(u.rand.Below(201)) * 10 * time.Millisecond
		if c.caller {
			wait = 2100*time.Millisecond + time.Duration(u.rand.Below(191))*10*time.Millisecond
		}
		re.again.set(u.K.Now().Add(wait), why)
	case m.Status == 500 && said:
		re.again.set(u.K.Now().Add(time.Duration(after)*time.Second), why)
	default:
		c.dropOffer(why)
	}
}

// dropOffer gives up what the first offer was to change, and goes on to the next.
func (c *call) dropOffer(why sim.Cause) {
	if c.state == talking && len(c.re.want) > 0 {
		c.re.want = c.re.want[1:]
		c.pending(why)
	}
}

// unanswered takes the final response to a re-INVITE that changes nothing, or its want.
func (c *call) unanswered(status int, why sim.Cause) {
	re := c.re
	if re.invite == nil {
		return
	}
	re.invite, re.tx = nil, 0
	why = c.u.Mark(why, "", nodes.ReinviteRefused, strconv.Itoa(status))
	if c.state != talking {
		return
	}
	c.takeBack(why)
	if status == 408 || status == 481 {
		// RFC 3261 §12.2.1.2: the dialog is over.
		c.hangUp("failed", "SIP;cause="+strconv.Itoa(status), why)
	}
}

// reagreed works the answer to an offer inside the call into the media; err says why it cannot be used.
func (c *call) reagreed(body string, why sim.Cause) (err string) {
	d, bad := sdp.Parse([]byte(body))
	if bad != nil {
		return bad.Error()
	}
	if d.Lines() != len(c.more)+1 {
		return "as many lines as were offered are to be answered"
	}
	c.re.added = nil
	for m := range c.lines() {
		l := d.Line(int(m.line))
		switch {
		case m.gone, m.audio != nil:
		case m.removing || l.Rejected():
			if m.next != nil {
				m.next.giveUp("refused", why)
			}
			m.remove(why)
		case m.next != nil || !m.agreed:
			n := m
			if m.next != nil {
				n = m.next
			}
			if l.Connection() == sdp.ExistingConnection {
				return "a=connection:existing answers new (RFC 4145 §5.1)"
			}
			n.follow(l)
			if err := n.accepted(l, why); err != "" {
				return err
			}
		case m.effective(l) == sdp.NewConnection:
			return "a=connection:new answers existing" // RFC 4145 §5 allows it; not modelled
		default:
			m.keep(l)
			m.follow(l)
		}
	}
	c.proceed(why)
	return ""
}

// follow goes by the direction of media that the answer to our offer leaves.
func (m *media) follow(answer sdp.Line) {
	m.wish = m.ask
	m.dir = meet(answer.Direction().Reversed(), m.wish)
}

// keep takes what the peer's line says of a connection that stays.
func (m *media) keep(l sdp.Line) {
	if peer, ok := l.Attr(sdp.AttrPath); ok {
		m.session.SetRemote(strings.Clone(peer))
	}
}

// effective returns what the peer's line says about the connection that there is (decision D2 of the spec reference): without
// a=connection, or where that is ignored, the same address and path mean existing and any change means new.
func (m *media) effective(l sdp.Line) sdp.Connection {
	c := l.Connection()
	ap, ok := m.c.u.leadsTo(l) // what the connection was opened by: c= and m=, or the path
	switch path, _ := l.Attr(sdp.AttrPath); {
	case !ok || ap.Addr() != m.remote.Addr.Netip() || ap.Port() != m.remote.Port:
		return sdp.NewConnection // RFC 4145 §5
	case c != sdp.NoConnection && m.c.u.cfg.ConnectionAttr != "ignore":
		return c
	case path != m.session.Config().Remote:
		return sdp.NewConnection
	}
	return sdp.ExistingConnection
}
