package queue

import (
	"fmt"

	"imsim/netem/packet"
	"imsim/sim"
)

// FQCoDelConfig sets FQ-CoDel up. Zero values are the defaults of RFC 8290 §5.2 and of Linux, but for ECN.
type FQCoDelConfig struct {
	CoDel   CoDelConfig // of each flow; Packets (0: 10240) and Octets (0: 32 MiB) limit all together
	Flows   int         // 0: 1024
	Quantum int         // octets that a flow sends in its turn; 0: 1514
}

// dropBatch is how many packets an overflow takes from the fattest flow at most.
const dropBatch = 64

// FQCoDel serves flows in turn, new ones first, each queue ruled by CoDel (RFC 8290).
type FQCoDel struct {
	Marked uint64

	cfg    FQCoDelConfig
	flows  []flow
	fresh  list // new flows: at their first quantum
	old    list
	n      int
	octets int
}

type flow struct {
	q       ring
	law     law
	deficit int
	listed  bool
	next    int32 // on its list
}

// list is a FIFO of flows by their index; n tells whether head and tail mean something.
type list struct {
	head, tail int32
	n          int
}

// NewFQCoDel makes an FQ-CoDel queue.
func NewFQCoDel(cfg FQCoDelConfig) (*FQCoDel, error) {
	if cfg.CoDel.Packets == 0 {
		cfg.CoDel.Packets = 10240
	}
	if cfg.CoDel.Octets == 0 {
		cfg.CoDel.Octets = 32 << 20
	}
	if cfg.Flows == 0 {
		cfg.Flows = 1024
	}
	if cfg.Quantum == 0 {
		cfg.Quantum = 1514
	}
	if cfg.Flows < 1 || cfg.Flows > 65536 || cfg.Quantum < 1 {
		return nil, fmt.Errorf("fq-codel: %d flows, quantum %d: 1 to 65536 flows and a positive quantum are needed", cfg.Flows, cfg.Quantum)
	}
	var err error
	if cfg.CoDel, err = cfg.CoDel.withDefaults(); err != nil {
		return nil, err
	}
	return &FQCoDel{cfg: cfg, flows: make([]flow, cfg.Flows)}, nil
}

// classify returns the flow of a packet's five-tuple. Fragments but the first have no ports.
func (f *FQCoDel) classify(p *packet.Packet) int32 {
	h := p.Src.Hash()*3 ^ p.Dst.Hash() ^ uint64(p.Proto)<<56
	if !p.Frag.IsFragment() {
		h ^= uint64(p.SrcPort)<<16 | uint64(p.DstPort)
	}
	h ^= h >> 32
	h *= 0x9e3779b97f4a7c15
	return int32(h >> 32 * uint64(len(f.flows)) >> 32)
}

// Enqueue implements netem.Discipline (RFC 8290 §4.1).
func (f *FQCoDel) Enqueue(_ sim.Time, p *packet.Packet, drop func(*packet.Packet)) {
	i, size := f.classify(p), p.Len()
	w := &f.flows[i]
	w.q.push(p, size)
	f.n++
	f.octets += size
	if !w.listed {
		w.listed, w.deficit = true, f.cfg.Quantum
		f.append(&f.fresh, i)
	}
	if f.n > f.cfg.CoDel.Packets || f.octets > f.cfg.CoDel.Octets {
		f.overflow(drop)
	}
}

// overflow drops from the head of the flow with the most octets: half of them, or dropBatch packets (RFC 8290 §4.1.3).
func (f *FQCoDel) overflow(drop func(*packet.Packet)) {
	fattest := 0
	for i := range f.flows {
		if f.flows[i].q.octets > f.flows[fattest].q.octets {
			fattest = i
		}
	}
	w := &f.flows[fattest]
	half := w.q.octets / 2
	for i, gone := 0, 0; i < dropBatch && w.q.n > 0 && (i == 0 || gone < half); i++ {
		p, size := w.q.pop()
		gone += size
		f.n--
		f.octets -= size
		w.law.count++
		drop(p)
	}
}

// Dequeue implements netem.Discipline (RFC 8290 §4.2).
func (f *FQCoDel) Dequeue(now sim.Time, drop func(*packet.Packet)) *packet.Packet {
	for {
		l := &f.fresh
		if l.n == 0 {
			l = &f.old
		}
		if l.n == 0 {
			return nil
		}
		i := l.head
		w := &f.flows[i]
		if w.deficit <= 0 {
			w.deficit += f.cfg.Quantum
			f.remove(l)
			f.append(&f.old, i)
			continue
		}
		n, octets := w.q.n, w.q.octets
		p, size := w.law.dequeue(now, &f.cfg.CoDel, &w.q, drop, &f.Marked)
		f.n -= n - w.q.n
		f.octets -= octets - w.q.octets
		if p == nil {
			f.remove(l)
			// RFC 8290 §4.2: a new flow that empties goes through the old ones once, lest it starve them.
			if l == &f.fresh && f.old.n > 0 {
				f.append(&f.old, i)
			} else {
				w.listed = false
			}
			continue
		}
		w.deficit -= size
		return p
	}
}

// Len implements netem.Discipline.
func (f *FQCoDel) Len() int { return f.n }

func (f *FQCoDel) append(l *list, i int32) {
	if l.n == 0 {
		l.head = i
	} else {
		f.flows[l.tail].next = i
	}
	l.tail = i
	l.n++
}

// remove takes the first flow off a list.
func (f *FQCoDel) remove(l *list) {
	l.head = f.flows[l.head].next
	l.n--
}
