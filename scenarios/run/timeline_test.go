package run

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"imsim/nodes"
	"imsim/scenarios"
)

// delays returns pairs (a, b) with 2(a+b) < 1 s: corners first, then drawn ones of all magnitudes.
func delays(n int) [][2]time.Duration {
	const limit = 500*time.Millisecond - 1 // the largest a+b
	out := [][2]time.Duration{
		{20 * time.Millisecond, 10 * time.Millisecond},
		{0, 0}, {1, 0}, {0, 1}, {1, 1},
		{1, limit - 1}, {limit - 1, 1}, {limit, 0}, {0, limit},
		{249999991, 249999989}, {104729, 1299709}, {15485863, 32452843}, {179424673, 86028121},
		// Either side of where one term of a maximum takes over: 2a = 2b, 4a = 2b, 6a = 2b.
		{100000007, 100000007}, {100000007, 100000006}, {100000007, 200000014}, {100000007, 200000015}, {50000017, 150000051}, {50000017, 150000052},
		// Either side of the delayed acknowledgement's 40 ms.
		{20 * time.Millisecond, 20 * time.Millisecond}, {39999999, 1}, {40 * time.Millisecond, 1}, {1, 40 * time.Millisecond}, {40000001, 40000001},
	}
	r := rand.New(rand.NewPCG(7, 4))
	for len(out) < n {
		a := time.Duration(r.Int64N(int64(limit) >> r.IntN(28)))
		b := time.Duration(r.Int64N(int64(limit-a)>>r.IntN(28) + 1))
		if r.IntN(2) == 0 {
			a, b = b, a
		}
		out = append(out, [2]time.Duration{a, b})
	}
	return out[:n]
}

func family(name string) (out []string) {
	for _, e := range scenarios.List() {
		if e.Family == name {
			out = append(out, e.Name)
		}
	}
	return out
}

// timelines returns the timelines of one gateway, or those of chains. Those of a conference server are apart.
func timelines(chain bool) (out []string) {
	for _, name := range family("timeline") {
		if strings.Contains(name, "-chain-") == chain && !strings.Contains(name, "-mp-") {
			out = append(out, name)
		}
	}
	return out
}

func setDelays(d [2]time.Duration) []string {
	return []string{fmt.Sprintf("links.access.delay=%dns", d[0]), fmt.Sprintf("links.core.delay=%dns", d[1])}
}

// The closed forms of the timelines hold to the nanosecond for all delays within their domain, with either TLS engine.
func TestClosedForms(t *testing.T) {
	n := 64
	if testing.Short() {
		n = 8
	}
	all := delays(n)
	for _, name := range timelines(false) {
		t.Run(name, func(t *testing.T) {
			for _, d := range all {
				sc := load(t, name, setDelays(d)...)
				for _, engine := range []nodes.Engine{nodes.EngineModel, nodes.EngineReal} {
					l, _ := play(t, sc, Options{Engine: engine})
					judge(t, sc, l)
					if t.Failed() {
						t.Fatalf("a = %v, b = %v, engine %d\n%s", d[0], d[1], engine, l)
					}
				}
			}
		})
	}
}

// TestClosedFormsOfMp: the same at an MRFP, where the access link is all that takes time.
func TestClosedFormsOfMp(t *testing.T) {
	names := 0
	for _, name := range family("timeline") {
		if !strings.Contains(name, "-mp-") {
			continue
		}
		names++
		for _, d := range delays(24) {
			for _, a := range d {
				sc := load(t, name, fmt.Sprintf("links.access.delay=%dns", a))
				for _, engine := range []nodes.Engine{nodes.EngineModel, nodes.EngineReal} {
					l, _ := play(t, sc, Options{Engine: engine})
					judge(t, sc, l)
					if t.Failed() {
						t.Fatalf("%s: a = %v, engine %d\n%s", name, a, engine, l)
					}
				}
			}
		}
		sc := load(t, name, "links.access.delay=600ms")
		l, _ := play(t, sc, Options{})
		for i, r := range l.Evaluate(sc) {
			if sc.File.Expect[i].Domain != nil && (r.Pass || r.Actual != "outside the domain: 2*a < 1s does not hold, a = 600ms") {
				t.Errorf("%s: %s: %q", name, r.Text, r.Actual)
			}
		}
	}
	if names != 3 {
		t.Errorf("%d timelines, want 3", names)
	}
}

// Outside their domain the expectations fail and say why, whatever the run did.
func TestClosedFormsOutsideTheirDomain(t *testing.T) {
	for _, name := range timelines(false) {
		sc := load(t, name, setDelays([2]time.Duration{300 * time.Millisecond, 200 * time.Millisecond})...)
		l, _ := play(t, sc, Options{})
		stated := 0
		for i, r := range l.Evaluate(sc) {
			if sc.File.Expect[i].Domain == nil {
				continue
			}
			stated++
			if want := "outside the domain: 2*(a+b) < 1s does not hold, a = 300ms, b = 200ms"; r.Pass || r.Actual != want {
				t.Errorf("%s: %s: %q, want %q", name, r.Text, r.Actual, want)
			}
		}
		if stated < 3 {
			t.Errorf("%s: %d closed forms", name, stated)
		}
	}
}
