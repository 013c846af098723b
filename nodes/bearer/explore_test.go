package bearer

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// explorer takes one plan after another through every order of events.
type explorer struct {
	table *Table
	most  int // states to look into, those of the fewest events first
	known states
	steps []step
	out   []Out
	look  func(p *plan, w *world, st step) // is shown every step before it happens, if set
}

// result of the exploration of a plan.
type result struct {
	states, transitions int
	events              int    // states of so many events and fewer have been looked into
	whole               bool   // there are no more
	wrong               string // the first violation, with the events that lead to it
}

// run explores a plan breadth first, so that what it finds wrong has the fewest events.
func (e *explorer) run(p *plan) (r result) {
	e.known.reset()
	for _, w := range p.starts() {
		e.add(p, &w, -1, step{})
	}
	if wrong := e.straight(p); wrong != "" {
		r.wrong = wrong
		return r
	}
	through := false
	level := len(e.known.found) // where the states of one event more begin
	n := 0
	for ; n < len(e.known.found) && n < e.most; n++ {
		if n == level {
			r.events++
			level = len(e.known.found)
		}
		w := p.world(e.known.found[n].key)
		through = through || w.through
		next, more := w.towardsEnd()
		if !more && (w.leg[X].live() || w.leg[Y].live()) {
			r.wrong = e.story(p, n, nil, "a leg never ends")
			return r
		}
		e.steps = w.possible(p, Y, w.possible(p, X, e.steps[:0]))
		for _, st := range e.steps {
			if e.look != nil {
				e.look(p, &w, st)
			}
			to := w
			wrong := to.happen(p, e.table, st, &e.out)
			r.transitions++
			if wrong != "" {
				r.wrong = e.story(p, n, &st, wrong)
				return r
			}
			i := e.add(p, &to, int32(n), st)
			if more && st == next {
				e.known.found[n].end = i
			}
		}
	}
	r.states = len(e.known.found)
	r.whole = n == r.states
	switch circle := e.circle(); {
	case circle >= 0:
		r.wrong = e.story(p, circle, nil, "timers and environment go round in a circle")
	case r.whole && !through && !p.policy.Strict && !strings.HasPrefix(p.name, "active"):
		r.wrong = p.name + ": no order of events brings the stream up"
	}
	return r
}

// straight goes from the beginning to the stream that is up, for every pair of TLS versions, so that what can happen to it
// is among the first that is looked into.
func (e *explorer) straight(p *plan) (wrong string) {
	for versions := range 4 {
		by := [2]how{X: by13, Y: by13}
		for s := range by {
			if versions&(1<<s) == 0 || !p.sep[s].Protected() {
				by[s] = plainly
			}
		}
		w := world{sep: p.sep}
		n := e.add(p, &w, -1, step{})
		for st, ok := w.towardsUp(p, by); ok; st, ok = w.towardsUp(p, by) {
			on := st
			if p.symmetric && w.key() != e.known.found[n].key {
				on.side = on.side.Other() // the known state is the mirror image
			}
			wrong := w.happen(p, e.table, st, &e.out)
			// Where tls-cross meets a TLS client there is no ClientHello to wait for, and the order is the controller's.
			if x := &p.sep[X]; st.ev == EstTCP && x.Link&TCPPresets != 0 && !(x.Link&TLSCross != 0 && x.TLSClient) {
				wrong = "the preset does not bring the partner up"
			}
			if wrong != "" {
				return e.story(p, int(n), &on, wrong)
			}
			before := n
			if n = e.add(p, &w, n, on); n == before {
				return e.story(p, int(n), &on, "this does not bring the stream up")
			}
		}
	}
	return ""
}

func (e *explorer) add(p *plan, w *world, parent int32, by step) int32 {
	k := w.key()
	if p.symmetric {
		if m := k.mirrored(); m[0] < k[0] || m[0] == k[0] && m[1] < k[1] {
			k = m
		}
	}
	return e.known.add(k, parent, by)
}

// circle follows towardsEnd from every state, and returns one from where it leads to no end, or -1.
func (e *explorer) circle() int {
	found := e.known.found
	good := make([]uint32, len(found)) // 0 not seen, 1 ends, otherwise the number of the walk that was there
	for i := range found {
		mark := uint32(i) + 2
		n := int32(i)
		for n >= 0 && good[n] == 0 {
			good[n] = mark
			n = found[n].end
		}
		if n >= 0 && good[n] == mark {
			return i
		}
		for n = int32(i); n >= 0 && good[n] == mark; n = found[n].end {
			good[n] = 1
		}
	}
	return -1
}

// story tells how a state came about, in words.
func (e *explorer) story(p *plan, i int, last *step, wrong string) string {
	var by []step
	n := int32(i)
	for ; e.known.found[n].parent >= 0; n = e.known.found[n].parent {
		by = append(by, e.known.found[n].by)
	}
	w := p.world(e.known.found[n].key)
	var b strings.Builder
	fmt.Fprintln(&b, p.name)
	for s := range w.sep {
		x := &w.sep[s]
		fmt.Fprintf(&b, "  %s: %v, exists %t, remote address %t, TLS %v client %t, links %v\n", "XY"[s:s+1], x.TCPRole, x.Exists, x.Remote, x.TLS, x.TLSClient, x.Link)
	}
	count := 0
	tell := func(st step) {
		// A state that stands for its mirror image: the step's side is that of the image.
		if k := w.key(); p.symmetric {
			if m := k.mirrored(); m[0] < k[0] || m[0] == k[0] && m[1] < k[1] {
				st.side = st.side.Other()
			}
		}
		var out []Out
		w.happen(p, e.table, st, &out)
		m := Machine{SEP: w.sep}
		count++
		fmt.Fprintf(&b, "  %d. %s: %s  [X %v/%v, Y %v/%v]\n", count, st, show(&m, out), w.sep[X].TCP, w.sep[X].TLS, w.sep[Y].TCP, w.sep[Y].TLS)
	}
	for n := len(by) - 1; n >= 0; n-- {
		tell(by[n])
	}
	if last != nil {
		tell(*last)
	}
	return b.String() + "  " + wrong
}

// exploreAll explores plans on all processors, as many states of each as its share where most is 0.
func exploreAll(table *Table, ps []plan, most int) []result {
	rs := make([]result, len(ps))
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			e := explorer{table: table}
			for i := range next {
				if e.most = most; most == 0 {
					e.most = ps[i].share()
				}
				rs[i] = e.run(&ps[i])
			}
		})
	}
	for i := range ps {
		next <- i
	}
	close(next)
	wg.Wait()
	return rs
}

// deeper returns how many states of each configuration to look into, where IMSIM_EXPLORE says it.
func deeper() (most int, asked bool) {
	n, err := strconv.Atoi(os.Getenv("IMSIM_EXPLORE"))
	return n, err == nil && n > 0
}

// share is how many states of a configuration a run of all tests has time for: with a plain leg there are no more.
func (p *plan) share() int {
	if p.sep[X].Protected() && p.sep[Y].Protected() {
		return 20_000
	}
	return 1_000_000
}

// TestExplore takes the machine through every order of events that its environment allows, each as often as it likes.
func TestExplore(t *testing.T) {
	most, asked := deeper()
	ps := plans()
	rs := exploreAll(Standard(), ps, most)
	var all result
	whole, events := 0, 1<<30
	for i, r := range rs {
		if r.wrong != "" {
			t.Error(r.wrong)
		}
		all.states += r.states
		all.transitions += r.transitions
		if r.whole {
			whole++
		} else {
			events = min(events, r.events)
		}
		if asked {
			t.Logf("%9d states, %9d transitions, %2d events, whole %t: %s", r.states, r.transitions, r.events, r.whole, ps[i].name)
		}
	}
	t.Logf("%d configurations, %d of them to the end, %d states, %d transitions", len(ps), whole, all.states, all.transitions)
	if whole < len(ps) {
		t.Logf("the others to all orders of %d events and fewer; IMSIM_EXPLORE=states looks into so many states of each", events)
	}
}
