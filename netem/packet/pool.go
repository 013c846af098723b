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

// Peek returns the packet that Get will return next, still free: somebody who does not know yet whether there is
// something to send may fill it, and call Get only if so. The filler must set all that it does not want cleared.
func (l *Pool) Peek() *Packet {
	if len(l.free) == 0 {
		block := make([]Packet, chunk)
		for i := range block {
			l.free = append(l.free, &block[chunk-1-i])
		}
	}
	return l.free[len(l.free)-1]
}

// Get returns a cleared packet with the next packet number. It never fails; see Exceeded.
func (l *Pool) Get() *Packet {
	p := l.Peek()
	l.free = l.free[:len(l.free)-1]
	l.live++
	l.next++
	p.ID = l.next
	return p
}

// Put takes back a packet that nobody uses any more. The spans' backing array is kept for the next user.
func (l *Pool) Put(p *Packet) {
	p.Payload.Reset()
	spans := p.Payload.Spans
	*p = Packet{}
	p.Payload.Spans = spans
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
