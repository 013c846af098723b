package bearer

import "fmt"

// plan is what stays the same in one exploration: the stream's control model, and what the controller means each SEP to be.
type plan struct {
	name      string
	policy    Policy // Strict and StrictHold; the rest comes with each step, as it may be either
	sep       [2]SEP // as the controller wants them in the end
	symmetric bool   // both legs are alike: a state stands for its mirror image too
}

// starts are the states in which the controller may have left the SEPs when the first event comes.
func (p *plan) starts() (ws []world) {
	final := world{sep: p.sep}
	ws = append(ws, final)
	for s := range Side(2) {
		w := final
		w.sep[s].TCPRole = Undecided
		ws = append(ws, w)
		w = final
		w.sep[s].Remote = false
		ws = append(ws, w)
		w = final
		w.sep[s].Exists, w.sep[s].Remote, w.sep[s].TCPRole = false, false, Undecided
		ws = append(ws, w)
	}
	return ws
}

// arrangement is what a leg has of TLS.
type arrangement struct {
	name        string
	tls, client bool
}

var arrangements = [...]arrangement{{"plain", false, false}, {"TLS server", true, false}, {"TLS client", true, true}}

// mode is a TCP mode: the roles that the controller gives, and the preset.
type mode struct {
	name string
	x, y TCPRole
	link Preset
}

var modes = [...]mode{
	{"fwd-late", Passive, Active, FwdLate}, {"fwd-early", Passive, Active, FwdEarly}, {"merge", Passive, Passive, 0}, {"proxy", Passive, Active, 0},
	{"tls-cross", Passive, Active, TLSCross}, {"tls-then-tcp", Passive, Active, TLSThenTCP}, {"active on both sides", Active, Active, 0},
}

// plans are the configurations: control models, TCP modes and TLS arrangements. Mirrors are left out, as the tables name no
// side, and both sides have every event.
func plans() (ps []plan) {
	for _, strict := range []bool{false, true} {
		for _, m := range modes {
			for i, a := range arrangements {
				for j, b := range arrangements {
					for _, both := range []bool{false, true} {
						for _, hold := range []bool{false, true} {
							mirror := m.x == m.y && !both && i > j
							switch {
							case strict && (m.link != 0 || both): // in strict no preset is active (§7.2)
							case both && !(a.tls && b.tls):
							case m.link&(TLSCross|TLSThenTCP) != 0 && !a.tls:
							case hold && m.name != "proxy": // strictHold concerns a SYN without a preset (E-4)
							case mirror:
							default:
								ps = append(ps, newPlan(strict, hold, both, m, a, b))
							}
						}
					}
				}
			}
		}
	}
	// A gateway that parses the application protocol on a plain leg (E-17).
	for _, y := range []TLSState{TLSNone, TLSIdle} {
		p := plan{name: "fwd-late, aware, plain and " + map[TLSState]string{TLSNone: "plain", TLSIdle: "TLS server"}[y]}
		p.sep[X] = SEP{Exists: true, Remote: true, TCPRole: Passive, Link: FwdLate, Aware: true, Armed: armAll}
		p.sep[Y] = SEP{Exists: true, Remote: true, TCPRole: Active, TLS: y, Aware: true, Armed: armAll}
		ps = append(ps, p)
	}
	return ps
}

const armAll = ArmTCPFail | ArmTLSFail | ArmTCPRel | ArmTLSRel | ArmSuccess

func newPlan(strict, hold, both bool, m mode, a, b arrangement) (p plan) {
	p.policy = Policy{Strict: strict, StrictHold: hold}
	p.name = fmt.Sprintf("%s, %s and %s", m.name, a.name, b.name)
	for _, w := range []struct {
		on   bool
		word string
	}{{both, ", tls-tls"}, {hold, ", strictHold"}, {strict, ", strict"}} {
		if w.on {
			p.name += w.word
		}
	}
	roles := [2]TCPRole{m.x, m.y}
	for s, e := range [2]arrangement{a, b} {
		x := &p.sep[s]
		*x = SEP{Exists: true, Remote: true, TCPRole: roles[s], TLSClient: e.client, Armed: armAll}
		if e.tls {
			x.TLS = TLSIdle
		}
		if e.client && !strict {
			x.Link |= TLSSameLeg
		}
	}
	p.sep[X].Link |= m.link
	if both {
		p.sep[X].Link |= TLSTLS
	}
	p.symmetric = p.sep[X] == p.sep[Y]
	return p
}
