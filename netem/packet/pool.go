package packet

// Pool hands out packets and takes them back, so that the steady state allocates nothing. The zero value is usable.
// A packet in use is the property of one holder at a time: a queue, a link, a host.
type Pool struct {
	Limit int // most packets in use before Exceeded reports true; 0: no limit

	free []*Packet
	live int
	next uint64
}

// chunk is how many packets are allocated together when the free list runs dry.
const chunk = 64

// Peek returns a packet that is still free, with whatever its last user left in it but the payload, which is empty,
// the ICMP header, which is zero, and the mark of damage: somebody who does not know yet whether there is something to send may fill all the
// rest, and call Take only if so.
func (l *Pool) Peek() *Packet {
	if n := len(l.free); n > 0 {
		return l.free[n-1]
	}
	return l.more()
}

// more makes packets for an empty free list and returns the first.
func (l *Pool) more() *Packet {
	block, spans := make([]Packet, chunk), make([]Span, chunk)
	for i := range block {
		block[i].Payload.Spans = spans[i : i : i+1] // most have no more than one
		l.free = append(l.free, &block[chunk-1-i])
	}
	return &block[0]
}

// Take takes the packet that Peek returned last into use, with the next packet number. It never fails; see Exceeded.
func (l *Pool) Take() *Packet {
	n := len(l.free) - 1
	p := l.free[n]
	l.free = l.free[:n]
	l.live++
	l.next++
	p.ID = l.next
	return p
}

// Get returns a cleared packet with the next packet number. It never fails; see Exceeded.
func (l *Pool) Get() *Packet {
	p := l.Peek()
	spans := p.Payload.Spans
	*p = Packet{}
	p.Payload.Spans = spans
	return l.Take()
}

// Put takes back a packet that nobody uses any more. The spans' backing array is kept for the next user, without the
// octets. The rest is left as it is until Get, for clearing it costs more than most users need.
func (l *Pool) Put(p *Packet) {
	p.Payload.Reset()
	p.Damaged = false
	if p.Proto != TCP {
		p.ICMP = ICMPHeader{}
	}
	l.live--
	if l.live < 0 {
		panic("packet: more packets given back than taken")
	}
	l.free = append(l.free, p)
}

// Clone returns a copy of p, with a number and a span array of its own.
func (l *Pool) Clone(p *Packet) *Packet {
	q := l.Get()
	id, pl := q.ID, q.Payload
	*q = *p
	q.ID, q.Payload = id, pl
	q.Payload.AppendPayload(p.Payload)
	return q
}

// Live returns the number of packets in use.
func (l *Pool) Live() int { return l.live }

// Taken returns the number of packets ever handed out.
func (l *Pool) Taken() uint64 { return l.next }

// Exceeded reports whether more packets are in use than Limit allows.
func (l *Pool) Exceeded() bool { return l.Limit > 0 && l.live > l.Limit }
