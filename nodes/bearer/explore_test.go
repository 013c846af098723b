package bearer

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// key is a world packed into two words, one a leg.
type key [2]uint64

func (w *world) key() (k key) {
	for i := range w.sep {
		x, l := &w.sep[i], &w.leg[i]
		n, at := uint64(0), 0
		put := func(v uint64, bits int) {
			n |= v << at
			at += bits
		}
		put(uint64(x.TCPRole), 2)
		put(uint64(x.TCP), 4)
		put(uint64(x.TLS), 4)
		put(uint64(x.Timers), int(NumTimers))
		put(uint64(l.conn), 3)
		put(uint64(l.tls), 3)
		put(uint64(l.told), 4)
		for _, b := range [...]bool{x.Exists, x.Remote, x.TLSClient, x.TLS13, x.Verified, x.CNSent, x.CNRcvd, x.Leaving, x.Ending, x.Begun, x.Renew,
			l.finIn, l.finOut, l.cnIn, l.cnOut, l.truncated, l.next, l.left, l.deaf, w.through, w.opened} {
			v := uint64(0)
			if b {
				v = 1
			}
			put(v, 1)
		}
		k[i] = n
	}
	return k
}

// node is a state that was found, and how.
type node struct {
	w      world
	parent int32
	end    int32 // the state that towardsEnd leads to; -1 at an end
	by     step
}

// result of an exploration.
type result struct {
	states, transitions int
	cut                 int               // explorations that were not finished
	wrong               string            // the first violation, with the events that lead to it
	seen                map[string]string // violations by event and kind
}

// explorer explores one plan after another.
type explorer struct {
	table *Table
	most  int // states to look into, those of the fewest events first
	nodes []node
	index map[key]int32
}

// starts are the states in which the controller may have left the SEPs when the first event comes.
func (p *plan) starts() (ws []world) {
	final := world{sep: p.sep}
	ws = append(ws, final)
	for s := range Side(2) {
		w := final
		w.sep[s].TCPRole = Undecided
		ws = append(ws, w)
		w = final
		w.sep[s].Remote = false
		ws = append(ws, w)
		w = final
		w.sep[s].Exists, w.sep[s].Remote, w.sep[s].TCPRole = false, false, Undecided
		ws = append(ws, w)
	}
	return ws
}

// run explores a plan breadth first, so that what it finds wrong has the fewest events.
func (e *explorer) run(p *plan, r *result) {
	e.nodes = e.nodes[:0]
	if e.index == nil {
		e.index = map[key]int32{}
	}
	clear(e.index)
	for _, w := range p.starts() {
		e.find(w, -1, step{})
	}
	var steps []step
	var out []Out
	through := false
	for i := 0; i < len(e.nodes) && i < e.most; i++ {
		w := e.nodes[i].w
		through = through || w.through
		steps = w.possible(p, X, steps[:0])
		steps = w.possible(p, Y, steps)
		next, more := w.towardsEnd()
		e.nodes[i].end = -1
		if !more && (w.leg[X].live() || w.leg[Y].live()) {
			r.wrong = e.story(p, i, nil, "a leg never ends")
			return
		}
		for _, st := range steps {
			to := w
			var wrong string
			out, wrong = to.happen(p, e.table, st, out[:0])
			r.transitions++
			if wrong != "" {
				k := st.ev.String() + wrong
				if _, ok := r.seen[k]; !ok {
					r.seen[k] = e.story(p, i, &st, wrong)
				}
				continue
			}
			n := e.find(to, int32(i), st)
			if more && st == next {
				e.nodes[i].end = n
			}
		}
	}
	r.states += len(e.nodes)
	if len(e.nodes) > e.most {
		r.cut++
	} else if p.opens && !through {
		r.wrong = p.name + ": no order of events brings the stream up"
	}
	e.ends(p, r)
}

func (e *explorer) find(w world, parent int32, by step) int32 {
	k := w.key()
	n, ok := e.index[k]
	if !ok {
		n = int32(len(e.nodes))
		e.index[k] = n
		e.nodes = append(e.nodes, node{w: w, parent: parent, end: -1, by: by})
	}
	return n
}

// ends follows towardsEnd from every state: what it leads to must end.
func (e *explorer) ends(p *plan, r *result) {
	good := make([]uint32, len(e.nodes)) // 0 not seen, 1 ends, otherwise the number of the walk that was there
	for i := range e.nodes {
		mark := uint32(i) + 2
		n := int32(i)
		for n >= 0 && good[n] == 0 {
			good[n] = mark
			n = e.nodes[n].end
		}
		if n >= 0 && good[n] == mark {
			r.wrong = e.story(p, i, nil, "timers and environment go round in a circle")
			return
		}
		for n = int32(i); n >= 0 && good[n] == mark; n = e.nodes[n].end {
			good[n] = 1
		}
	}
}

// story tells how a state came about, in words.
func (e *explorer) story(p *plan, i int, last *step, wrong string) string {
	var path []int
	for n := int32(i); n >= 0; n = e.nodes[n].parent {
		path = append(path, int(n))
	}
	w := e.nodes[path[len(path)-1]].w
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %+v\n", p.name, p.policy)
	for s := range w.sep {
		x := &w.sep[s]
		fmt.Fprintf(&b, "  %s: %v, exists %t, remote address %t, TLS %v client %t, links %v\n", "XY"[s:s+1], x.TCPRole, x.Exists, x.Remote, x.TLS, x.TLSClient, x.Link)
	}
	tell := func(n int, st step) {
		out, _ := w.happen(p, e.table, st, nil)
		m := Machine{SEP: w.sep}
		fmt.Fprintf(&b, "  %d. %s: %s  [X %v/%v, Y %v/%v]\n", n, st, show(&m, out), w.sep[X].TCP, w.sep[X].TLS, w.sep[Y].TCP, w.sep[Y].TLS)
	}
	for n := len(path) - 2; n >= 0; n-- {
		tell(len(path)-1-n, e.nodes[path[n]].by)
	}
	if last != nil {
		tell(len(path), *last)
	}
	return b.String() + "  " + wrong
}

// plans are the configurations. Mirrors are left out: the tables name no side, and both sides have every event.
func plans(long bool) (ps []plan) {
	type end struct {
		name   string
		tls    bool
		client bool
	}
	ends := []end{{"plain", false, false}, {"TLS server", true, false}, {"TLS client", true, true}}
	modes := []struct {
		name string
		x, y TCPRole
		link Preset
	}{
		{"fwd-late", Passive, Active, FwdLate}, {"fwd-early", Passive, Active, FwdEarly}, {"merge", Passive, Passive, 0}, {"proxy", Passive, Active, 0},
		{"tls-cross", Passive, Active, TLSCross}, {"tls-then-tcp", Passive, Active, TLSThenTCP}, {"active on both sides", Active, Active, 0},
	}
	policies := []Policy{{}, {TruncateFIN: true, WrongDrop: true, StrictHold: true}, {Abort: true}}
	if long {
		policies = policies[:0]
		for n := range 16 {
			policies = append(policies, Policy{TruncateFIN: n&1 != 0, WrongDrop: n&2 != 0, StrictHold: n&4 != 0, Abort: n&8 != 0})
		}
	}
	for _, strict := range []bool{false, true} {
		for _, m := range modes {
			for _, a := range ends {
				for _, b := range ends {
					for _, both := range []bool{false, true} {
						if strict && (m.link != 0 || both) || both && !(a.tls && b.tls) || m.link&(TLSCross|TLSThenTCP) != 0 && !a.tls {
							continue // in strict no preset is active (§7.2)
						}
						for _, pol := range policies {
							pol.Strict = strict
							p := plan{policy: pol}
							p.name = fmt.Sprintf("%s, %s and %s", m.name, a.name, b.name)
							if both {
								p.name += ", tls-tls"
							}
							for s, e := range []end{a, b} {
								x := &p.sep[s]
								*x = SEP{Exists: true, Remote: true, TCPRole: []TCPRole{m.x, m.y}[s], TLSClient: e.client, Armed: 31}
								if e.tls {
									x.TLS = TLSIdle
								}
								if e.client && !strict {
									x.Link |= TLSSameLeg
								}
							}
							p.sep[X].Link |= m.link
							if both {
								p.sep[X].Link |= TLSTLS
							}
							p.opens = true
							ps = append(ps, p)
						}
					}
				}
			}
		}
	}
	// A gateway that parses the application protocol on a plain leg (E-17).
	for _, y := range []TLSState{TLSNone, TLSIdle} {
		p := plan{name: "fwd-late, aware", opens: true}
		p.sep[X] = SEP{Exists: true, Remote: true, TCPRole: Passive, Link: FwdLate, Aware: true, Armed: 31}
		p.sep[Y] = SEP{Exists: true, Remote: true, TCPRole: Active, TLS: y, Aware: true, Armed: 31}
		ps = append(ps, p)
	}
	return ps
}

// findings are what the exploration finds wrong and what is not mended yet, by the words that a violation ends with. What
// follows such a violation is not explored, so beyond them nothing is proved.
var findings = []string{
	"a SYN is held, and neither a timer nor the partner's attempt ends that",
	"a handshake without a guard",
	"one direction is closed, and no timer closes the other",
	"rule (3): close_notify behind close_notify or FIN",
	"rule (3): FIN before close_notify",
	"the partner is gone and this leg stays",
	"nobody is told: notify.tlsFail is missing",
	"rule (5): a truncation is not told",
	"a FIN that waits for the connection is not known",
	"a SYN is neither held nor answered nor dropped",
	"told twice",
}

// TestExplore takes the machine through every order of events that its environment allows, as often as it likes. A
// violation that is not among the findings fails. IMSIM_EXPLORE is how many states of each configuration to look into; with it
// every configuration is explored, and every finding told by its events.
func TestExplore(t *testing.T) {
	most, _ := strconv.Atoi(os.Getenv("IMSIM_EXPLORE"))
	long := most > 0
	r := result{seen: map[string]string{}}
	e := explorer{table: Standard(), most: 10_000}
	if long {
		e.most = most
	}
	ps := plans(long)
	n := 0
	for i := range ps {
		if !long && i%10 != 0 {
			continue
		}
		n++
		e.run(&ps[i], &r)
		if r.wrong != "" {
			t.Error(r.wrong)
			r.wrong = ""
		}
	}
	hit := map[string]int{}
	for _, story := range r.seen {
		k := slices.IndexFunc(findings, func(f string) bool { return strings.HasSuffix(story, f) })
		if k < 0 {
			t.Error(story)
			continue
		}
		hit[findings[k]]++
		if long {
			t.Log(story)
		}
	}
	for _, f := range findings {
		t.Logf("not mended, at %2d kinds of events: %s", hit[f], f)
	}
	t.Logf("%d of %d configurations, %d of them not to the end, %d states, %d transitions", n, len(ps), r.cut, r.states, r.transitions)
}
