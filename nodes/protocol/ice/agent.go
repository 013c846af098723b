package ice

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"imsim/nodes/protocol/stun"
	"imsim/sim"
)

// Config is what a full agent starts its checks with, once offer and answer are there.
type Config struct {
	Controlling   bool // the offerer, and any full agent whose peer is lite (RFC 8445 §6.1.1)
	PeerLite      bool
	Local, Remote []Candidate
	Mine, Theirs  Credentials
	TieBreaker    uint64
	IDs           *sim.Stream   // draws transaction ids
	Pace          time.Duration // Ta; 0: 50 ms (RFC 8445 §14.2)
	Patience      time.Duration // how long a valid pair waits for better ones; 0: 500 ms [I]
	Limit         time.Duration // of all checks; 0: 39.5 s, Ti of STUN over TCP (RFC 8489 §6.2.2), counted from their start [I]
}

// OutputKind says what an Output asks for.
type OutputKind uint8

// The outputs of an agent.
const (
	OutDial     OutputKind = iota + 1 // open connection Conn to Remote from Local, whose port 0 is any
	OutSend                           // send Frame over Conn
	OutClose                          // Conn is of no use, or was refused
	OutSelected                       // Conn is the one
	OutFailed                         // there is none
)

// Output is one thing that an agent wants done.
type Output struct {
	Kind          OutputKind
	Conn          int
	Local, Remote netip.AddrPort
	Frame         []byte
	Why           sim.Cause
}

type state uint8

const (
	waiting   state = iota // no connection yet
	opening                // SYN sent
	idle                   // connection accepted, nothing asked yet
	checking               // check sent
	valid                  // answered
	naming                 // nominating check sent
	abandoned              // failed or closed
)

// pair is a pair of candidates and the connection between them; its index is the connection's number.
type pair struct {
	local     Candidate
	remote    Candidate
	from      netip.AddrPort // of the connection's other end
	priority  uint64
	state     state
	tx        stun.TransactionID
	nominated bool // by the peer, who controls
}

// Agent is a full agent for one connection. The zero value is ready for Start.
type Agent struct {
	cfg      Config
	pairs    []pair
	outs     []Output
	next     sim.Time // the next check may begin
	nextWhy  sim.Cause
	patience sim.Time // a valid pair is nominated at the latest
	patient  sim.Cause
	end      sim.Time
	endWhy   sim.Cause
	done     bool
	selected int
}

// Start begins the checks.
func (a *Agent) Start(now sim.Time, why sim.Cause, cfg Config) {
	cfg.Pace = cmp.Or(cfg.Pace, 50*time.Millisecond)
	cfg.Patience = cmp.Or(cfg.Patience, 500*time.Millisecond)
	cfg.Limit = cmp.Or(cfg.Limit, 39500*time.Millisecond)
	*a = Agent{cfg: cfg, next: now, nextWhy: why, patience: sim.Never, end: now.Add(cfg.Limit), endWhy: why, selected: -1}
	for _, l := range cfg.Local {
		for _, r := range cfg.Remote {
			// RFC 6544 §6.2: active with passive, simultaneous-open with its like; what is passive here waits.
			if fits := l.Type == Active && r.Type == Passive || l.Type == SO && r.Type == SO; fits && l.Addr.Addr().Is4() == r.Addr.Addr().Is4() {
				a.pairs = append(a.pairs, pair{local: l, remote: r, from: r.Addr, priority: a.pairPriority(l.Priority, r.Priority)})
			}
		}
	}
	slices.SortStableFunc(a.pairs, func(x, y pair) int {
		if x.priority > y.priority {
			return -1
		}
		return 1
	})
	a.pairs = a.pairs[:min(len(a.pairs), 100)] // RFC 8445 §6.1.2.5
	a.Tick(now, why)
}

// pairPriority is RFC 8445 §6.1.2.3.
func (a *Agent) pairPriority(local, remote uint32) uint64 {
	g, d := uint64(local), uint64(remote)
	if !a.cfg.Controlling {
		g, d = d, g
	}
	p := min(g, d)<<32 + 2*max(g, d)
	if g > d {
		p++
	}
	return p
}

// Next returns what the agent wants done, until there is nothing.
func (a *Agent) Next() (Output, bool) {
	if len(a.outs) == 0 {
		return Output{}, false
	}
	o := a.outs[0]
	a.outs = a.outs[1:]
	return o, true
}

func (a *Agent) out(o Output) { a.outs = append(a.outs, o) }

// Deadline returns when Tick is due.
func (a *Agent) Deadline() sim.Time {
	if a.done || a.cfg.IDs == nil {
		return sim.Never
	}
	return min(a.next, a.patience, a.end)
}

// TimerCause names what the earliest deadline was set by.
func (a *Agent) TimerCause() sim.Cause {
	switch a.Deadline() {
	case a.next:
		return a.nextWhy
	case a.patience:
		return a.patient
	}
	return a.endWhy
}

// Tick does what is due, by the cause of a wait for it.
func (a *Agent) Tick(now sim.Time, why sim.Cause) {
	if a.done {
		return
	}
	if a.next <= now {
		a.nextCheck(now, why)
	}
	if a.patience <= now {
		a.nominate(now, why)
	}
	if !a.done && a.end <= now {
		a.fail(why)
	}
}

// nextCheck opens the connection of the best pair that waits (RFC 8445 §6.1.4.2: one each Ta).
func (a *Agent) nextCheck(now sim.Time, why sim.Cause) {
	a.next = sim.Never
	for i := range a.pairs {
		p := &a.pairs[i]
		if p.state != waiting {
			continue
		}
		p.state = opening
		local := p.local.Addr
		if p.local.Type == Active {
			local = netip.AddrPortFrom(local.Addr(), 0)
		}
		a.out(Output{Kind: OutDial, Conn: i, Local: local, Remote: p.remote.Addr, Why: why})
		if slices.ContainsFunc(a.pairs, func(p pair) bool { return p.state == waiting }) {
			a.next, a.nextWhy = now.Add(a.cfg.Pace), why
		}
		return
	}
	a.consider(now, why)
}

// Accepted takes a connection that somebody has opened to one of our passive candidates, and returns its number.
func (a *Agent) Accepted(local, from netip.AddrPort) int {
	l := Candidate{Component: 1, Addr: local, Type: Passive, Priority: Priority(Host, Passive, MaxOther)}
	for _, c := range a.cfg.Local {
		if c.Type == Passive && c.Addr == local {
			l = c
		}
	}
	a.pairs = append(a.pairs, pair{local: l, from: from, state: idle, remote: Candidate{Component: 1, Addr: from, Kind: PeerReflexive, Type: Active}})
	return len(a.pairs) - 1
}

// Connected takes the news that a connection which we opened is up: it is checked at once.
func (a *Agent) Connected(why sim.Cause, conn int) {
	if p := &a.pairs[conn]; p.state == opening && !a.done {
		a.check(conn, checking, why)
	}
}

// Lost takes the end of a connection that was not ours to end, and whatever else makes it useless.
func (a *Agent) Lost(now sim.Time, why sim.Cause, conn int) {
	p := &a.pairs[conn]
	if p.state == abandoned || a.done {
		return
	}
	p.state = abandoned
	a.consider(now, why)
}

// drop closes a connection that has done something wrong.
func (a *Agent) drop(now sim.Time, why sim.Cause, conn int) {
	a.out(Output{Kind: OutClose, Conn: conn, Why: why})
	a.Lost(now, why, conn)
}

// check sends a check; RFC 6544 §7.1: it is not sent again, TCP sees to that.
func (a *Agent) check(conn int, to state, why sim.Cause) {
	p := &a.pairs[conn]
	p.state = to
	for i := 0; i < len(p.tx); i += 4 {
		n := a.cfg.IDs.Uint64()
		p.tx[i], p.tx[i+1], p.tx[i+2], p.tx[i+3] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
	}
	m := stun.Message{
		Type: stun.Request, ID: p.tx, Username: a.cfg.Theirs.Ufrag + ":" + a.cfg.Mine.Ufrag, UseCandidate: to == naming,
		// RFC 8445 §7.1.1: what a peer-reflexive candidate would have that is learnt from this check.
		Priority: Priority(PeerReflexive, p.local.Type, p.local.Priority>>8&MaxOther), Role: stun.Controlled, TieBreaker: a.cfg.TieBreaker,
	}
	if a.cfg.Controlling {
		m.Role = stun.Controlling
	}
	a.out(Output{Kind: OutSend, Conn: conn, Frame: m.Append(nil, []byte(a.cfg.Theirs.Pwd)), Why: why})
}

// Received takes a frame of a connection that has not been selected, or STUN over the one that was.
func (a *Agent) Received(now sim.Time, why sim.Cause, conn int, frame []byte) {
	p := &a.pairs[conn]
	if p.state == abandoned || p.state == waiting || p.state == opening {
		return
	}
	m, err := stun.Parse(frame)
	switch {
	case err != nil || !m.Fingerprinted():
		if !a.done {
			a.drop(now, why, conn) // RFC 6544 §7.2: first something else than STUN
		}
	case m.Type == stun.Request:
		a.request(now, why, conn, &m, frame)
	case m.Type != stun.Indication && m.ID == p.tx && (p.state == checking || p.state == naming):
		a.answered(now, why, conn, &m, frame)
	}
}

// request answers a check and makes the one that it triggers (RFC 8445 §7.3.1).
func (a *Agent) request(now sim.Time, why sim.Cause, conn int, m *stun.Message, frame []byte) {
	p := &a.pairs[conn]
	code := examine(m, frame, a.cfg.Mine, a.cfg.Theirs)
	if code == 0 && (m.Role == stun.Controlling) == a.cfg.Controlling {
		// RFC 8445 §7.3.1.1: the greater tie-breaker stays controlling.
		if (a.cfg.TieBreaker >= m.TieBreaker) == a.cfg.Controlling {
			code = stun.RoleConflict
		} else {
			a.turn()
		}
	}
	a.out(Output{Kind: OutSend, Conn: conn, Frame: reply(m, code, p.from, a.cfg.Mine), Why: why})
	if code != 0 || a.done {
		return
	}
	if p.remote.Priority == 0 {
		p.remote.Priority = m.Priority
		p.priority = a.pairPriority(p.local.Priority, m.Priority)
	}
	p.nominated = p.nominated || m.UseCandidate && !a.cfg.Controlling
	switch p.state {
	case idle:
		a.check(conn, checking, why) // RFC 6544 §7.2: over the same connection
	case valid:
		if p.nominated {
			a.choose(conn, why)
		}
	}
}

// turn takes the other role.
func (a *Agent) turn() {
	a.cfg.Controlling = !a.cfg.Controlling
	for i := range a.pairs {
		p := &a.pairs[i]
		p.priority = a.pairPriority(p.local.Priority, p.remote.Priority)
	}
}

// answered takes the response to a check of ours (RFC 8445 §7.2.5).
func (a *Agent) answered(now sim.Time, why sim.Cause, conn int, m *stun.Message, frame []byte) {
	p := &a.pairs[conn]
	switch {
	case m.Type == stun.Error && m.Code == stun.RoleConflict && stun.Verify(frame, []byte(a.cfg.Theirs.Pwd)):
		a.turn()
		a.check(conn, checking, why)
	case m.Type == stun.Error, !m.Mapped.IsValid():
		a.drop(now, why, conn)
	case !stun.Verify(frame, []byte(a.cfg.Theirs.Pwd)):
		// RFC 8489 §9.1.4: as if it had never come.
	case p.state == naming || p.nominated:
		a.choose(conn, why)
	default:
		p.state = valid
		if a.patience == sim.Never {
			a.patience, a.patient = now.Add(a.cfg.Patience), why
		}
		a.consider(now, why)
	}
}

// consider nominates the best valid pair when no better one may still come, and gives up when none may.
func (a *Agent) consider(now sim.Time, why sim.Cause) {
	best, hope := -1, false
	for i := range a.pairs {
		p := &a.pairs[i]
		switch p.state {
		case naming:
			return
		case valid:
			if best < 0 || p.priority > a.pairs[best].priority {
				best = i
			}
		}
	}
	for i := range a.pairs {
		p := &a.pairs[i]
		if p.state < valid && (best < 0 || p.priority > a.pairs[best].priority) {
			hope = true
		}
	}
	switch {
	case hope:
	case best >= 0:
		a.nominate(now, why)
	case a.cfg.PeerLite || !slices.ContainsFunc(a.cfg.Local, func(c Candidate) bool { return c.Type == Passive }):
		a.fail(why)
	}
}

// nominate tells the peer which of the valid pairs it is (RFC 8445 §8.1.1), where that is ours to say.
func (a *Agent) nominate(_ sim.Time, why sim.Cause) {
	a.patience = sim.Never
	if !a.cfg.Controlling {
		return
	}
	best := -1
	for i := range a.pairs {
		if p := &a.pairs[i]; p.state == naming {
			return
		} else if p.state == valid && (best < 0 || p.priority > a.pairs[best].priority) {
			best = i
		}
	}
	if best >= 0 {
		a.check(best, naming, why)
	}
}

// choose selects a connection; the others are closed (RFC 6544 §8.2).
func (a *Agent) choose(conn int, why sim.Cause) {
	a.done, a.selected = true, conn
	a.pairs[conn].state = valid
	a.out(Output{Kind: OutSelected, Conn: conn, Remote: a.pairs[conn].from, Why: why})
	a.rest(conn, why)
}

func (a *Agent) fail(why sim.Cause) {
	a.done = true
	a.out(Output{Kind: OutFailed, Why: why})
	a.rest(-1, why)
}

func (a *Agent) rest(but int, why sim.Cause) {
	for i := range a.pairs {
		if p := &a.pairs[i]; i != but && p.state != waiting && p.state != abandoned {
			p.state = abandoned
			a.out(Output{Kind: OutClose, Conn: i, Why: why})
		}
	}
}

// Pair returns the candidates of a connection.
func (a *Agent) Pair(conn int) (local, remote Candidate) {
	return a.pairs[conn].local, a.pairs[conn].remote
}
