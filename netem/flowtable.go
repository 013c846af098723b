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

// remove takes an entry out, moving up those that it had displaced.
func (t *flowTable) remove(hash uint32, ref flowRef) {
	mask := uint32(len(t.slots) - 1)
	i := hash & mask
	for t.slots[i].ref != ref {
		if t.slots[i].ref == 0 {
			panic("netem: removing a connection that is not in the table")
		}
		i = (i + 1) & mask
	}
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
