package scenarios

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"gopkg.in/yaml.v3"
)

// Explain writes every value of the scenario, one a line, with the place where it was written.
func (s *Scenario) Explain(w io.Writer) error {
	type line struct{ value, from string }
	var lines []line
	width := 0
	s.eachValue(func(path []string, t *tree) {
		l := line{dotted(path) + ": " + t.inline(), t.pos.String()}
		width = max(width, min(len([]rune(l.value)), 72))
		lines = append(lines, l)
	})
	b := bufio.NewWriter(w)
	for _, l := range lines {
		fmt.Fprintf(b, "%-*s  # %s\n", width, l.value, l.from)
	}
	return b.Flush()
}

// Origin returns where the value at a dotted path was written. A path that is not there has the origin of what is above it.
func (s *Scenario) Origin(path string) string {
	t, _ := s.tree.at(strings.Split(path, "."))
	return t.pos.String()
}

// WriteResolved writes the scenario as one file that extends nothing: loading it gives the same scenario.
func (s *Scenario) WriteResolved(w io.Writer) error {
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	t := *s.tree
	t.keys = append([]entry(nil), t.keys...)
	t.remove("profiles")
	if err := enc.Encode(t.yaml()); err != nil {
		return err
	}
	return enc.Close()
}

// eachValue calls f for the values that count: profiles stand in the nodes that take them.
func (s *Scenario) eachValue(f func(path []string, t *tree)) {
	s.tree.leaves(nil, func(path []string, t *tree) {
		if len(path) > 0 && path[0] != "profiles" {
			f(path, t)
		}
	})
}

// inline writes a value in one line.
func (t *tree) inline() string {
	n := t.yaml()
	n.Style = yaml.FlowStyle
	if t.kind == scalarTree && t.tag == "!!str" && strings.ContainsRune(t.text, '\n') {
		n.Style = yaml.DoubleQuotedStyle
	}
	out, err := yaml.Marshal(n)
	if err != nil {
		return fmt.Sprintf("%q", t.text)
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

// yaml turns a tree back into what the library writes.
func (t *tree) yaml() *yaml.Node {
	switch t.kind {
	case mapTree:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for _, e := range t.keys {
			n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: e.key}, e.val.yaml())
		}
		return n
	case listTree:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		flat := true
		for _, i := range t.items {
			n.Content = append(n.Content, i.yaml())
			flat = flat && i.kind == scalarTree
		}
		if flat {
			n.Style = yaml.FlowStyle
		}
		return n
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: t.tag, Value: t.text}
	if t.quote {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}
