package scenarios

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:generate go test -run TestSchemaIsFresh -update .

//go:embed schema.json
var schemaJSON []byte

const schemaURL = "imsim:scenario"

// ownDialect is JSON Schema 2020-12 under a name of ours. A schema of this dialect is not itself held against the
// metaschema each time the program starts, which would cost more than all the rest of reading a scenario; that schema.json
// is a valid schema is tested (TestSchemaIsFresh).
const (
	dialectURL = "imsim:dialect"
	ownDialect = `{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"$id": "` + dialectURL + `",
		"$vocabulary": {
			"https://json-schema.org/draft/2020-12/vocab/core": true,
			"https://json-schema.org/draft/2020-12/vocab/applicator": true,
			"https://json-schema.org/draft/2020-12/vocab/unevaluated": true,
			"https://json-schema.org/draft/2020-12/vocab/validation": true,
			"https://json-schema.org/draft/2020-12/vocab/meta-data": true
		}
	}`
)

// lazyRegexp is a pattern of the schema, compiled when first needed: a scenario meets few of them.
type lazyRegexp struct {
	text    string
	compile func() *regexp.Regexp
}

func newLazyRegexp(text string) (jsonschema.Regexp, error) {
	return &lazyRegexp{text, sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })}, nil
}

func (l *lazyRegexp) String() string            { return l.text }
func (l *lazyRegexp) MatchString(s string) bool { return l.compile().MatchString(s) }

// Schema returns the JSON Schema (2020-12) of scenario files.
func Schema() []byte { return bytes.Clone(schemaJSON) }

// compiled is the schema, made ready at first use: its document, where error messages look keys up, and the checker.
var compiled = sync.OnceValues(func() (doc any, checker *jsonschema.Schema) {
	c := jsonschema.NewCompiler()
	c.UseRegexpEngine(newLazyRegexp)
	dialect, err := jsonschema.UnmarshalJSON(strings.NewReader(ownDialect))
	if err == nil {
		err = c.AddResource(dialectURL, dialect)
	}
	if err == nil {
		doc, err = jsonschema.UnmarshalJSON(bytes.NewReader(schemaJSON))
	}
	if top, ok := doc.(map[string]any); ok {
		top["$schema"] = dialectURL
		err = cmp.Or(err, c.AddResource(schemaURL, doc))
	}
	if err == nil {
		checker, err = c.Compile(schemaURL)
	}
	if err != nil {
		panic("scenarios: schema.json: " + err.Error())
	}
	return doc, checker
})

// checkSchema holds the tree against the schema.
func checkSchema(root *tree) Errors {
	_, checker := compiled()
	err := checker.Validate(instance(root, reflect.TypeFor[File]()))
	if err == nil {
		return nil
	}
	r := report{root: root}
	var v *jsonschema.ValidationError
	if !errors.As(err, &v) {
		r.errs.add(root.pos, "", err.Error(), "")
		return r.errs
	}
	r.walk(v)
	return r.errs
}

// instance turns a tree into what the checker takes. Where the Go type reads text, a number is text: 1.2 is a TLS version,
// and a delay without unit is for its own type to refuse.
func instance(n *tree, t reflect.Type) any {
	switch n.kind {
	case mapTree:
		out := make(map[string]any, len(n.keys))
		for _, e := range n.keys {
			next := childOrNil(t, n, e.key)
			// A key without a value is reported elsewhere, unless the key itself is wrong.
			if !e.val.isNull() || next == nil {
				out[e.key] = instance(e.val, next)
			}
		}
		return out
	case listTree:
		out := make([]any, len(n.items))
		for i, item := range n.items {
			out[i] = instance(item, childOrNil(t, n, itoa(i)))
		}
		return out
	}
	if t != nil {
		t = bare(t)
		if f, ok := shortOf(t); ok {
			t = f.typ
		}
		if n.tag != "!!null" && (isText(t) || t.Kind() == reflect.String && n.tag != "!!bool") {
			return n.text
		}
	}
	switch n.tag {
	case "!!null":
		return nil
	case "!!bool":
		return n.text == "true" || n.text == "True" || n.text == "TRUE"
	case "!!int":
		return json.Number(n.text)
	case "!!float":
		if f, err := strconv.ParseFloat(n.text, 64); err == nil {
			return f
		}
	}
	return n.text
}

func childOrNil(t reflect.Type, n *tree, key string) reflect.Type {
	if t == nil {
		return nil
	}
	next, _, _ := child(t, n, key)
	return next
}
