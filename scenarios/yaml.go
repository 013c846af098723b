package scenarios

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Limits on a file, against accidents and hostility.
const (
	maxFileBytes = 4 << 20
	maxNesting   = 64
	maxValues    = 200_000 // with aliases expanded
)

// reader turns a YAML document into a tree.
type reader struct {
	file   string
	order  int
	text   string
	values int
	errs   *Errors
}

// readYAML reads one document. It returns nil where errs says why.
func readYAML(file string, order int, text []byte, errs *Errors) (out *tree) {
	r := &reader{file: file, order: order, text: string(text), errs: errs}
	if len(text) > maxFileBytes {
		errs.add(Pos{File: file, order: order}, "", "is too long", fmt.Sprintf("at most %d octets", maxFileBytes))
		return nil
	}
	defer func() {
		// The library's panics are about the file, not about us.
		if p := recover(); p != nil {
			errs.add(Pos{File: file, order: order}, "", fmt.Sprint("cannot be read as YAML: ", p), "")
			out = nil
		}
	}()
	dec := yaml.NewDecoder(strings.NewReader(r.text))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		r.syntax(err)
		return nil
	}
	var more yaml.Node
	if err := dec.Decode(&more); err == nil {
		r.add(&more, "", "a second document", "one file holds one scenario")
	} else if err.Error() != "EOF" {
		r.syntax(err)
		return nil
	}
	out = r.value(doc.Content[0], "", 0)
	if r.values > maxValues {
		return nil // what was read is only a part
	}
	return out
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): (.*)`)

// syntax reports a syntax error of the library, whose line counts are part of the text.
func (r *reader) syntax(err error) {
	p, what := Pos{File: r.file, order: r.order}, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		p.Line, _ = strconv.Atoi(m[1])
		p.Col, what = 1, m[2]
	}
	right := ""
	switch {
	case what == "EOF":
		what, right = "is empty", "start with schema: 1"
	case strings.Contains(what, "cannot start any token") && r.tabbed(p.Line):
		right = "indent with spaces, not tabs"
	}
	r.errs.add(p, "", "no valid YAML: "+what, right)
}

// tabbed tells whether a line is indented with tabs.
func (r *reader) tabbed(line int) bool {
	for l := range strings.Lines(r.text) {
		if line--; line == 0 {
			return strings.HasPrefix(strings.TrimLeft(l, " "), "\t")
		}
	}
	return false
}

func (r *reader) pos(n *yaml.Node) Pos { return Pos{r.file, n.Line, n.Column, r.order} }

func (r *reader) add(n *yaml.Node, path, wrong, right string) {
	r.errs.add(r.pos(n), path, wrong, right)
}

// value turns n into a tree. After an error it goes on with null, which nothing complains about twice.
func (r *reader) value(n *yaml.Node, path string, depth int) *tree {
	t := &tree{pos: r.pos(n), tag: "!!null"}
	r.values++
	switch {
	case depth > maxNesting:
		r.add(n, path, "nested too deeply", "at most "+itoa(maxNesting)+" levels")
		r.values = maxValues + 1 // say it once
		return nil
	case r.values == maxValues+1:
		r.add(n, path, "too many values", "at most "+itoa(maxValues)+", aliases counted where they are used")
		return nil
	case r.values > maxValues:
		return nil
	}
	switch n.Kind {
	case yaml.AliasNode:
		return r.value(n.Alias, path, depth+1)
	case yaml.MappingNode:
		t.kind = mapTree
		r.mapping(t, n, path, depth)
	case yaml.SequenceNode:
		t.kind = listTree
		for i, c := range n.Content {
			if v := r.value(c, join(path, itoa(i)), depth+1); v != nil {
				t.items = append(t.items, v)
			}
		}
	default:
		r.scalar(t, n, path)
	}
	return t
}

func (r *reader) mapping(t *tree, n *yaml.Node, path string, depth int) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case k.ShortTag() == "!!merge":
			r.add(k, path, "<< is not supported", "use profile or extends, or an alias for the whole value")
			continue
		case k.Kind != yaml.ScalarNode:
			r.add(k, path, "a key must be a name", "")
			continue
		}
		if old := t.entry(k.Value); old != nil {
			r.add(k, join(path, k.Value), fmt.Sprintf("the key is there twice, first in line %d", old.pos.Line), "keep one")
			continue
		}
		if val := r.value(v, join(path, k.Value), depth+1); val != nil {
			t.keys = append(t.keys, entry{k.Value, r.pos(k), val})
		}
	}
}

var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

func (r *reader) scalar(t *tree, n *yaml.Node, path string) {
	t.text, t.tag = n.Value, n.ShortTag()
	t.quote = n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	switch t.tag {
	case "!!int":
		if !decimal.MatchString(t.text) {
			t.tag = "!!str" // 0x10, 017, 1_000: the schema says what is wanted
		}
	case "!!float":
		if _, err := strconv.ParseFloat(t.text, 64); err != nil || strings.ContainsAny(t.text, "nN_xX") {
			t.tag = "!!str"
		}
	case "!!str", "!!bool", "!!null":
	case "!!timestamp":
		t.tag = "!!str"
	default:
		r.add(n, path, "the tag "+t.tag+" is not supported", "remove it")
		t.tag = "!!str"
	}
}

func itoa(i int) string { return strconv.Itoa(i) }

// index reads the index of a list in a path.
func index(s string) (int, bool) {
	i, err := strconv.Atoi(s)
	return i, err == nil && i >= 0 && itoa(i) == s
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
