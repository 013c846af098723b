package scenarios

import (
	"encoding"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// field is a struct field that YAML fills.
type field struct {
	name  string // its key
	index []int
	typ   reflect.Type
	node  string // the kinds of node that it names, "*" for any; empty where it names none
	deflt string // text of its default, a list's items with commas between; empty where it has none
}

// fields keeps what fieldsOf has found by type: tags are parsed once, not at every look at a value.
var fields sync.Map

// fieldsOf returns the fields that YAML fills: those with a yaml tag, embedded structs opened. What it returns is shared.
func fieldsOf(t reflect.Type) []field {
	if out, ok := fields.Load(t); ok {
		return out.([]field)
	}
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			for _, in := range fieldsOf(f.Type) {
				in.index = append([]int{i}, in.index...)
				out = append(out, in)
			}
		case f.IsExported() && name != "" && name != "-":
			out = append(out, field{name, []int{i}, f.Type, f.Tag.Get("node"), defaultOf(f.Tag.Get("jsonschema"))})
		}
	}
	out = slices.Clip(out) // so that appending copies
	fields.Store(t, out)
	return out
}

func defaultOf(tag string) string {
	var list []string
	for part := range strings.SplitSeq(tag, ",") {
		if d, ok := strings.CutPrefix(part, "default="); ok {
			list = append(list, d)
		}
	}
	return strings.Join(list, ",")
}

var (
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
	unionType    = reflect.TypeFor[union]()
	profileType  = reflect.TypeFor[Profile]()
	durationType = reflect.TypeFor[time.Duration]()
)

func isText(t reflect.Type) bool {
	return t == durationType || reflect.PointerTo(t).Implements(textType)
}
func isUnion(t reflect.Type) bool { return reflect.PointerTo(t).Implements(unionType) }

// bare takes the pointer off a type.
func bare(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// variantOf returns the variant that n selects of the union t, or nil.
func variantOf(t reflect.Type, n *tree) *variant {
	tag, all := reflect.New(t).Interface().(union).variants()
	for i := range all {
		if tag == "" && n.get(all[i].name) != nil {
			return &all[i]
		}
		if v := n.get(tag); tag != "" && v != nil && v.kind == scalarTree && v.text == all[i].name {
			return &all[i]
		}
	}
	return nil
}

// keysOf returns the fields that the map n may have as the struct or union t.
func keysOf(t reflect.Type, n *tree) []field {
	out := fieldsOf(t)
	if isUnion(t) && n != nil {
		if v := variantOf(t, n); v != nil {
			out = append(out, fieldsOf(reflect.TypeOf(v.zero))...)
		}
	}
	return out
}

// child returns the type of what key leads to in n, a value of type t. free tells that t is a map whose keys are names.
// Where there is no such key, it returns nil and the keys that there are.
func child(t reflect.Type, n *tree, key string) (next reflect.Type, free bool, known []string) {
	switch t = bare(t); {
	case isText(t) || t == profileType:
	case t.Kind() == reflect.Map:
		return t.Elem(), true, nil
	case t.Kind() == reflect.Slice:
		if _, ok := index(key); ok {
			return t.Elem(), false, nil
		}
	case t.Kind() == reflect.Struct:
		for _, f := range keysOf(t, n) {
			if f.name == key {
				return f.typ, false, nil
			}
			known = append(known, f.name)
		}
	}
	return nil, false, known
}
