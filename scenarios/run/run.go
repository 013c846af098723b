package run

import (
	"errors"
	"fmt"
	"time"

	"imsim/netem"
	"imsim/netem/tls"
	"imsim/nodes"
	"imsim/nodes/invariant"
	"imsim/scenarios"
	"imsim/sim"
)

// Options are what a run is asked for beside its scenario. None of them moves the trajectory, but for Engine where the
// scenario makes a difference between engines.
type Options struct {
	Engine   nodes.Engine
	Observer nodes.Observer                        // milestones; nil: nobody
	Trace    func(sim.RecordID, *sim.Record)       // every record; nil: no trace
	Capture  *Capture                              // nil: none
	Started  func(k *sim.Kernel, n *netem.Network) // called when all is built, before the first event
	// Drive, where set, runs the kernel in place of Kernel.Run: in real time, with the real world taking part.
	Drive func(k *sim.Kernel, until sim.Time) error
	// Tamper, where set, breaks the TLS of a node: to show that invariants find it.
	Tamper func(node string, c *tls.Config)
	// Unwatched runs without invariants: to measure what they cost, and to show that they move nothing.
	Unwatched bool
}

// Stats is what a run leaves beside its observations.
type Stats struct {
	Kernel      *sim.Kernel
	Net         *netem.Network
	End         sim.Time
	Events      uint64
	Packets     uint64 // handed to links, all hops
	Fingerprint string
	Parts       [sim.NumIngredients]sim.Part
	Unplaced    int    // calls that were never placed
	Unsettled   string // who did not come into place
	Invariants  []invariant.Result
	NotModelled []string // what the run touches that the models leave out
}

// ErrBuild marks an error in building, which is the scenario's, from one in running.
var ErrBuild = errors.New("the scenario cannot be built")

// Run builds and runs a scenario until nothing is left to happen, or until its run.until. With an error from running, the
// statistics are those up to where it broke off.
func Run(sc *scenarios.Scenario, opt Options) (Stats, error) {
	f := &sc.File
	if live := f.Live(); len(live) > 0 && opt.Drive == nil {
		return Stats{}, fmt.Errorf("%w: nodes.%s is of kind %s and needs real time (simulate emulate %s)", ErrBuild, live[0], f.Nodes[live[0]].Kind, sc.Name)
	}
	if name := opt.Engine.String(); !f.Plays(name) {
		return Stats{}, fmt.Errorf("%w: engine %s cannot play %s: %s", ErrBuild, name, sc.Name, f.Why)
	}
	k := sim.New(sim.Config{
		Seed: f.Run.Seed, MaxEvents: f.Run.Limits.Events, MaxInstant: f.Run.Limits.Instant, Trace: opt.Trace,
	})
	obs := opt.Observer
	if obs == nil {
		obs = nodes.Unobserved{}
	}
	if opt.Capture != nil {
		obs = &capturing{obs, opt.Capture}
	}
	suite := invariant.New(expected(f), k.Now, obs)
	if !opt.Unwatched {
		obs = suite
	}
	ch := &changes{Observer: obs, steps: f.Timeline}
	if len(f.Timeline) > 0 {
		obs = ch
	}
	w, err := build(sc, k, obs, opt.Engine)
	if err != nil {
		return Stats{}, fmt.Errorf("%w: %w", ErrBuild, err)
	}
	w.env.Tamper = opt.Tamper
	w.users = newUsers(w)
	if len(f.Timeline) > 0 {
		ch.plan(w)
	}
	if opt.Capture != nil {
		if err := opt.Capture.attach(w); err != nil {
			return Stats{}, fmt.Errorf("%w: %w", ErrBuild, err)
		}
	}
	if !opt.Unwatched {
		for _, b := range w.borders() {
			suite.Guard(b)
		}
		suite.Attach(w.net)
	}
	if opt.Started != nil {
		opt.Started(k, w.net)
	}
	w.begin()
	until := sim.Never
	if f.Run.Until > 0 {
		until = sim.Time(f.Run.Until)
	}
	if opt.Drive != nil {
		err = opt.Drive(k, until)
	} else {
		err = k.Run(until)
	}
	st := w.stats()
	st.NotModelled = append(notModelled(f, opt.Engine), w.unread()...)
	if !opt.Unwatched {
		st.Invariants = suite.Finish(err == nil && k.Next() == sim.Never, w.net.Pool.Live(), w.left())
	}
	return st, err
}

// unread warns of messages that an ALG had to let through as they are.
func (w *world) unread() (list []string) {
	for _, name := range scenarios.Names(w.file.NATs) {
		if n := w.nats[name].Table.Stats.Unread; n > 0 {
			list = append(list, fmt.Sprintf("SIP that %s could not read: %d messages or fragments passed with private addresses", name, n))
		}
	}
	return list
}

// begin starts what nodes do by themselves: gateways register with their controllers, UEs with the network.
func (w *world) begin() {
	why := sim.Cause{}
	if w.k.Tracing() {
		why = w.k.Record(sim.Record{Node: w.users.self, Kind: "run.start"})
	}
	for _, start := range w.starters {
		start(why)
	}
	w.settled(why)
}

func (w *world) stats() Stats {
	fp := w.k.Fingerprint()
	s := Stats{
		Kernel: w.k, Net: w.net, End: w.k.Now(), Events: w.k.Events(), Fingerprint: fp.String(), Parts: fp.Parts(),
		Unplaced: len(w.users.plan) - w.users.next,
	}
	for _, d := range w.net.Directions() {
		s.Packets += d.Stats.Packets
	}
	if s.Unplaced > 0 {
		s.Unsettled = w.unsettled()
	}
	return s
}

// Duration is a run's length in virtual time.
func (s *Stats) Duration() time.Duration { return s.End.Sub(0) }
