package bench

import (
	"fmt"
	"io"
	"runtime"
	"time"

	"imsim/netem/capture"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/scenarios"
	"imsim/scenarios/run"
	"imsim/sim"
	"imsim/sim/kernelbench"
)

// scenario is what sessions are measured with: SIP, H.248, TCP, TLS to the access edge, two messages, release.
const scenario = "e2ae-msrp-orig-agnostic"

// distance is between two calls: well within what the proxy's processor can do, so that nothing is sent twice.
const distance = 50 * time.Millisecond

// load reads the scenario with that many calls, one every distance.
func load(calls int, every time.Duration, more ...string) (*scenarios.Scenario, error) {
	return scenarios.Load(scenario, scenarios.Options{Set: append([]string{
		fmt.Sprintf("sessions.chat.count=%d", calls), fmt.Sprintf("sessions.chat.arrivals={every: %v}", every),
	}, more...)})
}

// counting notes when the first session starts and counts those that end well.
type counting struct {
	nodes.Unobserved
	began     time.Duration // processor time
	started   bool
	up, ended int
}

func (c *counting) Milestone(m nodes.Milestone) {
	switch m.Name {
	case nodes.SessionStart:
		if !c.started {
			c.started, c.began = true, kernelbench.CPUTime()
		}
	case nodes.SessionUp:
		c.up++
	case nodes.SessionEnd:
		if m.Detail == "released" {
			c.ended++
		}
	}
}

// complete runs calls from the first INVITE to the last BYE and all that follows, and returns the processor time since
// the first call began: registration is left out.
func complete(sc *scenarios.Scenario, calls int, opt run.Options) (time.Duration, error) {
	c := &counting{}
	opt.Observer = c
	if _, err := run.Run(sc, opt); err != nil {
		return 0, err
	}
	took := kernelbench.CPUTime() - c.began
	if c.ended != calls {
		return 0, fmt.Errorf("%d of %d calls ended well", c.ended, calls)
	}
	return took, nil
}

// sessions measures whole calls: model against real TLS, and what each kind of observer adds.
func sessions(cfg Config, each func(Line)) error {
	calls := pick(cfg, 1000, 1500)
	sc, err := load(calls, distance)
	if err != nil {
		return err
	}
	variants := []func() run.Options{
		func() run.Options { return run.Options{Unwatched: true} },
		func() run.Options { return run.Options{Engine: nodes.EngineReal, Unwatched: true} },
		func() run.Options {
			w := capture.NewWriter(io.Discard, capture.Options{Wire: (*packet.Packet).Marshal})
			return run.Options{Capture: &run.Capture{Writer: w}, Unwatched: true}
		},
		func() run.Options { return run.Options{Trace: func(sim.RecordID, *sim.Record) {}, Unwatched: true} },
		func() run.Options { return run.Options{} },
	}
	ns := make([][]float64, len(variants))
	ratio := make([][]float64, len(variants))
	for range pick(cfg, 3, 5) {
		for i, v := range variants {
			runtime.GC() // each pays for its own garbage
			took, err := complete(sc, calls, v())
			if err != nil {
				return err
			}
			ns[i] = append(ns[i], float64(took)/float64(calls))
			ratio[i] = append(ratio[i], float64(took)/(ns[0][len(ns[0])-1]*float64(calls)))
		}
	}
	const group = "sessions: e2ae MSRP from INVITE to TIME-WAIT, every message encoded and parsed, registration excluded"
	for i, l := range []Line{
		{What: "TLS engine model", Goal: "≥ 4 k/s; stretch 10 k/s"},
		{What: "TLS engine real (crypto/tls)"},
		{What: "model, every interface captured", Goal: "≤ 1.5 ×"},
		{What: "model, every record traced (and thrown away)"},
		{What: "model, invariants watched, as simulate run does"},
	} {
		m := median(ns[i])
		l.Group, l.Figure, l.Beside = group, nanoseconds(m), perSecond(m)
		if i > 0 {
			l.Beside += fmt.Sprintf("; %.2f × model", median(ratio[i]))
		}
		each(l)
	}
	return nil
}

// start measures reading and running a small scenario within the program.
func start(cfg Config, each func(Line)) error {
	var loading, running []float64
	for range pick(cfg, 5, 15) {
		begin := time.Now()
		sc, err := scenarios.Load(scenario, scenarios.Options{})
		if err != nil {
			return err
		}
		loaded := time.Now()
		if _, err := run.Run(sc, run.Options{}); err != nil {
			return err
		}
		loading = append(loading, float64(loaded.Sub(begin)))
		running = append(running, float64(time.Since(loaded)))
	}
	each(Line{
		Group: "start", What: "a small scenario read, checked and run", Figure: nanoseconds(median(loading) + median(running)),
		Beside: fmt.Sprintf("of which the run %s", nanoseconds(median(running))), Goal: "≤ 50 ms with the program's own start",
	})
	return nil
}
