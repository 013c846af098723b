package run

import (
	"strings"
	"testing"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/sim"
)

// Offers inside a call (RFC 3264 §8, RFC 4145 §5) whose stream the gateway splices, and whose access leg has come about by ICE:
// from either end, for connections that stay and new ones, for hold and resume, for lines that come and go.
func TestReinvite(t *testing.T) {
	const two = "[{from: ue-a, text: one}, {from: ue-b, after: 500ms, text: two}, {from: ue-a, text: three}]"
	const lines = "[{from: ue-a, text: one}, {from: ue-a, after: 500ms, stream: 2, text: two}, {from: ue-b, after: 500ms, text: three}]"
	step := func(node, after, more string) string {
		return "{when: ue-b msrp.message.delivered, after: " + after + ", do: reinvite, node: " + node + more + "}"
	}
	removed := ", {when: 'ue-b msrp.message.delivered #2', do: reinvite, node: ue-a, remove: 1}]"
	for _, c := range []struct {
		scenario, name, timeline, messages string
		throughs                           int      // connections from end to end
		order                              []string // parts of lines of the ledger
	}{
		{"tcp-fwd-splice", "existing", "[" + step("ue-a", "0s", "") + "]", two, 1, nil},
		{"tcp-fwd-splice", "existing, from the far side", "[" + step("ue-b", "0s", "") + "]", two, 1, nil},
		{"tcp-fwd-splice", "new", "[" + step("ue-a", "0s", ", connection: new") + "]", two, 2, []string{
			"agw1/access-new tcp.syn.received", "ue-b/new tcp.syn.received", "agw1/new through", "agw1/access tcp.fin.received", "agw1/core tcp.fin.received", "agw1/ through.closed", "ue-a/ tcp.closed", "ue-a/ sip.bye.sent"}},
		{"tcp-fwd-splice", "new, from the far side, which opens", "[" + step("ue-b", "0s", ", connection: new") + "]", two, 2, []string{
			"agw1/core-new tcp.syn.received", "ue-a/new tcp.syn.received", "agw1/new through", "agw1/core tcp.fin.received", "agw1/access tcp.fin.received", "agw1/ through.closed", "ue-b/ tcp.closed", "ue-a/ sip.bye.sent"}},
		{"tcp-fwd-splice", "new, and new again", "[" + step("ue-a", "0s", ", connection: new") + ", " + step("ue-b", "300ms", ", connection: new") + "]", two, 3, nil},
		{"tcp-fwd-splice", "hold and resume", "[" + step("ue-a", "0s", ", direction: inactive") + ", " + step("ue-a", "3s", ", direction: sendrecv") + "]", two, 1, []string{
			"sip.invite.received", "ue-a/ sip.invite.sent", "agw1/ h248.modify.received", "ue-a/ sip.invite.sent", "agw1/ h248.modify.received", "ue-a/ msrp.message.delivered"}},
		{"tcp-fwd-splice", "hold and resume by the far side", "[" + step("ue-b", "0s", ", direction: inactive") + ", " + step("ue-b", "3s", ", direction: sendrecv") + "]", two, 1, nil},
		{"tcp-fwd-splice", "a line added, the first removed", "[" + step("ue-a", "0s", ", add: true") + removed, lines, 2, []string{
			"agw1/access-s2 tcp.syn.received", "agw1/core-s2 tcp.established", "agw1/s2 through", "ue-a/ media.removed", "ue-a/ msrp.message.delivered"}},
		{"tcp-fwd-splice", "the only line removed", "[" + step("ue-a", "0s", ", remove: 1") + "]", "[{from: ue-a, text: one}]", 1, []string{"ue-a/ media.removed", "ue-a/ sip.bye.sent"}},

		{"nat-ice-tcp-passive", "existing", "[" + step("ue-a", "0s", "") + "]", two, 1, nil},
		{"nat-ice-tcp-passive", "existing, from the far side", "[" + step("ue-b", "0s", "") + "]", two, 1, nil},
		// [SIM]: a new connection does without ICE: the gateway latches.
		{"nat-ice-tcp-passive", "new", "[" + step("ue-a", "0s", ", connection: new") + "]", two, 2, []string{
			"agw1/access ice.selected", "agw1/access-new tcp.latched", "agw1/new through", "agw1/access tcp.closed", "ue-a/ sip.bye.sent"}},
		{"nat-ice-tcp-passive", "new, from the far side", "[" + step("ue-b", "0s", ", connection: new") + "]", two, 2, []string{
			"agw1/access ice.selected", "agw1/access-new tcp.latched", "agw1/new through", "agw1/access tcp.closed", "ue-a/ sip.bye.sent"}},
		{"nat-ice-tcp-passive", "hold and resume", "[" + step("ue-a", "0s", ", direction: inactive") + ", " + step("ue-a", "3s", ", direction: sendrecv") + "]", two, 1, nil},
		{"nat-ice-tcp-passive", "hold and resume by the far side", "[" + step("ue-b", "0s", ", direction: inactive") + ", " + step("ue-b", "3s", ", direction: sendrecv") + "]", two, 1, nil},
		{"nat-ice-tcp-passive", "a line added, the first removed", "[" + step("ue-a", "0s", ", add: true") + removed, lines, 2, []string{
			"agw1/access-s2 tcp.latched", "agw1/s2 through", "ue-a/ media.removed", "ue-a/ msrp.message.delivered"}},
		{"nat-ice-tcp-passive", "the only line removed", "[" + step("ue-a", "0s", ", remove: 1") + "]", "[{from: ue-a, text: one}]", 1, []string{"ue-a/ media.removed", "ue-a/ sip.bye.sent"}},
	} {
		t.Run(c.scenario+", "+c.name, func(t *testing.T) {
			sc := load(t, c.scenario, "timeline="+c.timeline, "sessions.chat.messages="+c.messages, "sessions.chat.hold=1s")
			l, st := play(t, sc, Options{Started: func(_ *sim.Kernel, n *netem.Network) {
				// ICE ends at the gateway: the far side hears nothing of it.
				tap(t, n, "pcscf1.mw", func(_ bool, p *packet.Packet) {
					if b := string(p.Payload.Bytes()); strings.Contains(b, "a=candidate") || strings.Contains(b, "a=ice-") {
						t.Errorf("ICE gets through:\n%s", b)
					}
				})
			}})
			s := l.String()
			if l.Result() != "released" || strings.Count(s, "msrp.message.delivered") != strings.Count(c.messages, "from") {
				t.Errorf("%s", l.Result())
			}
			if n := strings.Count(s, " through \n"); n != c.throughs {
				t.Errorf("%d connections from end to end, want %d", n, c.throughs)
			}
			for _, never := range []string{"tcp.syn.dropped", "tcp.rst", "h248.notify.sent", "reinvite.refused", "h248.error"} {
				if strings.Contains(s, never) {
					t.Errorf("%s came", never)
				}
			}
			rest := s
			for _, w := range c.order {
				_, after, ok := strings.Cut(rest, w)
				if !ok {
					t.Errorf("%s did not come in its turn", w)
					break
				}
				rest = after
			}
			for _, r := range st.Invariants {
				if r.Broken > 0 {
					t.Errorf("%s: %v", r.Name, r.Violations)
				}
			}
			if t.Failed() {
				t.Log("\n" + s)
			}
		})
	}
}
