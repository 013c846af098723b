package attacker

import (
	"fmt"
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/netem/tls"
	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/sim"
)

// Attacker is one attacker.
type Attacker struct {
	nodes.Base
	env    *nodes.Env
	cfg    Config
	cert   *tls.Certificate
	unique uint64
}

// New makes an attacker on a host that is on the path (netem.Network.AddMiddle). index numbers the nodes of the run, for certificates.
func New(env *nodes.Env, host *netem.Host, cfg Config, index int) (*Attacker, error) {
	if !host.Forwards() {
		return nil, fmt.Errorf("%s is not on a path", host.Name())
	}
	a := &Attacker{env: env, cfg: cfg, cert: tls.Pool(tls.ECDSAP256, index)}
	a.Base = nodes.NewBase(env.K, host, 1, env.Obs, a)
	r := env.K.Rand(a.Name)
	a.unique = r.Uint64()
	host.Intercept(forMedia, a)
	return a, nil
}

// Handle has nothing to do: an attacker has no timers.
func (a *Attacker) Handle(uint32) {}

// Ports below are of signalling: SIP, H.248.
const lowestMediaPort = 10000

func forMedia(p *packet.Packet) bool {
	return p.SrcPort >= lowestMediaPort && p.DstPort >= lowestMediaPort
}

// Incoming takes over a connection: it is answered, and opened on to whom it was meant for.
func (a *Attacker) Incoming(o tcp.Opening) {
	v := &victim{a: a}
	cfg := tcp.Config{ConnectTimeout: 30 * time.Second, HalfClosed: 60 * time.Second}
	v.sides[opener].leg = bearer.NewLeg(&a.Base, "opener", v)
	v.sides[other].leg = bearer.NewLeg(&a.Base, "other", v)
	for _, x := range a.cfg.Attacks {
		v.sides[sideOf(x.From)].attacks = append(v.sides[sideOf(x.From)].attacks, x)
		v.tls = v.tls || x.Do == "impersonate"
	}
	why := o.Why
	v.sides[opener].leg.Accept(o, cfg, false)
	if v.sides[other].leg.Dial(o.Remote, o.Local, cfg, why) != nil {
		v.sides[opener].leg.Reset(false, why)
	}
}

// session makes a TLS session in the attacker's name, who takes anybody for whoever he says he is.
func (a *Attacker) session(role tls.Role) tls.Session {
	a.unique++
	return a.env.Engine.NewSession(tls.Config{
		Role: role, MaxVersion: tls.TLS13, Certificate: a.cert, TrustAny: true, AllowSHA1: true, Costs: &tls.ZeroCosts, Unique: a.unique,
	})
}

const (
	opener = iota
	other
)

func sideOf(from string) int {
	if from == "other" {
		return other
	}
	return opener
}

// victim is a connection that has been taken over.
type victim struct {
	a     *Attacker
	tls   bool
	hello bool // the opener has said hello
	sides [2]side
}

// greet begins TLS towards the other end, once the opener has.
func (v *victim) greet(why sim.Cause) {
	l := v.sides[other].leg
	if l.TLS() == nil && !l.Ended() {
		l.AttachTLS(v.a.session(tls.Client))
		l.StartTLS(why)
	}
}

// side is one of the two connections, and what comes over it.
type side struct {
	leg     *bearer.Leg
	attacks []Attack
	reader  records
	out     packet.Payload // has come from here, and not gone on yet
	why     sim.Cause
	ended   bool // nothing more goes on from here
}

func (v *victim) side(l *bearer.Leg) (from, to *side) {
	if v.sides[opener].leg == l {
		return &v.sides[opener], &v.sides[other]
	}
	return &v.sides[other], &v.sides[opener]
}

// LegEvent passes on what happens to one connection to the other.
func (v *victim) LegEvent(l *bearer.Leg, ev bearer.Event, _ string, why sim.Cause) {
	from, to := v.side(l)
	switch ev {
	case bearer.TCPUp:
		if !v.tls {
			v.pass(to, from, why) // what has come meanwhile
			break
		}
		if l == v.sides[opener].leg {
			l.AttachTLS(v.a.session(tls.Server))
			l.StartTLS(why)
		} else if v.hello {
			v.greet(why)
		}
	case bearer.HelloIn:
		if v.hello = true; to.leg.Up() {
			v.greet(why)
		}
	case bearer.TLSUp:
		v.pass(to, from, why)
	case bearer.TLSFail, bearer.AlertIn, bearer.CNIn, bearer.FinIn:
		if ev == bearer.CNIn {
			l.CloseTLS(why)
		}
		if v.tls {
			l.FIN(why)
		}
		if t := to.leg.TLS(); v.tls && (t == nil || t.State() < tls.Open) {
			break // the other end is left to find out by itself
		}
		from.ended, from.why = true, why
		v.pass(from, to, why)
	case bearer.TCPFail, bearer.RstIn, bearer.TCPLost:
		to.leg.Reset(false, why)
	}
}

// LegReadable takes what has come.
func (v *victim) LegReadable(l *bearer.Leg, why sim.Cause) {
	from, to := v.side(l)
	for l.Readable() > 0 {
		var p packet.Payload
		n, w := l.Take(64<<10, &p, why)
		if n == 0 {
			break
		}
		from.why = w
		if v.tls {
			from.out.AppendPayload(p)
		} else if !from.ended {
			cut := from.reader.read(p, &from.out, from.attacks, func(what string) {
				from.why = v.a.Mark(from.why, l.Name, nodes.Attacked, what)
			})
			from.ended = from.ended || cut
		}
	}
	v.pass(from, to, why)
	l.Settled()
}

// LegWritable goes on.
func (v *victim) LegWritable(l *bearer.Leg, why sim.Cause) {
	to, from := v.side(l)
	v.pass(from, to, why)
}

// pass sends on what has come over one connection, and its end.
func (v *victim) pass(from, to *side, why sim.Cause) {
	if !to.leg.Up() {
		return
	}
	if from.out.Len > 0 {
		from.out.Drop(to.leg.Write(from.out, from.why))
	}
	if from.out.Len == 0 && from.ended {
		to.leg.CloseTLS(why)
		to.leg.FIN(why)
	}
}
