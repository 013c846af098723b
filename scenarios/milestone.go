package scenarios

import (
	"strconv"
	"strings"

	"imsim/internal/units"
	"imsim/scenarios/formula"
)

// Milestone names the N-th occurrence of something at a node, or at one leg of it: "ue-a tcp.syn.sent",
// "agw/core tcp.syn.sent #2", "agw/access tls.alert.sent(42)". N counts from 1. Leg is empty where it does not matter. Detail,
// where there is one, is a word of the occurrence's detail; only such occurrences count.
type Milestone struct {
	Node, Leg, Name, Detail string
	N                       int
}

// Is reports whether an occurrence at a node and leg with that detail is one of those that m names.
func (m *Milestone) Is(node, leg, detail string) bool {
	return m.Node == node && (m.Leg == "" || m.Leg == leg) && (m.Detail == "" || hasWord(detail, m.Detail))
}

// hasWord reports whether word stands in text with no letter, digit or underscore beside it.
func hasWord(text, word string) bool {
	part := func(c byte) bool {
		return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	}
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		i += from
		end := i + len(word)
		if (i == 0 || !part(text[i-1])) && (end == len(text) || !part(text[end])) {
			return true
		}
		from = i + 1
	}
}

// UnmarshalText reads "node name", "node/leg name", each with "(detail)" and " #n" behind it or not.
func (m *Milestone) UnmarshalText(b []byte) error {
	bad := func(what string) error {
		return &units.Error{Text: string(b), What: what, Advice: "write node name, node/leg name, node name(detail), or node name #2, for instance " + m.SchemaExample()}
	}
	f := strings.Fields(string(b))
	if len(f) < 2 || len(f) > 3 {
		return bad("is no milestone")
	}
	out := Milestone{N: 1}
	var leg bool
	out.Node, out.Leg, leg = strings.Cut(f[0], "/")
	var rest string
	var detail bool
	if out.Name, rest, detail = strings.Cut(f[1], "("); detail {
		if out.Detail, detail = strings.CutSuffix(rest, ")"); !detail || out.Detail == "" || strings.ContainsAny(out.Detail, "()") {
			return bad("has no valid detail " + strconv.Quote("("+rest))
		}
	}
	if !isName(out.Node) || leg && !isName(out.Leg) || !isMilestoneName(out.Name) {
		return bad("is no milestone")
	}
	if len(f) == 3 {
		n, err := strconv.Atoi(strings.TrimPrefix(f[2], "#"))
		if err != nil || n < 1 || f[2][0] != '#' {
			return bad("has no valid occurrence " + strconv.Quote(f[2]))
		}
		out.N = n
	}
	*m = out
	return nil
}

// isMilestoneName tells whether s is lower-case words joined by dots.
func isMilestoneName(s string) bool {
	for word := range strings.SplitSeq(s, ".") {
		// A word may be a number: sip.200.received.
		if word == "" || !isName("x"+strings.ReplaceAll(word, "_", "-")) {
			return false
		}
	}
	return true
}

func (m Milestone) String() string {
	s := m.Node
	if m.Leg != "" {
		s += "/" + m.Leg
	}
	s += " " + m.Name
	if m.Detail != "" {
		s += "(" + m.Detail + ")"
	}
	if m.N > 1 {
		s += " #" + strconv.Itoa(m.N)
	}
	return s
}

// SchemaPattern is the regular expression of the text.
func (Milestone) SchemaPattern() string {
	return `^\s*[a-z][a-z0-9-]*(/[a-z][a-z0-9-]*)?\s+[a-z][a-z0-9_.-]*(\([^()\s]+\))?(\s+#[0-9]+)?\s*$`
}

// SchemaExample is a milestone as people write it.
func (Milestone) SchemaExample() string { return "ue-a tcp.syn.sent" }

// Formula is a parsed formula (package formula). Values of names and paths come from Scenario.Value.
type Formula struct{ *formula.Expr }

// UnmarshalText parses a formula.
func (f *Formula) UnmarshalText(b []byte) error {
	e, err := formula.Parse(string(b))
	if err == nil {
		f.Expr = e
	}
	return err
}

// SchemaPattern is the regular expression of the text: any.
func (Formula) SchemaPattern() string { return "" }

// SchemaExample is a formula as people write it.
func (Formula) SchemaExample() string { return "7*a + 3*b" }

// SchemaNumber says that a bare number is right, too.
func (Formula) SchemaNumber() bool { return true }
