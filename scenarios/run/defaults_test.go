package run

import (
	"testing"

	"imsim/nodes/alg"
	"imsim/nodes/mediagw"
	"imsim/nodes/pcscf"
	"imsim/nodes/scscf"
	"imsim/nodes/ue"
	"imsim/scenarios"
)

// The defaults of the tags are those that nodes take for zero: with either the run is the same.
func TestDefaultsAreZeros(t *testing.T) {
	play := func(change func(*scenarios.File)) string {
		sc, err := scenarios.Load("e2ae-msrp-orig-agnostic", scenarios.Options{})
		if err != nil {
			t.Fatal(err)
		}
		change(&sc.File)
		st, err := Run(sc, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return st.Fingerprint
	}
	filled := play(func(*scenarios.File) {})
	zeros := play(func(f *scenarios.File) {
		for _, n := range f.Nodes {
			switch c := n.Settings.(type) {
			case *ue.Config:
				*c = ue.Config{Proxy: c.Proxy, MediaSec: c.MediaSec, SIPTimers: c.SIPTimers, Costs: c.Costs}
				c.Costs.Processors = 0
			case *pcscf.Config:
				*c = pcscf.Config{Home: c.Home, Config: alg.Config{Gateway: c.Gateway}}
			case *scscf.Config:
				*c = scscf.Config{}
			case *mediagw.Config:
				*c = mediagw.Config{Controller: c.Controller, Realms: c.Realms}
			}
		}
	})
	other := play(func(f *scenarios.File) { f.Nodes["pcscf1"].Settings.(*pcscf.Config).Accept = "early" })
	if filled != zeros || filled == other {
		t.Errorf("fingerprints: defaults filled in %s, zeros %s, another setting %s", filled, zeros, other)
	}
}
