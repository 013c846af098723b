package scenarios

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// checked is a kind's configuration that checks itself.
type checked struct {
	Peer string `yaml:"peer"`
}

func (c *checked) Validate(self string, kindOf func(string) (string, bool), report func(field, wrong, right string)) {
	if kind, _ := kindOf(c.Peer); kind != "router" {
		report("peer", self+" needs a router, not a "+kind, "name one")
	}
}

func TestValidatorOfKind(t *testing.T) {
	var errs Errors
	root := readYAML("x.yaml", 0, []byte("nodes: {a: {peer: b}, b: {}}"), &errs)
	v := &validator{s: &Scenario{tree: root}, errs: &errs, file: &File{Nodes: map[string]Node{
		"a": {Kind: "checked", Settings: &checked{"b"}}, "b": {Kind: "ue"}}}}
	v.nodes()
	if got, want := errs.Error(), "x.yaml:1:19: nodes.a.peer: a needs a router, not a ue (name one)"; got != want {
		t.Errorf("%s; want %s", got, want)
	}
}

// Tags of lists of nodes, of embedded structs and of pointers work as those of plain fields do.
func TestTagsOfKinds(t *testing.T) {
	type common struct {
		Port int `yaml:"port" jsonschema:"default=2944"`
	}
	type config struct {
		common
		Common *common  `yaml:"common"`
		Peers  []string `yaml:"peers" node:"ue,router"`
		Flag   *bool    `yaml:"flag" jsonschema:"default=true"`
	}
	var errs Errors
	root := readYAML("x.yaml", 0, []byte("{common: {}, peers: [b, c, d]}"), &errs)
	var c config
	var d decoder
	d.value(reflect.ValueOf(&c).Elem(), root, nil)
	if len(errs)+len(d.errs)+len(d.odd) > 0 || c.Port != 2944 || c.Common.Port != 2944 || !*c.Flag {
		t.Errorf("%+v %v %v", c, d.errs, d.odd)
	}
	v := &validator{s: &Scenario{tree: root}, errs: &errs, file: &File{Nodes: map[string]Node{
		"b": {Kind: "ue", Settings: &Router{}}, "c": {Kind: "scscf", Settings: &Router{}}}}}
	v.references(reflect.ValueOf(&c).Elem(), nil)
	want := "x.yaml:1:25: peers.1: c is of kind scscf, not ue or router (there is b)\n" +
		"x.yaml:1:28: peers.2: no node of kind ue or router \"d\" (there is b)"
	if errs.Error() != want {
		t.Errorf("%s\nwant\n%s", errs, want)
	}
}

// A user's file may extend one that comes with the program.
func TestExtendEmbedded(t *testing.T) {
	p := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(p, []byte("schema: 1\ntitle: mine\nextends: topology/iq1.yaml\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Load(p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "mine" || s.Family != "" || s.Origin("links.core.delay")[:len("scenarios/topology/iq1.yaml")] != "scenarios/topology/iq1.yaml" {
		t.Errorf("%s %s %s", s.Name, s.Family, s.Origin("links.core.delay"))
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"delay", "dealy", 1}, {"dely", "delay", 1}, {"abc", "", 3}, {"kitten", "sitting", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
