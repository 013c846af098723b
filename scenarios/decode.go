package scenarios

import (
	"encoding"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"imsim/internal/units"
	"imsim/scenarios/formula"
)

// decoder fills Go values from a tree. Strictness is the schema's; what the decoder finds besides is text that its type
// does not take (errs), and values of the wrong shape (odd), which the schema reports in better words.
type decoder struct {
	errs Errors
	odd  Errors
}

func (d *decoder) value(v reflect.Value, n *tree, path []string) {
	t := v.Type()
	if n.isNull() && !isText(t) {
		return
	}
	switch {
	case t.Kind() == reflect.Pointer:
		p := reflect.New(t.Elem())
		d.value(p.Elem(), n, path)
		v.Set(p)
	case t == profileType:
	case isText(t):
		if n.kind != scalarTree || n.isNull() {
			d.mismatch(n, path, "text")
			return
		}
		if err := setText(v, n.text); err != nil {
			d.text(n, path, err)
		}
	case t.Kind() == reflect.Struct:
		if f, ok := shortOf(t); ok && n.kind == scalarTree {
			d.fields(v, &tree{kind: mapTree}, path) // defaults of the others
			d.value(v.FieldByIndex(f.index), n, path)
			return
		}
		if n.kind != mapTree {
			d.mismatch(n, path, "a map")
			return
		}
		d.fields(v, n, path)
		if isUnion(t) {
			if w := variantOf(t, n); w != nil {
				in := reflect.New(reflect.TypeOf(w.zero))
				d.fields(in.Elem(), n, path)
				v.Addr().Interface().(union).setVariant(in.Interface())
			}
		}
	case t.Kind() == reflect.Map:
		if n.kind != mapTree {
			d.mismatch(n, path, "a map")
			return
		}
		v.Set(reflect.MakeMapWithSize(t, len(n.keys)))
		for _, e := range n.keys {
			in := reflect.New(t.Elem()).Elem()
			d.value(in, e.val, sub(path, e.key))
			v.SetMapIndex(reflect.ValueOf(e.key), in)
		}
	case t.Kind() == reflect.Slice:
		if n.kind != listTree {
			d.mismatch(n, path, "a list")
			return
		}
		v.Set(reflect.MakeSlice(t, len(n.items), len(n.items)))
		for i, item := range n.items {
			d.value(v.Index(i), item, sub(path, itoa(i)))
		}
	default:
		d.scalar(v, n, path)
	}
}

// fields fills a struct's fields, those that are not there with their defaults.
func (d *decoder) fields(v reflect.Value, n *tree, path []string) {
	for _, f := range fieldsOf(v.Type()) {
		in := v.FieldByIndex(f.index)
		switch val := n.get(f.name); {
		case val != nil && !val.isNull():
			d.value(in, val, sub(path, f.name))
		case f.deflt != "":
			if err := setDefault(in, f.deflt); err != nil {
				panic("scenarios: the default of " + v.Type().String() + "." + f.name + ": " + err.Error())
			}
		case bare(f.typ) == f.typ && f.typ.Kind() == reflect.Struct && !isText(f.typ) && !isUnion(f.typ):
			d.fields(in, &tree{kind: mapTree}, sub(path, f.name)) // its fields may have defaults
		}
	}
}

func (d *decoder) scalar(v reflect.Value, n *tree, path []string) {
	var err error
	ok := n.kind == scalarTree
	switch {
	case !ok:
	case v.Kind() == reflect.String:
		if ok = n.tag != "!!bool"; ok {
			v.SetString(n.text)
		}
	case v.Kind() == reflect.Bool:
		if ok = n.tag == "!!bool"; ok {
			v.SetBool(strings.EqualFold(n.text, "true"))
		}
	case v.CanInt():
		var i int64
		if ok = n.tag == "!!int"; ok {
			i, err = strconv.ParseInt(n.text, 10, v.Type().Bits())
			v.SetInt(i)
		}
	case v.CanUint():
		var i uint64
		if ok = n.tag == "!!int" && n.text[0] != '-'; ok {
			i, err = strconv.ParseUint(n.text, 10, v.Type().Bits())
			v.SetUint(i)
		}
	default:
		panic("scenarios: no YAML for " + v.Type().String())
	}
	if err != nil {
		largest := uint64(1)<<v.Type().Bits() - 1
		if v.CanInt() {
			largest >>= 1
		}
		d.errs.add(n.pos, dotted(path), n.text+" does not fit", "at most "+strconv.FormatUint(largest, 10))
	} else if !ok {
		d.odd.add(n.pos, dotted(path), n.describe()+" does not fit", "")
	}
}

// setText gives text to a type that reads its own.
func setText(v reflect.Value, text string) error {
	if v.Type() == durationType {
		u, err := units.ParseDuration(text)
		v.SetInt(int64(u))
		return err
	}
	return v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text))
}

func setDefault(v reflect.Value, text string) error {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	if isText(v.Type()) {
		return setText(v, text)
	}
	if v.Kind() == reflect.Slice {
		items := strings.Split(text, ",")
		v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
		for i, item := range items {
			if err := setDefault(v.Index(i), item); err != nil {
				return err
			}
		}
		return nil
	}
	var d decoder
	tag := "!!int"
	if v.Kind() == reflect.Bool {
		tag = "!!bool"
	}
	d.scalar(v, &tree{text: text, tag: tag}, nil)
	if len(d.errs)+len(d.odd) > 0 {
		return errors.New(strconv.Quote(text) + " is none")
	}
	return nil
}

// text reports a text that its type does not take. A scenario's own types advise apart from what is wrong.
func (d *decoder) text(n *tree, path []string, err error) {
	var u *units.Error
	var f *formula.Error
	switch {
	case errors.As(err, &u):
		plain := units.Error{Text: u.Text, What: u.What}
		d.errs.add(n.pos, dotted(path), plain.Error(), u.Advice)
	case errors.As(err, &f):
		d.errs.add(n.pos, dotted(path), "the formula "+strconv.Quote(n.text)+" is wrong at column "+itoa(f.Col)+": "+f.What, f.Hint)
	default:
		d.errs.add(n.pos, dotted(path), err.Error(), "")
	}
}

func (d *decoder) mismatch(n *tree, path []string, want string) {
	d.odd.add(n.pos, dotted(path), n.describe()+" is not "+want, "")
}

func sub(path []string, key string) []string { return append(path[:len(path):len(path)], key) }

func dotted(path []string) string { return strings.Join(path, ".") }
