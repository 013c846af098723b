package bearer

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"
)

// equivalent reads the mutants that decide as the table does, whatever happens, from testdata/equivalent.txt: those whose
// condition is also a condition of the actions themselves, which are idempotent, or follows from the others.
func equivalent(t *testing.T) (names []string) {
	f, err := os.Open("testdata/equivalent.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		if line := in.Text(); line != "" && line[0] != '#' {
			names = append(names, line)
		}
	}
	return names
}

// TestFlips changes one thing about one rule after another. A case of TestRows or TestParameters must notice, or the mutant
// must be on the list of those that make no difference. With -v it says for every row what notices that it is taken out.
func TestFlips(t *testing.T) {
	cs := examples(t)
	base := make([]string, len(cs))
	for i := range cs {
		base[i] = cs[i].comes(nil)
	}
	same := equivalent(t)
	caught, rowsOut, inert := 0, 0, 0
	for _, mu := range flips() {
		by := -1
		for i := range cs {
			if on := cs[i].ev; (on == mu.was.On || on == Configured && mu.was.On == SynIn) && cs[i].comes(mu.table) != base[i] {
				by = i
				break
			}
		}
		listed := slices.Contains(same, mu.name)
		row, what, _ := strings.Cut(mu.name, ": ")
		switch {
		case by >= 0 && listed:
			t.Errorf("%s is on the list of what makes no difference, and %q notices", mu.name, cs[by].id)
		case by < 0 && !listed:
			t.Errorf("%s, and nothing notices", mu.name)
		case by < 0:
			inert++
			if what == "taken out" {
				t.Errorf("%s can be taken out: it has no effect", row)
			}
		default:
			caught++
			if what == "taken out" {
				rowsOut++
				t.Logf("%-8s taken out is noticed by %s", row, cs[by].id)
			}
		}
	}
	t.Logf("%d rows taken out, all noticed; %d changes, %d noticed, %d on the list of those that make no difference", rowsOut, caught+inert, caught, inert)
}

// TestEquivalent looks for a state in which a mutant on the list decides otherwise than the table. IMSIM_EXPLORE looks deeper.
func TestEquivalent(t *testing.T) {
	most, asked := deeper()
	if !asked {
		most = 200
	}
	same := equivalent(t)
	var by [NumEvents][]*mutant
	for _, mu := range flips() {
		if slices.Contains(same, mu.name) {
			by[mu.was.On] = append(by[mu.was.On], &mu)
		}
	}
	e := explorer{table: Standard(), most: most}
	n := 0
	e.look = func(p *plan, w *world, st step) {
		lists := by[st.ev : st.ev+1]
		if st.ev == Configured {
			lists = [][]*mutant{by[st.ev], by[SynIn]} // for what is held
		}
		to := *w
		if !to.outside(p, st) {
			return
		}
		c := example{m: to.machine(p, nil, st), side: st.side, ev: st.ev, cause: causes[st.ev]}
		for _, list := range lists {
			for _, mu := range list {
				if mu.was.On == st.ev && c.alike(mu) {
					continue
				}
				n++
				if got, want := c.comes(mu.table), c.comes(nil); got != want {
					t.Errorf("%s, %s, %s\n%+v\n%+v\n got %s\nwant %s", p.name, mu.name, st, c.m.SEP[X], c.m.SEP[Y], got, want)
				}
			}
		}
	}
	ps := plans()
	for i := range ps {
		if r := e.run(&ps[i]); r.wrong != "" {
			t.Error(r.wrong)
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d mutants, %d decisions compared", len(same), n)
}

// alike reports whether the mutant's rule fits the example as the rule that it was does, or neither, and asks for the same.
func (c *example) alike(mu *mutant) bool {
	x, y := &c.m.SEP[c.side], &c.m.SEP[c.side.Other()]
	fx, fy, facts := x.flags(), y.flags(), c.m.facts()
	fits := func(r *Rule) bool {
		return r.On == c.ev && facts&r.If == r.If && r.X.holds(x, fx) && r.Y.holds(y, fy)
	}
	was, is := fits(mu.was), fits(mu.is)
	return was == is && (!was || slices.Equal(mu.was.DoX, mu.is.DoX) && slices.Equal(mu.was.DoY, mu.is.DoY) && mu.was.Cause == mu.is.Cause)
}

// TestExploreFinds takes rows out, and expects the exploration to say what is wrong then, by the fewest events.
func TestExploreFinds(t *testing.T) {
	for _, c := range []struct{ row, wrong string }{
		{"E-6/1", "leg X: a SYN is held, and neither a timer nor the partner's attempt ends that"}, // nobody answers it
		{"E-10/1", "the connection is up, and TLS neither starts nor waits"},
		{"E-15", "E-15: the order is not refused"},
		{"E-20/2", "the preset does not bring the partner up"},
		{"R-3/1", "one direction is closed, and no timer closes the other"},
		{"R-5/2", "nobody is told: notify.tcpRel is missing"},
	} {
		t.Run(c.row, func(t *testing.T) {
			table := Standard().With([]Override{{Row: c.row, Disable: true}}, func(_ int, _, wrong, _ string) { t.Fatal(wrong) })
			for _, r := range exploreAll(table, plans(), 300) {
				if strings.HasSuffix(r.wrong, c.wrong) {
					t.Log(r.wrong)
					return
				}
			}
			t.Errorf("%q is not found", c.wrong)
		})
	}
}

// TestTakenOut explores without one row after another, and says which of them the laws alone miss.
func TestTakenOut(t *testing.T) {
	most, asked := deeper()
	if !asked {
		t.Skip("IMSIM_EXPLORE=states is how many states of each configuration to look into, 300 are enough")
	}
	found, rows := 0, 0
	ps := plans()
	for _, mu := range flips() {
		row, what, _ := strings.Cut(mu.name, ": ")
		if what != "taken out" {
			continue
		}
		rows++
		wrong := ""
		e := explorer{table: mu.table, most: most}
		for i := range ps {
			if wrong = e.run(&ps[i]).wrong; wrong != "" {
				found++
				break
			}
		}
		if wrong == "" {
			wrong = "no law is broken"
		}
		t.Logf("%-8s %s", row, wrong[strings.LastIndexByte(wrong, '\n')+1:])
	}
	t.Logf("%d of %d rows taken out break a law", found, rows)
}
