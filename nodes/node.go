package nodes

import (
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/sim"
)

// Milestone is a step of a session that people ask about: the n-th occurrence of a name at a node, and on a leg where
// the node has several.
type Milestone struct {
	At     sim.Time
	Why    sim.Cause // names the milestone's own trace record; the session label is in it
	Node   string
	Leg    string // "" where the node has only one
	Name   string // dotted, one of the constants of this package
	Detail string // cause string, alert, role; "" mostly
}

// Observer is told of what nodes do. It must not touch the model.
type Observer interface {
	// Milestone is called at the milestone's instant, in the order of the trajectory.
	Milestone(m Milestone)
	// WantsPDUs reports whether UpperPDU is of any use: messages are put together only then.
	WantsPDUs() bool
	// UpperPDU hands out one message that travels encrypted on a leg, in clear: for the capture's upper-PDU interface.
	UpperPDU(node, leg, dissector string, at sim.Time, out bool, local, remote packet.AddrPort, pdu []byte)
	// Secrets hands out key-log lines of a TLS session that a capture can be decrypted with.
	Secrets(lines string)
}

// Job is a piece of processor work on behalf of one of a node's parts.
type Job struct {
	Owner Worker
	Arg   uint64
}

// Worker is told when its job is done.
type Worker interface {
	WorkDone(arg uint64, why sim.Cause)
}

// Base is the common part of a node; nodes embed it.
type Base struct {
	Name   string
	K      *sim.Kernel
	Host   *netem.Host
	CPU    *sim.Server[Job]
	Obs    Observer // never nil
	Entity sim.Entity
	Addr   packet.Addr // the host's first, IPv4 where there is one
}

// NewBase makes the common part of a node that runs on host with the given number of equal processors. The caller's
// own entity, for its timers, is made with handler h.
func NewBase(k *sim.Kernel, host *netem.Host, processors int, obs Observer, h sim.Handler) Base {
	if obs == nil {
		obs = Unobserved{}
	}
	b := Base{Name: host.Name(), K: k, Host: host, Obs: obs, Addr: host.Addr(true)}
	if !b.Addr.IsValid() {
		b.Addr = host.Addr(false)
	}
	b.CPU = sim.NewServer(k, b.Name+".cpu", max(processors, 1), func(j Job, why sim.Cause) { j.Owner.WorkDone(j.Arg, why) })
	b.Entity = k.Add(b.Name, h)
	return b
}

// NodeName returns the node's name.
func (b *Base) NodeName() string { return b.Name }

// Mark records a milestone at the current instant and returns the cause that names it.
func (b *Base) Mark(why sim.Cause, leg, name, detail string) sim.Cause {
	now := b.K.Now()
	fp := b.K.Fingerprint()
	fp.Mix(sim.FpKPI, uint64(now))
	fp.Mix(sim.FpKPI, hash(name))
	fp.Mix(sim.FpNode, uint64(b.Entity))
	if b.K.Tracing() {
		text := leg
		if detail != "" {
			text += " " + detail
		}
		why = b.K.Record(sim.Record{Cause: why, Node: b.Entity, Kind: name, Text: text})
	}
	b.Obs.Milestone(Milestone{At: now, Why: why, Node: b.Name, Leg: leg, Name: name, Detail: detail})
	return why
}

// Waited records that a deadline set by why has passed, and returns the cause of what it brings about.
func (b *Base) Waited(why sim.Cause, kind string) sim.Cause {
	if !b.K.Tracing() {
		return why
	}
	return b.K.Record(sim.Record{Cause: why, Node: b.Entity, Kind: kind, Rest: sim.TimerWait})
}

// Work queues processor time for w, booked as ordinary processing; no cost means at once.
func (b *Base) Work(w Worker, arg uint64, cost time.Duration, share sim.Share, why sim.Cause) {
	b.CPU.Do(Job{w, arg}, cost, share, why)
}

// hash is FNV-1a: the same on every machine.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// Unobserved is the Observer that ignores everything.
type Unobserved struct{}

// Milestone does nothing.
func (Unobserved) Milestone(Milestone) {}

// WantsPDUs is false.
func (Unobserved) WantsPDUs() bool { return false }

// UpperPDU does nothing.
func (Unobserved) UpperPDU(string, string, string, sim.Time, bool, packet.AddrPort, packet.AddrPort, []byte) {
}

// Secrets does nothing.
func (Unobserved) Secrets(string) {}
