package run

import (
	"os"
	"runtime"
	"runtime/pprof"
	"testing"
	"time"

	"imsim/netem"
	"imsim/scenarios"
	"imsim/sim"
)

// TestLiveSessions measures the memory of sessions that stand: both UEs, gateway, dialogs, contexts, TCP and TLS state.
// Half an hour after the last call no SIP transaction is left. HEAP names a file for the heap profile.
func TestLiveSessions(t *testing.T) {
	const sessions, limit = 2000, 10 << 10
	sc, err := scenarios.Load("e2ae-msrp-orig-agnostic", scenarios.Options{Set: []string{
		"sessions.chat.count=2000", "sessions.chat.arrivals={every: 500ms}", "sessions.chat.hold=1h", "run.until=50m",
		"nodes.pcscf1.profile=ideal", "nodes.scscf1.profile=ideal", "nodes.agw1.profile=ideal", "nodes.ue-a.profile=ideal", "nodes.ue-b.profile=ideal",
		"nodes.ue-a.costs=null", "nodes.ue-b.costs=null"}})
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	st, err := Run(sc, Options{Unwatched: true, Started: func(*sim.Kernel, *netem.Network) {
		runtime.GC()
		runtime.ReadMemStats(&before)
	}})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	if name := os.Getenv("HEAP"); name != "" {
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_ = pprof.WriteHeapProfile(f)
		_ = f.Close()
	}
	each := (after.HeapAlloc - before.HeapAlloc) / sessions
	t.Logf("%d bytes and %.1f objects a live session (%v)", each, float64(after.HeapObjects-before.HeapObjects)/sessions, time.Duration(st.End))
	if each > limit {
		t.Errorf("a live session takes %d bytes, more than %d", each, limit)
	}
	runtime.KeepAlive(st)
}
