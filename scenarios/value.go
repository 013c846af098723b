package scenarios

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"imsim/internal/units"
	"imsim/scenarios/formula"
)

// Names gives formulas their values: a name is one of let, a path leads to a value of the scenario. Durations are in
// nanoseconds, rates in bit/s, sizes in octets, ratios in parts per billion.
func (s *Scenario) Names() formula.Names {
	return (&namer{file: &s.File, tree: s.tree}).value
}

// namer looks names up. open holds those of let that led to where it is.
type namer struct {
	file *File
	tree *tree
	open []string
}

func (n *namer) value(name string) (formula.Value, error) {
	if strings.Contains(name, ".") {
		return n.path(strings.Split(name, "."))
	}
	f, ok := n.file.Let[name]
	switch circle := cycle(n.open, name); {
	case !ok:
		return formula.Value{}, fmt.Errorf("let has no %q, %s", name, suggest(name, Names(n.file.Let)))
	case len(circle) > 0:
		return formula.Value{}, errors.New("let goes in circles: " + arrows(append(circle, name)))
	case f.Expr == nil:
		return formula.Value{}, errBadLet
	}
	n.open = append(n.open, name)
	defer func() { n.open = n.open[:len(n.open)-1] }()
	return f.Eval(n.value)
}

// errBadLet: the formula behind a name is wrong, which is reported at its own place.
var errBadLet = errors.New("its formula in let is wrong")

// path returns the value at a path: the one written, or its default. A link's values are zero unless written; a setting of
// a node without a default is the node's own affair, so it must be written to be used.
func (n *namer) path(path []string) (formula.Value, error) {
	v, t := reflect.ValueOf(n.file).Elem(), n.tree
	deflt := false
	for i, key := range path {
		for v.Kind() == reflect.Pointer && !v.IsNil() {
			v = v.Elem()
		}
		_, free, known := child(v.Type(), t, key)
		next, isDefault, ok := step(v, key)
		if !ok {
			if free {
				known = mapKeys(v)
			}
			in := "in the scenario"
			if i > 0 {
				in = "in " + dotted(path[:i])
			}
			return formula.Value{}, fmt.Errorf("no %q %s, %s", key, in, suggest(key, known))
		}
		v, deflt = next, isDefault
		if below, ok := t.at([]string{key}); ok {
			t = below
		} else {
			t = &tree{kind: mapTree}
		}
	}
	_, written := n.tree.at(path)
	if !written && !deflt && path[0] != "links" || v.Kind() == reflect.Pointer && v.IsNil() {
		return formula.Value{}, errors.New(dotted(path) + " has no value in this scenario")
	}
	v = reflect.Indirect(v)
	if f, ok := shortOf(v.Type()); ok {
		v = v.FieldByIndex(f.index)
	}
	return number(v, dotted(path))
}

// step goes one key down from v.
func step(v reflect.Value, key string) (next reflect.Value, deflt, ok bool) {
	switch {
	case isText(v.Type()):
	case v.Kind() == reflect.Map:
		if next = v.MapIndex(reflect.ValueOf(key)); next.IsValid() {
			// A copy, because what a map holds has no address, which the test for unions needs.
			c := reflect.New(next.Type()).Elem()
			c.Set(next)
			return c, false, true
		}
	case v.Kind() == reflect.Slice:
		if i, isIndex := index(key); isIndex && i < v.Len() {
			return v.Index(i), false, true
		}
	case v.Kind() == reflect.Struct:
		for _, f := range fieldsOf(v.Type()) {
			if f.name == key {
				return v.FieldByIndex(f.index), f.deflt != "", true
			}
		}
		if isUnion(v.Type()) && v.CanAddr() {
			if w := v.Addr().Interface().(union).variant(); w != nil {
				return step(reflect.ValueOf(w).Elem(), key)
			}
		}
	}
	return next, false, false
}

func mapKeys(v reflect.Value) []string {
	var out []string
	for _, k := range v.MapKeys() {
		out = append(out, k.String())
	}
	return out
}

// number turns a value into what formulas know.
func number(v reflect.Value, path string) (formula.Value, error) {
	switch x := v.Interface().(type) {
	case units.Duration:
		return formula.Dur(int64(x)), nil
	case time.Duration:
		return formula.Dur(int64(x)), nil
	case units.BitRate:
		if x == units.Unlimited {
			return formula.Value{}, errors.New(path + " is unlimited")
		}
		return formula.Num(int64(x)), nil
	}
	switch {
	case isText(v.Type()) && !v.CanInt():
	case v.CanInt():
		return formula.Num(v.Int()), nil
	case v.CanUint():
		if v.Uint() < 1<<63 {
			return formula.Num(int64(v.Uint())), nil
		}
		return formula.Value{}, errors.New(path + " is too large: " + strconv.FormatUint(v.Uint(), 10))
	}
	return formula.Value{}, errors.New(path + " is neither a number nor a duration")
}
