package scenarios

import (
	"slices"

	"imsim/internal/units"
)

// File is a whole scenario as YAML states it. Maps are by name; use Names where order matters.
type File struct {
	Schema   int                `yaml:"schema" jsonschema:"required,enum=1" jsonschema_description:"version of the file format"`
	Title    string             `yaml:"title" jsonschema:"required,minLength=1" jsonschema_description:"one line that says what happens"`
	About    string             `yaml:"about" jsonschema_description:"what the scenario shows and why it matters"`
	Source   Reference          `yaml:"source" jsonschema_description:"where the procedure comes from"`
	Extends  string             `yaml:"extends" jsonschema_description:"file that this one changes, relative to it: maps are merged, lists and values replaced, null removes"`
	Engines  []string           `yaml:"engines" jsonschema:"minItems=1,uniqueItems=true,enum=model,enum=real" jsonschema_description:"TLS engines that it can be played with; without the key both"`
	Why      string             `yaml:"engines-why" jsonschema_description:"what the engine that is missing has no way to do; to go with engines"`
	Run      Run                `yaml:"run" jsonschema_description:"how the run goes"`
	Profiles map[string]Profile `yaml:"profiles" jsonschema_description:"named settings that nodes take with profile"`
	Nodes    map[string]Node    `yaml:"nodes" jsonschema_description:"who takes part"`
	NATs     map[string]NAT     `yaml:"nats" jsonschema_description:"address translators; links lead to them as to nodes"`
	Links    map[string]Link    `yaml:"links" jsonschema_description:"what connects nodes and NATs"`
	Sessions map[string]Session `yaml:"sessions" jsonschema_description:"who calls whom, when, and what they exchange"`
	Timeline []Step             `yaml:"timeline" jsonschema_description:"faults and changes during the run"`
	Capture  Capture            `yaml:"capture" jsonschema_description:"which interfaces are captured"`
	Let      map[string]Formula `yaml:"let" jsonschema_description:"names for formulas: the path of a value, or a formula"`
	Sweep    *Sweep             `yaml:"sweep" jsonschema_description:"makes a study of the scenario, for simulate sweep: points, replications, what is looked at"`
	Expect   []Expectation      `yaml:"expect" jsonschema_description:"what must come out; invariants are always checked"`
}

// Plays reports whether the scenario can be played with a TLS engine.
func (f *File) Plays(engine string) bool {
	return len(f.Engines) == 0 || slices.Contains(f.Engines, engine)
}

// Reference says which clause and procedure a scenario plays.
type Reference struct {
	Clause    string `yaml:"clause" jsonschema_description:"document and clause, for instance TS 23.334 §6.2.10.3.1.1.1"`
	Procedure string `yaml:"procedure" jsonschema_description:"the procedure's name"`
}

// Run says how the run goes.
type Run struct {
	Seed   uint64         `yaml:"seed" jsonschema:"default=1" jsonschema_description:"seed of all random streams"`
	Until  units.Duration `yaml:"until" jsonschema_description:"end of the run; without it the run ends when nothing is left to happen"`
	Warmup units.Duration `yaml:"warmup" jsonschema_description:"start of the run that statistics leave out"`
	Prefix string         `yaml:"prefix" jsonschema_description:"where automatic addresses come from; without it 10.0.0.0/8 and fd00::/64"`
	Family string         `yaml:"family" jsonschema:"enum=ipv4,enum=ipv6,default=ipv4" jsonschema_description:"address family"`
	Limits Limits         `yaml:"limits" jsonschema_description:"when a run is broken off"`
}

// Limits turn runaway models into errors. Zero: no limit of the scenario's own.
type Limits struct {
	Events  uint64 `yaml:"events" jsonschema_description:"events in the run"`
	Packets uint64 `yaml:"packets" jsonschema_description:"packets alive at once"`
	Instant uint64 `yaml:"instant" jsonschema_description:"events in one instant"`
}

// Profile is a group of settings of a node, of any kind. Loading puts it into the nodes that name it; here only its name
// is left.
type Profile struct{}

// Node is who takes part: a kind and the settings of that kind.
type Node struct {
	Kind     string `yaml:"kind" jsonschema:"required" jsonschema_description:"what the node is"`
	Profile  string `yaml:"profile" jsonschema_description:"settings to start from"`
	Settings any    `yaml:"-"` // pointer to the kind's configuration; nil only beside an error
}

// Capture says what is written to capture files.
type Capture struct {
	Interfaces []string       `yaml:"interfaces" jsonschema:"uniqueItems=true" jsonschema_description:"node.interface, a node for all of its interfaces, or all"`
	Snap       units.ByteSize `yaml:"snap" jsonschema_description:"octets kept of each packet; without it, all"`
}

// Scalar is a value that is checked where it is used.
type Scalar string

// UnmarshalText takes any text.
func (s *Scalar) UnmarshalText(b []byte) error { *s = Scalar(b); return nil }

// SchemaNumber says that numbers are right, too.
func (Scalar) SchemaNumber() bool { return true }

// SchemaPattern is the regular expression of the text: any.
func (Scalar) SchemaPattern() string { return "" }

// SchemaExample is an example of the text.
func (Scalar) SchemaExample() string { return "20ms" }

// Names returns the keys of a map in order: what is built from a scenario is built in the order of names.
func Names[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
