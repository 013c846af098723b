package tcp

import (
	"fmt"
	"strings"
	"testing"

	"imsim/netem/packet"
)

// selective makes an established connection with selective acknowledgements and segments of 1000 octets to send.
func selective(t *testing.T, segments int, change ...func(*solo)) *solo {
	s := into(t, Established, append(change, func(s *solo) { s.syn.Window, s.syn.SACKOK = 60000, true })...)
	if !s.sack {
		t.Fatal("no selective acknowledgements")
	}
	s.acks(1)
	if segments > 0 {
		s.write(1000 * segments)
	}
	return s
}

// sacks lets an acknowledgement arrive of everything before segment n, with blocks of segments [l, r).
func (s *solo) sacks(n int, blocks ...[2]int) {
	h := packet.TCPHeader{Flags: packet.ACK, Seq: soloIRS + 1, Ack: soloISS + 1 + uint32(n)*1000, Window: 60000, NumSACK: uint8(len(blocks))}
	for i, b := range blocks {
		h.SACK[i] = [2]uint32{soloISS + 1 + uint32(b[0])*1000, soloISS + 1 + uint32(b[1])*1000}
	}
	s.recvHeader(&h, 0)
	check(s.t, &s.Conn)
}

// TestRFC2018Negotiation has the option in SYN,ACK only when the SYN has it, and its use only when both have.
func TestRFC2018Negotiation(t *testing.T) {
	for _, x := range []struct{ own, peer, syn, use bool }{
		{true, true, true, true}, {true, false, true, false}, {false, true, false, false}, {false, false, false, false},
	} {
		for _, passive := range []bool{false, true} {
			s := newSolo(t)
			s.cfg.NoSACK, s.syn.SACKOK = !x.own, x.peer
			var p packet.Packet
			if passive {
				s.OpenPassive(0, &Opening{Local: addrA, Remote: addrB, Header: s.syn}, &s.cfg, soloISS, false)
				s.Emit(0, &p)
				if p.TCP.SACKOK != x.use {
					t.Errorf("%+v: SYN,ACK offers %v", x, p.TCP.SACKOK)
				}
			} else {
				s.OpenActive(0, cause(1), &s.cfg, addrA, addrB, soloISS)
				s.Emit(0, &p)
				if p.TCP.SACKOK != x.syn {
					t.Errorf("%+v: SYN offers %v", x, p.TCP.SACKOK)
				}
				h := s.syn
				h.Flags, h.Ack = packet.SYN|packet.ACK, soloISS+1
				s.Segment(0, cause(1), &h, &packet.Payload{})
			}
			if s.sack != x.use {
				t.Errorf("%+v, passive %v: in use %v", x, passive, s.sack)
			}
		}
	}
}

// reports drains and shows the acknowledgements with their blocks, in units of 100 octets.
func (s *solo) reports() string {
	var l []string
	var p packet.Packet
	for s.Emit(s.at, &p) {
		line := fmt.Sprint((p.TCP.Ack - soloIRS - 1) / 100)
		for _, b := range p.TCP.SACK[:p.TCP.NumSACK] {
			line += fmt.Sprintf(" %d-%d", (b[0]-soloIRS-1)/100, (b[1]-soloIRS-1)/100)
		}
		l = append(l, line)
	}
	for _, ok := s.NextEvent(); ok; _, ok = s.NextEvent() {
	}
	return strings.Join(l, "; ")
}

// TestRFC2018Blocks and RFC 2883: what the receiver reports for each arriving segment.
func TestRFC2018Blocks(t *testing.T) {
	type step struct {
		from, to int // octets in hundreds
		want     string
	}
	for name, steps := range map[string][]step{
		"§4 most recent first":                  {{1, 2, "0 1-2"}, {3, 4, "0 3-4 1-2"}, {5, 6, "0 5-6 3-4 1-2"}, {7, 8, "0 7-8 5-6 3-4 1-2"}, {9, 10, "0 9-10 7-8 5-6 3-4"}},
		"§4 whole blocks":                       {{1, 2, "0 1-2"}, {3, 4, "0 3-4 1-2"}, {2, 3, "0 1-4"}, {4, 5, "0 1-5"}},
		"§4 a block that had dropped off":       {{1, 2, "0 1-2"}, {3, 4, "0 3-4 1-2"}, {5, 6, "0 5-6 3-4 1-2"}, {7, 8, "0 7-8 5-6 3-4 1-2"}, {9, 10, "0 9-10 7-8 5-6 3-4"}, {2, 3, "0 1-4 9-10 7-8 5-6"}},
		"§4 below the acknowledgement no more":  {{1, 2, "0 1-2"}, {3, 4, "0 3-4 1-2"}, {0, 1, "2 3-4"}, {2, 3, "4"}},
		"RFC 2883 §4.1 below, no hole":          {{0, 2, "2"}, {0, 2, "2 0-2"}, {2, 3, "3"}},
		"RFC 2883 §4.1 below, with a hole":      {{0, 2, "2"}, {3, 4, "2 3-4"}, {0, 2, "2 0-2 3-4"}, {4, 5, "2 3-5"}},
		"RFC 2883 §4.1 above, its block second": {{1, 2, "0 1-2"}, {4, 6, "0 4-6 1-2"}, {1, 2, "0 1-2 1-2 4-6"}, {7, 8, "0 7-8 1-2 4-6"}},
		"RFC 2883 §4.2 part of a segment":       {{0, 2, "2"}, {3, 4, "2 3-4"}, {1, 3, "4 1-2"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := selective(t, 0)
			for _, x := range steps {
				s.recv(".", 1+100*x.from, 1, 100*(x.to-x.from))
				if got := s.reports(); got != x.want {
					t.Errorf("after %d-%d: %q, want %q", x.from, x.to, got, x.want)
				}
				check(t, &s.Conn)
			}
		})
	}
}

// TestRFC2018Room: blocks take their part of a segment with octets, and three fit beside timestamps.
func TestRFC2018Room(t *testing.T) {
	s := selective(t, 0)
	s.recv(".", 101, 1, 100)
	s.write(3000)
	var p packet.Packet
	s.Emit(0, &p)
	if n := p.TransportLen() + p.Payload.Len; p.TCP.NumSACK != 1 || n != 1020 {
		t.Errorf("%d blocks in %d octets", p.TCP.NumSACK, n)
	}
	s = into(t, Established, func(s *solo) {
		s.syn.SACKOK, s.syn.HasTS, s.syn.TSVal, s.cfg.NoTimestamps = true, true, 1, false
	})
	for i := range 5 {
		s.recvHeader(&packet.TCPHeader{Flags: packet.ACK, Seq: soloIRS + 101 + 200*uint32(i), Ack: soloISS + 1, Window: 9999, HasTS: true, TSVal: 2}, 100)
	}
	s.Emit(0, &p)
	if p.TCP.NumSACK != 3 || p.TransportLen() != 60 {
		t.Errorf("%d blocks, %d octets of header", p.TCP.NumSACK, p.TransportLen())
	}
}

// TestRFC6675 goes through recoveries of ten segments under way.
func TestRFC6675(t *testing.T) {
	t.Run("§5 DupThresh", func(t *testing.T) {
		s := selective(t, 30)
		s.wantNumbers("0 1 2 3 4 5 6 7 8 9")
		s.sacks(0, [2]int{1, 2})
		s.wantNumbers("10") // §5 (3.3): limited transmit by the pipe
		s.sacks(0, [2]int{1, 3})
		s.wantNumbers("11")
		s.wantCwnd(10000, 0)
		s.sacks(0, [2]int{1, 4})
		s.wantNumbers("0") // (4.3)
		s.wantCwnd(5000, 5000)
		for i := 5; i < 9; i++ {
			s.sacks(0, [2]int{1, i}) // the pipe sinks from 9 to 5
			s.wantNumbers("")
		}
		s.sacks(0, [2]int{1, 9})
		s.wantNumbers("12")
		s.sacks(12) // RecoveryPoint
		if s.rec.fast {
			t.Error("still in recovery")
		}
		s.wantCwnd(5000, 5000)
		s.wantNumbers("13 14 15 16")
	})
	t.Run("§4 IsLost and NextSeg", func(t *testing.T) {
		s := selective(t, 10)
		s.wantNumbers("0 1 2 3 4 5 6 7 8 9")
		s.sacks(0, [2]int{4, 7}) // more than two segments above: 0 to 3 are lost at once
		s.wantNumbers("0 1")     // pipe 3 of cwnd 5
		s.sacks(0, [2]int{4, 8})
		s.wantNumbers("2")
		s.sacks(2, [2]int{4, 8})
		s.wantNumbers("3 9") // (1) the next lost one; then nothing new, nothing below the highest report: (4) the rescue
		s.sacks(2, [2]int{4, 9})
		s.wantNumbers("") // the rescue goes once
		s.sacks(10)
		if s.rec.fast || s.x != nil && s.x.board.on {
			t.Error("the recovery has not ended")
		}
	})
	t.Run("§4 separate blocks", func(t *testing.T) {
		s := selective(t, 10)
		s.numbers()
		s.sacks(0, [2]int{2, 3}, [2]int{5, 6})
		s.wantNumbers("")
		s.sacks(0, [2]int{8, 9}, [2]int{5, 6}, [2]int{2, 3}) // three above 0 and 1; more than two segments' octets too
		s.wantNumbers("0")                                   // pipe 5: forced
	})
	t.Run("§4 NextSeg (3)", func(t *testing.T) {
		s := selective(t, 10)
		s.numbers()
		s.sacks(0, [2]int{1, 4}, [2]int{6, 8}) // 4 and 5 are not lost by the count
		s.wantNumbers("0")
		s.sacks(4, [2]int{6, 8})
		s.wantNumbers("4")
		s.sacks(4, [2]int{6, 8})
		s.wantNumbers("")
		check(t, &s.Conn)
	})
	t.Run("§5.1 timeout", func(t *testing.T) {
		s := selective(t, 10)
		s.numbers()
		s.sacks(0, [2]int{3, 5})
		s.advance(1000 * ms)
		s.wantNumbers("0")
		s.wantCwnd(1000, 5000)
		s.sacks(1, [2]int{3, 5})
		s.wantNumbers("1 2")
		s.sacks(5) // 3 and 4 had been reported and do not go again
		s.wantNumbers("5 6 7")
		if s.rec.fast || !s.rec.lost {
			t.Error("a recovery has begun before RecoveryPoint")
		}
	})
	t.Run("RFC 2018 §8 reneging", func(t *testing.T) {
		s := selective(t, 10)
		s.numbers()
		s.sacks(0, [2]int{1, 3})
		s.sacks(1)
		s.advance(1000 * ms) // 1 was reported and is not acknowledged: the receiver has dropped it
		s.wantNumbers("1")
		s.sacks(2)
		s.wantNumbers("2 3")
	})
	t.Run("RFC 2883 §5 no sign of loss", func(t *testing.T) {
		s := selective(t, 12)
		s.numbers()
		s.sacks(2)
		s.numbers()
		for range 5 {
			s.sacks(2, [2]int{0, 1})
		}
		s.wantNumbers("")
		if s.rec.fast {
			t.Error("recovery from reports of repetitions")
		}
	})
	t.Run("RFC 2018 §3 blocks of nothing", func(t *testing.T) {
		s := selective(t, 10)
		s.numbers()
		for range 5 {
			s.sacks(0, [2]int{12, 14}, [2]int{5, 5}, [2]int{7, 6}, [2]int{-3, 2})
		}
		s.wantNumbers("")
	})
}

// TestRFC6937 sinks to ssthresh in proportion: of twenty segments under way with one lost, every second report sends.
func TestRFC6937(t *testing.T) {
	s := selective(t, 60, func(s *solo) { s.cfg.PRR = true })
	s.numbers()
	for i := 1; i <= 10; i++ {
		s.acks(1 + 1000*i)
		s.numbers()
	}
	s.wantCwnd(20000, 0)
	var sent []string
	for i := 12; i <= 30; i++ { // 10 is lost
		s.sacks(10, [2]int{11, i})
		sent = append(sent, strings.ReplaceAll(s.numbers(), " ", "+"))
	}
	// Limited transmit twice; the recovery begins at the third, with 22 under way and ssthresh 10: n delivered allow 10n/22 whole
	// segments, 5 of them at n = 11. From n = 14 on the pipe is at ssthresh, and one goes for each that arrives.
	if got, want := strings.Join(sent, " "), "30 31 10    32  33  34  35    36 37 38"; got != want {
		t.Errorf("sent %q, want %q", got, want)
	}
	s.sacks(33)
	s.wantCwnd(10000, 10000)
}

func TestRFC6937Bounds(t *testing.T) {
	for _, x := range []struct {
		p                 prr
		n, pipe, ssthresh uint32
		safe              bool
		want              uint32
	}{
		{prr{0, 0, 20}, 1, 19, 10, false, 1}, // CEIL(1·10/20)
		{prr{1, 1, 20}, 1, 19, 10, false, 0},
		{prr{9, 3, 20}, 1, 12, 10, false, 2},
		{prr{9, 9, 20}, 1, 5, 10, false, 1},  // CRB: as much as was delivered
		{prr{9, 9, 20}, 1, 5, 10, true, 2},   // SSRB: one segment more
		{prr{9, 2, 20}, 1, 5, 10, true, 5},   // no more than to ssthresh
		{prr{9, 30, 20}, 2, 19, 10, true, 0}, // more has gone than may
	} {
		p := x.p
		if got := p.count(x.n, x.pipe, x.ssthresh, 1, x.safe); got != x.want {
			t.Errorf("%+v: %d", x, got)
		}
	}
}
