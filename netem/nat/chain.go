package nat

import "imsim/netem/packet"

// chain is a hash table of slots of an array that somebody else keeps: it knows hashes, its user compares keys. It
// allocates only while it grows.
type chain struct {
	heads []int32 // by hash, a power of two; slot + 1, 0: none
	next  []int32 // by slot, likewise
	hash  []uint32
	n     int
}

// first returns the first slot of a hash's bucket, or -1.
func (c *chain) first(h uint32) int32 {
	if len(c.heads) == 0 {
		return -1
	}
	return c.heads[int(h)&(len(c.heads)-1)] - 1
}

// after returns the slot behind another in its bucket, or -1.
func (c *chain) after(slot int32) int32 { return c.next[slot] - 1 }

func (c *chain) insert(slot int32, h uint32) {
	for int(slot) >= len(c.next) {
		c.next, c.hash = append(c.next, 0), append(c.hash, 0)
	}
	if c.n >= len(c.heads) {
		c.grow()
	}
	c.n++
	c.hash[slot] = h
	c.link(slot)
}

func (c *chain) link(slot int32) {
	head := &c.heads[int(c.hash[slot])&(len(c.heads)-1)]
	c.next[slot], *head = *head, slot+1
}

func (c *chain) grow() {
	old := c.heads
	c.heads = make([]int32, max(64, 2*len(old)))
	for _, s := range old {
		for s != 0 {
			next := c.next[s-1]
			c.link(s - 1)
			s = next
		}
	}
}

func (c *chain) remove(slot int32) {
	c.n--
	at := &c.heads[int(c.hash[slot])&(len(c.heads)-1)]
	for *at != slot+1 {
		at = &c.next[*at-1]
	}
	*at = c.next[slot]
}

func (c *chain) clear() {
	clear(c.heads)
	c.n = 0
}

// hash1 mixes a transport address and a protocol.
func hash1(proto packet.Proto, a packet.AddrPort) uint32 {
	h := a.Addr.Hash() ^ (uint64(a.Port)<<8 | uint64(proto))
	h ^= h >> 32
	h *= 0x9e3779b97f4a7c15
	return uint32(h >> 32)
}

// hash2 mixes two.
func hash2(proto packet.Proto, a, b packet.AddrPort) uint32 {
	h := a.Addr.Hash() ^ (uint64(a.Port)<<24 | uint64(b.Port)<<8 | uint64(proto))
	h ^= h >> 29
	h = (h ^ b.Addr.Hash()) * 0x9e3779b97f4a7c15
	return uint32(h >> 32)
}
