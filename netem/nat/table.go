package nat

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// Side is where a packet comes from or goes to.
type Side uint8

// The sides of a NAT.
const (
	Inside Side = iota
	Outside
)

// Action is what is to be done with a packet.
type Action uint8

// The actions.
const (
	Drop    Action = iota
	Forward        // the packet, rewritten, to the other side
	Turn           // the packet, rewritten, back inside: hairpinning
	Hold           // nothing: the table keeps the packet, and Next returns it one day
	Refuse         // drop, and answer as Verdict.Answer says
	Local          // the packet is for the NAT itself
)

// Verdict is the table's word on a packet.
type Verdict struct {
	Action Action
	Answer Answer // of Refuse
	Why    string // of Drop, Refuse and Hold of a SYN: for the trace, a constant
}

// OutputKind is what the table wants done beside its verdicts.
type OutputKind uint8

// The outputs.
const (
	OutForward OutputKind = iota // Packet, rewritten, to Side
	OutRefuse                    // Packet, as it came, is dropped and answered as Answer says
	OutDrop                      // Packet is dropped
	OutReset                     // an RST, sequence number Seq, from Flow.Src to Flow.Dst on Side
	OutAdded                     // a mapping: Flow.Src inside, Flow.Dst outside; only with Table.Notes
	OutExpired                   // likewise
)

// Output is one thing that the table wants done.
type Output struct {
	Kind   OutputKind
	Side   Side
	Answer Answer
	Packet *packet.Packet
	Flow   packet.Flow
	Seq    uint32
	Text   string
	Why    sim.Cause
}

// Stats counts what a table did.
type Stats struct {
	Out, In, Hairpins               uint64 // packets translated
	Mappings, Sessions              uint64 // ever made
	Expired, Unsolicited, OverQuota uint64
	Unread                          uint64 // messages and fragments at SIP's port that an ALG had to let through as they are
}

// Table is the state of a NAT: which packet becomes which. It is plain state: packets go in at Input with the time, and
// it rewrites them in place; deadlines come due by Tick; what else it wants done is drained with Next.
type Table struct {
	Stats Stats
	Notes bool // make OutAdded and OutExpired
	// Clone, where set, copies a packet of which an ALG holds a part; without it packets are allocated.
	Clone func(*packet.Packet) *packet.Packet

	cfg  Config
	by   [transports]Behavior
	rand sim.Stream

	maps  []mapping
	free  []int32
	byIn  chain // of mappings, by internal endpoint and what the behaviour takes of the remote one
	byExt chain // of mappings, by external endpoint
	byOwn chain // of mappings, by internal endpoint; only with PortReuse

	sess     []session
	freeSess []int32
	bySrc    chain // of sessions, by internal endpoint and remote; not of those aside
	byDst    chain // of sessions, by external endpoint and remote

	ports  ports
	held   []heldSYN
	frags  []fragments
	queue  expiry
	out    []Output
	first  int // of out
	mapped int
	gen    uint32
	fixed  bool // there are static addresses
}

// mapping is an internal endpoint's external one.
type mapping struct {
	timed
	in, ext  packet.AddrPort
	remote   packet.AddrPort // as far as the behaviour depends on it
	proto    packet.Proto
	both     bool // packets have passed both ways
	pinhole  bool // an ALG has announced it: anybody may come in
	dmz      bool // made by a packet from outside, for the DMZ host: packets from inside find its sessions only
	sub      int32
	sessions int32 // slot + 1 of the first
}

// session is a mapping's traffic with one remote endpoint.
type session struct {
	timed
	remote     packet.AddrPort
	m          int32
	prev, next int32 // slot + 1, of the same mapping
	tcp        tracking
	splice     *splice // what an ALG did to the streams of a TCP connection
	proto      packet.Proto
	aside      bool // packets from inside go by another session (ContestMapping)
}

// New makes a table. Random ports come from rand.
func New(cfg Config, rand sim.Stream) (*Table, error) {
	if err := cfg.prepare(); err != nil {
		return nil, err
	}
	t := &Table{cfg: cfg, rand: rand}
	for _, proto := range []packet.Proto{packet.TCP, packet.UDP, packet.ICMP} {
		b := t.of(proto)
		*b = cfg.Of(proto)
		if err := b.prepare(); err != nil {
			return nil, err
		}
	}
	t.fixed = cfg.Mode == NATModeNAT1To1 || len(cfg.Static) > 0
	t.ports.init(t)
	return t, nil
}

// Config returns the behaviour with everything filled in.
func (t *Table) Config() Config { return t.cfg }

// Live returns the numbers of mappings and sessions.
func (t *Table) Live() (mappings, sessions int) { return t.mapped, t.byDst.n }

// Deadline returns when Tick is next due.
func (t *Table) Deadline() sim.Time { return t.queue.deadline() }

// Input decides on a packet that comes from a side, and rewrites it. A fragment may bring others back by Next.
func (t *Table) Input(now sim.Time, from Side, p *packet.Packet) Verdict {
	if len(t.queue.h) > 0 && t.queue.h[0].at <= now {
		t.Tick(now)
	}
	if t.fixed {
		if v, ok := t.static(now, from, p); ok {
			return v
		}
	}
	if p.Frag.IsFragment() {
		return t.fragment(now, from, p)
	}
	return t.whole(now, from, p)
}

// whole decides on a packet that has its transport header.
func (t *Table) whole(now sim.Time, from Side, p *packet.Packet) Verdict {
	src, dst, ok := endpoints(p)
	if !ok {
		if p.IsICMPError() {
			return t.icmpError(from, p)
		}
		return t.other(p)
	}
	if from == Outside {
		return t.inbound(now, p, src, dst)
	}
	// RFC 4787 REQ-9: what is for an external address comes back in.
	if t.owns(p.Dst) {
		return t.hairpin(now, p, src, dst)
	}
	return t.outbound(now, p, src, dst)
}

// endpoints returns what a packet is known by; ok is false where there is nothing that can be translated. An ICMP query
// has its identifier for a port (RFC 5508 §3.1), on the side of who asked.
func endpoints(p *packet.Packet) (src, dst packet.AddrPort, ok bool) {
	src.Addr, dst.Addr = p.Src, p.Dst
	switch p.Proto {
	case packet.TCP, packet.UDP:
		src.Port, dst.Port = p.SrcPort, p.DstPort
		return src, dst, true
	case packet.ICMP, packet.ICMPv6:
		switch id := uint16(p.ICMP.MTU >> 16); {
		case isEcho(p):
			src.Port = id
			return src, dst, true
		case p.Proto == packet.ICMP && p.ICMP.Type == packet.EchoReply, p.Proto == packet.ICMPv6 && p.ICMP.Type == packet.EchoReply6:
			dst.Port = id
			return src, dst, true
		}
	}
	return src, dst, false
}

func isEcho(p *packet.Packet) bool {
	return p.Proto == packet.ICMP && p.ICMP.Type == packet.Echo || p.Proto == packet.ICMPv6 && p.ICMP.Type == packet.Echo6
}

// other decides on a packet of a kind that is not translated.
func (t *Table) other(p *packet.Packet) Verdict {
	if t.owns(p.Dst) {
		return Verdict{Action: Local}
	}
	return Verdict{Action: Drop, Why: "protocol is not translated"}
}

func (t *Table) owns(a packet.Addr) bool {
	for i := range t.cfg.External {
		if t.cfg.External[i] == a {
			return true
		}
	}
	return t.fixed && t.staticOf(a, true) >= 0
}

// setSrc rewrites the source of a packet.
func setSrc(p *packet.Packet, a packet.AddrPort) {
	p.Src = a.Addr
	if p.Proto == packet.TCP || p.Proto == packet.UDP {
		p.SrcPort = a.Port
	} else {
		p.ICMP.MTU = p.ICMP.MTU&0xffff | uint32(a.Port)<<16
	}
}

// setDst rewrites the destination of a packet.
func setDst(p *packet.Packet, a packet.AddrPort) {
	p.Dst = a.Addr
	if p.Proto == packet.TCP || p.Proto == packet.UDP {
		p.DstPort = a.Port
	} else {
		p.ICMP.MTU = p.ICMP.MTU&0xffff | uint32(a.Port)<<16
	}
}

// Next returns what the table wants done next.
func (t *Table) Next() (Output, bool) {
	if t.first == len(t.out) {
		return Output{}, false
	}
	o := t.out[t.first]
	t.out[t.first] = Output{}
	if t.first++; t.first == len(t.out) {
		t.out, t.first = t.out[:0], 0
	}
	return o, true
}

// Tick carries out what is due.
func (t *Table) Tick(now sim.Time) {
	for len(t.queue.h) > 0 && t.queue.h[0].at <= now {
		e := t.queue.pop()
		switch e.what {
		case aMapping:
			if m := &t.maps[e.slot]; t.queue.due(&m.timed, &e) {
				if m.pinhole && m.sessions != 0 && (m.proto == packet.TCP || t.cfg.RefreshSessions) {
					m.pinhole = false // the announcement is over; the connection lives by its own timers
					continue
				}
				t.Stats.Expired++
				t.removeMapping(now, e.slot)
			}
		case aSession:
			if s := &t.sess[e.slot]; t.queue.due(&s.timed, &e) {
				t.expireSession(now, e.slot)
			}
		case aHeld:
			if h := &t.held[e.slot]; t.queue.due(&h.timed, &e) {
				t.releaseSYN(e.slot, OutRefuse)
			}
		case aFragment:
			if f := &t.frags[e.slot]; t.queue.due(&f.timed, &e) {
				t.forgetFragments(e.slot)
			}
		}
	}
}

// TimerCause returns the cause with which the next deadline was armed.
func (t *Table) TimerCause() sim.Cause {
	if len(t.queue.h) == 0 {
		return sim.Cause{}
	}
	e := &t.queue.h[0]
	switch e.what {
	case aMapping:
		return t.maps[e.slot].why
	case aSession:
		return t.sess[e.slot].why
	case aHeld:
		return t.held[e.slot].why
	}
	return t.frags[e.slot].why
}

// Reboot forgets everything: mappings, sessions, what waits, and where allocation stood.
func (t *Table) Reboot() {
	for i := range t.held {
		if t.held[i].live {
			t.releaseSYN(int32(i), OutDrop)
		}
	}
	for i := range t.frags {
		if t.frags[i].live {
			t.forgetFragments(int32(i))
		}
	}
	for i := range t.maps {
		t.maps[i].live = false
	}
	for i := range t.sess {
		t.dropHeld(t.sess[i].splice)
		t.sess[i].live, t.sess[i].splice = false, nil
	}
	t.maps, t.free, t.sess, t.freeSess = t.maps[:0], t.free[:0], t.sess[:0], t.freeSess[:0]
	for _, c := range []*chain{&t.byIn, &t.byExt, &t.byOwn, &t.bySrc, &t.byDst} {
		c.clear()
	}
	t.held, t.frags, t.queue.h, t.mapped = t.held[:0], t.frags[:0], t.queue.h[:0], 0
	t.ports.init(t)
}

// Mapping returns the external endpoint of an internal one towards a remote one, if there is any.
func (t *Table) Mapping(proto packet.Proto, in, remote packet.AddrPort) (packet.AddrPort, bool) {
	if i := t.mappingOf(proto, in, remote); i >= 0 {
		return t.maps[i].ext, true
	}
	return packet.AddrPort{}, false
}

// Each calls f for every mapping, in no order that means anything but the same in every run.
func (t *Table) Each(f func(proto packet.Proto, in, ext packet.AddrPort)) {
	for i := range t.maps {
		if m := &t.maps[i]; m.live {
			f(m.proto, m.in, m.ext)
		}
	}
}
