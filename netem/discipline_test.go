package netem

import (
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// priority is a discipline with two classes by destination port, the even ones first, each of at most ten packets.
type priority struct{ class [2][]*packet.Packet }

func (q *priority) Enqueue(_ sim.Time, p *packet.Packet, drop func(*packet.Packet)) {
	c := &q.class[p.DstPort&1]
	if len(*c) == 10 {
		drop(p)
		return
	}
	*c = append(*c, p)
}

func (q *priority) Dequeue(sim.Time, func(*packet.Packet)) *packet.Packet {
	for i := range q.class {
		if c := &q.class[i]; len(*c) > 0 {
			p := (*c)[0]
			*c = (*c)[1:]
			return p
		}
	}
	return nil
}

func (q *priority) Len() int { return len(q.class[0]) + len(q.class[1]) }

func TestDiscipline(t *testing.T) {
	p := newPair(t, Config{}, LinkConfig{AtoB: DirectionConfig{Rate: 3e6, Delay: time.Millisecond, Discipline: &priority{}}})
	even, odd := &sink{k: p.k}, &sink{k: p.k}
	bind(t, p.b, 8, even)
	bind(t, p.b, 9, odd)
	u := bind(t, p.a, 7, even)
	for range 15 {
		u.Send(packet.AddrPort{Addr: p.b.Addr(true), Port: 9}, octets(97), sim.Cause{}) // 1/3 ms each
	}
	for range 4 {
		u.Send(packet.AddrPort{Addr: p.b.Addr(true), Port: 8}, octets(97), sim.Cause{})
	}
	run(t, p.k)
	// One odd packet is under transmission when the even ones come; ten odd ones wait, four are dropped.
	if len(even.at) != 4 || even.at[0] != 1_666_666 || even.at[3] != 2_666_666 || len(odd.at) != 11 || odd.at[10] != 6e6 {
		t.Errorf("even %v, odd %v", even.at, odd.at)
	}
	if st := p.ia.Out.Stats; st.QueueDrops != 4 || st.MaxQueuePackets != 14 || p.n.Pool.Live() != 0 {
		t.Errorf("%+v, %d packets left", st, p.n.Pool.Live())
	}
	u.Send(packet.AddrPort{Addr: p.b.Addr(true), Port: 9}, octets(97), sim.Cause{})
	u.Send(packet.AddrPort{Addr: p.b.Addr(true), Port: 9}, octets(97), sim.Cause{})
	p.ia.Out.SetUp(false)
	if st := p.ia.Out.Stats; st.DownDrops != 2 || p.n.Pool.Live() != 0 {
		t.Errorf("down: %+v", st)
	}
}
