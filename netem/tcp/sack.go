package tcp

import "imsim/netem/packet"

// blocks are the receiver's selective acknowledgements (RFC 2018 §4), the most recently changed first.
type blocks struct {
	list     [4][2]uint32
	repeat   [2]uint32 // octets that came twice (RFC 2883 §4)
	n        uint8
	repeated bool // repeat is to be reported, once
}

// arrived notes octets [l, r) beyond a hole, which are in the queue by now.
func (b *blocks) arrived(q *ring, l, r uint32) {
	n := uint8(0)
	for _, k := range b.list[:b.n] {
		if le(k[0], r) && le(l, k[1]) {
			l, r = minSeq(l, k[0]), maxSeq(r, k[1])
			continue
		}
		b.list[n] = k
		n++
	}
	// What has dropped off the list still belongs to its block (RFC 2018 §4: a block is contiguous and whole).
	for i := q.find(l); i > 0 && q.at(i-1).end() == l; i-- {
		l = q.at(i - 1).seq
	}
	for i := q.find(r-1) + 1; i < q.n && q.at(i).seq == r; i++ {
		r = q.at(i).end()
	}
	n = min(n, uint8(len(b.list)-1))
	copy(b.list[1:n+1], b.list[:n])
	b.list[0] = [2]uint32{l, r}
	b.n = n + 1
}

// acknowledged drops what the cumulative acknowledgement covers.
func (b *blocks) acknowledged(rnxt uint32) {
	n := uint8(0)
	for _, k := range b.list[:b.n] {
		if lt(rnxt, k[0]) {
			b.list[n] = k
			n++
		}
	}
	b.n = n
}

// noteRepeated has octets that came twice reported in the next acknowledgement (RFC 2883 §4).
func (c *Conn) noteRepeated(l, r uint32) {
	if c.sack && !c.cfg.NoDSACK && lt(l, r) {
		x := c.extend()
		if !x.blocks.repeated {
			x.blocks.repeat, x.blocks.repeated = [2]uint32{l, r}, true
		}
	}
}

// reported is how many blocks the next acknowledgement carries.
func (c *Conn) reported() int {
	n := int(c.x.blocks.n)
	if c.x.blocks.repeated {
		n++
	}
	if c.ts {
		return min(n, 3) // RFC 2018 §3: 40 octets of options
	}
	return min(n, 4)
}

// sackOctets is what selective acknowledgements take of the next segment.
func (c *Conn) sackOctets() uint32 {
	if c.x == nil || !c.sack {
		return 0
	}
	if n := c.reported(); n > 0 {
		return uint32(4 + 8*n)
	}
	return 0
}

// fillSACK writes the option.
func (c *Conn) fillSACK(h *packet.TCPHeader) {
	n := c.reported()
	if n == 0 {
		return
	}
	b := &c.x.blocks
	h.NumSACK = uint8(n)
	i := 0
	if b.repeated {
		h.SACK[0] = b.repeat // RFC 2883 §4 (1): first, and only once
		i, b.repeated = 1, false
		// RFC 2883 §4 (4): behind it the block that it is part of.
		for j, k := range b.list[:b.n] {
			if le(k[0], b.repeat[0]) && le(b.repeat[1], k[1]) {
				copy(b.list[1:j+1], b.list[:j])
				b.list[0] = k
				break
			}
		}
	}
	copy(h.SACK[i:n], b.list[:n-i])
	if b.n == 0 {
		c.retire()
	}
}

// takeSACK enters the blocks of an acknowledgement into the scoreboard. It returns how many octets are news, and whether
// the first block reports octets that the receiver got twice.
func (c *Conn) takeSACK(h *packet.TCPHeader) (news uint32, repeated bool) {
	for i, k := range h.SACK[:min(h.NumSACK, 4)] {
		if !lt(k[0], k[1]) {
			continue
		}
		// RFC 2883 §4: below the acknowledgement, or inside the second block.
		if i == 0 && (le(k[1], h.Ack) || h.NumSACK > 1 && le(h.SACK[1][0], k[0]) && le(k[1], h.SACK[1][1])) {
			repeated = !lt(c.nxt, k[1])
			if repeated && c.x != nil {
				c.dsackUndo(k[0], k[1])
			}
			continue
		}
		if le(k[0], h.Ack) || !lt(c.una, k[0]) || lt(c.nxt, k[1]) {
			continue // nothing that we have under way
		}
		x := c.extend()
		if !x.board.on {
			x.board.start(c.una, c.nxt, c.lastSent)
		}
		news += c.enter(k[0], k[1], h)
	}
	if news > 0 {
		c.x.board.count()
	}
	return news, repeated
}

// enter marks [l, r) as received.
func (c *Conn) enter(l, r uint32, h *packet.TCPHeader) (news uint32) {
	b := &c.x.board
	for i := b.find(l); i < len(b.live()); i++ {
		k := &b.live()[i]
		if !lt(k.seq, r) {
			break
		}
		if k.sacked {
			continue
		}
		if lt(k.seq, l) {
			b.split(i, l)
			continue
		}
		if lt(r, k.end) {
			b.split(i, r)
			k = &b.live()[i]
		}
		if c.rackOn {
			c.rackDelivered(k, k.end, h)
		}
		news += k.octets()
		k.sacked, k.lost, k.twice = true, false, false
	}
	return news
}

// advanceBoard takes SND.UNA forward on the scoreboard and returns how many octets of that had not been reported before.
func (c *Conn) advanceBoard(h *packet.TCPHeader) (news uint32) {
	b := &c.x.board
	for b.head < len(b.runs) {
		r := &b.runs[b.head]
		if !lt(r.seq, c.una) {
			break
		}
		end := minSeq(r.end, c.una)
		n := end - r.seq
		if !r.sacked {
			news += n
			if c.rackOn {
				c.rackDelivered(r, end, h)
			}
		}
		before := r.inPipe()
		switch {
		case r.sacked:
			b.sacked -= n
		case r.lost:
			b.lost -= n
		}
		r.seq = end
		b.pipe += r.inPipe() - before
		if r.seq != r.end {
			break
		}
		b.head++
	}
	if b.head == len(b.runs) {
		b.runs, b.head = b.runs[:0], 0
	}
	return news
}
