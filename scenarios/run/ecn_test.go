package run

import (
	"testing"

	"imsim/netem/queue"
)

// A gateway and a UE that use ECN lose nothing to a queue that marks (RFC 3168 §6.1, RFC 8289 §3): the sender slows down by
// what the receiver echoes. Without ECN the same queue drops.
func TestMarkingInsteadOfDropping(t *testing.T) {
	set := []string{
		"sessions.chat.messages=[{from: ue-a, size: 4MiB}]", "expect=null",
		"links.access.forward={rate: 5Mbit/s, queue: {discipline: codel, ecn: true, size: 2MiB}}",
	}
	count := func(set ...string) (marked, dropped uint64) {
		l, st := play(t, load(t, "tcp-fwd-orig-active", set...), Options{})
		if got := l.Result(); got != "released" {
			t.Fatalf("%v: %s", set, got)
		}
		for _, d := range st.Net.Directions() {
			if c, ok := d.Config().Discipline.(*queue.CoDel); ok {
				marked += c.Marked
			}
			dropped += d.Stats.Drops()
		}
		return marked, dropped
	}
	if m, d := count(append(set, "nodes.ue-a.tcp.ecn=offer", "nodes.agw1.tcp.ecn=accept")...); m == 0 || d != 0 {
		t.Errorf("with ECN %d packets were marked and %d dropped", m, d)
	}
	if m, d := count(set...); m != 0 || d == 0 {
		t.Errorf("without ECN %d packets were marked and %d dropped", m, d)
	}
}
