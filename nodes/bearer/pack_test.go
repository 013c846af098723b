package bearer

// key is a state of the exploration packed into two words, one a leg: all that can change in it.
type key [2]uint64

// packer writes small numbers behind each other into a word, or reads them from it.
type packer struct {
	word    uint64
	at      int
	reading bool
}

func field[T ~uint8](p *packer, v *T, bits int) {
	if p.reading {
		*v = T(p.word >> p.at & (1<<bits - 1))
	} else {
		p.word |= uint64(*v) << p.at
	}
	p.at += bits
}

func (p *packer) bool(v *bool) {
	if p.reading {
		*v = p.word>>p.at&1 != 0
	} else if *v {
		p.word |= 1 << p.at
	}
	p.at++
}

// leg packs or unpacks what can change of a leg.
func (p *packer) leg(x *SEP, l *legWorld) {
	field(p, &x.TCPRole, 2)
	field(p, &x.TCP, 4)
	field(p, &x.TLS, 4)
	field(p, &x.Timers, int(NumTimers))
	field(p, &l.conn, 3)
	field(p, &l.tls, 3)
	for _, b := range [...]*bool{
		&x.Exists, &x.Remote, &x.TLSClient, &x.TLS13, &x.CNSent, &x.CNRcvd, &x.Leaving, &x.Ending, &x.Begun, &x.Renew, &x.Told,
		&l.finIn, &l.finOut, &l.cnIn, &l.cnOut, &l.truncated, &l.next, &l.left, &l.deaf, &l.told,
	} {
		p.bool(b)
	}
}

// key packs a state.
func (w *world) key() (k key) {
	for i := range w.sep {
		var p packer
		p.leg(&w.sep[i], &w.leg[i])
		k[i] = p.word
	}
	var p packer
	p.at = 62
	p.bool(&w.through)
	p.bool(&w.opened)
	k[0] |= p.word
	return k
}

// world unpacks a state of a plan.
func (p *plan) world(k key) (w world) {
	w.sep = p.sep
	for i := range w.sep {
		in := packer{word: k[i], reading: true}
		in.leg(&w.sep[i], &w.leg[i])
	}
	in := packer{word: k[0], reading: true, at: 62}
	in.bool(&w.through)
	in.bool(&w.opened)
	return w
}

// mirrored is the state with its legs exchanged.
func (k key) mirrored() key {
	const both = 3 << 62
	flags := k[0] & both
	return key{k[1] | flags, k[0] &^ both}
}

// states is a set of states, each under the number of its finding.
type states struct {
	found []found
	index []int32 // hash table of numbers and one; 0 for nothing
}

// found is a state, and how it was found first.
type found struct {
	key    key
	parent int32
	end    int32 // the state that towardsEnd leads to; -1 at an end
	by     step
}

func (s *states) reset() {
	s.found = s.found[:0]
	clear(s.index)
}

// add returns the number of a state, which is its own where it was not known.
func (s *states) add(k key, parent int32, by step) int32 {
	if 2*len(s.found) >= len(s.index) {
		s.grow()
	}
	at := k.hash() & uint64(len(s.index)-1)
	for ; s.index[at] != 0; at = (at + 1) & uint64(len(s.index)-1) {
		if n := s.index[at] - 1; s.found[n].key == k {
			return n
		}
	}
	s.found = append(s.found, found{key: k, parent: parent, end: -1, by: by})
	s.index[at] = int32(len(s.found))
	return int32(len(s.found)) - 1
}

func (k key) hash() uint64 {
	h := k[0]*0x9e3779b97f4a7c15 ^ k[1]
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	return h ^ h>>29
}

func (s *states) grow() {
	s.index = make([]int32, max(1<<12, 2*len(s.index)))
	for n := range s.found {
		at := s.found[n].key.hash() & uint64(len(s.index)-1)
		for s.index[at] != 0 {
			at = (at + 1) & uint64(len(s.index)-1)
		}
		s.index[at] = int32(n) + 1
	}
}
