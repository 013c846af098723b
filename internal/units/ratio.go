package units

import (
	"strconv"
	"strings"
)

// Ratio is a share or a probability between 0 and 1 in parts per billion: 1%, 0.5%, 0.001.
type Ratio int64

// One is the whole.
const One Ratio = 1e9

var ratios = family{noun: "ratio", small: "ppb", example: "1%", usual: "%", units: []unit{{"%", 1e7}}}

// ParseRatio reads a ratio. Here alone a bare number is right: it needs no unit.
func ParseRatio(s string) (Ratio, error) {
	number, suffix := split(s)
	var n int64
	var err error
	switch {
	case number == "" && strings.HasPrefix(s, "-"):
		return 0, &Error{s, "is negative", "a ratio is between 0 and 1"}
	case number == "" || suffix != "" && suffix != "%":
		advice := "write for instance 1% or 0.01"
		if number != "" && strings.TrimSpace(suffix) == "%" {
			advice = "did you mean " + number + "%?"
		} else if f, e := strconv.ParseFloat(s, 64); e == nil && f >= 0 && f <= 1 {
			advice = "did you mean " + strconv.FormatFloat(f, 'f', -1, 64) + "?"
		}
		return 0, &Error{s, "is no ratio", advice}
	case suffix == "%":
		n, err = ratios.scale(s, number, 1e7)
	default:
		n, err = ratios.scale(s, number, 1e9)
	}
	if err != nil {
		return 0, err
	}
	if n > int64(One) {
		advice := "a ratio is between 0 and 1"
		if suffix == "" && n <= 100*int64(One) {
			advice = "did you mean " + number + "%?"
		}
		return 0, &Error{s, "is more than the whole", advice}
	}
	return Ratio(n), nil
}

// String writes the ratio in per cent, exactly.
func (r Ratio) String() string {
	s := strconv.FormatInt(int64(r)/1e7, 10)
	if rest := int64(r) % 1e7; rest != 0 {
		f := strconv.FormatInt(1e7+rest, 10)[1:]
		s += "." + strings.TrimRight(f, "0")
	}
	return s + "%"
}

// MarshalText implements encoding.TextMarshaler.
func (r Ratio) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Ratio) UnmarshalText(b []byte) error {
	n, err := ParseRatio(string(b))
	if err == nil {
		*r = n
	}
	return err
}

// SchemaPattern is the regular expression of a ratio's text.
func (Ratio) SchemaPattern() string { return `^[0-9]+(\.[0-9]+)?%?$` }

// SchemaExample is a ratio as people write it.
func (Ratio) SchemaExample() string { return ratios.example }

// SchemaNumber says that a bare number is right, too.
func (Ratio) SchemaNumber() bool { return true }
