package stats

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// sample and sample2 are what R was given, too.
var (
	sample  = []float64{12.1, 9.7, 11.4, 10.2, 13.9, 8.8, 10.9, 12.7, 9.9, 11.1, 10.4, 14.2}
	sample2 = []float64{12.4, 9.6, 11.9, 10.6, 14.0, 9.1, 10.8, 13.2, 10.3, 11.3, 10.9, 14.1}
	pvalues = []float64{0.01, 0.04, 0.03, 0.005, 0.6}
)

// figures are what is compared with R.
func figures() map[string][]float64 {
	m := Mean(sample, 0.95)
	m99 := Mean(sample, 0.99)
	_, low, high := Proportion(27, 30, 0.95)
	sorted := slices.Sorted(slices.Values(sample))
	d := Paired(sample, sample2, 0.05, 0.95)
	var scale float64
	for _, v := range sample {
		scale += v / float64(len(sample))
	}
	return map[string][]float64{
		"mean":     {m.Mean, m.Std, m.Low(), m.High(), m99.Low(), m99.High()},
		"wilson":   {low, high},
		"quantile": {Quantile(sorted, 0.5), Quantile(sorted, 0.9), Quantile(sorted, 0.99), Quantile(sorted, 0), Quantile(sorted, 1)},
		"paired":   {d.P, d.Low() * scale, d.High() * scale},
		"tost":     {d.Within},
		"holm":     Holm(pvalues),
	}
}

// reference is what R 4.2.2 gives (TestR prints and compares it anew):
// t.test, prop.test(correct = FALSE), quantile(type = 7), t.test(paired = TRUE), p.adjust("holm").
var reference = map[string][]float64{
	"mean":     {11.275, 1.67230108207, 10.2124705844, 12.3375294156, 9.77566650068, 12.7743334993},
	"wilson":   {0.743789174208, 0.965400111253},
	"quantile": {11, 13.78, 14.167, 8.8, 14.2},
	"paired":   {0.00496656791966, 0.0897123641056, 0.393620969228},
	"tost":     {0.000343928196603},
	"holm":     {0.04, 0.09, 0.09, 0.025, 0.6},
}

const rProgram = `
x <- c(%s); y <- c(%s); p <- c(%s)
f <- function(n, v) cat(sprintf('"%%s":[%%s]', n, paste(sprintf("%%.12g", v), collapse=",")))
cat("{")
f("mean", c(mean(x), sd(x), t.test(x)$conf.int, t.test(x, conf.level=0.99)$conf.int)); cat(",")
f("wilson", prop.test(27, 30, correct=FALSE)$conf.int); cat(",")
f("quantile", quantile(x, c(0.5, 0.9, 0.99, 0, 1), type=7)); cat(",")
r <- t.test(y, x, paired=TRUE); f("paired", c(r$p.value, r$conf.int)); cat(",")
d <- (y - x)/mean(x)
f("tost", max(t.test(d, mu=0.05, alternative="less")$p.value, t.test(d, mu=-0.05, alternative="greater")$p.value)); cat(",")
f("holm", p.adjust(p, "holm"))
cat("}")
`

func list(x []float64) string {
	var s []string
	for _, v := range x {
		s = append(s, fmt.Sprint(v))
	}
	return strings.Join(s, ",")
}

func compare(t *testing.T, want map[string][]float64) {
	t.Helper()
	for name, got := range figures() {
		w := want[name]
		if len(w) != len(got) {
			t.Fatalf("%s: %d figures, %d in the reference", name, len(got), len(w))
		}
		for i := range got {
			if math.Abs(got[i]-w[i]) > 1e-9*math.Max(1, math.Abs(w[i])) {
				t.Errorf("%s, figure %d: %.12g, reference %.12g", name, i+1, got[i], w[i])
			}
		}
	}
}

// TestReference holds the figures against R's, as they were written down.
func TestReference(t *testing.T) { compare(t, reference) }

// TestR asks R itself, where it is installed.
func TestR(t *testing.T) {
	r, err := exec.LookPath("Rscript")
	if err != nil {
		t.Skip("R is not installed; TestReference has its figures")
	}
	out, err := exec.Command(r, "--vanilla", "-e", fmt.Sprintf(rProgram, list(sample), list(sample2), list(pvalues))).Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", out)
	var want map[string][]float64
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	compare(t, want)
}

// TestQuantileInterval: the ends are those of the exact binomial tails (for the median of 12: the third and the tenth), and
// the interval covers the quantile as often as it says.
func TestQuantileInterval(t *testing.T) {
	sorted := slices.Sorted(slices.Values(sample))
	if low, high := QuantileInterval(sorted, 0.5, 0.95); low != sorted[2] || high != sorted[9] {
		t.Errorf("median of 12: %g to %g, want %g to %g", low, high, sorted[2], sorted[9])
	}
	if low, high := QuantileInterval(sorted, 0.99, 0.95); math.IsInf(low, 0) || !math.IsInf(high, 1) {
		t.Errorf("0.99 of 12: %g to %g, want no upper end", low, high)
	}
	r := rand.New(rand.NewPCG(1, 1))
	const trials, n = 2000, 200
	covered := 0
	x := make([]float64, n)
	for range trials {
		for i := range x {
			x[i] = r.ExpFloat64()
		}
		slices.Sort(x)
		if low, high := QuantileInterval(x, 0.9, 0.95); low <= math.Log(10) && math.Log(10) <= high {
			covered++
		}
	}
	if share := float64(covered) / trials; share < 0.945 {
		t.Errorf("covers the quantile in %.3f of the trials, want at least 0.95 within chance", share)
	}
}

// TestCoverage: a t interval of 95 % over five replications covers the mean in 95 % of the trials, within four standard errors.
func TestCoverage(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	const trials = 4000
	covered := 0
	for range trials {
		var x [5]float64
		for i := range x {
			x[i] = r.NormFloat64()
		}
		if i := Mean(x[:], 0.95); i.Low() <= 0 && 0 <= i.High() {
			covered++
		}
	}
	if share := float64(covered) / trials; math.Abs(share-0.95) > 4*math.Sqrt(0.95*0.05/trials) {
		t.Errorf("covers the mean in %.4f of the trials", share)
	}
}

// TestBatches: on a series that remembers (AR(1), φ = 0.8) an interval over single values covers the mean far too seldom, one
// over twenty batches nearly as often as it says.
func TestBatches(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	const trials, n = 800, 4000
	plain, batched := 0, 0
	x := make([]float64, n)
	for range trials {
		v := 0.0
		for range 100 {
			v = 0.8*v + r.NormFloat64()
		}
		for i := range x {
			v = 0.8*v + r.NormFloat64()
			x[i] = v
		}
		if i := Mean(x, 0.95); math.Abs(i.Mean) <= i.Half {
			plain++
		}
		m := Batches(x, 20)
		if i := Mean(m, 0.95); math.Abs(i.Mean) <= i.Half {
			batched++
		}
		if l := Lag1(x); math.Abs(l-0.8) > 0.1 {
			t.Fatalf("lag 1 is %.3f, want 0.8", l)
		}
	}
	t.Logf("single values cover in %.3f of the trials, batches in %.3f", float64(plain)/trials, float64(batched)/trials)
	if p := float64(plain) / trials; p > 0.7 {
		t.Errorf("single values cover in %.3f of the trials: the test shows nothing", p)
	}
	if b := float64(batched) / trials; b < 0.92 || b > 0.98 {
		t.Errorf("batches cover in %.3f of the trials, want 0.95", b)
	}
}

// TestMSER5 finds the end of a start that decays, leaves a series without one nearly whole, and says when it cannot tell.
func TestMSER5(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	x := make([]float64, 1000)
	for i := range x {
		x[i] = 10 + r.NormFloat64() + 20*math.Exp(-float64(i)/40)
	}
	if skip, ok := MSER5(x); !ok || skip < 80 || skip > 300 {
		t.Errorf("a start that decays with 40: skips %d, %v", skip, ok)
	}
	for i := range x {
		x[i] = 10 + r.NormFloat64()
	}
	if skip, ok := MSER5(x); !ok || skip > 300 {
		t.Errorf("no start: skips %d, %v", skip, ok)
	}
	for i := range x {
		x[i] = float64(i)
	}
	if _, ok := MSER5(x); ok {
		t.Error("a series that only grows has no steady state")
	}
	if skip, _ := MSER5(x[:3]); skip != 0 {
		t.Errorf("three values: skips %d", skip)
	}
}

// TestPaired: the share of false alarms is the level; a difference that is there is found, one within the margin is called
// equivalent; without chance there is nothing to test.
func TestPaired(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	const trials, n = 4000, 20
	alarms, same := 0, 0
	a, b := make([]float64, n), make([]float64, n)
	for range trials {
		for i := range a {
			a[i] = 100 + 10*r.NormFloat64()
			b[i] = a[i] + r.NormFloat64()
		}
		d := Paired(a, b, 0.01, 0.95)
		if d.P < 0.05 {
			alarms++
		}
		if d.Within < 0.05 {
			same++
		}
	}
	if share := float64(alarms) / trials; math.Abs(share-0.05) > 4*math.Sqrt(0.05*0.95/trials) {
		t.Errorf("false alarms in %.4f of the trials at 0.05", share)
	}
	if share := float64(same) / trials; share < 0.95 {
		t.Errorf("equal within 1 %% in %.3f of the trials", share)
	}
	for _, c := range []struct {
		before, after []float64
		p, within     float64
	}{
		{[]float64{5, 7}, []float64{5, 7}, 1, 0},
		{[]float64{100, 100}, []float64{110, 110}, 0, 1},
		{[]float64{100}, []float64{100}, 1, 0},
		{[]float64{100}, []float64{110}, 1, 1},
		{[]float64{0, 0}, []float64{0, 0}, 1, 0},
		{nil, nil, 1, 1},
	} {
		if d := Paired(c.before, c.after, 0.01, 0.95); d.P != c.p || d.Within != c.within {
			t.Errorf("%v, then %v: p %g, within %g; want %g and %g", c.before, c.after, d.P, d.Within, c.p, c.within)
		}
	}
}

// TestFew: what cannot be said is not said.
func TestFew(t *testing.T) {
	if i := Mean(nil, 0.95); !math.IsNaN(i.Mean) || !math.IsInf(i.Half, 1) {
		t.Error(i)
	}
	if i := Mean([]float64{3}, 0.95); i.Mean != 3 || !math.IsInf(i.Half, 1) {
		t.Error(i)
	}
	if i := Mean([]float64{3, 3, 3}, 0.95); i.Half != 0 || i.Relative() != 0 {
		t.Error(i)
	}
	if !math.IsNaN(Quantile(nil, 0.5)) {
		t.Error("a quantile of nothing")
	}
	if b := Band(100, 0.95); math.Abs(b-0.1358) > 1e-4 {
		t.Errorf("band %g", b)
	}
}
