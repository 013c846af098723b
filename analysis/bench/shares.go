package bench

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/google/pprof/profile"

	"imsim/scenarios/run"
	"imsim/sim/kernelbench"
)

// layers assigns packages to what the shares are told by, the first prefix that fits.
var layers = []struct{ prefix, layer string }{
	{"imsim/nodes/protocol/sip", "SIP"},
	{"imsim/nodes/protocol/sdp", "SDP"},
	{"imsim/nodes/protocol/h248", "H.248"},
	{"imsim/nodes/protocol/msrp", "MSRP"},
	{"imsim/netem/tls", "TLS"},
	{"imsim/netem", "TCP/IP"},
	{"imsim/sim", "kernel"},
	{"imsim/nodes", "nodes"},
	{"imsim/", "run"},
}

// shares measures which layer the time of sessions goes to, by a profile: each sample counts for the innermost function
// of the project on its stack.
func shares(cfg Config, each func(Line)) error {
	const calls = 1000
	sc, err := load(calls, distance)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := pprof.StartCPUProfile(&buf); err != nil {
		return err // somebody else profiles
	}
	length := pick(cfg, 3*time.Second, 15*time.Second)
	runs := 0
	var took time.Duration
	for begin := kernelbench.CPUTime(); took < length; runs++ {
		if _, err = complete(sc, calls, run.Options{Unwatched: true}); err != nil {
			break
		}
		took = kernelbench.CPUTime() - begin
	}
	pprof.StopCPUProfile()
	if err != nil {
		return err
	}
	p, err := profile.Parse(&buf)
	if err != nil {
		return err
	}
	byLayer, total := attribute(p, 0)
	for _, name := range largest(byLayer) {
		part := float64(byLayer[name]) / float64(max(total, 1))
		each(Line{
			Group: "shares of a session with TLS engine model, by the innermost package of ours", What: name,
			Figure: fmt.Sprintf("%.1f %%", 100*part), Beside: nanoseconds(part * float64(took) / float64(runs*calls)),
		})
	}
	return nil
}

// largest returns the layers, the largest first.
func largest(byLayer map[string]int64) []string {
	return slices.SortedFunc(maps.Keys(byLayer), func(a, b string) int {
		return cmp.Or(cmp.Compare(byLayer[b], byLayer[a]), cmp.Compare(a, b))
	})
}

// attribute sums up one value of a profile's samples by layer.
func attribute(p *profile.Profile, value int) (byLayer map[string]int64, total int64) {
	byLayer = map[string]int64{}
	for _, s := range p.Sample {
		n := s.Value[value]
		total += n
		byLayer[layerOf(s)] += n
	}
	return byLayer, total
}

// layerOf walks a stack from its leaf. What has no function of ours on it is the collector's or the scheduler's.
func layerOf(s *profile.Sample) string {
	for _, loc := range s.Location {
		for _, line := range loc.Line {
			if line.Function == nil {
				continue
			}
			for _, l := range layers {
				if strings.HasPrefix(line.Function.Name, l.prefix) {
					return l.layer
				}
			}
			if strings.HasPrefix(line.Function.Name, "runtime.gcBgMarkWorker") {
				return "garbage collection"
			}
		}
	}
	return "runtime"
}
