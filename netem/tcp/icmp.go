package tcp

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// Unreachable takes an ICMP error about a segment of this connection. Errors that quote a sequence number which is not
// under way are ignored (RFC 5927 §4).
func (c *Conn) Unreachable(now sim.Time, why sim.Cause, h *packet.ICMPHeader) {
	if c.state == Closed || c.state == TimeWait || lt(h.QuotedSeq, c.una) || !lt(h.QuotedSeq, c.nxt) {
		return
	}
	c.now = now
	opening := c.state == SynSent || c.state == SynReceived && !c.passive
	kind := classify(c.localAddr.Is4(), h)
	switch {
	case kind == notAnError:
	case kind == tooBig:
		c.pathMTU(why, int(h.MTU))
	case opening && c.cfg.ICMP == ICMPLinux, kind >= protocolError && c.cfg.ICMP == ICMPRFC:
		r := Unreachable
		if kind == portError {
			r = Refused
		}
		c.reset(r, why)
	default:
		c.softError = true
	}
}

type icmpKind uint8

const (
	notAnError icmpKind = iota
	tooBig
	softKind
	protocolError
	portError
)

// classify sorts the messages by RFC 9293 §3.9.2.2, RFC 792 and RFC 4443 §3.
func classify(v4 bool, h *packet.ICMPHeader) icmpKind {
	switch {
	case v4 && h.Type == 3 && h.Code == 2:
		return protocolError
	case v4 && h.Type == 3 && h.Code == 3:
		return portError
	case v4 && h.Type == 3 && h.Code == 4:
		return tooBig
	case v4 && (h.Type == 3 || h.Type == 11 || h.Type == 12):
		return softKind
	case v4:
		return notAnError
	case h.Type == 2:
		return tooBig
	case h.Type == 1 && h.Code == 4:
		return portError
	case h.Type == 1 && h.Code == 1:
		return protocolError // administratively prohibited
	case h.Type == 4 && h.Code == 1:
		return protocolError // unrecognised next header
	case h.Type == 1 || h.Type == 3:
		return softKind
	}
	return notAnError
}

// plateaus are sizes to try where a router does not tell its MTU (RFC 1191 §7.1).
var plateaus = [...]int{32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68}

// pathMTU lowers the segment size and sends what was too big again, which is no sign of congestion (RFC 1191 §6.4, §6.5,
// RFC 8201 §5.4).
func (c *Conn) pathMTU(why sim.Cause, mtu int) {
	headers := 40
	if !c.localAddr.Is4() {
		headers = 60
		mtu = max(mtu, 1280) // RFC 8201 §4: no smaller estimate, whatever the message says
	}
	if c.ts {
		headers += timestampOctets
	}
	for _, p := range plateaus {
		if mtu == 0 && p < int(c.mss)+headers {
			mtu = p
		}
	}
	m := max(mtu-headers, 48)
	if uint32(m) >= c.mss || c.state < Established {
		return
	}
	c.mss = uint32(m)
	c.cc.cwnd = max(c.cc.cwnd, c.mss)
	c.rtt.timing = false
	if c.sack && c.synAcked {
		if b := &c.extend().board; !b.on {
			b.start(c.una, c.nxt, c.lastSent)
		}
		c.presumeLost()
	} else {
		c.rec.timeout(c.una, c.nxt)
	}
	c.allow(why)
}
