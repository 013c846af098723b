package bench

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"imsim/sim/kernelbench"
)

// Config says how much to measure.
type Config struct {
	Profiled bool             // a CPU profile is being taken, so that the shares of layers, which take one, are left out
	Quick    bool             // some 20 s instead of some two minutes, and rougher
	Million  bool             // a million established connections instead of 200,000 (quick: 100,000), at about 1.5 KB each
	Stage    func(now string) // told what is being measured; nil: nobody
}

// Line is one figure.
type Line struct {
	Group  string
	What   string
	Figure string
	Beside string // what it is compared with; empty where nothing is
	Goal   string // empty: none
}

// Run measures everything and calls each with every figure as soon as it is there.
func Run(cfg Config, each func(Line)) error {
	for _, part := range []struct {
		name string
		run  func(Config, func(Line)) error
	}{
		{"kernel", kernel}, {"timers", timers}, {"TCP", streams}, {"connections", crowds}, {"ns-3", versusNS3}, {"sessions", sessions}, {"shares", shares}, {"memory", memory}, {"start", start},
	} {
		if part.name == "shares" && cfg.Profiled {
			continue
		}
		if cfg.Stage != nil {
			cfg.Stage(part.name)
		}
		if err := part.run(cfg, each); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		runtime.GC() // what one part leaves is not to be collected during the next
	}
	return nil
}

// pick returns what a quick run or a full one takes.
func pick[T any](c Config, quick, full T) T {
	if c.Quick {
		return quick
	}
	return full
}

// Write prints lines as they come, groups apart.
func Write(w io.Writer) func(Line) {
	last := ""
	return func(l Line) {
		if l.Group != last {
			if last != "" {
				fmt.Fprintln(w)
			}
			fmt.Fprintln(w, l.Group)
			last = l.Group
		}
		line := fmt.Sprintf("  %-50s %12s   %-46s", l.What, l.Figure, l.Beside)
		if l.Goal != "" {
			line += "   goal " + l.Goal
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

// contest runs the contenders round robin and returns each one's processor time per operation in nanoseconds, the
// median over the rounds, and the median of its ratio to the first.
func contest(rounds int, contenders ...func() (ops int, err error)) (ns, ratio []float64, err error) {
	all := make([][]float64, len(contenders))
	ratios := make([][]float64, len(contenders))
	for round := range rounds {
		for i, c := range contenders {
			before := kernelbench.CPUTime()
			ops, err := c()
			if err != nil {
				return nil, nil, err
			}
			took := float64(kernelbench.CPUTime()-before) / float64(max(ops, 1))
			all[i] = append(all[i], took)
			ratios[i] = append(ratios[i], took/all[0][round])
		}
	}
	for i := range contenders {
		ns = append(ns, median(all[i]))
		ratio = append(ratio, median(ratios[i]))
	}
	return ns, ratio, nil
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

// perSecond writes a rate that follows from nanoseconds per operation.
func perSecond(ns float64) string {
	switch r := 1e9 / ns; {
	case r >= 1e6:
		return fmt.Sprintf("%.1f M/s", r/1e6)
	case r >= 1e4:
		return fmt.Sprintf("%.1f k/s", r/1e3)
	default:
		return fmt.Sprintf("%.0f /s", r)
	}
}

// nanoseconds writes a duration with three digits.
func nanoseconds(ns float64) string {
	switch {
	case ns < 1000:
		return fmt.Sprintf("%.1f ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.2f µs", ns/1e3)
	default:
		return fmt.Sprintf("%.2f ms", ns/float64(time.Millisecond))
	}
}
