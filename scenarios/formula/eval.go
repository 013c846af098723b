package formula

import "math/bits"

// Names gives the value of a name or a path. Its error becomes part of the formula's.
type Names func(name string) (Value, error)

// Eval computes the formula. The error is of type *Error and gives the place.
func (e *Expr) Eval(names Names) (Value, error) { return e.root.eval(names) }

// Type finds what kind of value the formula has without computing it: only the types of the names matter. It finds unknown
// names and durations mixed with numbers; overflows and remainders show only in Eval.
func (e *Expr) Type(names Names) (Type, error) { return e.root.typ(names) }

// Walk calls f for every name and path of the formula, from left to right.
func (e *Expr) Walk(f func(name string, col int)) { e.root.walk(f) }

func (n *node) walk(f func(string, int)) {
	if n.op == "name" {
		f(n.name, n.col)
	}
	for _, a := range n.args {
		a.walk(f)
	}
}

func (n *node) look(names Names) (Value, error) {
	v, err := names(n.name)
	if err != nil {
		return v, &Error{Col: n.col, What: err.Error()}
	}
	return v, nil
}

func (n *node) typ(names Names) (Type, error) {
	switch n.op {
	case "value":
		return n.val.Type, nil
	case "name":
		v, err := n.look(names)
		return v.Type, err
	}
	t, err := n.args[0].typ(names)
	if err == nil && len(n.args) == 1 {
		return n.combine(t, t)
	}
	for _, a := range n.args[1:] {
		var u Type
		if err == nil {
			u, err = a.typ(names)
		}
		if err == nil {
			t, err = n.combine(t, u)
		}
	}
	return t, err
}

// combine is the type of the operator's result for operands of types t and u.
func (n *node) combine(t, u Type) (Type, error) {
	if n.op == "and" {
		if !t.Bool || !u.Bool {
			return t, &Error{n.col, "and joins conditions", "compare the values first"}
		}
		return Bool, nil
	}
	if t.Bool || u.Bool {
		return t, &Error{Col: n.col, What: "a condition is no operand of " + n.op, Hint: "conditions are joined by and"}
	}
	switch n.op {
	case "*", "/":
		t.Power += u.Power
		if n.op == "/" {
			t.Power -= 2 * u.Power
		}
		if t.Power > maxPower || t.Power < -maxPower {
			return t, &Error{Col: n.col, What: "too high a power of time"}
		}
		return t, nil
	}
	if t != u {
		return t, &Error{n.col, n.op + " mixes " + t.String() + " with " + u.String(), "give the number a unit"}
	}
	switch n.op {
	case "+", "-", "neg", "max", "min":
		return t, nil
	}
	return Bool, nil // comparisons
}

func (n *node) eval(names Names) (Value, error) {
	switch n.op {
	case "value":
		return n.val, nil
	case "name":
		return n.look(names)
	}
	v, err := n.args[0].eval(names)
	if err != nil {
		return v, err
	}
	if n.op == "neg" {
		return n.apply(Value{Type: v.Type}, v)
	}
	if len(n.args) == 1 { // max(x): still no condition
		_, err = n.combine(v.Type, v.Type)
	}
	for _, a := range n.args[1:] {
		var w Value
		if w, err = a.eval(names); err == nil {
			v, err = n.apply(v, w)
		}
		if err != nil {
			break
		}
	}
	return v, err
}

func (n *node) apply(v, w Value) (Value, error) {
	t, err := n.combine(v.Type, w.Type)
	if err != nil {
		return v, err
	}
	a, b := v.N, w.N
	out := Value{Type: t}
	ok := true
	switch n.op {
	case "+":
		out.N = a + b
		ok = (out.N > a) == (b > 0)
	case "-", "neg":
		out.N = a - b
		ok = (out.N < a) == (b > 0)
	case "*":
		out.N, ok = mul(a, b)
	case "/":
		switch {
		case b == 0:
			return out, &Error{Col: n.col, What: "division by zero"}
		case a%b != 0:
			return out, &Error{n.col, v.String() + " / " + w.String() + " leaves a remainder", "division is exact"}
		}
		out.N, ok = a/b, b != -1 || a != -1<<63
	case "max":
		out.N = max(a, b)
	case "min":
		out.N = min(a, b)
	default:
		if compare(n.op, a, b) {
			out.N = 1
		}
	}
	if !ok {
		return out, &Error{Col: n.col, What: v.String() + " " + n.op + " " + w.String() + " is beyond 64 bits"}
	}
	return out, nil
}

func compare(op string, a, b int64) bool {
	switch op {
	case "and":
		return a != 0 && b != 0
	case "==":
		return a == b
	case "!=":
		return a != b
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	}
	return a >= b
}

// mul multiplies and tells whether the product fits.
func mul(a, b int64) (int64, bool) {
	neg := (a < 0) != (b < 0)
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	if hi != 0 || lo > 1<<63 || lo == 1<<63 && !neg {
		return 0, false
	}
	if neg {
		return -int64(lo), true
	}
	return int64(lo), true
}

func magnitude(a int64) uint64 {
	if a < 0 {
		return -uint64(a)
	}
	return uint64(a)
}
