package scenarios

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imsim/nodes/mediagw"
	"imsim/nodes/pcscf"
	"imsim/nodes/ue"
)

// golden compares got with a file of testdata, or writes it with -update.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	p := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(p, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s differs (go test -update writes it):\n%s", p, d)
	}
}

// Merging, profiles, overrides and the null that removes, in one family of files.
func TestMergeAndExplain(t *testing.T) {
	seed := uint64(7)
	s, err := Load("testdata/merge/child.yaml", Options{Set: []string{"links.access.delay=17ms", "profiles.phone.tls.max=1.3", "sessions.chat.messages.1.size=3kB",
		"links.core.forward.loss=2%"}, Seed: &seed})
	if err != nil {
		t.Fatal(err)
	}
	var explain, resolved bytes.Buffer
	if err := s.Explain(&explain); err != nil {
		t.Fatal(err)
	}
	if err := s.WriteResolved(&resolved); err != nil {
		t.Fatal(err)
	}
	golden(t, "merge/explain.txt", explain.Bytes())
	golden(t, "merge/resolved.golden", resolved.Bytes())

	again, err := Parse("resolved.yaml", resolved.Bytes(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(explainValues(t, s), explainValues(t, again)); d != "" {
		t.Errorf("what is written back is another scenario:\n%s", d)
	}
	if got := s.File.Links["core"].Toward(0); got.Loss.Rate != 2e7 || got.Delay.Mean != 7e6 || s.File.Links["core"].Toward(1).Loss.Rate != 0 {
		t.Errorf("directions: %+v", got)
	}
	if s.Origin("links.core.delay") != "testdata/merge/base.yaml:15:39" {
		t.Error(s.Origin("links.core.delay"))
	}
}

// explainValues is what Explain says, without the places.
func explainValues(t *testing.T, s *Scenario) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.Explain(&b); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for line := range strings.Lines(b.String()) {
		value, _, _ := strings.Cut(line, "  # ")
		out.WriteString(strings.TrimRight(value, " ") + "\n")
	}
	return out.String()
}

// Defaults are those of the types' tags.
func TestDefaults(t *testing.T) {
	s, err := Parse("x.yaml", []byte(small), Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := s.File
	if f.Run.Seed != 1 || f.Run.Family != "ipv4" || f.Links["l"].MTU != 1500 || f.Links["l"].Rate != 0 || f.Links["l"].Queue.Size != 256<<10 {
		t.Errorf("%+v %+v", f.Run, f.Links["l"])
	}
	if c := f.Sessions["s"]; c.Count != 1 || c.Media != "msrp" || c.Security != "none" {
		t.Errorf("%+v", c)
	}
}

// What a scenario does not set has the default of its tag, in the settings, in formulas and in the schema alike; what
// depends on the role is left open.
func TestDefaultsOfKinds(t *testing.T) {
	s, err := Load("iq1", Options{Set: []string{"nodes.agw1.timers.rel=3s"}})
	if err != nil {
		t.Fatal(err)
	}
	g := s.File.Nodes["agw1"].Settings.(*mediagw.Config)
	if g.Timers.SynHold.Std() != 4*time.Second || g.Timers.Rel.Std() != 3*time.Second || g.Ports != (mediagw.Ports{First: 40000, Last: 59999}) || g.TCP.Connect != 0 || g.Costs.Packet != nil {
		t.Errorf("%+v", g)
	}
	p := s.File.Nodes["pcscf1"].Settings.(*pcscf.Config)
	if !slices.Equal(p.MediaSec, []string{"msrp-tls", "bfcp-tls"}) || p.Accept != "late" || p.Costs.Processors != 1 {
		t.Errorf("%+v", p)
	}
	u := s.File.Nodes["ue-a"].Settings.(*ue.Config)
	if !*u.CEMA || u.Pickup != 0 || u.TLS.Max != "" || u.Identity != "" {
		t.Errorf("%+v", u)
	}
	for path, want := range map[string]string{
		"nodes.agw1.timers.syn-hold": "4s", "nodes.agw1.timers.rel": "3s", "nodes.pcscf1.h248.t-max": "25s", "nodes.ue-b.pickup": "0ms",
		"nodes.ue-a.tcp.time-wait": "1m", "nodes.agw1.ports.last": "59999", "nodes.scscf1.costs.processors": "1",
	} {
		if v, err := s.Names()(path); err != nil || v.String() != want {
			t.Errorf("%s = %v, %v; want %s", path, v, err, want)
		}
	}
	if _, err := s.Names()("nodes.agw1.tcp.connect"); err == nil || err.Error() != "nodes.agw1.tcp.connect has no value in this scenario" {
		t.Error(err)
	}
	if !bytes.Contains(schemaJSON, []byte(`"default": "4s"`)) {
		t.Error("the schema does not say the default of syn-hold")
	}
}

// Addresses of either family will do.
func TestFamily(t *testing.T) {
	s, err := Load("iq1", Options{Set: []string{"run.family=ipv6"}})
	if err != nil || s.File.Run.Family != "ipv6" {
		t.Error(err)
	}
}

// Every embedded scenario loads, and resolves to a file that loads.
func TestEmbedded(t *testing.T) {
	for _, e := range append(List(), Entry{Name: "iq1", Family: TopologyFamily, Title: "-"}) {
		s, err := Load(e.Name, Options{})
		if err != nil {
			t.Error(err)
			continue
		}
		if s.Name != e.Name || s.Family != e.Family || e.Title == "" || len(s.Hash) != 64 {
			t.Errorf("%+v: %s of family %s, hash %s", e, s.Name, s.Family, s.Hash)
		}
		var b bytes.Buffer
		if err := s.WriteResolved(&b); err != nil {
			t.Error(err)
		}
		if _, err := Parse(e.Name, b.Bytes(), Options{}); err != nil {
			t.Error(err)
		}
	}
	if _, err := Load("e2ae-msrp-orig-agnostik", Options{}); err == nil ||
		err.Error() != "e2ae-msrp-orig-agnostik: no scenario of that name (did you mean e2ae-msrp-orig-agnostic?)" {
		t.Error(err)
	}
	if _, err := Load("testdata/none.yaml", Options{}); err == nil || err.Error() != "testdata/none.yaml: does not exist" {
		t.Error(err)
	}
}

// A hash names the files' contents, whatever overrides say.
func TestHash(t *testing.T) {
	a, err := Load("testdata/merge/child.yaml", Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Load("testdata/merge/child.yaml", Options{Set: []string{"run.seed=9"}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load("testdata/merge/base.yaml", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if a.Hash != b.Hash || a.Hash == c.Hash || len(a.Files) != 2 {
		t.Error(a.Hash, b.Hash, c.Hash, a.Files)
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load("e2ae-msrp-orig-agnostic", Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// The loader takes any bytes, and what it takes it can write back and read again.
func FuzzParse(f *testing.F) {
	for _, p := range []string{"testdata/merge/base.yaml", "topology/iq1.yaml", "e2ae-msrp/e2ae-msrp-orig-agnostic.yaml"} {
		text, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), "links.access.delay=1ms")
	}
	f.Add(small, "sessions.s.count=2")
	f.Add("a: &a [*a]", "")
	f.Add("schema: 1\nnodes: {a: {kind: ue, profile: p}}\nprofiles: {p: {profile: p}}", "nodes.a.tls=null")
	f.Add("{expect: [{domain: 1}, 3], timeline: [{do: set, path: links.a.b, to: 1}]}", "expect.0={}")
	f.Fuzz(func(t *testing.T, text, set string) {
		s, err := Parse("x.yaml", []byte(text), Options{Set: []string{set}})
		if err != nil {
			if _, ok := err.(Errors); !ok || err.Error() == "" {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		var b bytes.Buffer
		if err := s.WriteResolved(&b); err != nil {
			t.Fatal(err)
		}
		if _, err := Parse("y.yaml", b.Bytes(), Options{}); err != nil {
			t.Fatalf("%v\n%s", err, b.Bytes())
		}
		s.Evaluate(nobody{})
	})
}

// small is a scenario that is right.
const small = `schema: 1
title: t
nodes: {a: {kind: ue, proxy: c}, b: {kind: ue, proxy: c}, c: {kind: scscf}, r: {kind: router}}
links: {l: {between: [a, r]}, m: {between: [b, r]}, n: {between: [c, r]}}
sessions: {s: {from: a, to: b}}
`
