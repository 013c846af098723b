package h248

import (
	"time"

	"imsim/sim"
)

// RegistrationConfig describes how a gateway finds a controller.
type RegistrationConfig struct {
	MGCs    int           // controllers, in order of preference
	Retry   time.Duration // pause when none of them would have the gateway: 5 s [I]
	Rounds  int           // give up after so many rounds without success; 0: never
	Profile string
	Address string // ServiceChangeAddress
	Version uint8
}

// RegistrationState is how far a gateway has come with it.
type RegistrationState uint8

// The states.
const (
	Unregistered RegistrationState = iota
	RegWaiting                     // before the first ServiceChange, or between two rounds
	RegAsking
	Registered
)

// Ask is a ServiceChange of ROOT to be sent to a controller.
type Ask struct {
	MGC      int
	Services Services
	Cause    sim.Cause
}

// Registration is a gateway's side of ServiceChange (H.248.1 §7.2.8, §11.5): which controller it announces itself to, with
// which method and reason, and what it does when that fails. Inputs are the procedures' beginnings and ends, the output is
// what Next hands out. Random waits are drawn by the owner.
type Registration struct {
	cfg     RegistrationConfig
	state   RegistrationState
	mgc     int // asked or in control
	tried   int // in this round
	rounds  int // without success
	before  bool
	method  Method
	reason  string
	at      sim.Time
	why     sim.Cause
	pending *Ask
}

// NewRegistration returns a gateway that has not announced itself.
func NewRegistration(cfg RegistrationConfig) *Registration {
	if cfg.Retry == 0 {
		cfg.Retry = 5 * time.Second
	}
	return &Registration{cfg: cfg, at: sim.Never}
}

// State returns how far the gateway has come.
func (r *Registration) State() RegistrationState { return r.state }

// MGC returns the controller that is asked or in control.
func (r *Registration) MGC() int { return r.mgc }

// CancelGraceful is the reason of a Restart by which a gateway that was to leave service stays, with all that it has.
const CancelGraceful = "918 Cancel Graceful"

// KeepsContexts reports a ServiceChange after which a gateway still has what it had.
func (s *Services) KeepsContexts() bool {
	return s.Method != Forced && (s.Method != Restart || len(s.Reason) > 3 && s.Reason[:3] == CancelGraceful[:3])
}

// Boot begins a restart: reason is "901 Cold Boot", "902 Warm Boot", "900 Service Restored" or CancelGraceful. H.248.1 §9.2: wait is a random part of the maximum
// waiting delay, so that gateways that lost their power together do not come back together.
func (r *Registration) Boot(now sim.Time, why sim.Cause, wait time.Duration, reason string) {
	r.before = false
	r.begin(now, why, wait, 0, Restart, reason)
}

// Lost begins again after the association was lost. H.248.1 §11.5: with the same controller first, by Disconnected.
func (r *Registration) Lost(now sim.Time, why sim.Cause, wait time.Duration) {
	if r.state != Registered {
		return
	}
	r.begin(now, why, wait, r.mgc, Disconnected, "900 Service Restored")
}

// HandOff begins with the controller that the one in control has named (MgcIdToTry). H.248.1 §11.5: reason 903.
func (r *Registration) HandOff(now sim.Time, why sim.Cause, to int) {
	r.begin(now, why, 0, to, HandOff, "903 MGC Directed Change")
}

// Close ends the registration; the gateway has said so by Graceful or Forced.
func (r *Registration) Close() {
	r.state, r.at, r.pending = Unregistered, sim.Never, nil
}

func (r *Registration) begin(now sim.Time, why sim.Cause, wait time.Duration, mgc int, m Method, reason string) {
	r.method, r.reason, r.mgc, r.tried, r.rounds = m, reason, mgc, 0, 0
	if wait == 0 {
		r.ask(why)
		return
	}
	r.state, r.at, r.why = RegWaiting, now.Add(wait), why
}

func (r *Registration) ask(why sim.Cause) {
	r.state, r.at = RegAsking, sim.Never
	r.pending = &Ask{MGC: r.mgc, Cause: why, Services: Services{
		Method: r.method, Reason: r.reason, Address: r.cfg.Address, Profile: r.cfg.Profile, Version: r.cfg.Version,
	}}
}

// Answered takes the reply to a ServiceChange; redirect is the controller that its MgcIdToTry names, or negative.
func (r *Registration) Answered(now sim.Time, why sim.Cause, reply *Item, redirect int) {
	switch {
	case r.state != RegAsking:
	case failed(reply):
		r.next(now, why)
	case redirect >= 0 && r.tried <= r.cfg.MGCs:
		// H.248.1 §7.2.8: the same ServiceChange goes to the controller that is named.
		r.tried++
		r.mgc = redirect
		r.ask(why)
	default:
		r.state, r.before, r.tried = Registered, true, 0
	}
}

// Failed takes the loss of a ServiceChange.
func (r *Registration) Failed(now sim.Time, why sim.Cause) {
	if r.state == RegAsking {
		r.next(now, why)
	}
}

// next tries the next controller. H.248.1 §11.5: a gateway that was under control says Failover there, with reason 909; one
// that is starting says Restart again. After a round without success there is a pause.
func (r *Registration) next(now sim.Time, why sim.Cause) {
	r.mgc = (r.mgc + 1) % r.cfg.MGCs
	if r.tried++; r.tried >= r.cfg.MGCs {
		r.tried = 0
		if r.rounds++; r.rounds == r.cfg.Rounds {
			r.state = Unregistered
			return
		}
		r.state, r.at, r.why = RegWaiting, now.Add(r.cfg.Retry), why
		return
	}
	if r.before {
		r.method, r.reason = Failover, "909 MGC Impending Failure"
	}
	r.ask(why)
}

// Next returns the ServiceChange to send; false when there is none.
func (r *Registration) Next() (Ask, bool) {
	if r.pending == nil {
		return Ask{}, false
	}
	a := *r.pending
	r.pending = nil
	return a, true
}

// Deadline returns when Tick has something to do, or sim.Never.
func (r *Registration) Deadline() sim.Time { return r.at }

// Waited returns the cause that the deadline was armed with.
func (r *Registration) Waited() sim.Cause { return r.why }

// Tick ends a wait; why is the cause that the owner recorded for its end.
func (r *Registration) Tick(now sim.Time, why sim.Cause) {
	if r.state == RegWaiting && r.at <= now {
		r.ask(why)
	}
}
