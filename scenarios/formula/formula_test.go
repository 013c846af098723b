package formula

import (
	"errors"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

var someNames = Names(func(name string) (Value, error) {
	switch name {
	case "a":
		return Dur(20e6), nil
	case "b":
		return Dur(7e6), nil
	case "n":
		return Num(3), nil
	case "links.access-2.delay":
		return Dur(5), nil
	}
	return Value{}, errors.New("no name " + name)
})

func TestEval(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"7*a + 3*b", "161ms"},
		{"max(7*a, a+2*b) + b", "147ms"},
		{"min(a, b, 5ms)", "5ms"},
		{"2*(a+b) < 1s", "true"},
		{"2*(a+b) < 1s and a == b", "false"},
		{"(a > b) and (b != a) and n >= 3 and n <= 3", "true"},
		{"a/b*0", "column 2: 20ms / 7ms leaves a remainder (division is exact)"},
		{"(a+b)/n", "9ms"},
		{"a/5ms", "4"},
		{"-n - -n", "0"},
		{"- a", "-20000000ns"},
		{"links.access-2.delay - 2ns", "3ns"},
		{"1.5s", "1500ms"},
		{"a-b-b", "6ms"},
		{"8/2/2", "2"},
		{"9223372036854775807 + 1", "column 21: 9223372036854775807 + 1 is beyond 64 bits"},
		{"-9223372036854775807 - 2", "column 22: -9223372036854775807 - 2 is beyond 64 bits"},
		{"3037000500 * 3037000500", "column 12: 3037000500 * 3037000500 is beyond 64 bits"},
		{"(-9223372036854775807 - 1) / -1", "column 28: -9223372036854775808 / -1 is beyond 64 bits"},
		{"-(-9223372036854775807 - 1)", "column 1: 0 neg -9223372036854775808 is beyond 64 bits"},
		{"1/0", "column 2: division by zero"},
		{"a + 3", "column 3: + mixes a duration with a number (give the number a unit)"},
		{"a*b < a", "column 5: < mixes a duration to the power 2 with a duration (give the number a unit)"},
		{"a and b", "column 3: and joins conditions (compare the values first)"},
		{"(a<b) + 1", "column 7: a condition is no operand of + (conditions are joined by and)"},
		{"max((a<b))", "column 1: a condition is no operand of max (conditions are joined by and)"},
		{"a < b < a", "column 7: comparisons cannot be chained (join two by and)"},
		{"a = b", `column 3: unexpected "=" (equality is ==)`},
		{"a && b", `column 3: unexpected "&" (conditions are joined by and)`},
		{"a +", `column 4: the formula ends early (expected a number, a duration, a name or "(")`},
		{"(a", `column 3: the formula ends early (expected ")")`},
		{"a b", `column 3: unexpected "b" (expected an operator)`},
		{"sum(a)", `column 1: no function "sum" (the functions are max and min)`},
		{"max(a;b)", `column 6: unexpected ";"`},
		{"7*c", "column 3: no name c"},
		{"20 + 5sec", `column 6: "5sec" is no duration (units are ns, us, ms, s, m, h)`},
		{"", `column 1: the formula ends early (expected a number, a duration, a name or "(")`},
		{"é", `column 1: unexpected "é"`},
	} {
		e, err := Parse(c.text)
		got := ""
		if err == nil {
			var v Value
			if v, err = e.Eval(someNames); err == nil {
				got = v.String()
				if typ, err := e.Type(someNames); err != nil || typ != v.Type {
					t.Errorf("%q: type %v, %v; value has %v", c.text, typ, err, v.Type)
				}
			}
		}
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%q: %s; want %s", c.text, got, c.want)
		}
	}
}

// The operators agree with unbounded integers, or report an overflow exactly where those leave 64 bits.
func TestArithmeticIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		op := rapid.SampledFrom([]string{"+", "-", "*"}).Draw(t, "op")
		want := new(big.Int)
		map[string]func(x, y *big.Int) *big.Int{"+": want.Add, "-": want.Sub, "*": want.Mul}[op](big.NewInt(a), big.NewInt(b))
		got, err := (&node{op: op}).apply(Num(a), Num(b))
		if (err == nil) != want.IsInt64() || err == nil && got.N != want.Int64() {
			t.Fatalf("%d %s %d = %v, %v; want %v", a, op, b, got, err, want)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"7*a + 3*b", "2*(a+b) < 1s and a != b", "max(a, min(b, 3))", "links.access-2.delay/2", "((((", "-----1", "1.2.3s", "a=b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := Parse(s)
		if err != nil {
			var fe *Error
			if !errors.As(err, &fe) || fe.Col < 1 || fe.Col > len(s)+1 {
				t.Fatalf("%q: place outside: %v", s, err)
			}
			return
		}
		v, err := e.Eval(someNames)
		if typ, terr := e.Type(someNames); err == nil && (terr != nil || typ != v.Type) {
			t.Fatalf("%q: type %v, %v; value %v", s, typ, terr, v)
		}
	})
}
