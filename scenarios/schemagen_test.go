package scenarios

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path"
	"reflect"
	"slices"
	"testing"

	"github.com/invopop/jsonschema"
	checker "github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write golden files and schema.json")

// TestSchemaIsFresh generates the schema from the Go types; with -update, as go generate runs it, it writes it.
func TestSchemaIsFresh(t *testing.T) {
	got := generate(t)
	if *update {
		if err := os.WriteFile("schema.json", got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(got, schemaJSON) {
		t.Error("schema.json is stale: run go generate ./scenarios")
	}
	// The program leaves this check out when it starts (ownDialect).
	doc, err := checker.UnmarshalJSON(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	c := checker.NewCompiler()
	if err := c.AddResource(schemaURL, doc); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Compile(schemaURL); err != nil {
		t.Error("schema.json is no JSON Schema: ", err)
	}
}

// generator collects the definitions of all types below File.
type generator struct {
	r    *jsonschema.Reflector
	defs jsonschema.Definitions
	todo []reflect.Type // unions still to be described
}

func generate(t *testing.T) []byte {
	g := &generator{defs: jsonschema.Definitions{}}
	g.r = &jsonschema.Reflector{FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true, Anonymous: true, Namer: defName, Mapper: g.mapType}
	root := g.reflect(reflect.TypeFor[File]())
	for done := map[reflect.Type]bool{}; len(g.todo) > 0; g.todo = g.todo[1:] {
		if u := g.todo[0]; !done[u] {
			if done[u] = true; isUnion(u) {
				g.union(u)
			} else {
				g.defs[defName(u)] = g.itself(u)
			}
		}
	}
	g.defs["Profile"] = &jsonschema.Schema{Type: "object", Properties: g.defs["Node"].Properties,
		Description: "settings of a node; checked at the nodes that take the profile"}
	for name, rule := range map[string]string{"profiles": namePattern, "nodes": namePattern, "nats": namePattern,
		"links": namePattern, "sessions": namePattern, "let": letPattern} {
		p, _ := root.Properties.Get(name)
		p.PropertyNames = &jsonschema.Schema{Pattern: rule}
	}
	root.Version, root.Title, root.Definitions = jsonschema.Version, "imsim scenario", g.defs
	delete(g.defs, "File")
	out, err := json.MarshalIndent(root, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

const (
	namePattern = "^[a-z][a-z0-9-]*$"
	letPattern  = "^[a-z][a-zA-Z0-9_]*$"
)

// defName keeps types of different packages apart: nodes/ue.Config is ue.Config.
func defName(t reflect.Type) string {
	if pkg := path.Base(t.PkgPath()); pkg != "scenarios" && t.Name() != "" {
		return pkg + "." + t.Name()
	}
	return t.Name()
}

// reflect returns the definition of a struct type and collects those that it refers to.
func (g *generator) reflect(t reflect.Type) *jsonschema.Schema {
	s := g.r.ReflectFromType(t)
	maps.Copy(g.defs, s.Definitions)
	return g.defs[defName(t)]
}

func (g *generator) mapType(t reflect.Type) *jsonschema.Schema {
	text, ok := reflect.New(t).Interface().(interface {
		SchemaPattern() string
		SchemaExample() string
	})
	enum, isEnum := reflect.New(t).Interface().(interface{ SchemaEnum() []string })
	switch {
	case t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uint64 && !isText(t):
		return &jsonschema.Schema{Type: "integer", Minimum: "0"}
	case t == profileType:
		return &jsonschema.Schema{Ref: "#/$defs/Profile"}
	case t == durationType:
		return &jsonschema.Schema{Type: "string", Pattern: "^[0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h)$"}
	case isUnion(t):
		if g.defs[defName(t)] == nil && !slices.Contains(g.todo, t) {
			g.todo = append(g.todo, t)
		}
		return &jsonschema.Schema{Ref: "#/$defs/" + defName(t)}
	case isShort(t):
		if g.defs[defName(t)] == nil && !slices.Contains(g.todo, t) {
			g.todo = append(g.todo, t)
		}
		f, _ := shortOf(t)
		scalar := g.mapType(f.typ)
		if f.typ.Kind() == reflect.Bool {
			scalar = &jsonschema.Schema{Type: "boolean"}
		}
		return &jsonschema.Schema{If: &jsonschema.Schema{Type: "object"}, Then: &jsonschema.Schema{Ref: "#/$defs/" + defName(t)}, Else: scalar}
	case isEnum:
		s := &jsonschema.Schema{Type: "string"}
		for _, e := range enum.SchemaEnum() {
			s.Enum = append(s.Enum, e)
		}
		return s
	case ok:
		s := &jsonschema.Schema{Type: "string", Pattern: text.SchemaPattern(), Examples: []any{text.SchemaExample()}}
		if _, ok := text.(interface{ SchemaNumber() bool }); ok {
			alone := &jsonschema.Schema{Type: "string", Pattern: s.Pattern}
			s = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{alone, {Type: "number"}}, Examples: s.Examples}
			if t == reflect.TypeFor[Scalar]() {
				s.AnyOf = append(s.AnyOf, &jsonschema.Schema{Type: "boolean"})
			}
		}
		return s
	case isText(t):
		return &jsonschema.Schema{Type: "string"}
	}
	return nil
}

func isShort(t reflect.Type) bool {
	_, ok := shortOf(t)
	return ok
}

// itself reflects a struct that the mapper stands for elsewhere.
func (g *generator) itself(t reflect.Type) *jsonschema.Schema {
	mapper := g.r.Mapper
	g.r.Mapper = func(u reflect.Type) *jsonschema.Schema {
		if u == t {
			return nil // the struct's own fields, this once
		}
		return mapper(u)
	}
	defer func() { g.r.Mapper = mapper }()
	return g.reflect(t)
}

// union describes a value whose keys depend on one of them: which one is if, its keys are then.
func (g *generator) union(t reflect.Type) {
	common := g.itself(t)
	tag, all := reflect.New(t).Interface().(union).variants()
	out := &jsonschema.Schema{Type: "object", Required: common.Required, Properties: jsonschema.NewProperties()}
	var names []any
	for _, v := range all {
		names = append(names, v.name)
		def := *g.reflect(reflect.TypeOf(v.zero))
		own := def.Properties
		def.Properties = jsonschema.NewProperties()
		for _, from := range []*jsonschema.Schema{common, {Properties: own}} {
			for p := from.Properties.Oldest(); p != nil; p = p.Next() {
				def.Properties.Set(p.Key, p.Value)
			}
		}
		def.Description = v.about
		key := defName(t) + "-" + v.name
		g.defs[key] = &def
		when := &jsonschema.Schema{Required: []string{v.name}}
		if tag != "" {
			when = &jsonschema.Schema{Required: []string{tag}, Properties: jsonschema.NewProperties()}
			when.Properties.Set(tag, &jsonschema.Schema{Const: v.name})
		}
		out.AllOf = append(out.AllOf, &jsonschema.Schema{If: when, Then: &jsonschema.Schema{Ref: "#/$defs/" + key}})
	}
	for _, v := range all {
		if name := defName(reflect.TypeOf(v.zero)); g.defs[name] != nil {
			delete(g.defs, name)
		}
	}
	if tag != "" {
		p, _ := common.Properties.Get(tag)
		p.Enum = names
		out.Properties.Set(tag, p)
	}
	g.defs[defName(t)] = out
}

// Every field that YAML fills says what it is; every field of a configuration is filled by YAML or says that it is not.
func TestFieldsAreDescribed(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var visit func(t *testing.T, typ reflect.Type)
	visit = func(t *testing.T, typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || isText(typ) || seen[typ] {
			return
		}
		seen[typ] = true
		for i := range typ.NumField() {
			f := typ.Field(i)
			switch tag := f.Tag.Get("yaml"); {
			case tag == "-" || !f.IsExported():
				continue
			case tag == "" && !f.Anonymous:
				t.Errorf("%v.%s has no yaml tag", typ, f.Name)
			case f.Tag.Get("jsonschema_description") == "" && !f.Anonymous:
				t.Errorf("%v.%s has no jsonschema_description", typ, f.Name)
			}
			visit(t, f.Type)
		}
		if isUnion(typ) {
			_, all := reflect.New(typ).Interface().(union).variants()
			for _, v := range all {
				visit(t, reflect.TypeOf(v.zero))
			}
		}
	}
	visit(t, reflect.TypeFor[File]())
}
