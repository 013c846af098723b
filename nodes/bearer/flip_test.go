package bearer

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// mutant is the table with one thing about one rule changed.
type mutant struct {
	name  string // the row, and what is changed
	table *Table
	was   *Rule // as it stands
	is    *Rule // in the mutant's table
}

// flips returns a mutant for everything that a rule says: that it is there, each action, each fact and each condition, and
// of conditions with alternatives each of these.
func flips() (ms []mutant) {
	e, r := Standard().Names()
	for part, names := range [][]string{e, r} {
		for i, row := range names {
			was := &[][]Rule{Standard().Establishment, Standard().Release}[part][i]
			flip := func(what string, change func(*Rule)) {
				es, rs := slices.Clone(Standard().Establishment), slices.Clone(Standard().Release)
				is := &[][]Rule{es, rs}[part][i]
				change(is)
				ms = append(ms, mutant{row + ": " + what, newTable(es, rs), was, is})
			}
			flip("taken out", func(r *Rule) { r.On = None })
			if len(was.DoX)+len(was.DoY) > 1 {
				for n, a := range was.DoX {
					flip("X not "+a.String(), func(r *Rule) { r.DoX = slices.Delete(slices.Clone(r.DoX), n, n+1) })
				}
				for n, a := range was.DoY {
					flip("Y not "+a.String(), func(r *Rule) { r.DoY = slices.Delete(slices.Clone(r.DoY), n, n+1) })
				}
			}
			for n := range factNames {
				if bit := Fact(1) << n; was.If&bit != 0 {
					flip("whether or not "+factNames[n], func(r *Rule) { r.If &^= bit })
				}
			}
			if was.Cause != "" {
				flip("another cause", func(r *Rule) { r.Cause = "flipped" })
			}
			for side, get := range []func(*Rule) *Cond{func(r *Rule) *Cond { return &r.X }, func(r *Rule) *Cond { return &r.Y }} {
				flipCond("XY"[side:side+1], get(was), func(what string, change func(*Cond)) {
					flip(what, func(r *Rule) { change(get(r)) })
				})
			}
		}
	}
	return ms
}

func flipCond(side string, was *Cond, flip func(what string, change func(*Cond))) {
	for key, get := range []func(*Cond) *States{
		func(c *Cond) *States { return &c.TCP }, func(c *Cond) *States { return &c.TLS }, func(c *Cond) *States { return &c.Role },
	} {
		word := []string{"tcp", "tls", "role"}[key]
		names := [][]string{tcpNames[:], tlsNames[:], roleNames[:]}[key]
		set := *get(was)
		if set == 0 {
			continue
		}
		flip(side+" "+word+" any", func(c *Cond) { *get(c) = 0 })
		for n := range names {
			if bit := States(1) << n; set&bit != 0 && set != bit {
				flip(side+" "+word+" not "+names[n], func(c *Cond) { *get(c) &^= bit })
			}
		}
	}
	if was.Link != 0 {
		flip(side+" any link", func(c *Cond) { c.Link = 0 })
	}
	if was.NoLink != 0 {
		flip(side+" whatever link", func(c *Cond) { c.NoLink = 0 })
	}
	for n, name := range flagNames {
		bit := Flag(1) << n
		if was.Is&bit != 0 {
			flip(side+" whether or not "+name, func(c *Cond) { c.Is &^= bit })
		}
		if was.Not&bit != 0 {
			flip(side+" even if "+name, func(c *Cond) { c.Not &^= bit })
		}
	}
}

// example is a case of TestRows or TestParameters, read.
type example struct {
	id, want string
	m        Machine
	side     Side
	ev       Event
	cause    string
}

func readExample(t *testing.T, id, policy, x, y, event, want string) example {
	c := example{id: id, want: want}
	c.m = Machine{SEP: [2]SEP{sepOf(t, x), sepOf(t, y)}, Policy: policyOf(t, policy), Opened: strings.Contains(policy, "through")}
	c.side, c.ev, c.cause = eventOf(t, event)
	return c
}

// comes returns what comes of the example's event by a table, with the states that follow.
func (c *example) comes(table *Table) string {
	m := c.m
	m.Table = table
	out := m.Input(c.side, c.ev, c.cause, nil)
	return strings.TrimSpace(fmt.Sprintf("%s [%v/%v, %v/%v]", show(&m, out), m.SEP[X].TCP, m.SEP[X].TLS, m.SEP[Y].TCP, m.SEP[Y].TLS))
}

// examples are the cases of TestRows and of TestParameters.
func examples(t *testing.T) (cs []example) {
	for _, r := range rows {
		cs = append(cs, readExample(t, r.id, r.policy, r.x, r.y, r.event, r.want))
	}
	return append(cs, parameters(t)...)
}

// parameters reads the cases of testdata/parameters.txt: rows, policy, X, Y, event, and what must come of it. Every event is
// armed.
func parameters(t *testing.T) (cs []example) {
	f, err := os.Open("testdata/parameters.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		if line := in.Text(); line != "" && line[0] != '#' {
			c := strings.Split(line, ";")
			for i := range c {
				c[i] = strings.TrimSpace(c[i])
			}
			if len(c) != 6 {
				t.Fatalf("%q: six fields are due", line)
			}
			e := readExample(t, c[0], c[1], c[2], c[3], c[4], c[5])
			e.m.SEP[X].Armed, e.m.SEP[Y].Armed = armAll, armAll
			cs = append(cs, e)
		}
	}
	return cs
}

// TestParameters are cases about single conditions and actions of rows.
func TestParameters(t *testing.T) {
	for _, c := range parameters(t) {
		if got := c.comes(nil); got != c.want {
			t.Errorf("%s, %s %s:\n got %s\nwant %s", c.id, "XY"[c.side:c.side+1], c.ev, got, c.want)
		}
	}
}
