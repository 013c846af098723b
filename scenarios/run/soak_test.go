package run

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"imsim/nodes"
	"imsim/scenarios"
	"imsim/scenarios/measure"
	"imsim/sim"
)

var (
	soakFrom = flag.Uint64("soak.from", 1, "first seed of the soak test")
	soakFor  = flag.Duration("soak.for", 0, "how long the soak test goes on, instead of a fixed number of runs")
)

// TestSoak draws networks, ways of working and faults, and plays calls through them. Whatever is drawn, the run ends, the
// invariants hold, every call that was placed ends with an outcome, and a second run is the same. A failure prints the settings
// that are needed for it; go test ./scenarios/run -run TestSoak -soak.for 10m -soak.from 1000 draws more of them.
func TestSoak(t *testing.T) {
	runs := uint64(1000)
	if testing.Short() {
		runs = 50
	}
	began := time.Now()
	outcomes := map[measure.Outcome]int{}
	failed := map[string]int{}
	for seed := *soakFrom; ; seed++ {
		if *soakFor > 0 && time.Since(began) > *soakFor || *soakFor == 0 && seed >= *soakFrom+runs {
			break
		}
		draw := newSoakDraw(seed)
		set, engine := draw.settings(), draw.engine()
		for kind, text := range soak(set, engine, outcomes) {
			if failed[kind]++; failed[kind] > 1 {
				continue // one example of each
			}
			set = needed(set, func(set []string) bool { return soak(set, engine, map[measure.Outcome]int{})[kind] != "" })
			text = soak(set, engine, map[measure.Outcome]int{})[kind]
			t.Errorf("seed %d, engine %d, --set '%s'\n%s: %s", seed, engine, strings.Join(set, "' --set '"), kind, text)
		}
	}
	t.Logf("%v, failures %v", outcomes, failed)
}

// TestSoakFound plays what the soak test has found before, cut down to what it takes.
func TestSoakFound(t *testing.T) {
	for _, x := range []struct {
		name string
		set  []string
	}{
		{"E-31, TCP waits with the FIN, and the handshake ends before it", []string{
			"run.seed=29215", "links.access.jitter=900ms", "links.access-agw.loss=50%", "links.iq.jitter=30ms", "links.mw.loss=10%", "links.isc.delay=700ms",
			"links.isc.loss=50%", "nodes.ue-b.answer=active", "nodes.ue-b.pickup=200ms", "nodes.ue-a.tcp.rack=true", "nodes.ue-a.tcp.mss=536",
		}},
		{"the only line is taken out before it is up, and nobody hangs up", []string{
			"run.limits.events=100000", "links.access-agw.delay=700ms", "nodes.ue-a.session-expires=90s",
			`timeline=[{when: "agw1/core tcp.established", after: 1ms, do: reinvite, node: ue-b, remove: 1}]`,
		}},
		{"a re-INVITE that is refused by 503 is not sent again at once", []string{
			"links.peer.rate=64kbit/s", "nodes.pcscf1.h248.retransmit=2s", "nodes.pcscf1.h248.t-max=2s", "sessions.chat.messages.0={from: ue-a, size: 20KiB}",
			`timeline=[{when: "agw1/access tls.established", after: 1ms, do: reinvite, node: ue-b, connection: new}, {when: "agw1 through", after: 50ms, do: h248-drop, node: agw1, count: 2}, {when: "agw1 h248.notify.sent", after: 50ms, do: h248-duplicate, node: pcscf1, count: 1, by: 3s}]`,
		}},
		{"a stream is through while TLS of the connection that is to follow is not", []string{
			"run.seed=1403", "links.core.jitter=900ms", "links.peer.jitter=900ms",
			`timeline=[{when: "ue-a tcp.fin.sent", after: 50ms, do: reinvite, node: ue-b, connection: new}, {when: "ue-b sip.invite.received", after: 1ms, do: reinvite, node: ue-b, connection: new, setup: active}]`,
		}},
		{"the answer to a re-INVITE brings on the next, which has put the dialog away", []string{
			`timeline=[{when: "agw1/access tcp.syn.held", after: 0s, do: reinvite, node: ue-b, connection: existing}, {when: "ue-b sip.invite.received", after: 1ms, do: reinvite, node: ue-b, connection: new, setup: holdconn}, {at: 400s, do: reinvite, node: ue-b, connection: new, direction: sendrecv}]`,
		}},
		{"a message under way when a hold without a connection begins is said when it ends, and the call goes on to its end", []string{
			"run.limits.events=100000", "links.peer.delay=700ms", "nodes.ue-a.session-expires=200s", "nodes.ue-b.tcp.mss=100",
			`timeline=[{when: "ue-a tcp.established", after: 0s, do: reinvite, node: ue-a, connection: new, setup: holdconn}, {at: 400s, do: reinvite, node: ue-a, connection: new, direction: sendrecv}, {at: 120ms, do: reinvite, node: ue-b, connection: existing}]`,
		}},
		{"R-1b on the partner of a leg whose handshake ends: close_notify before the FIN (seed 51018)", []string{
			"run.seed=51018", "links.access.delay=40ms", "links.access-pcscf.delay=3ms", "links.iq.delay=40ms", "links.isc.loss=5%", "nodes.ue-b.answer=active",
			"nodes.ue-a.tls.max=1.3", "nodes.agw1.tls.max=1.3", "nodes.scscf1.costs.message=0s", "nodes.scscf1.challenge=false", "sessions.chat.give-up=300ms",
		}},
		{"a UE that goes by the path finds its peer where it was (seed 8415)", []string{
			"run.seed=8415", "links.access-pcscf.loss=5%", "nodes.ue-a.transport=tcp", "nodes.ue-b.cema=false", "nodes.scscf1.challenge=false",
			"sessions.chat.security=e2e-cert", "sessions.chat.count=5", "sessions.chat.messages.1.after=0s", "sessions.chat.hold=0s",
			`timeline=[{when: "ue-a tls.established", after: 0s, do: reinvite, node: ue-a, remove: 2}]`,
		}},
		{"R-8 in the middle of a TLS record, at a gateway that opened its leg before its reply was out", []string{
			"run.seed=35791", "links.core.delay=0s", "links.peer.loss=30%", "nodes.ue-a.offer=passive", "sessions.chat.security=e2e-cert",
			"sessions.chat.messages.0={from: ue-b, size: 20KiB}",
		}},
		{"R-8 while the last flight of the handshake is with the processor", []string{
			"run.seed=6282", "links.access-pcscf.loss=5%", "links.access-pcscf.jitter=30ms", "links.iq.delay=40ms", "links.mw.delay=40ms", "links.mw.jitter=30ms",
			"links.isc.jitter=30ms", "links.peer.delay=3ms", "nodes.ue-b.provisional=183-answer", "nodes.ue-a.costs.message=0s", "nodes.ue-b.costs.message=1us",
			"nodes.agw1.costs.connection=0s", "nodes.pcscf1.accept=tls-then-tcp", "sessions.chat.give-up=300ms",
		}},
		{"E-31, and the handshake ends behind the FIN", []string{
			"links.access-agw.rate=64kbit/s", "nodes.ue-a.transport=tcp", "nodes.ue-a.tls.max=1.3", "nodes.agw1.tls.max=1.3", "nodes.agw1.timers.tls-guard=50ms",
			"nodes.pcscf1.h248.retransmit=10ms", `timeline=[{when: "agw1 h248.reply.sent", after: 50ms, do: link-down, link: access-pcscf}]`,
		}},
		{"MSRP that goes on when there is room again waits for its response", []string{
			"run.seed=15965", "links.access-agw.delay=700ms", "nodes.ue-b.tcp.rack=true", "nodes.ue-b.tcp.no-timestamps=true", "nodes.ue-b.tcp.mss=100",
			"nodes.ue-b.tcp.buffer=4KiB", "nodes.agw1.tcp.rack=true", "sessions.chat.messages.0={from: ue-b, size: 20KiB}",
			`timeline=[{when: "agw1/core tcp.established", after: 0s, do: h248-drop, node: pcscf1, count: 30}, {when: "pcscf1 h248.modify.sent", after: 0s, do: set, path: links.peer.loss, to: 40%}]`,
		}},
		{"an order is lost while an audit waits for it, and its context hangs", []string{
			"run.limits.events=100000", "nodes.ue-a.session-expires=30m", "nodes.ue-b.session-expires=90s", "sessions.chat.give-up=300ms", "nodes.agw1.h248.t-max=2s", "nodes.pcscf1.heartbeat=1s",
			"nodes.agw1.h248.heartbeat=true", `timeline=[{when: "pcscf1 h248.add.sent", after: 0s, do: h248-drop, node: agw1, count: 30}]`,
		}},
	} {
		for _, engine := range []nodes.Engine{nodes.EngineModel, nodes.EngineReal} {
			for kind, text := range soak(x.set, engine, map[measure.Outcome]int{}) {
				if kind == "nothing-left-over" { // no session timers here
					continue
				}
				t.Errorf("%s, engine %d: %s: %s", x.name, engine, kind, text)
			}
		}
	}
}

// needed leaves out the settings without which it fails all the same.
func needed(set []string, fails func([]string) bool) []string {
	for i := len(set) - 1; i >= 0; i-- {
		if less := slices.Delete(slices.Clone(set), i, i+1); fails(less) {
			set = less
		}
	}
	return set
}

// soak plays a call twice and returns what went wrong, by kind.
func soak(set []string, engine nodes.Engine, outcomes map[measure.Outcome]int) (wrong map[string]string) {
	wrong = map[string]string{}
	defer func() {
		if p := recover(); p != nil {
			wrong["panic"] = fmt.Sprintf("%v\n%s", p, debug.Stack())
		}
	}()
	// The limit stays where the settings are cut down to what is needed: a run that never ends is a finding, not a wait.
	limited := append([]string{"run.limits.events=1000000"}, set...)
	sc, err := scenarios.Load("e2ae-msrp-orig-agnostic", scenarios.Options{Set: limited})
	if err != nil {
		wrong["scenario"] = err.Error()
		return wrong
	}
	l := &ledger{Collector: measure.New(measure.Config{Full: true})}
	st, err := Run(sc, Options{Engine: engine, Observer: l})
	switch {
	case err != nil && strings.Contains(err.Error(), "more than ") && kept(set):
		return wrong
	case err != nil && strings.Contains(err.Error(), "more than "):
		wrong["endless"] = err.Error()
		return wrong
	case err != nil:
		wrong["error"] = err.Error()
		return wrong
	}
	for _, r := range st.Invariants {
		if r.Broken > 0 {
			wrong[r.Name] = fmt.Sprint(r.Violations)
		}
	}
	if st.Kernel.Next() != sim.Never {
		wrong["end"] = "the run ended with something left to do"
	}
	placed, ended := 0, 0
	for _, m := range l.all {
		switch m.Name {
		case nodes.SessionStart:
			placed++
		case nodes.SessionEnd:
			ended++
			if !slices.Contains(measure.Outcomes, measure.Outcome(m.Detail)) {
				wrong["outcome"] = fmt.Sprintf("session %d ended as %q", m.Why.Session, m.Detail)
			}
		}
	}
	if placed != ended {
		wrong["ends"] = fmt.Sprintf("%d calls placed, %d ended", placed, ended)
	}
	if got := l.Result(); got == measure.Unfinished || got == measure.Established {
		wrong["result"] = string(got)
	}
	outcomes[l.Result()]++

	again := &ledger{Collector: measure.New(measure.Config{Full: true})}
	opt := watched(engine)
	opt.Observer = again
	second, err := Run(sc, opt)
	if err != nil || second.Fingerprint != st.Fingerprint || second.Events != st.Events || again.String() != l.String() {
		wrong["determinism"] = fmt.Sprintf("fingerprints %s and %s, %v", st.Fingerprint, second.Fingerprint, err)
	}
	return wrong
}

// soakDraw is a source of settings: the same for the same seed.
type soakDraw struct {
	*rand.Rand
	seed uint64
}

func newSoakDraw(seed uint64) soakDraw {
	return soakDraw{rand.New(rand.NewPCG(seed, 0)), seed}
}

func (d soakDraw) engine() nodes.Engine {
	if d.IntN(4) == 0 {
		return nodes.EngineReal
	}
	return nodes.EngineModel
}

// of draws one of the words.
func (d soakDraw) of(words string) string {
	w := strings.Fields(words)
	return w[d.IntN(len(w))]
}

// settings draws overrides of the whole call.
func (d soakDraw) settings() []string {
	family := d.of("ipv4 ipv6")
	set := []string{fmt.Sprintf("run.seed=%d", d.seed), "run.family=" + family, "run.limits.events=1000000"} // a run that never ends is an error
	maybe := func(path, words string) {
		if d.IntN(3) == 0 {
			set = append(set, path+"="+d.of(words))
		}
	}
	links := strings.Fields("access access-agw access-pcscf iq mw isc core peer")
	mtu := "600B 1000B 1400B 1500B 9000B"
	if family == "ipv6" {
		mtu = "1280B 1400B 1500B 9000B"
	}
	trouble := d.of("none little little much")
	for _, l := range links {
		l = "links." + l
		maybe(l+".delay", "0s 1us 3ms 40ms 700ms")
		maybe(l+".rate", "unlimited 64kbit/s 1Mbit/s 100Mbit/s")
		maybe(l+".mtu", mtu)
		switch trouble {
		case "little":
			maybe(l+".loss", "1% 5%")
			maybe(l+".jitter", "1ms 30ms")
			maybe(l+".reorder", "true false")
		case "much":
			maybe(l+".loss", "10% 30% 50% 100%")
			maybe(l+".jitter", "30ms 900ms")
			maybe(l+".reorder", "true false")
			maybe(l+".queue", "9KiB 64KiB")
		}
	}
	for _, ue := range []string{"nodes.ue-a", "nodes.ue-b"} {
		maybe(ue+".offer", "actpass active passive")
		maybe(ue+".answer", "active passive")
		maybe(ue+".provisional", "180 183 183-answer none")
		maybe(ue+".pickup", "0s 1ms 200ms 5s")
		maybe(ue+".transport", "auto udp tcp")
		maybe(ue+".sip-timers", "ue core")
		maybe(ue+".cema", "true false")
		set = append(set, ue+".session-expires="+d.of("90s 200s 30m")) // without it an end whose peer is gone waits for ever
	}
	for _, n := range []string{"nodes.ue-a", "nodes.ue-b", "nodes.agw1"} {
		maybe(n+".tls.max", "1.2 1.3")
		maybe(n+".tls.certificate", "ecdsa-p256 ed25519 rsa-2048")
		maybe(n+".tcp.syn-schedule", "classic linux")
		maybe(n+".tcp.profile", "rfc linux")
		maybe(n+".tcp.congestion", "newreno cubic")
		maybe(n+".tcp.sack", "true false")
		maybe(n+".tcp.rack", "true false")
		maybe(n+".tcp.ecn", "off accept offer")
		maybe(n+".tcp.nagle", "true false")
		maybe(n+".tcp.keepalive", "1s 30s 7200s")
		maybe(n+".tcp.no-timestamps", "true false")
		maybe(n+".tcp.mss", "100 536 1460 9000")
		maybe(n+".tcp.buffer", "4KiB 64KiB 1MiB")
		maybe(n+".tcp.time-wait", "1s 60s")
		maybe(n+".tcp.delayed-ack", "1ms 40ms 200ms")
	}
	for _, n := range []string{"nodes.ue-a", "nodes.ue-b", "nodes.agw1", "nodes.pcscf1", "nodes.scscf1"} {
		maybe(n+".costs.message", "0s 1us 5ms")
		maybe(n+".costs.crypto", "0% 50% 100%")
		maybe(n+".costs.processors", "1 3")
	}
	maybe("nodes.agw1.costs.packet", "0s 1ms")
	maybe("nodes.agw1.costs.connection", "0s 20ms")
	maybe("nodes.agw1.release-mode", "graceful abort")
	maybe("nodes.agw1.truncation", "rst fin")
	maybe("nodes.agw1.wrong-direction", "rst drop")
	maybe("nodes.agw1.strict-hold", "true false")
	maybe("nodes.agw1.timers.syn-hold", "1ms 4s")
	maybe("nodes.agw1.timers.tls-guard", "50ms 10s")
	maybe("nodes.agw1.timers.half-close", "10ms 60s")
	maybe("nodes.pcscf1.tcp-mode", "relay fwd")
	maybe("nodes.pcscf1.accept", "late early tls-cross tls-then-tcp")
	maybe("nodes.pcscf1.control-model", "strict interlinked")
	maybe("nodes.pcscf1.e2ae-unsupported", "488 strip transparent")
	maybe("nodes.pcscf1.latch", "true false")
	maybe("nodes.pcscf1.gate-until-answer", "true false")
	maybe("nodes.pcscf1.notify-success", "true false")
	maybe("nodes.pcscf1.h248-encoding", "pretty compact")
	maybe("nodes.pcscf1.h248.retransmit", "10ms 200ms 2s")
	maybe("nodes.pcscf1.h248.t-max", "2s 25s")
	maybe("nodes.agw1.h248.mwd", "1s 10s")
	maybe("nodes.agw1.h248.t-max", "2s 25s")
	maybe("nodes.pcscf1.heartbeat", "1s 30s")
	set = append(set, "nodes.agw1.h248.heartbeat=true") // without it an Add that comes again behind a restart leaves a context
	maybe("nodes.scscf1.challenge", "true false")
	maybe("sessions.chat.security", "none e2ae e2e-cert")
	set = append(set, "sessions.chat.give-up="+d.of("3m 3m 3m 1ms 50ms 300ms 2s")) // without it a caller waits for ever (RFC 3261 §13.1)
	maybe("sessions.chat.hold", "0s 10s")
	maybe("sessions.chat.count", "1 2 5")
	maybe("sessions.chat.release.by", "ue-a ue-b")
	maybe("sessions.chat.messages.0", "{from:_ue-a,_size:_20KiB} {from:_ue-b,_size:_20KiB} {from:_ue-a,_size:_1B} {from:_ue-b,_after:_2s,_text:_x}")
	if d.IntN(3) == 0 {
		set = append(set, "sessions.chat.arrivals="+d.of("{every:_0s} {every:_30ms} {poisson:_100ms}"))
	}
	if d.IntN(2) == 0 {
		set = append(set, "timeline=["+strings.Join(d.faults(links), ",_")+"]")
	}
	maybe("nodes.ue-b.reinvite", "accept accept accept refuse")
	maybe("nodes.pcscf1.session-expires", "100s 30m")
	maybe("nodes.pcscf1.min-se", "90s 100s")
	maybe("nodes.pcscf1.session-end", "bye forget")
	for i := range set {
		set[i] = strings.ReplaceAll(set[i], "_", " ")
	}
	return set
}

// faults draws one to three steps of a timeline.
func (d soakDraw) faults(links []string) []string {
	whens := []string{"ue-a sip.invite.sent", "pcscf1 h248.add.sent", "agw1 h248.add.received", "agw1 h248.reply.sent", "ue-b sip.invite.received",
		"ue-b sip.183.sent", "ue-b sip.200.sent", "pcscf1 h248.modify.sent", "ue-a sip.200.received", "ue-a tcp.syn.sent",
		"agw1/core tcp.syn.sent", "agw1/access tcp.syn.held", "ue-a tcp.established", "agw1/core tcp.established", "agw1/access tls.established",
		"ue-a tls.established", "agw1 through", "ue-a msrp.send.sent", "ue-b msrp.bound", "ue-b msrp.message.delivered", "ue-a sip.bye.sent",
		"pcscf1 h248.subtract.sent", "agw1 h248.subtract.received", "agw1/core tcp.fin.sent", "ue-a tcp.fin.sent", "ue-a sip.registered",
		"ue-a sip.register.sent", "agw1 h248.notify.sent", "ue-a sip.cancel.sent", "ue-a session.end"}
	var steps []string
	for range 1 + d.IntN(3) {
		when := "at:_" + d.of("1ms 50ms 120ms 200ms 400ms 1s 3s")
		if d.IntN(4) > 0 {
			when = `when:_"` + strings.ReplaceAll(whens[d.IntN(len(whens))], " ", "_") + `",_after:_` + d.of("0s 0s 1ms 50ms")
		}
		link := links[d.IntN(len(links))]
		switch d.IntN(10) {
		case 7, 8, 9:
			node := d.of("ue-a ue-b")
			what := d.of(",_connection:_new ,_connection:_new,_direction:_inactive ,_direction:_inactive ,_direction:_sendonly ,_direction:_sendrecv ,_add:_true ,_remove:_1 ,_remove:_2 " +
				",_connection:_new,_setup:_holdconn ,_connection:_new,_setup:_active ,_connection:_new,_setup:_passive ,_certificate:_true ,_connection:_existing ,_no-offer:_true")
			steps = append(steps, "{"+when+",_do:_reinvite,_node:_"+node+what+"}")
			if strings.Contains(what, "inactive") || strings.Contains(what, "only") || strings.Contains(what, "holdconn") {
				// Nobody else ends a hold.
				steps = append(steps, "{at:_400s,_do:_reinvite,_node:_"+node+",_connection:_new,_direction:_sendrecv}")
			}
		case 4:
			steps = append(steps, "{"+when+",_do:_h248-"+d.of("delay duplicate")+",_node:_"+d.of("pcscf1 agw1")+",_count:_"+d.of("1 3")+",_by:_"+d.of("1ms 300ms 3s")+"}")
		case 5:
			steps = append(steps, "{"+when+",_do:_restart,_node:_"+d.of("pcscf1 agw1")+",_for:_"+d.of("0s 100ms 5s 60s")+"}")
		case 6:
			steps = append(steps, "{"+when+",_do:_service-change,_node:_agw1,_method:_"+d.of("graceful forced graceful,_delay:_1s")+"}", "{at:_"+d.of("2s 20s 200s")+",_do:_service-change,_node:_agw1,_method:_restart}")
		case 0:
			steps = append(steps, "{"+when+",_do:_link-down,_link:_"+link+"}")
		case 1:
			steps = append(steps, "{"+when+",_do:_link-down,_link:_"+link+"}", "{at:_"+d.of("2s 20s 200s")+",_do:_link-up,_link:_"+link+"}")
		case 2:
			steps = append(steps, "{"+when+",_do:_h248-drop,_node:_"+d.of("pcscf1 agw1")+",_count:_"+d.of("1 2 30")+"}")
		case 3:
			steps = append(steps, "{"+when+",_do:_set,_path:_links."+link+"."+d.of("delay,_to:_300ms loss,_to:_40% rate,_to:_100kbit/s delay,_to:_0s")+"}")
		}
	}
	return steps
}

// kept reports whether a run may go on for ever: a call that was put on hold, and whose end of the hold was refused or lost, is
// nobody's to end, and a session timer (RFC 4028) keeps it.
func kept(set []string) bool {
	all := strings.Join(set, " ")
	return strings.Contains(all, "session-expires") && (strings.Contains(all, "direction: inactive") || strings.Contains(all, "setup: holdconn"))
}
