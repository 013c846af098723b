package mediagw

import (
	"cmp"
	"fmt"
	"time"

	"imsim/internal/units"
	"imsim/netem"
	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/netem/tls"
	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/nodes/mrfp"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/msrp"
	"imsim/nodes/transport"
	"imsim/sim"
)

// Gateway is a media gateway at run time.
type Gateway struct {
	nodes.Base
	cfg     Config
	env     *nodes.Env
	valid   h248.Validator
	profile string
	realms  map[string]packet.Addr // looked up, never ranged over

	contexts map[h248.ContextID]*context // never ranged over
	lastCtx  h248.ContextID
	lastTerm int
	live     int    // contexts
	seps     []*sep // by timer slot; nil: gone
	free     []uint32
	ports    map[packet.Addr]*portPool

	// Memory that streams use in turns, while they deal with an event.
	queue []input
	outs  []bearer.Out
	idle  []*deadlines

	tcp         tcp.Config
	hpTime      time.Duration // hpTimer
	hpRetry     time.Duration
	relayLinger time.Duration
	timers      [bearer.NumTimers]time.Duration
	costs       costs
	certificate *tls.Certificate
	unique      uint64
	iceIDs      *sim.Stream // of credentials; nil before the first
	pathIDs     *sim.Stream // of MSRP sessions; the same
	sessions    uint64
	newest      map[string]packet.AddrPort // address reserved last, by realm; looked up, never ranged over
	policy      bearer.Policy
	table       *bearer.Table
	msrp        *msrp.Endpoint // of an MRFP; nil before the first participant

	// Controllers, and what is supervised for them.
	controllers []*association
	reg         *h248.Registration
	regTimer    sim.Timer
	mwd         sim.Stream
	associated  bool // has been, at least once
	held        []held
	hearts      []*termination // with heartbeats; some that need none any more
	beating     int            // of them with heartbeats
	beatTimer   sim.Timer
	silence     inactivity
	cutAt       sim.Time // a graceful end
	cutWhy      sim.Cause
	cutTimer    sim.Timer
}

type costs struct {
	packet, connection time.Duration
	crypto             *tls.CostTable
}

// context is an H.248 context: the terminations of one session.
type context struct {
	id      h248.ContextID
	why     sim.Cause
	terms   []*termination
	streams []*stream
	old     []*sep           // that others have followed; their counters count
	conf    *mrfp.Conference // nil but at an MRFP
}

// termination is one side of a context.
type termination struct {
	id    h248.TerminationID
	realm string
	ctx   *context
	since sim.Time
	stats statistics
	seps  []*sep

	heart heartbeat
}

// statistics count what a termination did.
type statistics struct {
	sent, received uint64 // octets of relayed segments; terminated legs count their own
	latchMismatch  uint64
	filtered       uint64
	truncated      uint64
}

// New makes a gateway on a host. index numbers the nodes of the run, for certificates.
func New(env *nodes.Env, host *netem.Host, cfg Config, index int) (*Gateway, error) {
	g := &Gateway{cfg: cfg, env: env, contexts: map[h248.ContextID]*context{}, realms: map[string]packet.Addr{}, ports: map[packet.Addr]*portPool{}, newest: map[string]packet.AddrPort{}}
	g.Base = nodes.NewBase(env.K, host, cfg.Costs.Processors, env.Obs, g)
	for _, realm := range cfg.realmNames() {
		link, ok := cfg.Realms[realm]
		if !ok {
			return nil, fmt.Errorf("%s: realms.%s is missing (name the link that it is on)", g.Name, realm)
		}
		i := host.Interface(link)
		if i == nil {
			return nil, fmt.Errorf("%s: realms.%s: no interface on link %s", g.Name, realm, link)
		}
		g.realms[realm] = i.Addr(g.Addr)
	}
	g.profile = "simiq/1"
	packet := 20 * time.Microsecond
	switch cfg.Interface {
	case "ix":
		g.profile = "simix/1"
	case "mp":
		g.profile, packet = "simmp/1", 50*time.Microsecond
	}
	g.valid = h248.Validator{Profile: h248.LookupProfile(g.profile), Without: cfg.H248.Without}
	g.policy = bearer.Policy{
		Strict: cfg.ControlModel == "strict", TruncateFIN: cfg.Truncation == "fin", WrongDrop: cfg.WrongDirection == "drop",
		Abort: cfg.ReleaseMode == "abort", StrictHold: cfg.StrictHold,
	}
	var bad error
	g.table = bearer.Standard().With(cfg.Rules, func(n int, key, wrong, right string) {
		bad = cmp.Or(bad, fmt.Errorf("%s: rules.%d.%s: %s (%s)", g.Name, n, key, wrong, right))
	})
	if bad != nil {
		return nil, bad
	}
	g.tcp = cfg.TCP.Config(30*time.Second, 120*time.Second, 64<<10)
	g.hpTime = cmp.Or(time.Duration(cfg.HolePunch.Timer), 10*time.Second)
	g.hpRetry = cmp.Or(time.Duration(cfg.HolePunch.Retry), time.Second)
	g.relayLinger = cmp.Or(time.Duration(cfg.Timers.RelayLinger), 30*time.Second)
	g.timers = defaultTimers
	for t, d := range map[bearer.Timer]units.Duration{ //tidy:order each entry sets its own element
		bearer.SynHold: cfg.Timers.SynHold, bearer.EstGuard: cfg.Timers.EstGuard, bearer.TLSGuard: cfg.Timers.TLSGuard,
		bearer.FPGuard: cfg.Timers.FPGuard, bearer.Rel: cfg.Timers.Rel, bearer.HalfClose: cfg.Timers.HalfClose, bearer.MergeWait: cfg.Timers.Merge,
	} {
		if d != 0 {
			g.timers[t] = time.Duration(d)
		}
	}
	g.costs = costs{
		packet:     time.Duration(nodes.Or(cfg.Costs.Packet, units.Duration(packet))),
		connection: time.Duration(nodes.Or(cfg.Costs.Connection, units.Duration(300*time.Microsecond))),
		crypto:     nodes.CryptoCosts(cfg.Costs.Crypto),
	}
	g.certificate = tls.Pool(cfg.TLS.KeyType(), index)
	rand := env.K.Rand(g.Name)
	g.unique = rand.Uint64()
	if err := g.associate(); err != nil {
		return nil, err
	}
	return g, nil
}

// Contexts returns the number of contexts.
func (g *Gateway) Contexts() int { return g.live }

// Handle runs the supervisory timers of an endpoint, or the gateway's own.
func (g *Gateway) Handle(slot uint32) {
	if slot >= lastSlot {
		g.ownTimer(slot)
		return
	}
	if s := g.seps[slot]; s != nil && g.K.Due(&s.timer, g.Entity, slot) {
		s.fire()
	}
}

// Settled reports whether the controller has accepted the gateway.
func (g *Gateway) Settled() bool { return g.associated }

// H248 returns the association with the controller that the gateway belongs to, or asks.
func (g *Gateway) H248() *transport.H248 { return g.control().H248 }

// notify reports an event to the controller (§7.6).
func (g *Gateway) notify(s *sep, o bearer.Out, why sim.Cause) {
	name, kind := "tcpbcc/BNCChange", "EstFail"
	switch o.Action {
	case bearer.NotifyTLSFail:
		name = "tlsbsc/BNCChange"
	case bearer.NotifyTCPRel:
		kind = "Rel"
	case bearer.NotifyTLSRel:
		name, kind = "tlsbsc/BNCChange", "Rel"
	case bearer.NotifyUp:
		kind = "Est"
		if o.Rule.On == bearer.TLSUp {
			name = "tlsbsc/BNCChange"
		}
	}
	if s.st.spare(s.term.ctx) {
		return
	}
	why = g.Mark(why, s.name(), nodes.NotifySent, o.Cause)
	parms := []h248.Parm{h248.Set("Type", h248.Word(kind))}
	if o.Cause != "" {
		parms = append(parms, h248.Set("x_cause", h248.Quoted(o.Cause)))
	}
	g.report(h248.In(s.term.ctx.id, h248.NotifyOf(s.term.id, s.request, h248.ObservedEvent{
		Time: h248.Stamp(g.K.Now()), Name: name, Stream: h248.StreamID(s.st.id), Parms: parms,
	})), why)
}
