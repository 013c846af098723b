package bench

import (
	"bytes"
	"cmp"
	"fmt"
	"runtime"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/google/pprof/profile"

	"imsim/netem"
	"imsim/scenarios/run"
	"imsim/sim"
)

// settling is how long after the last call began no SIP transaction is left: the longest timer of a UE takes 128 s.
const settling = 5 * time.Minute

// memory measures what a live session holds once the timers of its set-up are over: both UEs, proxies, gateway, dialogs,
// contexts, TCP and TLS. The script of a session is left out, as it is there before.
func memory(cfg Config, each func(Line)) error {
	calls := pick(cfg, 2000, 10_000)
	sc, err := load(calls, distance, "sessions.chat.hold=1h", fmt.Sprintf("run.until=%dms", (time.Duration(calls)*distance+settling).Milliseconds()))
	if err != nil {
		return err
	}
	c := &counting{}
	defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
	runtime.MemProfileRate = 2048
	var before uint64
	var layersBefore map[string]int64
	var profileErr error
	st, err := run.Run(sc, run.Options{Observer: c, Unwatched: true, Started: func(*sim.Kernel, *netem.Network) {
		before = heap()
		layersBefore, profileErr = heapByLayer()
	}})
	if err != nil {
		return err
	}
	if c.up != calls || c.ended != 0 {
		return fmt.Errorf("%d of %d sessions are up, %d have ended", c.up, calls, c.ended)
	}
	grown := heap() - before
	layersAfter, err := heapByLayer()
	if err := cmp.Or(err, profileErr); err != nil {
		return err
	}
	begin := time.Now()
	runtime.GC()
	collection := time.Since(begin)
	runtime.KeepAlive(st)
	each(Line{
		Group: "memory", What: fmt.Sprintf("a live session, of %d", calls), Figure: fmt.Sprintf("%.1f KB", float64(grown)/float64(calls)/1000),
		Beside: fmt.Sprintf("a forced collection takes %v", collection.Round(100*time.Microsecond)), Goal: "≤ 8 KB",
	})
	for name := range layersAfter {
		layersAfter[name] -= layersBefore[name]
	}
	for _, name := range largest(layersAfter) {
		if kb := float64(layersAfter[name]) / float64(calls) / 1000; kb >= 0.05 {
			each(Line{Group: "memory", What: "  of which made by " + name, Figure: fmt.Sprintf("%.1f KB", kb)})
		}
	}
	return nil
}

// heapByLayer returns the octets in use by the layer that asked for them, estimated from samples.
func heapByLayer() (map[string]int64, error) {
	runtime.GC()
	runtime.GC() // a profile shows the state of the last collection but one
	var buf bytes.Buffer
	if err := pprof.Lookup("heap").WriteTo(&buf, 0); err != nil {
		return nil, err
	}
	p, err := profile.Parse(&buf)
	if err != nil {
		return nil, err
	}
	byLayer, _ := attribute(p, slices.IndexFunc(p.SampleType, func(t *profile.ValueType) bool { return t.Type == "inuse_space" }))
	return byLayer, nil
}

// heap returns the octets that are in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
