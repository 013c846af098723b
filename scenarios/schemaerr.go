package scenarios

import (
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// report puts the checker's findings into words for people.
type report struct {
	root *tree
	errs Errors
}

// walk takes the leaves of the checker's error tree; what stands above them repeats them.
func (r *report) walk(v *jsonschema.ValidationError) {
	at := v.InstanceLocation
	n, _ := r.root.at(at)
	path := dotted(at)
	switch k := v.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		known := knownKeys(v.SchemaURL)
		for _, key := range k.Properties {
			if e := n.entry(key); e != nil {
				r.errs.add(e.pos, join(path, key), "unknown key "+strconv.Quote(key), suggest(key, known))
			}
		}
	case *kind.PropertyNames:
		// The checker does not copy the location of these, so it may be another's: validator.names reports them.
	case *kind.Required:
		for _, key := range k.Missing {
			r.errs.add(r.root.keyPos(at), path, strconv.Quote(key)+" is missing", "")
		}
	case *kind.Type:
		r.wrongType(n, path, k.Want)
	case *kind.AnyOf:
		r.wrongType(n, path, []string{"string"})
	case *kind.Enum:
		want := make([]string, len(k.Want))
		for i, w := range k.Want {
			want[i] = fmt.Sprint(w)
		}
		if n.kind != scalarTree {
			r.wrongType(n, path, []string{"string"})
			return
		}
		r.errs.add(n.pos, path, strconv.Quote(n.text)+" is not possible here", enumHint(n, want))
	case *kind.Minimum:
		r.errs.add(n.pos, path, n.text+" is too small", "at least "+rat(k.Want))
	case *kind.Maximum:
		r.errs.add(n.pos, path, n.text+" is too large", "at most "+rat(k.Want))
	case *kind.MinItems:
		r.errs.add(n.pos, path, fmt.Sprintf("has %d items", k.Got), fmt.Sprintf("at least %d", k.Want))
	case *kind.MaxItems:
		r.errs.add(n.pos, path, fmt.Sprintf("has %d items", k.Got), fmt.Sprintf("at most %d", k.Want))
	case *kind.MinProperties:
		r.errs.add(n.pos, path, "is empty", fmt.Sprintf("at least %d", k.Want))
	case *kind.UniqueItems:
		again := n.items[max(k.Duplicates[0], k.Duplicates[1])]
		r.errs.add(again.pos, path, strconv.Quote(again.text)+" is there twice", "keep one")
	case *kind.MinLength:
		r.errs.add(n.pos, path, "is empty", "write something")
	case *kind.Pattern:
		r.errs.add(n.pos, path, strconv.Quote(n.text)+" is not of the right form", k.Want)
	default:
		if len(v.Causes) == 0 {
			r.errs.add(n.pos, path, fmt.Sprint(v.ErrorKind), "")
		}
		for _, c := range v.Causes {
			r.walk(c)
		}
	}
}

func rat(x *big.Rat) string { return x.RatString() }

var typeNames = map[string]string{"object": "a map", "array": "a list", "string": "text", "integer": "a whole number",
	"number": "a number", "boolean": "true or false", "null": "nothing"}

func (r *report) wrongType(n *tree, path string, want []string) {
	names := make([]string, len(want))
	for i, w := range want {
		names[i] = typeNames[w]
	}
	right := ""
	switch text := strings.ToLower(n.text); {
	case slices.Contains(want, "boolean") && slices.Contains([]string{"yes", "on", "y", "t", "1"}, text):
		right = "write true"
	case slices.Contains(want, "boolean") && slices.Contains([]string{"no", "off", "n", "f", "0"}, text):
		right = "write false"
	case n.kind == scalarTree && n.quote && !slices.Contains(want, "object") && !slices.Contains(want, "array"):
		right = "remove the quotes"
	case n.kind == scalarTree && slices.Contains(want, "string"):
		right = "put it in quotes if it is meant as text"
	case n.kind == scalarTree && slices.Contains(want, "array"):
		right = "write [" + n.text + "]"
	}
	r.errs.add(n.pos, path, n.describe()+" is not "+strings.Join(names, " or "), right)
}

// describe says what a value is.
func (t *tree) describe() string {
	switch {
	case t.kind == mapTree:
		return "a map"
	case t.kind == listTree:
		return "a list"
	case t.isNull():
		return "nothing"
	case len(t.text) > 40:
		return strconv.Quote(t.text[:37] + "...")
	}
	return strconv.Quote(t.text)
}

// enumHint knows that YAML 1.1 read some words as truth values.
func enumHint(n *tree, want []string) string {
	if n.text == "no" || n.text == "off" {
		if slices.Contains(want, "none") {
			return "did you mean none?"
		}
	}
	if len(want) == 1 {
		return "write " + want[0]
	}
	return suggest(n.text, want)
}

// knownKeys returns the keys that the schema at url#pointer has.
func knownKeys(url string) []string {
	at, _ := compiled()
	_, pointer, _ := strings.Cut(url, "#")
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for part := range strings.SplitSeq(strings.Trim(pointer, "/"), "/") {
		if part == "" {
			continue
		}
		switch x := at.(type) {
		case map[string]any:
			at = x[unescape.Replace(part)]
		case []any:
			if i, ok := index(part); ok && i < len(x) {
				at = x[i]
			}
		}
	}
	m, _ := at.(map[string]any)
	props, _ := m["properties"].(map[string]any)
	var out []string
	for _, k := range reflect.ValueOf(props).MapKeys() {
		out = append(out, k.String())
	}
	slices.Sort(out)
	return out
}
