package scenarios

import (
	"reflect"
	"strconv"
	"strings"
)

// override is one --set: the value at path is replaced, or removed by null.
type override struct {
	path []string
	val  *tree
	pos  Pos
}

// readOverride reads an override that was given at a place, "path=value"; value is YAML.
func readOverride(at Pos, arg string, errs *Errors) (override, bool) {
	o := override{pos: at}
	path, value, ok := strings.Cut(arg, "=")
	if !ok || path == "" {
		errs.add(o.pos, "", "is no override", "write path=value, for instance links.access.delay=17ms")
		return o, false
	}
	o.path = strings.Split(path, ".")
	if strings.TrimSpace(value) == "" {
		errs.add(o.pos, path, "no value", "write null to remove what is there")
		return o, false
	}
	var inner Errors
	o.val = readYAML("", 0, []byte(value), &inner)
	for _, e := range inner {
		errs.add(o.pos, path, e.Wrong, e.Right)
	}
	if o.val == nil || len(inner) > 0 {
		return o, false
	}
	o.val.each(nil, func(_ []string, t *tree) {
		t.pos = o.pos
		for i := range t.keys {
			t.keys[i].pos = o.pos
		}
	})
	return o, true
}

// early tells whether the override must come before profiles are put into nodes.
func (o *override) early() bool {
	return o.path[0] == "profiles" || o.path[0] == "links" || len(o.path) >= 3 && o.path[0] == "nodes" && o.path[2] == "profile"
}

// apply changes root. Every step of the path must be a key that there can be; a named thing (a node, a link) or an item of
// a list must be there already.
func (o *override) apply(root *tree, errs *Errors) {
	full := dotted(o.path)
	if o.path[0] == "extends" || o.path[0] == "schema" {
		errs.add(o.pos, full, o.path[0]+" cannot be overridden", "")
		return
	}
	t, at := reflect.TypeFor[File](), root
	for i, key := range o.path {
		last := i == len(o.path)-1
		where := dotted(o.path[:i])
		if bare(t) == profileType {
			t = reflect.TypeFor[any]() // what a profile may hold is checked at the nodes that take it
		}
		next, free, known := child(t, at, key)
		if t.Kind() == reflect.Interface {
			next = t
		}
		old, exists := at.at([]string{key})
		switch {
		case next == nil && known == nil:
			errs.add(o.pos, full, "nothing is below "+where, "")
			return
		case next == nil:
			in := ""
			if where != "" {
				in = " in " + where
			}
			errs.add(o.pos, full, "no key "+strconv.Quote(key)+in, suggest(key, known))
			return
		case free && !exists:
			errs.add(o.pos, full, "nothing called "+strconv.Quote(key)+" in "+where, suggest(key, at.names()))
			return
		case at.kind == listTree && !exists:
			errs.add(o.pos, full, where+" has "+itoa(len(at.items))+" items", "counted from 0")
			return
		case at.kind == scalarTree:
			errs.add(o.pos, full, "nothing is below "+where, "")
			return
		}
		if !last && !holds(next) {
			errs.add(o.pos, full, "nothing is below "+dotted(o.path[:i+1]), "")
			return
		}
		if last {
			o.put(at, key, errs)
			return
		}
		if f, ok := shortOf(next); ok && exists && old.kind == scalarTree && !old.isNull() {
			old = &tree{kind: mapTree, pos: old.pos, keys: []entry{{f.name, old.pos, old}}}
			o.at(at, key, old)
		}
		if !exists || old.isNull() || old.kind == scalarTree && bare(next).Kind() != reflect.Interface {
			old = &tree{kind: mapTree, pos: o.pos}
			if bare(next).Kind() == reflect.Slice {
				old.kind = listTree
			}
			o.at(at, key, old)
		}
		t, at = next, old
	}
}

// holds tells whether a value of type t has others in it.
func holds(t reflect.Type) bool {
	switch t = bare(t); t.Kind() {
	case reflect.Struct, reflect.Map, reflect.Slice:
		return !isText(t)
	}
	return t.Kind() == reflect.Interface
}

// put replaces or removes what key leads to.
func (o *override) put(in *tree, key string, errs *Errors) {
	if o.val.isNull() && in.kind == mapTree {
		if in.entry(key) == nil {
			errs.add(o.pos, dotted(o.path), "nothing to remove", "")
		}
		in.remove(key)
		return
	}
	o.at(in, key, o.val)
}

func (o *override) at(in *tree, key string, val *tree) {
	if i, ok := index(key); ok && in.kind == listTree {
		in.items[i] = val
	} else if e := in.entry(key); e != nil {
		e.val = val
	} else {
		in.keys = append(in.keys, entry{key, o.pos, val})
	}
}
