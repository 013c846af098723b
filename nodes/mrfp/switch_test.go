package mrfp

import (
	"fmt"
	"slices"
	"testing"

	"imsim/netem/packet"
	"imsim/nodes/protocol/msrp"
	"imsim/sim"
)

// participant is the far end of a member's connection.
type participant struct {
	m       *Member
	conn    *msrp.Conn
	session *msrp.Session
	heard   []string
}

// room is a conference and the endpoint that all its participants share.
type room struct {
	conf *Conference
	far  msrp.Endpoint
	all  []*participant
}

func newRoom() *room {
	streams := sim.New(sim.Config{Seed: 7})
	r := &room{conf: NewConference(&msrp.Endpoint{IDs: streams.Rand("switch")})}
	r.far.IDs = streams.Rand("far")
	return r
}

// join adds a participant whose connection the MRFP has opened, or who has opened it.
func (r *room) join(opened bool) *participant {
	n := len(r.all) + 1
	p := &participant{}
	own, local := fmt.Sprintf("msrp://10.0.0.%d:9/p%d;tcp", n, n), fmt.Sprintf("msrp://10.0.0.99:%d/c%d;tcp", 4000+n, n)
	p.m = r.conf.Join(local, p, sim.SessionID(n))
	p.m.SetRemote(own)
	p.session = r.far.Open(msrp.Config{Local: own, Remote: local})
	p.conn = r.far.NewConn(0, sim.Cause{}, 0)
	p.m.Up(0, sim.Cause{}, opened)
	if !opened {
		p.conn.Bind(0, sim.Cause{}, p.session)
	}
	r.all = append(r.all, p)
	r.settle()
	return p
}

// settle carries octets until nobody has any more.
func (r *room) settle() {
	for busy := true; busy; {
		busy = false
		for _, p := range r.all {
			for o, ok := p.m.Next(0, 1<<20); ok; o, ok = p.m.Next(0, 1<<20) {
				busy = true
				if o.Kind == msrp.OutSend {
					p.conn.Input(0, o.Why, packet.PayloadOf(o.Payload.Bytes()))
				}
			}
			for o, ok := p.conn.Next(); ok; o, ok = p.conn.Next() {
				busy = true
				switch o.Kind {
				case msrp.OutSend:
					p.m.Input(0, o.Why, packet.PayloadOf(o.Payload.Bytes()))
				case msrp.OutMessage:
					if o.Received > 0 {
						p.heard = append(p.heard, string(o.Payload.Bytes()))
					}
				}
			}
		}
		for m := r.conf.Woken(); m != nil; m = r.conf.Woken() {
			busy = true
		}
	}
}

func (r *room) say(p *participant, text string) {
	p.conn.Send(0, sim.Cause{}, p.session, msrp.Outgoing{ContentType: "text/plain", Body: packet.PayloadOf([]byte(text))})
}

// Messages reach all others once, in the order of their sender, whoever has opened the connections; who has left or is not
// bound hears nothing.
func TestSwitch(t *testing.T) {
	r := newRoom()
	a, b := r.join(true), r.join(false)
	r.say(a, "one")
	r.say(a, "two")
	r.settle()
	c := r.join(true)
	r.say(b, "three")
	r.settle()
	b.m.Leave(0, sim.Cause{})
	r.say(a, "four")
	r.settle()
	for i, want := range [][]string{{"three"}, {"one", "two"}, {"three", "four"}} {
		if got := r.all[i].heard; !slices.Equal(got, want) {
			t.Errorf("participant %d heard %q, want %q", i+1, got, want)
		}
	}
	if n := r.conf.Members(); n != 2 {
		t.Errorf("%d members, want 2", n)
	}
	_ = c
}

// A member whose connection is not bound, or lost, is passed over, and one whose participant talks no MSRP is given up.
func TestMembersThatCannotBeReached(t *testing.T) {
	r := newRoom()
	a, b := r.join(true), r.join(true)
	lost := r.join(true)
	lost.m.Lost(0, sim.Cause{})
	r.say(a, "hello")
	r.settle()
	if len(b.heard) != 1 || len(lost.heard) != 0 {
		t.Errorf("heard %q and %q", b.heard, lost.heard)
	}
	b.m.Input(0, sim.Cause{}, packet.PayloadOf([]byte("GET / HTTP/1.1\r\n\r\n")))
	for o, ok := b.m.Next(0, 1<<20); ok; o, ok = b.m.Next(0, 1<<20) {
		if o.Kind == msrp.OutClose {
			return
		}
	}
	t.Error("a stream that is not MSRP goes on")
}

// FuzzInput: whatever a participant sends, the switch neither panics nor lets it reach beyond what MSRP says.
func FuzzInput(f *testing.F) {
	f.Add([]byte("MSRP abcd SEND\r\nTo-Path: msrp://10.0.0.99:4001/c1;tcp\r\nFrom-Path: msrp://10.0.0.1:9/p1;tcp\r\nMessage-ID: 1\r\nByte-Range: 1-2/2\r\nContent-Type: text/plain\r\n\r\nhi\r\n-------abcd$\r\n"))
	f.Add([]byte("MSRP abcd 200 OK\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newRoom()
		a := r.join(true)
		r.join(false)
		a.m.Input(0, sim.Cause{}, packet.PayloadOf(b))
		r.settle()
	})
}
