package tcp

import (
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// TestRFC9293KeepAlive probes a silent peer and gives up (§3.8.4).
func TestRFC9293KeepAlive(t *testing.T) {
	keepalive := func(s *solo) { s.cfg.KeepAlive = 7200 * time.Second }
	s := into(t, Established, keepalive)
	s.advance(7200e3 * ms)
	s.want(". 0 ack 1")
	s.recv(".", 1, 1, 0)
	s.want("")
	s.advance(7200e3 * ms)
	for range 9 {
		s.want(". 0 ack 1")
		s.advance(75e3 * ms)
	}
	s.wantState(Closed) // 7875 s after the last sign of life, as Linux

	s = into(t, Established, keepalive)
	s.at = 100e3 * ms
	s.recv(".", 1, 1, 10)
	s.want(". 1 ack 11")
	s.at = 7200e3 * ms
	s.Tick(s.at, cause(1))
	s.want("")
	if d := s.Deadline(); d != 7300e3*ms {
		t.Errorf("after traffic the probe is at %v", d)
	}
	s.write(10)
	s.want("P. 1(10) ack 11") // nothing but the retransmission timer while octets are under way
	s.wantDeadline(1000*ms, answer)

	s = into(t, Established)
	if d := s.Deadline(); d < 7200e3*ms*10 {
		t.Errorf("off by default, yet a deadline at %v", d)
	}
}

// TestLinuxQuickACK acknowledges at once at the start, then delays (Linux, TCP_MAX_QUICKACKS, TCP_ATO_MIN).
func TestLinuxQuickACK(t *testing.T) {
	s := into(t, Established, func(s *solo) { s.cfg.QuickACK, s.cfg.DelayedACK, s.cfg.RecvBuffer = true, 0, 64000 })
	at := 1
	next := func(want string) {
		t.Helper()
		s.at += 10 * ms
		s.recv(".", at, 1, 10)
		at += 10
		if got := s.out() != ""; got != (want != "") {
			t.Errorf("octet %d: acknowledged at once %v, want %q", at, got, want)
		}
	}
	for range 16 {
		next("at once")
	}
	next("")
	s.advance(40 * ms)
	if s.out() == "" {
		t.Error("no delayed acknowledgement after 40 ms")
	}
	s.at += 2000 * ms // an idle time longer than the RTO
	next("at once")
}

// TestProfiles shows where the named sets differ.
func TestProfiles(t *testing.T) {
	linux, rfc := ProfileLinux(), ProfileRFC()
	for _, x := range []struct {
		name    string
		cfg     *Config
		rto     time.Duration
		ceiling time.Duration
		last    time.Duration // of the SYN repetitions
		giveUp  time.Duration
	}{
		{"rfc", &rfc, time.Second, 60 * time.Second, 123 * time.Second, 183 * time.Second},
		{"linux", &linux, 250 * time.Millisecond, 120 * time.Second, 67 * time.Second, 131 * time.Second},
	} {
		s := newSolo(t)
		s.cfg = *x.cfg
		s.OpenActive(0, cause(1), &s.cfg, addrA, addrB, soloISS)
		last := s.at
		for s.State() == SynSent {
			if s.out() != "" {
				last = s.at
			}
			s.at = s.Deadline()
			s.Tick(s.at, cause(1))
		}
		if got := time.Duration(last); got != x.last {
			t.Errorf("%s: last SYN after %v, want %v", x.name, got, x.last)
		}
		if got := time.Duration(s.at); got != x.giveUp {
			t.Errorf("%s: given up after %v, want %v", x.name, got, x.giveUp)
		}
		s = newSolo(t)
		s.cfg, s.syn.SACKOK = *x.cfg, true
		s.OpenPassive(0, &Opening{Local: addrA, Remote: addrB, Header: s.syn}, &s.cfg, soloISS, false)
		s.out()
		for range 50 {
			s.sample(50 * time.Millisecond) // steady: the variance is nothing
		}
		if got := s.Stats().RTO; got != x.rto {
			t.Errorf("%s: RTO %v, want %v", x.name, got, x.rto)
		}
		s.rtt.backoff = 16
		if got := s.rtt.timeout(s.maxRTO()); got != x.ceiling {
			t.Errorf("%s: RTO at most %v, want %v", x.name, got, x.ceiling)
		}
	}
}

// TestLinuxChallengeLimit is tcp_invalid_ratelimit: one challenge acknowledgement in half a second.
func TestLinuxChallengeLimit(t *testing.T) {
	s := into(t, Established, func(s *solo) { s.cfg.ChallengeEvery = 500 * time.Millisecond })
	for _, x := range []struct {
		at   int
		want string
	}{{0, ". 1 ack 1"}, {100, ""}, {499, ""}, {500, ". 1 ack 1"}, {501, ""}} {
		s.at = sim.Time(x.at) * ms
		s.recv("S", 100, 0, 0)
		s.want(x.want)
	}
}

// TestRFC8201 and RFC 1191: what messages about the path's MTU make of the segment size.
func TestRFC8201(t *testing.T) {
	v6a, v6b := packet.MustAddrPort("[2001:db8::1]:1"), packet.MustAddrPort("[2001:db8::2]:2")
	for _, x := range []struct {
		name string
		v6   bool
		mtu  uint32
		seq  uint32
		want int
	}{
		{"RFC 1191 §4", false, 1400, 1, 1360},
		{"RFC 1191 §7.1 a plateau", false, 0, 1, 1452},
		{"RFC 1191 §6.4 larger", false, 9000, 1, 1460},
		{"RFC 5927 §4 a number not under way", false, 600, 9000, 1460},
		{"RFC 8201 §4", true, 1300, 1, 1240},
		{"RFC 8201 §4 the least", true, 600, 1, 1220},
	} {
		for _, sack := range []bool{false, true} {
			s := newSolo(t)
			s.syn.MSS, s.syn.SACKOK, s.syn.Window = 1460, sack, 60000
			local, remote, typ, code := addrA, addrB, uint8(3), uint8(4)
			if x.v6 {
				local, remote, typ, code = v6a, v6b, 2, 0
			}
			s.OpenPassive(0, &Opening{Local: local, Remote: remote, Header: s.syn}, &s.cfg, soloISS, false)
			s.out()
			s.recv(".", 1, 1, 0)
			s.write(4000)
			s.numbers()
			cwnd := s.cc.cwnd
			s.Unreachable(0, cause(1), &packet.ICMPHeader{Type: typ, Code: code, MTU: x.mtu, QuotedSeq: soloISS + x.seq})
			if got := s.Stats().MSS; got != x.want {
				t.Errorf("%s: segments of %d, want %d", x.name, got, x.want)
			}
			again := s.numbers() != ""
			if lower := x.want < 1440; again != lower && x.want != 1452 || s.cc.cwnd != cwnd {
				t.Errorf("%s, SACK %v: sent again %v, cwnd %d of %d", x.name, sack, again, s.cc.cwnd, cwnd)
			}
		}
	}
}
