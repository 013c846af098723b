package scenarios

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"imsim/internal/units"
)

// checked is a kind's configuration that checks itself.
type checked struct {
	Few  int            `yaml:"few"`
	Wait units.Duration `yaml:"wait" jsonschema:"default=2s"`
	Rest units.Duration `yaml:"rest"`
	None units.Duration `yaml:"none" jsonschema:"default=0s"`
}

func (c *checked) Validate(report func(field, wrong, right string)) {
	report("few", "is few", "write more")
	report("", "is no node", "")
}

func TestValidatorOfKind(t *testing.T) {
	var errs Errors
	root := readYAML("x.yaml", 0, []byte("nodes: {a: {few: 1, wait: 0s, rest: 0ms, none: 0s}}"), &errs)
	v := &validator{s: &Scenario{tree: root}, errs: &errs, file: &File{Nodes: map[string]Node{"a": {Kind: "checked", Settings: &checked{}}}}}
	v.nodes()
	want := `x.yaml:1:9: nodes.a: is no node
x.yaml:1:18: nodes.a.few: is few (write more)
x.yaml:1:27: nodes.a.wait: "0s" is not possible here (more than zero; without the key it is 2s)
x.yaml:1:37: nodes.a.rest: "0ms" is not possible here (more than zero)`
	if got := errs.err().Error(); got != want {
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
		List   []string `yaml:"list" jsonschema:"enum=p,enum=q,default=p,default=q"`
		None   []string `yaml:"none" jsonschema:"default=p"`
	}
	var errs Errors
	root := readYAML("x.yaml", 0, []byte("{common: {}, peers: [b, c, d], none: []}"), &errs)
	var c config
	var d decoder
	d.value(reflect.ValueOf(&c).Elem(), root, nil)
	if len(errs)+len(d.errs)+len(d.odd) > 0 || c.Port != 2944 || c.Common.Port != 2944 || !*c.Flag || !slices.Equal(c.List, at("p", "q")) || c.None == nil || len(c.None) > 0 {
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

// What a gateway reports for ever needs a run that ends (H.248.14).
func TestEndlessReports(t *testing.T) {
	for set, want := range map[string]string{
		"nodes.ibcf1.inactivity=12s":      "run.until",
		"nodes.ibcf1.on-inactivity=audit": "",
	} {
		for _, until := range []string{"", "run.until=180s"} {
			sets := []string{set}
			if until != "" {
				sets, want = append(sets, until), ""
			}
			_, err := Load("tcp-chain-4gw", Options{Set: sets})
			if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %v", sets, err)
			}
		}
	}
}
