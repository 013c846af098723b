package tcp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// The harness joins two connections, a (left, opens) and b (right, listens), by an in-memory wire with a virtual clock.

const ms = sim.Time(time.Millisecond)

var (
	addrA = packet.MustAddrPort("192.0.2.1:1000")
	addrB = packet.MustAddrPort("192.0.2.2:2000")
)

// flying is a segment on the wire.
type flying struct {
	at     sim.Time
	order  int
	from   int // 0: a, 1: b
	header packet.TCPHeader
	data   packet.Payload
	why    sim.Cause
}

type side struct {
	Conn
	cfg    Config
	iss    uint32
	hold   bool
	auto   bool // read whatever becomes readable
	listen bool
	got    []byte
	events []Event
}

type pair struct {
	t     testing.TB
	now   sim.Time
	delay sim.Time
	s     [2]side
	wire  []flying
	order int
	log   []string
	// mangle decides the fate of a segment: the delays after which copies of it arrive. nil: one copy after delay.
	mangle func(from int, n int, h *packet.TCPHeader, octets int) []sim.Time
	sent   [2]int
	record sim.RecordID
	quiet  bool
	// emitFirst drains segments before events, as a host does.
	emitFirst bool
}

func newPair(t testing.TB, delay sim.Time) *pair {
	p := &pair{t: t, delay: delay}
	p.s[0] = side{iss: 1000, auto: true}
	p.s[1] = side{iss: 5000, auto: true, listen: true}
	return p
}

func (p *pair) a() *side { return &p.s[0] }
func (p *pair) b() *side { return &p.s[1] }

func (p *pair) cause() sim.Cause {
	p.record++
	return sim.Cause{Record: p.record}
}

func (p *pair) open() {
	p.s[0].OpenActive(p.now, p.cause(), &p.s[0].cfg, addrA, addrB, p.s[0].iss)
	p.drain(0)
}

func (p *pair) openB() {
	p.s[1].OpenActive(p.now, p.cause(), &p.s[1].cfg, addrB, addrA, p.s[1].iss)
	p.drain(1)
}

// drain takes events, then segments, until there are none.
func (p *pair) drain(i int) {
	s := &p.s[i]
	for again := true; again; {
		again = false
		for p.emitFirst && p.emit(i) {
			again = true
		}
		for {
			e, ok := s.NextEvent()
			if !ok {
				break
			}
			again = true
			s.events = append(s.events, e)
			if e.Kind == EvReadable && s.auto {
				p.read(i)
			}
		}
		for p.emit(i) {
			again = true
		}
	}
}

func (p *pair) read(i int) {
	s := &p.s[i]
	var b packet.Payload
	for s.Readable() > 0 {
		s.Read(p.now, sim.Cause{Record: 9999}, 1<<30, &b)
	}
	s.got = b.AppendTo(s.got)
}

func (p *pair) emit(i int) bool {
	var out packet.Packet
	if !p.s[i].Emit(p.now, &out) {
		return false
	}
	p.sent[i]++
	p.put(i, &out.TCP, out.Payload, out.Cause)
	return true
}

// put puts a segment on the wire.
func (p *pair) put(i int, h *packet.TCPHeader, data packet.Payload, why sim.Cause) {
	delays := []sim.Time{p.delay}
	if p.mangle != nil {
		delays = p.mangle(i, p.sent[i], h, data.Len)
	}
	if !p.quiet {
		drop := ""
		if len(delays) == 0 {
			drop = " dropped"
		}
		p.log = append(p.log, fmt.Sprintf("%v %c %v %d:%d(%d) ack %d win %d%s", p.now, 'a'+rune(i), h.Flags,
			h.Seq-p.s[i].iss, h.Seq-p.s[i].iss+uint32(data.Len), data.Len, h.Ack-p.s[1-i].iss, h.Window, drop))
	}
	for _, d := range delays {
		p.order++
		p.wire = append(p.wire, flying{p.now + d, p.order, i, *h, data, why})
	}
}

// step lets the next thing happen, if it is not later than limit.
func (p *pair) step(limit sim.Time) bool {
	next, seg := sim.Never, -1
	for i := range p.wire {
		if f := &p.wire[i]; f.at < next || f.at == next && f.order < p.wire[seg].order {
			next, seg = f.at, i
		}
	}
	timer := -1
	for i := range p.s {
		if d := p.s[i].Deadline(); d < next {
			next, seg, timer = d, -1, i
		}
	}
	if next > limit || next == sim.Never {
		p.now = max(p.now, limit)
		return false
	}
	p.now = max(p.now, next)
	if timer >= 0 {
		p.s[timer].Tick(p.now, p.cause())
		p.drain(timer)
		return true
	}
	f := p.wire[seg]
	p.wire = append(p.wire[:seg], p.wire[seg+1:]...)
	p.deliver(1-f.from, &f)
	return true
}

func (p *pair) deliver(i int, f *flying) {
	s := &p.s[i]
	if s.State() == Closed {
		if s.listen && f.header.Flags&(packet.SYN|packet.ACK|packet.RST) == packet.SYN {
			s.listen = false
			s.OpenPassive(p.now, &Opening{Local: addrB, Remote: addrA, Header: f.header, Why: p.cause()}, &s.cfg, s.iss, s.hold)
			p.drain(i)
			return
		}
		if r, ok := ResetFor(&f.header, f.data.Len); ok {
			p.sent[i]++
			p.put(i, &r, packet.Payload{}, p.cause())
		}
		return
	}
	s.Segment(p.now, p.cause(), &f.header, &f.data)
	p.drain(i)
}

// advance runs the clock by d.
func (p *pair) advance(d sim.Time) {
	limit := p.now + d
	for p.step(limit) {
	}
}

func (p *pair) write(i, n int) int {
	k := p.s[i].Write(p.now, p.cause(), packet.PayloadOf([]byte(strings.Repeat("x", n))))
	p.drain(i)
	return k
}

func (p *pair) want(i int, st State) {
	p.t.Helper()
	if got := p.s[i].State(); got != st {
		p.t.Fatalf("%v %c: state %d, want %d\n%s", p.now, 'a'+rune(i), got, st, p.trace())
	}
}

func (p *pair) trace() string { return strings.Join(p.log, "\n") }

// segments compares the log from the given line on.
func (p *pair) segments(from int, want ...string) {
	p.t.Helper()
	got := p.log[min(from, len(p.log)):]
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		p.t.Errorf("segments:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// established makes a pair with the handshake done and a quiet wire.
func established(t testing.TB, delay sim.Time, change ...func(*pair)) *pair {
	t.Helper()
	p := newPair(t, delay)
	for _, f := range change {
		f(p)
	}
	p.open()
	p.advance(4*delay + ms)
	p.want(0, Established)
	p.want(1, Established)
	p.log = nil
	p.s[0].events, p.s[1].events = nil, nil
	return p
}
