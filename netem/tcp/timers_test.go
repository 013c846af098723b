package tcp

import (
	"fmt"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// TestSYNSchedules checks the repetitions of SYN and SYN,ACK to the nanosecond.
func TestSYNSchedules(t *testing.T) {
	tests := []struct {
		name    string
		cfg     Config
		passive bool
		at      []float64 // seconds
		giveUp  float64
	}{
		{"Classic", Config{}, false, []float64{0, 1, 3, 7, 15, 31, 63}, 127},
		{"Linux", Config{SYNSchedule: Linux}, false, []float64{0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67}, 131},
		{"Classic, 30 s", Config{ConnectTimeout: 30 * time.Second}, false, []float64{0, 1, 3, 7, 15}, 30},
		{"Classic, 180 s (RFC 9293 MUST-23)", Config{ConnectTimeout: 180 * time.Second}, false, []float64{0, 1, 3, 7, 15, 31, 63, 127}, 180},
		{"Classic, RTO 0.5 s", Config{InitialRTO: 500 * time.Millisecond}, false, []float64{0, .5, 1.5, 3.5, 7.5, 15.5, 31.5}, 63.5},
		{"SYN,ACK", Config{}, true, []float64{0, 1, 3, 7, 15, 31}, 63},
	}
	for _, x := range tests {
		t.Run(x.name, func(t *testing.T) {
			s := newSolo(t)
			s.cfg = x.cfg
			if x.passive {
				s.OpenPassive(0, &Opening{Local: addrA, Remote: addrB, Header: s.syn}, &s.cfg, soloISS, false)
			} else {
				s.OpenActive(0, cause(1), &s.cfg, addrA, addrB, soloISS)
			}
			var at []float64
			for s.State() != Closed {
				if s.out() != "" {
					at = append(at, float64(s.at)/1e9)
				}
				s.at = s.Deadline()
				s.Tick(s.at, cause(1))
			}
			s.out()
			if fmt.Sprint(at) != fmt.Sprint(x.at) || s.at != sim.Time(x.giveUp*1e9) {
				t.Errorf("at %v, gave up at %v; want %v, %v", at, s.at, x.at, x.giveUp)
			}
			if e := s.events[len(s.events)-1]; e.Kind != EvClosed || e.Reason != TimedOut {
				t.Errorf("last event %+v", e)
			}
		})
	}
}

// TestRepeatedSYN wants one SYN,ACK where our timer and the peer's come to the same instant, in either order.
func TestRepeatedSYN(t *testing.T) {
	for _, timerFirst := range []bool{true, false} {
		s := into(t, SynReceived)
		s.at = 1000 * ms
		if timerFirst {
			s.Tick(s.at, cause(1))
			s.want("S. 0 ack 1")
			s.recv("S", 0, 0, 0)
			s.want("")
		} else {
			s.recv("S", 0, 0, 0)
			s.want("S. 0 ack 1")
			s.Tick(s.at, cause(1))
			s.want("")
		}
		s.advance(2000 * ms)
		s.want("S. 0 ack 1")
	}
}

// TestRFC6298Samples is §2.2 and §2.3 with the arithmetic done by hand.
func TestRFC6298Samples(t *testing.T) {
	const m = time.Millisecond
	var r rtt
	for i, x := range []struct{ sample, srtt, rttvar, rto time.Duration }{
		{100 * m, 100 * m, 50 * m, 300 * m},
		{100 * m, 100 * m, 37500 * time.Microsecond, 250 * m},
		{180 * m, 110 * m, 48125 * time.Microsecond, 302500 * time.Microsecond},
		{30 * m, 100 * m, 56093750, 324375 * time.Microsecond},
		{1000 * m, 212500 * time.Microsecond, 267070312, 212500*time.Microsecond + 4*267070312},
	} {
		r.sample(x.sample, 0, time.Minute)
		if r.srtt != x.srtt || r.rttvar.Round(10) != x.rttvar.Round(10) || r.rto.Round(100) != x.rto.Round(100) {
			t.Errorf("%d: srtt %v rttvar %v rto %v, want %+v", i, r.srtt, r.rttvar, r.rto, x)
		}
	}
	r.sample(m, time.Second, time.Minute)
	if r.rto != time.Second+0 && r.rto < time.Second {
		t.Errorf("below the floor: %v", r.rto)
	}
}

// TestRFC6298Backoff is §5.4 to §5.6 in a black hole.
func TestRFC6298Backoff(t *testing.T) {
	s := into(t, Established)
	s.write(100)
	s.want("P. 1(100) ack 1")
	for _, gap := range []sim.Time{1, 2, 4, 8, 16, 32, 60, 60, 60} {
		s.advance(gap * 1000 * ms)
		s.want("P. 1(100) ack 1")
	}
	for s.State() != Closed {
		s.at = s.Deadline()
		s.Tick(s.at, cause(1))
		s.out()
	}
	if s.at != sim.Time(defaultUserTimeout) {
		t.Errorf("gave up at %v", s.at)
	}
	if e := s.events[len(s.events)-1]; e.Kind != EvClosed || e.Reason != TimedOut {
		t.Errorf("last event %+v", e)
	}
}

// TestRFC6298Management is §5.1 to §5.3: when the timer starts, restarts and stops.
func TestRFC6298Management(t *testing.T) {
	s := into(t, Established)
	s.write(1000)
	s.out()
	s.at = 300 * ms
	s.write(1000)
	s.out()
	if d := s.Deadline(); d != 1000*ms {
		t.Errorf("§5.1: %v", d)
	}
	s.recv(".", 1, 1001, 0)
	s.out()
	if d := s.Deadline(); d != 1300*ms {
		t.Errorf("§5.3: %v", d) // SRTT 0 (the handshake) and 300 ms: RTO = 37.5 + 4*75 ms, below the floor
	}
	s.recv(".", 1, 2001, 0)
	s.out()
	if d := s.Deadline(); d != sim.Never {
		t.Errorf("§5.2: %v", d)
	}
}

// TestRFC6298Karn takes no sample from what was sent again, unless timestamps tell.
func TestRFC6298Karn(t *testing.T) {
	for _, ts := range []bool{false, true} {
		s := into(t, Established, func(s *solo) {
			s.cfg.NoTimestamps, s.syn.HasTS, s.syn.TSVal = !ts, ts, 50
		})
		before := s.Stats().SRTT
		s.write(100)
		s.out()
		sent := s.tsNow()
		s.advance(1000 * ms)
		s.out()
		s.at += 200 * ms
		h := packet.TCPHeader{Flags: packet.ACK, Seq: soloIRS + 1, Ack: soloISS + 101, Window: 10000, HasTS: ts, TSVal: 60, TSEcr: sent + 1000}
		s.recvHeader(&h, 0)
		if changed := s.Stats().SRTT != before; changed != ts {
			t.Errorf("timestamps %v: srtt %v, before %v", ts, s.Stats().SRTT, before)
		}
	}
}

// TestRFC6298Fallback is §5.7: after a repeated SYN, 3 s when there is no sample.
func TestRFC6298Fallback(t *testing.T) {
	for _, ts := range []bool{false, true} {
		s := newSolo(t)
		s.cfg.NoTimestamps = !ts
		s.OpenActive(0, cause(1), &s.cfg, addrA, addrB, soloISS)
		s.out()
		s.advance(1000 * ms)
		s.out()
		echo := s.tsNow()
		s.at += 50 * ms
		s.recvHeader(&packet.TCPHeader{Flags: packet.SYN | packet.ACK, Seq: soloIRS, Ack: soloISS + 1, Window: 10000, HasMSS: true, MSS: 1000, HasTS: ts, TSVal: 9, TSEcr: echo}, 0)
		s.out()
		st := s.Stats()
		want := 3 * time.Second
		if ts {
			want = time.Second
		}
		if st.RTO != want {
			t.Errorf("timestamps %v: RTO %v, want %v", ts, st.RTO, want)
		}
		if st.Cwnd != st.MSS {
			t.Errorf("RFC 6928 §2: cwnd %d after a repeated SYN", st.Cwnd)
		}
	}
}

// TestDelayedACK is RFC 9293 §3.8.6.3 and RFC 5681 §4.2.
func TestDelayedACK(t *testing.T) {
	fresh := func(t *testing.T) *solo {
		return into(t, Established, func(s *solo) { s.cfg.DelayedACK = 0; s.cfg.RecvBuffer = 60000 })
	}
	t.Run("one segment waits 40 ms", func(t *testing.T) {
		s := fresh(t)
		s.at = 7 * ms
		s.recv("P.", 1, 1, 1000)
		s.want("")
		if c := s.TimerCause(); c != cause(7) {
			t.Errorf("armed by %v", c)
		}
		s.advance(40 * ms)
		s.want(". 1 ack 1001")
		if s.last != cause(47) {
			t.Errorf("cause %v", s.last)
		}
		if s.Deadline() != sim.Never {
			t.Error("a deadline is left")
		}
	})
	t.Run("every second full-sized segment", func(t *testing.T) {
		s := fresh(t)
		s.recv(".", 1, 1, 1000)
		s.want("")
		s.at = 3 * ms
		s.recv(".", 1001, 1, 1000)
		s.want(". 1 ack 2001")
		if s.last != cause(3) || s.Deadline() != sim.Never {
			t.Errorf("cause %v, deadline %v", s.last, s.Deadline())
		}
	})
	t.Run("small segments wait together", func(t *testing.T) {
		s := fresh(t)
		for i := range 5 {
			s.recv("P.", 1+100*i, 1, 100)
			s.want("")
		}
		s.advance(40 * ms)
		s.want(". 1 ack 501")
	})
	t.Run("a reply carries it", func(t *testing.T) {
		s := fresh(t)
		s.recv("P.", 1, 1, 100)
		s.at = 5 * ms
		s.Write(s.at, cause(88), packet.Payload{Spans: []packet.Span{packet.Synthetic(1, 0, 50)}, Len: 50})
		s.want("P. 1(50) ack 101")
		if s.last != cause(88) {
			t.Errorf("cause %v", s.last)
		}
		s.recv(".", 101, 51, 0)
		if s.out(); s.Deadline() != sim.Never {
			t.Errorf("deadline %v", s.Deadline())
		}
	})
	t.Run("out of order and hole filled: at once", func(t *testing.T) {
		s := fresh(t)
		s.recv(".", 1001, 1, 1000)
		s.want(". 1 ack 1")
		s.recv(".", 3001, 1, 1000)
		s.want(". 1 ack 1")
		s.events = nil
		s.at = 9 * ms
		s.recv(".", 1, 1, 1000)
		s.want(". 1 ack 2001")
		if len(s.events) != 1 || s.events[0].N != 2000 || s.events[0].Why != cause(9) {
			t.Errorf("events %+v", s.events)
		}
		s.recv(".", 2001, 1, 1000)
		s.want(". 1 ack 4001")
	})
}

// TestZeroWindow is RFC 9293 §3.8.6.1 on the sending side, and §3.8.6.2.2 on the receiving side.
func TestZeroWindow(t *testing.T) {
	t.Run("sender probes", func(t *testing.T) {
		s := into(t, Established)
		h := packet.TCPHeader{Flags: packet.ACK, Seq: soloIRS + 1, Ack: soloISS + 1}
		s.recvHeader(&h, 0)
		s.at = 100 * ms
		s.write(500)
		s.want("")
		if s.TimerCause() != cause(100) {
			t.Errorf("persist armed by %v", s.TimerCause())
		}
		for i, gap := range []sim.Time{1, 2, 4, 8, 16, 32, 60, 60} {
			s.advance(gap * 1000 * ms)
			s.want(". 0 ack 1")
			if i%2 == 1 {
				s.recvHeader(&h, 0) // answered: the connection lives on
				s.want("")
			}
		}
		for range 100 {
			s.advance(60000 * ms)
			s.recvHeader(&h, 0)
			s.out()
		}
		s.wantState(Established)
		h.Window = 200
		s.recvHeader(&h, 0)
		s.want("") // RFC 9293 §3.8.6.2.1: not worth a small segment
		h.Window = 10000
		s.recvHeader(&h, 0)
		s.want("P. 1(500) ack 1")
	})
	t.Run("unanswered probes end it", func(t *testing.T) {
		s := into(t, Established, func(s *solo) { s.cfg.UserTimeout = 100 * time.Second })
		s.recvHeader(&packet.TCPHeader{Flags: packet.ACK, Seq: soloIRS + 1, Ack: soloISS + 1}, 0)
		s.write(500)
		s.out()
		for s.State() != Closed {
			s.at = s.Deadline()
			s.Tick(s.at, cause(1))
			s.out()
		}
		if s.at != 100_000*ms {
			t.Errorf("ended at %v", s.at)
		}
	})
	t.Run("override of a silly window", func(t *testing.T) {
		s := into(t, Established)
		s.recvHeader(&packet.TCPHeader{Flags: packet.ACK, Seq: soloIRS + 1, Ack: soloISS + 1, Window: 200}, 0)
		s.write(500)
		s.want("")
		s.advance(1000 * ms)
		s.want(". 1(200) ack 1")
	})
	t.Run("receiver closes and opens", func(t *testing.T) {
		s := into(t, Established)
		for i := range 4 {
			s.recv(".", 1+1000*i, 1, 1000)
			s.out()
		}
		if w := s.window(); w != 0 {
			t.Fatalf("window %d", w)
		}
		s.recv(".", 0, 1, 0) // probe as Linux sends it
		s.want(". 1 ack 4001")
		s.recv(".", 4001, 1, 1) // probe with an octet
		s.want(". 1 ack 4001")
		if s.Readable() != 4000 {
			t.Errorf("%d octets readable", s.Readable())
		}
		var in packet.Payload
		s.Read(s.at, cause(55), 500, &in)
		s.want("") // too little to tell
		s.Read(s.at, cause(56), 1000, &in)
		s.want(". 1 ack 4001")
		if s.last != cause(56) || s.window() != 1500 {
			t.Errorf("cause %v, window %d", s.last, s.window())
		}
		if in.Len != 1500 {
			t.Errorf("read %d", in.Len)
		}
	})
	t.Run("a reader who comes back after minutes", func(t *testing.T) {
		p := established(t, 10*ms, func(p *pair) { p.s[1].auto = false; p.s[1].cfg.RecvBuffer = 20000 })
		p.write(0, 50000)
		p.advance(300_000 * ms)
		if n := p.b().Readable(); n < 18000 || n > 20000 {
			t.Fatalf("%d octets readable", n)
		}
		at := len(p.log)
		p.b().auto = true
		p.read(1)
		p.drain(1)
		p.advance(100 * ms)
		if len(p.b().got) != 50000 {
			t.Errorf("got %d octets\n%v", len(p.b().got), p.log[at:])
		}
	})
}

// TestUserTimeout keeps to what is configured, and tells of a soft ICMP error when it has seen one.
func TestUserTimeout(t *testing.T) {
	s := into(t, Established, func(s *solo) { s.cfg.UserTimeout = 10 * time.Second })
	s.write(100)
	s.out()
	s.Unreachable(s.at, cause(1), &packet.ICMPHeader{Type: 3, Code: 1, QuotedSeq: soloISS + 1})
	s.wantState(Established)
	for s.State() != Closed {
		s.at = s.Deadline()
		s.Tick(s.at, cause(1))
		s.out()
	}
	if e := s.events[len(s.events)-1]; s.at != 10_000*ms || e.Reason != Unreachable {
		t.Errorf("%v %+v", s.at, e)
	}
}
