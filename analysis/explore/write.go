package explore

import (
	"imsim/internal/version"
	"imsim/scenarios/rundir"
)

// Write puts the matrix into a directory: matrix.txt, matrix.csv and matrix.svg, beside the manifest.
func (m *Matrix) Write(w *rundir.Writer) error {
	if err := w.File("matrix.txt", m.Text); err != nil {
		return err
	}
	if err := w.File("matrix.csv", m.CSV); err != nil {
		return err
	}
	if err := w.File("matrix.svg", m.SVG); err != nil {
		return err
	}
	_, err := w.Finish(rundir.Manifest{
		Scenario: rundir.Scenario{Name: "nat-matrix", Title: "TCP through pairs of NATs, by method"}, Seed: m.Seed, Version: version.Model,
	}, rundir.Summary{Status: rundir.Complete, Outcome: "none"})
	return err
}

// Use is what one variant came to.
type Use struct {
	Method    string         `json:"method"`
	Offer     string         `json:"offer,omitempty"`
	Answer    string         `json:"answer,omitempty"`
	OffsetMS  float64        `json:"offset_ms"`
	Connected int            `json:"connected"`
	Cases     int            `json:"cases"`
	Kinds     map[string]int `json:"kinds"`   // of those not connected
	Reasons   map[string]int `json:"reasons"` // of those, without what was answered
}

// Summary returns what each variant came to.
func (m *Matrix) Summary() []Use {
	var out []Use
	n := len(m.Classes)
	for v, x := range m.Variants {
		u := Use{Method: x.Method.String(), Offer: x.Offer, Answer: x.Answer, OffsetMS: x.Offset.Seconds() * 1e3, Cases: n * n, Kinds: map[string]int{}, Reasons: map[string]int{}}
		for i := range n * n {
			if r := m.At(v, i/n, i%n); r.OK {
				u.Connected++
			} else {
				u.Kinds[r.Kind.String()]++
				u.Reasons[r.Cause]++
			}
		}
		out = append(out, u)
	}
	return out
}
