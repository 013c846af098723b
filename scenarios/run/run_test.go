package run

import (
	"os"
	"testing"

	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/scenarios"
	"imsim/sim"
)

type printer struct {
	nodes.Unobserved
	t *testing.T
}

func (p printer) Milestone(m nodes.Milestone) {
	p.t.Logf("%v s%d %s/%s %s %s", m.At, m.Why.Session, m.Node, m.Leg, m.Name, m.Detail)
}

func TestPrint(t *testing.T) {
	sc, err := scenarios.Load("e2ae-msrp-orig-agnostic", scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_ = packet.Packet{}
	opt := Options{Observer: printer{t: t}}
	if os.Getenv("TRACE") != "" {
		opt.Trace = func(id sim.RecordID, r *sim.Record) {
			t.Logf("#%d <- %d %v node%d %s %s", id, r.Cause.Record, r.At, r.Node, r.Kind, r.Text)
		}
	}
	st, err := Run(sc, opt)
	t.Log(st.End, st.Events, st.Packets, st.Fingerprint, err, st.Unplaced, st.Unsettled)
}
