package scenarios

import (
	"net/netip"
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

	talks []talk // which node sends to which
}

func (v *validator) all() {
	v.names()
	v.engines()
	v.run()
	v.profiles()
	v.nodes()
	v.nats()
	v.links()
	v.references(reflect.ValueOf(v.file).Elem(), nil)
	v.wiring()
	v.sessions()
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

// engines checks that who leaves out an engine says why.
func (v *validator) engines() {
	switch f := v.file; {
	case len(f.Engines) == 1 && f.Why == "":
		v.wrong(at("engines"), "one engine is left out, and nobody says why", "write engines-why")
	case len(f.Engines) != 1 && f.Why != "":
		v.wrong(at("engines-why"), "no engine is left out", "write engines, too, or leave this out")
	}
}

func (v *validator) run() {
	r := v.file.Run
	if r.Prefix != "" {
		p, err := netip.ParsePrefix(r.Prefix)
		switch {
		case err != nil:
			v.wrong(at("run", "prefix"), strconv.Quote(r.Prefix)+" is no prefix", "for instance 10.128.0.0/16")
		case p.Addr().Is4() != (r.Family != "ipv6"):
			v.wrong(at("run", "prefix"), r.Prefix+" is not of family "+r.Family, "a prefix of the run's family")
		}
	}
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

func (v *validator) nodes() {
	for _, name := range Names(v.file.Nodes) {
		settings, path := v.file.Nodes[name].Settings, at("nodes", name)
		if settings != nil {
			v.zeros(reflect.ValueOf(settings).Elem(), path)
			v.endless(reflect.ValueOf(settings).Elem(), path)
		}
		if check, ok := settings.(Validator); ok {
			check.Validate(func(field, wrong, right string) {
				if field == "" {
					v.wrong(path, wrong, right)
				} else {
					v.wrong(append(path, strings.Split(field, ".")...), wrong, right)
				}
			})
		}
	}
}

// endless reports a node whose work goes on whether there are calls or not, in a run that ends when nothing is left to happen:
// a gateway reports again each time that it has heard nothing for the period (H.248.14).
func (v *validator) endless(x reflect.Value, path []string) {
	if v.file.Run.Until > 0 {
		return
	}
	for _, f := range fieldsOf(x.Type()) {
		if f.name == "inactivity" && !x.FieldByIndex(f.index).IsZero() {
			v.wrong(sub(path, f.name), "the gateway's reports go on for ever, and the run has no end", "write run.until, too")
		}
	}
}

// zeros reports durations and sizes of nothing where a node takes zero for its default: what was written would not be.
// Where nothing can be meant, the field is a pointer or says that zero is its default.
func (v *validator) zeros(x reflect.Value, path []string) {
	for _, f := range fieldsOf(x.Type()) {
		val, path := x.FieldByIndex(f.index), sub(path, f.name)
		if val.Kind() == reflect.Struct {
			v.zeros(val, path)
			continue
		}
		t, written := v.s.tree.at(path)
		if !written || !isText(f.typ) || !val.CanInt() || !val.IsZero() || f.deflt != "" && isZero(f.typ, f.deflt) {
			continue
		}
		right := "more than zero"
		if f.deflt != "" {
			right += "; without the key it is " + f.deflt
		}
		v.wrong(path, strconv.Quote(t.text)+" is not possible here", right)
	}
}

// isZero tells whether text is a type's zero.
func isZero(t reflect.Type, text string) bool {
	v := reflect.New(t).Elem()
	return setText(v, text) == nil && v.IsZero()
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
	if slices.Contains(known, name) {
		v.talk(path, name)
		return
	}
	if name == "" {
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

// mtuMin is the least MTU of an address family (RFC 791, RFC 8200 §5).
func mtuMin(family string) units.ByteSize {
	if family == "ipv6" {
		return 1280
	}
	return 576
}
