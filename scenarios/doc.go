// Package scenarios reads scenario files: what there is (nodes, links), what happens (sessions, timeline), what is
// watched (capture) and what must come out (expect).
//
// Load does it all: read the file and those it extends, merge them, apply overrides, put profiles into the nodes that take
// them, check the result against the schema and then against sense, and fill the Go types. It reports every error it can
// find at once, each with its file, line and column. The steps work on a tree of our own (tree.go) in which each value
// remembers where it was written, so an error or an explanation can point there however often it was merged.
//
// The schema is generated from the Go types (go generate), committed, embedded and used for checking: schema.json is what
// editors complete with. Defaults stand in the types' tags and are filled in from there, so documentation and behaviour
// cannot differ. A field that YAML fills has a yaml tag, a jsonschema_description, and where it has one a default:
//
//	Delay units.Duration `yaml:"delay" jsonschema:"default=20ms" jsonschema_description:"one-way delay"`
//	MGW   string         `yaml:"mgw" node:"mediagw" jsonschema:"required" jsonschema_description:"the gateway it controls"`
//
// The tag node says that a text names a node, of one of the kinds listed. Kinds of nodes are registered in kinds.go.
//
// Not modelled: conditions and loops in files, references between values (formulas stand in let and expect only), extending
// more than one file, address translators, studies that vary values (--set varies one).
//
// Validated by tables of wrong files with their exact messages, golden files for merging and explaining, fuzzing of the
// loader, and a test that the committed schema is fresh.
package scenarios
