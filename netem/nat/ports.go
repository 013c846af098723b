package nat

import (
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// ports are the external ports of a NAT and who has them.
type ports struct {
	pools []pool // by external address and kind of transport
	subs  []subscriber
	byIn  map[packet.Addr]int32 // of subs
	turn  int                   // external address of the next subscriber or, with arbitrary pooling, mapping
	rest  []resting             // in the order in which they were freed
	head  int                   // of rest
}

// pool is the ports of one external address and transport.
type pool struct {
	used    []uint64 // bits, by port
	resting []uint64
	next    uint16 // of Sequential
	blocks  []bool // taken
}

// subscriber is an internal address.
type subscriber struct {
	addr   packet.Addr
	pool   int // external address
	count  int // mappings
	kinds  [transports]int
	blocks []block
}

// block is a run of ports that a subscriber has.
type block struct {
	kind  int // of transport
	ext   int
	at    int // number in the pool
	count int // mappings in it
}

type resting struct {
	pool int
	port uint16
	till sim.Time
}

// The transports: TCP, UDP and ICMP queries.
const (
	queries    = 2
	transports = 3
)

// kindOf numbers a transport: ports of different ones are different.
func kindOf(p packet.Proto) int {
	switch p {
	case packet.TCP:
		return 0
	case packet.UDP:
		return 1
	}
	return queries
}

func (s *ports) init(t *Table) {
	c := &t.cfg
	*s = ports{pools: make([]pool, transports*len(c.External)), byIn: map[packet.Addr]int32{}}
	for i := range s.pools {
		// Like many products, and vnet, counting up begins in the dynamic range where it is allowed.
		s.pools[i].next = c.FirstPort
		if c.FirstPort < 49152 && c.LastPort > 49152 && !t.by[i%transports].PortPreservation {
			s.pools[i].next = 49152
		}
	}
}

func has(b []uint64, port uint16) bool { return b != nil && b[port>>6]&(1<<(port&63)) != 0 }

func set(b *[]uint64, port uint16, on bool) {
	if *b == nil {
		*b = make([]uint64, 1024)
	}
	if on {
		(*b)[port>>6] |= 1 << (port & 63)
	} else {
		(*b)[port>>6] &^= 1 << (port & 63)
	}
}

// subscriberOf returns the number of the subscriber with an internal address.
func (t *Table) subscriberOf(a packet.Addr) int32 {
	s := &t.ports
	if n, ok := s.byIn[a]; ok {
		return n
	}
	n := int32(len(s.subs))
	s.byIn[a] = n
	s.subs = append(s.subs, subscriber{addr: a, pool: t.nextAddr(a)})
	return n
}

// nextAddr takes external addresses of a family in turn; -1 if there are none.
func (t *Table) nextAddr(like packet.Addr) int {
	for range t.cfg.External {
		n := t.ports.turn
		t.ports.turn = (n + 1) % len(t.cfg.External)
		if t.cfg.External[n].Is4() == like.Is4() {
			return n
		}
	}
	return -1
}

// allocate finds an external endpoint for a new mapping.
func (t *Table) allocate(now sim.Time, proto packet.Proto, in, remote packet.AddrPort) (ext packet.AddrPort, sub int32, ok bool) {
	t.wake(now)
	sub = t.subscriberOf(in.Addr)
	s := &t.ports.subs[sub]
	// RFC 6888 REQ-4: limits by subscriber.
	if t.full(s, proto) || s.pool < 0 {
		return ext, sub, false
	}
	at := s.pool
	if t.cfg.Pooling == Arbitrary {
		at = t.nextAddr(in.Addr)
	}
	port, ok := t.allocateAt(at, proto, in, remote, sub)
	if !ok && t.cfg.Pooling == Soft {
		// RFC 7857 §4: with soft pooling another address is better than none.
		for at = range t.cfg.External {
			if t.cfg.External[at].Is4() == in.Addr.Is4() {
				if port, ok = t.allocateAt(at, proto, in, remote, sub); ok {
					break
				}
			}
		}
	}
	if !ok {
		return ext, sub, false
	}
	t.take(at, proto, port, sub)
	return packet.AddrPort{Addr: t.cfg.External[at], Port: port}, sub, true
}

// full reports whether a subscriber may have no more mappings of a transport.
func (t *Table) full(s *subscriber, proto packet.Proto) bool {
	own := t.of(proto).PerSubscriber
	return t.cfg.PerSubscriber > 0 && s.count >= t.cfg.PerSubscriber || own > 0 && s.kinds[kindOf(proto)] >= own
}

// take gives a port to a subscriber.
func (t *Table) take(at int, proto packet.Proto, port uint16, sub int32) {
	kind := kindOf(proto)
	set(&t.ports.pools[at*transports+kind].used, port, true)
	t.ports.subs[sub].count++
	t.ports.subs[sub].kinds[kind]++
}

// allocateAt finds a port of one external address.
func (t *Table) allocateAt(at int, proto packet.Proto, in, remote packet.AddrPort, sub int32) (uint16, bool) {
	c, b := &t.cfg, t.of(proto)
	fits := func(port uint16) bool {
		// RFC 4787 REQ-4: parity.
		return (!c.PortParity || proto != packet.UDP || (port^in.Port)&1 == 0) && t.vacant(at, proto, port, remote)
	}
	first, last := c.FirstPort, c.LastPort
	switch {
	case kindOf(proto) == queries && b.Allocation != Block:
		first, last = 0, 65535 // identifiers have no classes
	case in.Port < 1024 && in.Port != 0 && b.PortPreservation:
		first, last = 1, 1023 // RFC 4787 REQ-3a: the class of the port is kept
	}
	if c.PortContiguity && proto == packet.UDP && in.Port&1 == 1 {
		// RFC 4787 §4.2.3: RTCP's port is the one behind RTP's.
		below := packet.AddrPort{Addr: in.Addr, Port: in.Port - 1}
		if i := t.mappingOf(proto, below, remote); i >= 0 && t.maps[i].ext.Addr == c.External[at] && t.maps[i].ext.Port < last && fits(t.maps[i].ext.Port+1) {
			return t.maps[i].ext.Port + 1, true
		}
	}
	if port, ok := t.reuse(at, proto, in, remote); ok {
		return port, true
	}
	if b.PortPreservation && in.Port >= first && in.Port <= last && t.vacant(at, proto, in.Port, remote) {
		return in.Port, true
	}
	switch b.Allocation {
	case Block:
		return t.fromBlock(at, proto, sub, fits)
	case Upwards:
		return search(first, last, min(max(in.Port, first), last), 1, fits)
	case Random:
		// RFC 6056 §3.3.1: from a random one upwards.
		return search(first, last, first+uint16(t.rand.Below(uint64(last-first)+1)), 1, fits)
	}
	p := &t.ports.pools[at*transports+kindOf(proto)]
	port, ok := search(first, last, max(p.next, first), b.Step, fits)
	if ok {
		p.next = c.FirstPort
		if int(port)+int(b.Step) <= int(c.LastPort) {
			p.next = port + b.Step
		}
	}
	return port, ok
}

// reuse returns the port of the latest other mapping of an internal endpoint that can be used towards a remote one, too.
func (t *Table) reuse(at int, proto packet.Proto, in, remote packet.AddrPort) (uint16, bool) {
	if !t.of(proto).PortReuse {
		return 0, false
	}
	h := hash1(proto, in)
	for i := t.byOwn.first(h); i >= 0; i = t.byOwn.after(i) {
		if m := &t.maps[i]; t.byOwn.hash[i] == h && m.proto == proto && m.in == in && m.ext.Addr == t.cfg.External[at] && t.vacant(at, proto, m.ext.Port, remote) {
			return m.ext.Port, true
		}
	}
	return 0, false
}

// search returns the first port that fits, from one on, by steps and then by ones, round the range.
func search(first, last, from, step uint16, fits func(uint16) bool) (uint16, bool) {
	n := int(last) - int(first) + 1
	off := int(from-first) % n
	if fits(first + uint16(off)) {
		return first + uint16(off), true
	}
	if step > 1 {
		for k := 1; k < n/int(step); k++ {
			if port := first + uint16((off+k*int(step))%n); fits(port) {
				return port, true
			}
		}
	}
	for k := 1; k < n; k++ {
		if port := first + uint16((off+k)%n); fits(port) {
			return port, true
		}
	}
	return 0, false
}

// vacant reports whether a port can have a new mapping to a remote endpoint.
func (t *Table) vacant(at int, proto packet.Proto, port uint16, remote packet.AddrPort) bool {
	p := &t.ports.pools[at*transports+kindOf(proto)]
	if has(p.resting, port) {
		return false
	}
	if !has(p.used, port) {
		return true
	}
	// RFC 7857 §3: mappings may share a port where destinations differ; whom an ALG announces has no destination yet.
	ext := packet.AddrPort{Addr: t.cfg.External[at], Port: port}
	if t.cfg.ALG == ALGSIP && (remote == packet.AddrPort{} || t.maps[t.mappingAt(proto, ext)].pinhole) {
		return false
	}
	return t.of(proto).PortOverloading && t.findIn(proto, ext, remote) < 0
}

// fromBlock finds a port in the subscriber's blocks, or takes one more block (RFC 7422, RFC 6888 REQ-4).
func (t *Table) fromBlock(at int, proto packet.Proto, sub int32, fits func(uint16) bool) (uint16, bool) {
	c, s, kind := &t.cfg, &t.ports.subs[sub], kindOf(proto)
	bounds := func(n int) (uint16, uint16) {
		first := int(c.FirstPort) + n*c.BlockSize
		return uint16(first), uint16(first + c.BlockSize - 1)
	}
	mine := 0
	for i := range s.blocks {
		b := &s.blocks[i]
		if b.kind != kind || b.ext != at {
			continue
		}
		mine++
		first, last := bounds(b.at)
		if port, ok := search(first, last, first, 1, fits); ok {
			b.count++
			return port, true
		}
	}
	if mine >= c.MaxBlocks {
		return 0, false
	}
	p := &t.ports.pools[at*transports+kind]
	if p.blocks == nil {
		p.blocks = make([]bool, (int(c.LastPort)-int(c.FirstPort)+1)/c.BlockSize)
	}
	for n := range p.blocks {
		if p.blocks[n] {
			continue
		}
		first, last := bounds(n)
		if port, ok := search(first, last, first, 1, fits); ok {
			p.blocks[n] = true
			s.blocks = append(s.blocks, block{kind, at, n, 1})
			return port, true
		}
	}
	return 0, false
}

// release gives back what a mapping had.
func (t *Table) release(now sim.Time, m *mapping) {
	s := &t.ports.subs[m.sub]
	s.count--
	s.kinds[kindOf(m.proto)]--
	at := 0
	for t.cfg.External[at] != m.ext.Addr {
		at++
	}
	n := at*transports + kindOf(m.proto)
	p := &t.ports.pools[n]
	if t.of(m.proto).Allocation == Block && !m.dmz {
		number := (int(m.ext.Port) - int(t.cfg.FirstPort)) / t.cfg.BlockSize
		for i := range s.blocks {
			if b := &s.blocks[i]; b.kind == kindOf(m.proto) && b.ext == at && b.at == number {
				if b.count--; b.count == 0 {
					p.blocks[number] = false
					s.blocks = append(s.blocks[:i], s.blocks[i+1:]...)
				}
				break
			}
		}
	}
	if t.of(m.proto).PortOverloading && t.mappingAt(m.proto, m.ext) >= 0 {
		return // another has it
	}
	set(&p.used, m.ext.Port, false)
	// RFC 6888 REQ-8: a port rests, but not one of a TCP connection that was tracked to its end.
	if rest := t.cfg.Timers.Rest; rest > 0 && m.proto != packet.TCP {
		t.restPort(n, m.ext.Port, now, rest)
	}
}

func (t *Table) restPort(pool int, port uint16, now sim.Time, rest time.Duration) {
	set(&t.ports.pools[pool].resting, port, true)
	t.ports.rest = append(t.ports.rest, resting{pool, port, now.Add(rest)})
}

// wake ends the rest of ports that have rested.
func (t *Table) wake(now sim.Time) {
	s := &t.ports
	for s.head < len(s.rest) && s.rest[s.head].till <= now {
		r := s.rest[s.head]
		set(&s.pools[r.pool].resting, r.port, false)
		s.head++
	}
	if s.head == len(s.rest) {
		s.rest, s.head = s.rest[:0], 0
	}
}
