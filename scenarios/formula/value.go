package formula

import (
	"strconv"

	"imsim/internal/units"
)

// Type is what kind of value an expression has.
type Type struct {
	Bool  bool
	Power int8 // of time: 0 a number, 1 a duration, 2 a duration squared
}

// The types that a result can usefully have.
var (
	Number   = Type{}
	Duration = Type{Power: 1}
	Bool     = Type{Bool: true}
)

// maxPower bounds intermediate results; nothing sensible comes near.
const maxPower = 8

func (t Type) String() string {
	switch {
	case t.Bool:
		return "a condition"
	case t.Power == 0:
		return "a number"
	case t.Power == 1:
		return "a duration"
	}
	return "a duration to the power " + strconv.Itoa(int(t.Power))
}

// Value is a result. N is 0 or 1 for a condition, nanoseconds for a duration.
type Value struct {
	Type Type
	N    int64
}

// Num returns a plain number.
func Num(n int64) Value { return Value{N: n} }

// Dur returns a duration of n nanoseconds.
func Dur(n int64) Value { return Value{Type: Duration, N: n} }

// True tells whether v is a condition that holds.
func (v Value) True() bool { return v.Type.Bool && v.N != 0 }

func (v Value) String() string {
	switch {
	case v.Type.Bool:
		return strconv.FormatBool(v.N != 0)
	case v.Type == Duration && v.N >= 0:
		return units.Duration(v.N).String()
	case v.Type == Duration:
		return strconv.FormatInt(v.N, 10) + "ns"
	}
	return strconv.FormatInt(v.N, 10)
}

// Error is a fault in a formula. Col counts octets from 1.
type Error struct {
	Col  int
	What string
	Hint string // what would be right; may be empty
}

func (e *Error) Error() string {
	s := "column " + strconv.Itoa(e.Col) + ": " + e.What
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}
