package tcp

import (
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// timestampOffset spreads the timestamp clocks of a host's connections; one pair of addresses always gets the same
// offset, so that a new incarnation's timestamps are later than the old one's (RFC 7323 §5.4).
func timestampOffset(local, remote packet.AddrPort) uint32 {
	x := local.Addr.Hash() ^ remote.Addr.Hash()>>7 ^ uint64(local.Port)<<16 ^ uint64(remote.Port)
	x *= 0x9e3779b97f4a7c15
	return uint32(x>>32) ^ uint32(x)
}

// tsNow is the timestamp clock: milliseconds of virtual time from the connection's offset on (RFC 7323 §5.4).
func (c *Conn) tsNow() uint32 { return uint32(uint64(c.now)/uint64(time.Millisecond)) + c.tsOffset }

// windowShift is the smallest scale that lets a window field speak for the whole buffer (RFC 7323 §2.3).
func windowShift(buffer uint32) (s uint8) {
	for s < 14 && buffer>>s > 0xffff {
		s++
	}
	return s
}

// announcedMSS is the MSS option that a connection sends.
func announcedMSS(cfg *Config, local packet.Addr) int {
	if cfg.MSS > 0 {
		return min(cfg.MSS, 0xffff)
	}
	if local.Is4() {
		return 1460
	}
	return 1440
}

// takeSYN takes the peer's SYN: its number, and what its options make of ours (RFC 9293 §3.7.1, RFC 7323 §2.2, §3.2).
func (c *Conn) takeSYN(now sim.Time, h *packet.TCPHeader) {
	c.rnxt = h.Seq + 1
	c.redge, c.rack = c.rnxt, c.rnxt
	c.finSeen = false
	c.offerWS = !c.cfg.NoWindowScale && h.HasWS
	if c.offerWS {
		c.sndWS = min(h.WS, 14) // RFC 7323 §2.3: a larger shift counts as 14
	} else {
		c.sndWS, c.rcvWS = 0, 0
	}
	c.offerTS = !c.cfg.NoTimestamps && h.HasTS
	c.ts = c.offerTS
	c.sack = !c.cfg.NoSACK && h.SACKOK // RFC 2018 §2
	c.takeECNSYN(h)
	if c.ts {
		c.tsRecent, c.tsRecentAt = h.TSVal, now
	}
	peer := 536 // RFC 9293 §3.7.1: MUST-15
	if !c.localAddr.Is4() {
		peer = 1220
	}
	if h.HasMSS {
		peer = max(int(h.MSS), 48) // a floor against absurd offers, as in Linux (tcp_min_snd_mss)
	}
	m := min(peer, int(c.ownMSS))
	if c.ts {
		m -= timestampOctets // RFC 6691: the MSS option does not allow for options
	}
	c.mss = uint32(m)
	c.rmss = min(536, c.ownMSS)
	c.wnd = uint32(h.Window) // RFC 7323 §2.2: never scaled in a SYN
	c.maxWnd = c.wnd
}

// fillOptions writes the options of an ordinary segment.
func (c *Conn) fillOptions(h *packet.TCPHeader) {
	c.fillTimestamp(h)
	if c.x != nil && c.sack {
		c.fillSACK(h)
	}
}

func (c *Conn) fillTimestamp(h *packet.TCPHeader) {
	if c.ts {
		h.HasTS, h.TSVal, h.TSEcr = true, c.tsNow(), c.tsRecent
	}
}

// fillSYNOptions writes the options of a SYN or SYN,ACK.
func (c *Conn) fillSYNOptions(h *packet.TCPHeader) {
	h.HasMSS, h.MSS = true, uint16(c.ownMSS)
	if c.offerWS {
		h.HasWS, h.WS = true, c.rcvWS
	}
	// RFC 2018 §2: in a SYN,ACK only to one who offered.
	h.SACKOK = c.sack || !c.cfg.NoSACK && h.Flags&packet.ACK == 0
	c.fillECNSYN(h)
	if c.offerTS {
		h.HasTS, h.TSVal = true, c.tsNow()
		if h.Flags.Has(packet.ACK) {
			h.TSEcr = c.tsRecent
		}
	}
}

// pawsFails reports whether the segment's timestamp shows it to be an old duplicate (RFC 7323 §5.3 R1).
func (c *Conn) pawsFails(h *packet.TCPHeader) bool {
	const old = 24 * 24 * time.Hour // RFC 7323 §5.5
	return c.ts && h.HasTS && lt(h.TSVal, c.tsRecent) && c.now.Sub(c.tsRecentAt) < old
}

// noteTimestamp updates TS.Recent (RFC 7323 §4.3 (2)).
func (c *Conn) noteTimestamp(h *packet.TCPHeader) {
	if c.ts && h.HasTS && le(c.tsRecent, h.TSVal) && le(h.Seq, c.rack) {
		c.tsRecent, c.tsRecentAt = h.TSVal, c.now
	}
}
