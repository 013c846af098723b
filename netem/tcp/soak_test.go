package tcp

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// TestSoak sends random streams both ways over a wire that loses, repeats and reorders, and wants each delivered intact
// and both ends to finish.
func TestSoak(t *testing.T) {
	runs := 240
	if testing.Short() {
		runs = 48
	}
	for seed := range runs {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { soak(t, uint64(seed)) })
	}
}

// variant is the n-th combination of SACK, RACK, PRR and CUBIC.
func variant(n int, c *Config) {
	c.NoSACK, c.RACK = n%3 == 0, n%3 == 2
	c.PRR = n/3%2 == 1
	if n/6%2 == 1 {
		c.Congestion = CUBIC
	}
}

func soak(t *testing.T, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 7))
	p := newPair(t, sim.Time(1+rnd.IntN(50))*ms)
	p.quiet, p.emitFirst = true, rnd.IntN(2) == 0
	loss, dup, reorder := rnd.IntN(21), rnd.IntN(6), rnd.IntN(20)
	p.mangle = func(int, int, *packet.TCPHeader, int) []sim.Time {
		var d []sim.Time
		if rnd.IntN(100) >= loss {
			d = append(d, p.delay)
		}
		if rnd.IntN(100) < dup {
			d = append(d, p.delay+sim.Time(rnd.IntN(20))*ms)
		}
		if len(d) > 0 && rnd.IntN(100) < reorder {
			d[0] += sim.Time(rnd.IntN(30)) * ms
		}
		return d
	}
	var data [2][]byte
	var sent [2]int
	for i := range p.s {
		s := &p.s[i]
		s.cfg = Config{NoTimestamps: rnd.IntN(2) == 0, NoWindowScale: rnd.IntN(3) == 0, Nagle: rnd.IntN(3) == 0,
			SendBuffer: 1000 + rnd.IntN(100000), RecvBuffer: 3000 + rnd.IntN(200000)}
		if rnd.IntN(3) == 0 {
			s.cfg.DelayedACK = -1
		}
		variant(int(seed)+i*rnd.IntN(2), &s.cfg)
		s.cfg.QuickACK, s.cfg.ECN = rnd.IntN(4) == 0, ECNMode(rnd.IntN(3))
		s.cfg.VarianceFloor = rnd.IntN(3) == 0
		if rnd.IntN(4) == 0 {
			s.cfg.KeepAlive = time.Second
		}
		if rnd.IntN(2) == 0 {
			s.cfg.MSS = 100 + rnd.IntN(1300)
		}
		s.iss = rnd.Uint32()
		if rnd.IntN(2) == 0 {
			s.iss = -uint32(rnd.IntN(100000)) // wraps on the way
		}
		s.auto = rnd.IntN(2) == 0
		data[i] = make([]byte, rnd.IntN(200000))
		for j := range data[i] {
			data[i][j] = byte(rnd.Uint32())
		}
	}
	if p.s[0].cfg.Pool = nil; rnd.IntN(2) == 0 {
		pool := &Pool{}
		p.s[0].cfg.Pool, p.s[1].cfg.Pool = pool, pool
	}
	simultaneous := rnd.IntN(4) == 0
	p.open()
	if simultaneous {
		p.s[1].listen = false
		p.openB()
	}
	closed := [2]bool{}
	app := func(i int) {
		s := &p.s[i]
		if s.State() == SynSent {
			return
		}
		if !s.auto && rnd.IntN(3) == 0 {
			var b packet.Payload
			s.Read(p.now, p.cause(), 1+rnd.IntN(20000), &b)
			s.got = b.AppendTo(s.got)
		}
		if n := min(len(data[i])-sent[i], 1+rnd.IntN(30000)); n > 0 {
			sent[i] += s.Write(p.now, p.cause(), packet.PayloadOf(data[i][sent[i]:sent[i]+n]))
		} else if sent[i] == len(data[i]) && !closed[i] && (s.State() > SynReceived || rnd.IntN(4) == 0) {
			s.CloseWrite(p.now, p.cause())
			closed[i] = true
		}
		p.drain(i)
	}
	for n := 0; ; n++ {
		if n > 2_000_000 || p.now > 7200*1000*ms {
			for i := range p.s {
				t.Logf("%v: %+v %+v %+v", p.now, p.s[i].timers, p.s[i].rec, p.s[i].x)
			}
			t.Fatalf("no end: states %d %d, sent %v of %d %d, got %d %d; %+v %+v", p.s[0].State(), p.s[1].State(), sent,
				len(data[0]), len(data[1]), len(p.s[0].got), len(p.s[1].got), p.s[0].Stats(), p.s[1].Stats())
		}
		p.step(p.now + 20*ms)
		check(t, &p.s[0].Conn)
		check(t, &p.s[1].Conn)
		app(rnd.IntN(2))
		done := 0
		for i := range p.s {
			if p.s[i].Readable() == 0 && closed[i] && (p.s[i].State() == Closed || p.s[i].State() == TimeWait) {
				done++
			}
		}
		if done == 2 {
			break
		}
	}
	for i := range p.s {
		if !bytes.Equal(p.s[i].got, data[1-i]) {
			t.Fatalf("%c got %d octets that are not the %d sent", 'a'+rune(i), len(p.s[i].got), len(data[1-i]))
		}
	}
}

// check holds the invariants that every state must keep.
func check(t testing.TB, c *Conn) {
	t.Helper()
	if c.State() == Closed || c.cfg == nil {
		return
	}
	bad := func(what string) { t.Helper(); t.Fatalf("%s: %+v", what, *c) }
	if lt(c.nxt, c.una) {
		bad("SND.NXT before SND.UNA")
	}
	if c.synchronized() && c.state != TimeWait && c.cc.cwnd < c.mss {
		bad("cwnd below one segment")
	}
	if c.Readable() > int(c.rcvBuf)+0xffff {
		bad("receive buffer overrun")
	}
	if c.buffered() > int(c.sndBuf) {
		bad("send buffer overrun")
	}
	if c.ooo.n > 0 && !lt(c.rnxt, c.ooo.at(0).seq) {
		bad("the queue beyond the hole begins in order")
	}
	for i := uint32(1); i < c.ooo.n; i++ {
		if lt(c.ooo.at(i).seq, c.ooo.at(i-1).end()) {
			bad("the queue beyond the hole overlaps")
		}
	}
	if c.synchronized() && c.nxt != c.una && !c.timers.rtx.armed() && c.state != TimeWait {
		bad("octets under way without a timer")
	}
	checkBoard(t, c)
	for i := uint32(1); i < c.snd.n; i++ {
		if c.snd.at(i).seq != c.snd.at(i-1).end() {
			bad("send buffer has a gap")
		}
	}
	if c.synchronized() && c.snd.n > 0 && (c.snd.at(0).seq != c.una || c.snd.at(c.snd.n-1).end() != c.end) {
		bad("send buffer does not hold [SND.UNA, end)")
	}
}

// checkBoard holds what the scoreboard must keep: it covers [SND.UNA, SND.NXT), and its sums are right.
func checkBoard(t testing.TB, c *Conn) {
	t.Helper()
	if !c.scoreboard() {
		return
	}
	bad := func(what string) { t.Helper(); t.Fatalf("%s: %+v\n%+v", what, *c.x, *c) }
	b := &c.x.board
	at, pipe, sacked, lost := c.una, uint32(0), uint32(0), uint32(0)
	for i := range b.live() {
		r := &b.live()[i]
		if r.seq != at || r.seq == r.end {
			bad("the scoreboard has a gap")
		}
		at = r.end
		pipe += r.inPipe()
		if r.sacked {
			sacked += r.octets()
		} else if r.lost {
			lost += r.octets()
		}
	}
	if at != c.nxt {
		bad("the scoreboard does not end at SND.NXT")
	}
	if pipe != b.pipe || sacked != b.sacked || lost != b.lost {
		bad(fmt.Sprint("wrong sums; right are ", pipe, sacked, lost))
	}
}
