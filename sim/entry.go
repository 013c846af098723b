package sim

// entry is an event due at a later instant: 24 octets without pointers, so that the collector never looks at the queue.
type entry struct {
	at  Time
	tie uint64 // entity<<counterBits | the entity's counter: the order within an instant
	arg uint32
}

func (e entry) to() Entity { return Entity(e.tie >> counterBits) }

// The two halves of entry.tie.
const (
	counterBits = 40
	entityBits  = 24
)

// before takes entries by value, so that they stay in registers: with its address taken, one is written to memory in parts and
// read back as a whole, which has the processor wait.
func (a entry) before(b entry) bool { return a.at < b.at || a.at == b.at && a.tie < b.tie }

// call is an event due in the current instant, where the order is that of scheduling.
type call struct {
	to  Entity
	arg uint32
}

// fifo is a ring of calls. Its size is the most calls that ever waited at once, rounded up to a power of two.
type fifo struct {
	ring []call
	head uint32
	n    uint32
}

func (f *fifo) push(c call) {
	if int(f.n) == len(f.ring) {
		f.grow()
	}
	f.ring[(f.head+f.n)&uint32(len(f.ring)-1)] = c
	f.n++
}

func (f *fifo) pop() call {
	c := f.ring[f.head&uint32(len(f.ring)-1)]
	f.head++
	f.n--
	return c
}

func (f *fifo) grow() {
	r := make([]call, max(16, 2*len(f.ring)))
	for i := range f.n {
		r[i] = f.ring[(f.head+i)&uint32(len(f.ring)-1)]
	}
	f.ring, f.head = r, 0
}
