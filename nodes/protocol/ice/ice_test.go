package ice

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"imsim/nodes/protocol/stun"
	"imsim/sim"
)

// RFC 6544 §4.2: the table of priorities, and the attribute as its appendices write it.
func TestCandidate(t *testing.T) {
	for _, c := range []struct {
		k    Kind
		t    TCPType
		want uint32
	}{
		{Host, Active, 2128609279}, {Host, Passive, 2124414975}, {Host, SO, 2120220671},
		{ServerReflexive, SO, 1692401663}, {ServerReflexive, Active, 1688207359}, {ServerReflexive, Passive, 1684013055},
		{Relayed, Active, 14680063}, {Relayed, Passive, 10485759},
	} {
		if got := Priority(c.k, c.t, MaxOther); got != c.want {
			t.Errorf("%v %v: %d, want %d", c.k, c.t, got, c.want)
		}
	}
	for _, s := range []string{
		"1 1 TCP 2128609279 10.0.1.1 9 typ host tcptype active",
		"4 1 TCP 1688207359 192.0.2.3 9 typ srflx raddr 10.0.1.1 rport 9 tcptype active",
		"2 1 TCP 2124414975 2001:db8::1 8998 typ host tcptype passive",
	} {
		if c, ok := ParseCandidate(s); !ok || c.String() != s {
			t.Errorf("%s became %s, %v", s, c, ok)
		}
	}
	if c, ok := ParseCandidate("a/+ 1 tcp 5 10.0.0.1 80 typ host generation 0 tcptype so network-id 7"); !ok || c.Type != SO {
		t.Error("unknown extensions must be skipped (RFC 8839 §5.1)")
	}
	for _, s := range []string{
		"", "1 1 UDP 5 10.0.0.1 80 typ host", "1 1 TCP 5 10.0.0.1 80 typ host", "1 2 TCP 5 10.0.0.1 80 typ host tcptype so",
		"1 1 TCP 5 host.example 80 typ host tcptype so", "1 1 TCP 5 10.0.0.1 80 typ other tcptype so", "1 1 TCP 5 10.0.0.1 80 typ host tcptype",
		"1 1 TCP 5 10.0.0.1 99999 typ host tcptype so", "1 1 TCP 0 10.0.0.1 9 typ host tcptype so", "1 1 TCP 5 10.0.0.1 0 typ host tcptype so",
	} {
		if c, ok := ParseCandidate(s); ok {
			t.Errorf("%q taken as %s", s, c)
		}
	}
}

func FuzzParseCandidate(f *testing.F) {
	f.Add("4 1 TCP 1688207359 192.0.2.3 9 typ srflx raddr 10.0.1.1 rport 9 tcptype active")
	f.Fuzz(func(t *testing.T, s string) {
		c, ok := ParseCandidate(s)
		if !ok {
			return
		}
		if d, ok := ParseCandidate(c.String()); c.Related.IsValid() && (!ok || d != c) {
			t.Errorf("%v became %v", c, d)
		}
	})
}

// RFC 8839 §4.2.5.
func TestMismatch(t *testing.T) {
	list := Hosts(at("10.0.0.1:5000"))
	for s, want := range map[string]bool{"10.0.0.1:5000": false, "10.0.0.1:9": false, "192.0.2.1:5000": true} {
		if got := Mismatch(at(s), list); got != want {
			t.Errorf("%s: %v", s, got)
		}
	}
	if lite := []Candidate{LiteHost(at("10.0.0.1:5000"))}; Mismatch(at("10.0.0.1:5000"), lite) || !Mismatch(at("10.0.0.1:5001"), lite) {
		t.Error("a passive candidate stands for its own port")
	}
}

func at(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

var (
	credA = Credentials{"aaaa", "passwordofagentawith22"}
	credB = Credentials{"bbbb", "passwordofagentbwith22"}
)

// side is one of the two in a world where each step of a connection and each frame takes a millisecond.
type side struct {
	name  string
	agent *Agent
	lite  *Lite
	conns map[int]*wire // by the agent's number
	log   *[]string
	won   *wire
	lost  bool
}

type wire struct {
	ends [2]*side
	num  [2]int // the agents' numbers
	dead bool
	from [2]netip.AddrPort // as the other end sees this one
	data []string
}

type event struct {
	at sim.Time
	do func()
}

type world struct {
	t      *testing.T
	now    sim.Time
	events []event
	sides  [2]*side
	// reach says what becomes of a SYN: "" lets it pass, "rst" refuses it, "drop" loses it.
	reach func(from *side, o Output) string
	// nat changes the address that a connection comes from.
	nat func(netip.AddrPort) netip.AddrPort
	log []string
}

const step = sim.Time(time.Millisecond)

func (w *world) later(n sim.Time, do func()) {
	w.events = append(w.events, event{w.now + n*step, do})
}

func (w *world) other(s *side) *side {
	if w.sides[0] == s {
		return w.sides[1]
	}
	return w.sides[0]
}

// pump carries out what a side's agent wants.
func (w *world) pump(s *side) {
	for s.agent != nil {
		o, ok := s.agent.Next()
		if !ok {
			return
		}
		switch o.Kind {
		case OutDial:
			w.dial(s, o)
		case OutSend:
			w.send(s, s.conns[o.Conn], o.Frame)
		case OutClose:
			w.log = append(w.log, s.name+" close")
			if c := s.conns[o.Conn]; c != nil {
				w.close(s, c)
			}
		case OutSelected:
			w.log = append(w.log, s.name+" selected")
			s.won = s.conns[o.Conn]
		case OutFailed:
			w.log = append(w.log, s.name+" failed")
			s.lost = true
		}
	}
}

func (w *world) dial(s *side, o Output) {
	if o.Local.Port() == 0 {
		o.Local = netip.AddrPortFrom(o.Local.Addr(), 50000+uint16(o.Conn))
	}
	w.log = append(w.log, s.name+" dial "+o.Remote.String())
	peer := w.other(s)
	switch w.reach(s, o) {
	case "rst":
		w.later(2, func() { s.agent.Lost(w.now, sim.Cause{}, o.Conn); w.pump(s) })
		return
	case "drop":
		return
	}
	c := &wire{ends: [2]*side{s, peer}, num: [2]int{o.Conn, -1}, from: [2]netip.AddrPort{w.nat(o.Local), o.Remote}}
	for _, k := range peer.conns { // simultaneous open: one connection
		if k.ends[0] == peer && k.num[1] < 0 && k.from[0] == o.Remote {
			k.num[1] = o.Conn
			s.conns[o.Conn] = k
			w.later(1, func() { peer.agent.Connected(sim.Cause{}, k.num[0]); w.pump(peer) })
			w.later(1, func() { s.agent.Connected(sim.Cause{}, o.Conn); w.pump(s) })
			return
		}
	}
	s.conns[o.Conn] = c
	if strings.HasSuffix(o.Remote.String(), "1") { // of simultaneous-open candidates: it takes the other one's SYN
		return
	}
	w.later(1, func() {
		if peer.agent != nil {
			c.num[1] = peer.agent.Accepted(o.Remote, c.from[0])
			peer.conns[c.num[1]] = c
		}
	})
	w.later(2, func() { s.agent.Connected(sim.Cause{}, o.Conn); w.pump(s) })
}

func (w *world) send(s *side, c *wire, frame []byte) {
	peer, me := w.other(s), 0
	if c.ends[1] == s {
		me = 1
	}
	w.later(1, func() {
		if c.dead {
			return
		}
		if peer.lite != nil {
			r, won, stray := peer.lite.Answer(frame, c.from[me])
			if stray {
				w.close(peer, c)
				return
			}
			if won {
				w.log = append(w.log, peer.name+" selected")
				peer.won = c
			}
			w.send(peer, c, r)
			return
		}
		peer.agent.Received(w.now, sim.Cause{}, c.num[1-me], frame)
		w.pump(peer)
	})
}

func (w *world) close(s *side, c *wire) {
	if c.dead {
		return
	}
	c.dead = true
	peer, me := w.other(s), 0
	if c.ends[1] == s {
		me = 1
	}
	w.later(1, func() {
		if peer.agent != nil && c.num[1-me] >= 0 {
			peer.agent.Lost(w.now, sim.Cause{}, c.num[1-me])
			w.pump(peer)
		}
	})
}

func (w *world) run(until time.Duration) {
	for {
		next := sim.Never
		for _, e := range w.events {
			next = min(next, e.at)
		}
		for _, s := range w.sides {
			if s.agent != nil {
				next = min(next, s.agent.Deadline())
			}
		}
		if next > sim.Time(until) {
			return
		}
		w.now = next
		for i := 0; i < len(w.events); i++ {
			if e := w.events[i]; e.at == next {
				w.events = slices.Delete(w.events, i, i+1)
				i = -1
				e.do()
			}
		}
		for _, s := range w.sides {
			if s.agent != nil && s.agent.Deadline() <= w.now {
				s.agent.Tick(w.now, s.agent.TimerCause())
				w.pump(s)
			}
		}
	}
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, nat: func(a netip.AddrPort) netip.AddrPort { return a }, reach: func(*side, Output) string { return "" }}
	w.sides = [2]*side{{name: "A", conns: map[int]*wire{}}, {name: "B", conns: map[int]*wire{}}}
	return w
}

var (
	ids   = sim.New(sim.Config{Seed: 1}).Rand("ice")
	listA = Hosts(at("10.0.0.1:5000"))
	listB = Hosts(at("192.0.2.2:6000"))
)

func full(controlling bool, mine, theirs Credentials, local, remote []Candidate, lite bool) Config {
	return Config{Controlling: controlling, PeerLite: lite, Local: local, Remote: remote, Mine: mine, Theirs: theirs, TieBreaker: 5, IDs: &ids}
}

// A full agent behind a NAT and a lite one: a check, its answer, a nomination, its answer (RFC 8445 §8.1.1, RFC 6544 §7).
func TestLite(t *testing.T) {
	w := newWorld(t)
	w.nat = func(netip.AddrPort) netip.AddrPort { return at("203.0.113.1:40000") }
	a, b := w.sides[0], w.sides[1]
	b.lite = &Lite{Local: credB, Remote: credA}
	a.agent = &Agent{}
	a.agent.Start(0, sim.Cause{}, full(true, credA, credB, listA, []Candidate{LiteHost(at("192.0.2.2:6000"))}, true))
	w.pump(a)
	w.run(time.Second)
	if want := []string{"A dial 192.0.2.2:6000", "B selected", "A selected"}; !slices.Equal(w.log, want) || a.won == nil || a.won != b.won {
		t.Errorf("%q, want %q", w.log, want)
	}
	if w.now != 6*step {
		t.Errorf("took %v, want SYN, SYN,ACK, check, answer, nomination, answer: 6 ms", w.now)
	}
}

// Two full agents: each opens to the other's passive candidate, both are checked from both ends, one is selected by both and all
// else is closed.
func TestFull(t *testing.T) {
	for _, c := range []struct {
		name           string
		reach          func(*side, Output) string
		roleA, roleB   bool
		tieA           uint64
		want           string // to whom the selected connection was opened
		selected, fail bool
	}{
		{"RFC 8445 §8.1.1 controlling offerer", nil, true, false, 5, "", true, false},
		{"RFC 8445 §7.3.1.1 both controlling", nil, true, true, 9, "", true, false},
		{"RFC 8445 §7.3.1.1 both controlling, the other stays", nil, true, true, 1, "", true, false},
		{"RFC 8445 §7.3.1.1 both controlled", nil, false, false, 9, "", true, false},
		{"only B can be reached", func(s *side, o Output) string { return map[string]string{"A": "", "B": "drop"}[s.name] }, true, false, 5, "192.0.2.2:6000", true, false},
		{"only A can be reached", func(s *side, o Output) string { return map[string]string{"A": "rst", "B": ""}[s.name] }, true, false, 5, "10.0.0.1:5000", true, false},
		{"RFC 6544 §7.1 neither, but by simultaneous open", func(s *side, o Output) string {
			if o.Remote.Port() == 5001 || o.Remote.Port() == 6001 {
				return ""
			}
			return "drop"
		}, true, false, 5, "so", true, false},
		{"nobody", func(*side, Output) string { return "drop" }, true, false, 5, "", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			if c.reach != nil {
				w.reach = c.reach
			}
			a, b := w.sides[0], w.sides[1]
			a.agent, b.agent = &Agent{}, &Agent{}
			ca, cb := full(c.roleA, credA, credB, listA, listB, false), full(c.roleB, credB, credA, listB, listA, false)
			ca.TieBreaker = c.tieA
			a.agent.Start(0, sim.Cause{}, ca)
			b.agent.Start(0, sim.Cause{}, cb)
			w.pump(a)
			w.pump(b)
			w.run(time.Minute)
			if ok := a.won != nil && a.won == b.won; ok != c.selected {
				t.Fatalf("selected %v; %q", ok, w.log)
			}
			if c.fail != (a.lost && b.lost) {
				t.Errorf("failed %v, %v", a.lost, b.lost)
			}
			if c.selected {
				opened := a.won.from[1].String()
				if strings.HasSuffix(opened, "1") {
					opened = "so"
				}
				if c.want != "" && opened != c.want {
					t.Errorf("the selected connection goes to %s, want %s; %q", opened, c.want, w.log)
				}
				for _, s := range w.sides {
					for _, k := range s.conns {
						if k != a.won && !k.dead && k.num[1] >= 0 {
							t.Errorf("%s keeps a connection to %v; %q", s.name, k.from[1], w.log)
						}
					}
				}
			}
		})
	}
}

// A valid pair waits for a better one, but not longer than its patience [I].
func TestPatience(t *testing.T) {
	for _, better := range []string{"drop", "rst", ""} {
		w := newWorld(t)
		a, b := w.sides[0], w.sides[1]
		b.lite = &Lite{Local: credB, Remote: credA}
		best, second := LiteHost(at("192.0.2.2:6000")), LiteHost(at("192.0.2.2:6010"))
		second.Priority--
		w.reach = func(_ *side, o Output) string {
			if o.Remote == best.Addr {
				return better
			}
			return ""
		}
		a.agent = &Agent{}
		a.agent.Start(0, sim.Cause{}, full(true, credA, credB, listA, []Candidate{second, best}, true))
		w.pump(a)
		w.run(10 * time.Second)
		// The second begins after Ta = 50 ms and is valid 4 ms later.
		want := map[string]sim.Time{"drop": (50 + 4 + 500 + 2) * step, "rst": (50 + 4 + 2) * step, "": 6 * step}[better]
		if a.won == nil || a.won != b.won || w.now < want || better != "" && w.now > want+step {
			t.Errorf("better %q: won %v at %v, want %v", better, a.won != nil, w.now, want)
		}
		if (a.won.from[1] == best.Addr) != (better == "") {
			t.Errorf("better %q: selected %v", better, a.won.from[1])
		}
	}
}

// RFC 8445 §7.3, RFC 8489 §9.1.3, §6.3: checks that are refused, by a lite and by a full agent.
func TestRefused(t *testing.T) {
	good := stun.Message{Type: stun.Request, Username: "bbbb:aaaa", Priority: 7, Role: stun.Controlling}
	with := func(f func(*stun.Message)) stun.Message { m := good; f(&m); return m }
	for _, c := range []struct {
		name string
		m    stun.Message
		key  string
		code int
	}{
		{"good", good, credB.Pwd, 0},
		{"no integrity", good, "", stun.BadRequest},
		{"no username", with(func(m *stun.Message) { m.Username = "" }), credB.Pwd, stun.BadRequest},
		{"no priority", with(func(m *stun.Message) { m.Priority = 0 }), credB.Pwd, stun.BadRequest},
		{"no role", with(func(m *stun.Message) { m.Role = stun.NoRole }), credB.Pwd, stun.BadRequest},
		{"another's username", with(func(m *stun.Message) { m.Username = "bbbb:cccc" }), credB.Pwd, stun.Unauthenticated},
		{"wrong password", good, credA.Pwd, stun.Unauthenticated},
		{"controlled towards a lite agent", with(func(m *stun.Message) { m.Role = stun.Controlled }), credB.Pwd, stun.RoleConflict},
	} {
		var key []byte
		if c.key != "" {
			key = []byte(c.key)
		}
		l := Lite{Local: credB, Remote: credA}
		b, _, stray := l.Answer(c.m.Append(nil, key), at("10.0.0.1:1"))
		m, err := stun.Parse(b)
		if err != nil || stray || m.Code != c.code || (m.Type == stun.Success) != (c.code == 0) {
			t.Errorf("%s: %+v, %v", c.name, m, err)
		}
		if signed := c.code != stun.BadRequest && c.code != stun.Unauthenticated; m.Signed() != signed {
			t.Errorf("%s: response signed %v", c.name, m.Signed())
		}
	}
	l := Lite{Local: credB, Remote: credA}
	if _, _, stray := l.Answer([]byte("MSRP abcd SEND\r\n"), at("10.0.0.1:1")); !stray {
		t.Error("RFC 6544 §7.2: something else than STUN must end the connection")
	}
}

// A connection over which something else than STUN comes first is closed, and so is one whose check is refused.
func TestStray(t *testing.T) {
	for _, frame := range [][]byte{[]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), nil} {
		a := &Agent{}
		a.Start(0, sim.Cause{}, full(true, credA, credB, listA, []Candidate{LiteHost(at("192.0.2.2:6000"))}, true))
		a.Next()
		a.Connected(sim.Cause{}, 0)
		o, _ := a.Next()
		if frame == nil {
			m, _ := stun.Parse(o.Frame)
			frame = (&stun.Message{Type: stun.Error, ID: m.ID, Code: stun.Unauthenticated}).Append(nil, nil)
		}
		a.Received(0, sim.Cause{}, 0, frame)
		if o, _ := a.Next(); o.Kind != OutClose {
			t.Errorf("%q: not closed", frame)
		}
		if o, _ := a.Next(); o.Kind != OutFailed {
			t.Errorf("%q: the only pair is gone and the agent goes on", frame)
		}
	}
}
