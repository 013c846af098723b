package netem

import (
	"imsim/netem/packet"
)

// flowHash mixes a connection's transport addresses, the same on every machine.
func flowHash(local, remote *packet.AddrPort) uint32 {
	h := local.Addr.Hash() + remote.Addr.Hash()*3 + (uint64(local.Port)<<16|uint64(remote.Port))*0x9e3779b97f4a7c15
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	return uint32(h >> 32)
}

// flowTable finds connections by their transport addresses: open addressing with linear probing. What an entry refers to
// holds the addresses. Among very many connections each step from one thing to the next is a wait for memory, so the
// entry of a live connection leads to it directly.
type flowTable struct {
	slots []flowEntry // a power of two, at most three quarters full
	n     int
}

type flowEntry struct {
	hash uint32
	ref  flowRef
	s    *Stream // nil: in TIME-WAIT
}

// flowRef refers to a connection (1 + slot), or with the top bit set to one in TIME-WAIT (1 + index). 0 is none.
type flowRef uint32

const inTimeWait flowRef = 1 << 31

func (r flowRef) index() uint32  { return uint32(r&^inTimeWait) - 1 }
func streamRef(i uint32) flowRef { return flowRef(i + 1) }
func waitRef(i uint32) flowRef   { return flowRef(i+1) | inTimeWait }

// arrivalHash is the hash of the connection that an arriving packet belongs to.
func arrivalHash(p *packet.Packet) uint32 {
	local, remote := packet.AddrPort{Addr: p.Dst, Port: p.DstPort}, packet.AddrPort{Addr: p.Src, Port: p.SrcPort}
	return flowHash(&local, &remote)
}

// place returns the entry where the search for a hash begins.
func (t *flowTable) place(hash uint32) *flowEntry { return &t.slots[hash&uint32(len(t.slots)-1)] }

// guess returns the first entry with a hash, which is another connection's but rarely, or an empty one.
func (t *flowTable) guess(hash uint32) *flowEntry {
	mask := uint32(len(t.slots) - 1)
	i := hash & mask
	for t.slots[i].ref != 0 && t.slots[i].hash != hash {
		i = (i + 1) & mask
	}
	return &t.slots[i]
}

func (t *flowTable) insert(hash uint32, ref flowRef, s *Stream) {
	if 4*(t.n+1) > 3*len(t.slots) {
		old := t.slots
		t.slots = make([]flowEntry, max(4, 2*len(old)))
		t.n = 0
		for _, e := range old {
			if e.ref != 0 {
				t.insert(e.hash, e.ref, e.s)
			}
		}
	}
	mask := uint32(len(t.slots) - 1)
	i := hash & mask
	for t.slots[i].ref != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = flowEntry{hash, ref, s}
	t.n++
}

// at returns where the entry is that refers to a connection, which must be there.
func (t *flowTable) at(hash uint32, ref flowRef) uint32 {
	mask := uint32(len(t.slots) - 1)
	i := hash & mask
	for t.slots[i].ref != ref {
		if t.slots[i].ref == 0 {
			panic("netem: a connection is not in the table")
		}
		i = (i + 1) & mask
	}
	return i
}

// replace puts a TIME-WAIT in the place of the connection that it is left of.
func (t *flowTable) replace(hash uint32, old, wait flowRef) {
	e := &t.slots[t.at(hash, old)]
	e.ref, e.s = wait, nil
}

// remove takes an entry out, moving up those that it had displaced.
func (t *flowTable) remove(hash uint32, ref flowRef) {
	mask := uint32(len(t.slots) - 1)
	i := t.at(hash, ref)
	for j := i; ; {
		j = (j + 1) & mask
		e := t.slots[j]
		if e.ref == 0 {
			break
		}
		if (j-e.hash)&mask >= (j-i)&mask { // its place is at i or before
			t.slots[i] = e
			i = j
		}
	}
	t.slots[i] = flowEntry{}
	t.n--
}
