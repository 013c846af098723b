package scenarios

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"imsim/internal/units"
	"imsim/scenarios/formula"
)

// validator checks what a schema cannot say. It looks at a file in which some values may be missing, because they were wrong
// already, and says nothing about those.
type validator struct {
	s    *Scenario
	file *File
	errs *Errors
}

func (v *validator) all() {
	v.names()
	v.run()
	v.profiles()
	v.nodes()
	v.links()
	v.nats()
	v.references(reflect.ValueOf(v.file).Elem(), nil)
	v.sessions()
	v.reach()
	v.timeline()
	v.capture()
	v.lets()
	v.expectations()
	v.sweep()
}

// wrong reports the value at path; where it does not exist, the name of what should have it.
func (v *validator) wrong(path []string, wrong, right string) {
	t, ok := v.s.tree.at(path)
	p := t.pos
	if !ok || t.kind == mapTree {
		p = v.s.tree.keyPos(path)
	}
	if d := dotted(path); !v.errs.at(d) {
		v.errs.add(p, d, wrong, right)
	}
}

func at(keys ...string) []string { return keys }

// names checks what people call things.
func (v *validator) names() {
	for _, in := range at("profiles", "nodes", "nats", "links", "sessions") {
		for _, e := range v.s.tree.get(in).entries() {
			if !isName(e.key) {
				v.errs.add(e.pos, join(in, e.key), strconv.Quote(e.key)+" is no name", "lower-case letters, digits and hyphens, a letter first")
			}
		}
	}
	for _, e := range v.s.tree.get("let").entries() {
		switch {
		case !formula.IsName(e.key):
			v.errs.add(e.pos, join("let", e.key), strconv.Quote(e.key)+" is no name for formulas", "letters, digits and underscores, a lower-case letter first")
		case slices.Contains(at("and", "max", "min"), e.key):
			v.errs.add(e.pos, join("let", e.key), strconv.Quote(e.key)+" is a word of formulas", "choose another name")
		}
	}
}

func (v *validator) run() {
	r := v.file.Run
	if r.Until > 0 && r.Warmup >= r.Until {
		v.wrong(at("run", "warmup"), "the warm-up lasts to the end of the run", "less than until, "+r.Until.String())
	}
}

// profiles checks keys of profiles that no node takes; the others are checked at the nodes.
func (v *validator) profiles() {
	profiles := v.s.tree.get("profiles")
	if profiles == nil {
		return
	}
	known := at("kind", "profile")
	for _, k := range kinds {
		for _, f := range fieldsOf(reflect.TypeOf(k.zero)) {
			if !slices.Contains(known, f.name) {
				known = append(known, f.name)
			}
		}
	}
	for _, p := range profiles.keys {
		for _, e := range p.val.keys {
			if !slices.Contains(known, e.key) && !slices.ContainsFunc(*v.errs, func(x *Error) bool { return x.Pos == e.pos }) {
				v.errs.add(e.pos, "profiles."+p.key+"."+e.key, "no kind of node has a key "+strconv.Quote(e.key), suggest(e.key, known))
			}
		}
	}
}

// kindOf tells the kind of a node; a NAT has the kind "nat".
func (v *validator) kindOf(name string) (string, bool) {
	if n, ok := v.file.Nodes[name]; ok {
		return n.Kind, true
	}
	_, ok := v.file.NATs[name]
	return "nat", ok
}

// places are the names of all nodes and NATs.
func (v *validator) places() []string {
	return append(Names(v.file.Nodes), Names(v.file.NATs)...)
}

func (v *validator) nodes() {
	for _, name := range Names(v.file.Nodes) {
		check, ok := v.file.Nodes[name].Settings.(Validator)
		if !ok {
			continue
		}
		check.Validate(name, v.kindOf, func(field, wrong, right string) {
			path := at("nodes", name)
			if field != "" {
				path = append(path, strings.Split(field, ".")...)
			}
			v.wrong(path, wrong, right)
		})
	}
}

// references checks every text whose tag says that it names a node.
func (v *validator) references(x reflect.Value, path []string) {
	if x.Kind() == reflect.Pointer && !x.IsNil() {
		x = x.Elem()
	}
	switch {
	case isText(x.Type()):
	case x.Kind() == reflect.Map:
		for _, k := range x.MapKeys() {
			c := reflect.New(x.Type().Elem()).Elem()
			c.Set(x.MapIndex(k))
			v.references(c, sub(path, k.String()))
		}
	case x.Kind() == reflect.Slice:
		for i := range x.Len() {
			v.references(x.Index(i), sub(path, itoa(i)))
		}
	case x.Kind() == reflect.Struct:
		for _, f := range fieldsOf(x.Type()) {
			val := x.FieldByIndex(f.index)
			if f.node == "" {
				v.references(val, sub(path, f.name))
			} else if val.Kind() == reflect.String {
				v.reference(val.String(), f.node, sub(path, f.name))
			} else if names, ok := val.Interface().([]string); ok {
				for i := range names {
					v.reference(names[i], f.node, append(sub(path, f.name), itoa(i)))
				}
			}
		}
		if isUnion(x.Type()) && x.CanAddr() {
			if w := x.Addr().Interface().(union).variant(); w != nil {
				v.references(reflect.ValueOf(w).Elem(), path)
			}
		}
	}
}

// reference checks a name of a node; wanted are the kinds, separated by commas, or "*".
func (v *validator) reference(name, wanted string, path []string) {
	kinds := strings.Split(wanted, ",")
	var known []string
	for _, n := range Names(v.file.Nodes) {
		if k := v.file.Nodes[n].Kind; wanted == "*" || slices.Contains(kinds, k) {
			known = append(known, n)
		}
	}
	if name == "" || slices.Contains(known, name) {
		return
	}
	what := "node"
	if wanted != "*" {
		what += " of kind " + strings.Join(kinds, " or ")
		if n, ok := v.file.Nodes[name]; ok && n.Settings != nil {
			v.wrong(path, name+" is of kind "+n.Kind+", not "+strings.Join(kinds, " or "), suggest(name, known))
			return
		}
	}
	v.wrong(path, "no "+what+" "+strconv.Quote(name), suggest(name, known))
}

func (v *validator) capture() {
	interfaces := v.interfaces()
	known := append(Names(interfaces), v.places()...)
	for i, name := range v.file.Capture.Interfaces {
		if name != "" && name != "all" && !slices.Contains(known, name) {
			v.wrong(at("capture", "interfaces", itoa(i)), "no interface or node "+strconv.Quote(name), suggest(name, append(known, "all")))
		}
	}
	if s := v.file.Capture.Snap; s != 0 && s < 64 {
		v.wrong(at("capture", "snap"), s.String()+" cuts off headers", "at least 64B")
	}
}

// sweep tries every value.
func (v *validator) sweep() {
	lengths := map[int]bool{}
	before := len(*v.errs)
	for _, path := range Names(v.file.Sweep.Vary) {
		values := v.file.Sweep.Vary[path]
		lengths[len(values)] = true
		if len(values) == 0 {
			v.wrong(at("sweep", "vary", path), "no values", "write at least one")
		}
		if before > 0 {
			continue // each value would repeat them
		}
		for i := range values {
			v.tryValue(path, values[i], at("sweep", "vary", path, itoa(i)))
		}
	}
	if v.file.Sweep.Mode == "zip" && len(lengths) > 1 {
		v.wrong(at("sweep", "mode"), "the lists of vary differ in length", "zip needs as many values for each path")
	}
}

// tryValue reports at where what would be wrong if the value at path were val.
func (v *validator) tryValue(path string, val Scalar, where []string) {
	item, _ := v.s.tree.at(where)
	o := override{path: strings.Split(path, "."), pos: item.pos, val: item}
	root := v.s.tree.clone()
	var errs Errors
	o.apply(root, &errs)
	if len(errs) == 0 {
		build(root, &errs)
	}
	for _, e := range errs {
		v.wrong(where, string(val)+" is not possible for "+path+": "+e.Wrong, e.Right)
	}
}

// mtuMin is the least MTU of an address family (RFC 791, RFC 8200 §5).
func mtuMin(family string) units.ByteSize {
	if family == "ipv6" {
		return 1280
	}
	return 576
}
