package units

import (
	"strconv"
	"strings"
)

// Factor is a relation to something usual, zero or more, in parts per million: 100% is as usual, 400% four times it.
type Factor int64

// Usual is the factor of one.
const Usual Factor = 1e6

var factors = family{noun: "factor", small: "ppm", example: "400%", usual: "%", units: []unit{{"%", 1e4}}}

// maxFactor is a hundred thousand times the usual: more is a slip of the pen, and would overflow times it is applied to.
const maxFactor = 100_000 * Usual

// ParseFactor reads a factor.
func ParseFactor(s string) (Factor, error) {
	n, err := factors.parse(s)
	if err != nil {
		return 0, err
	}
	if n > int64(maxFactor) {
		return 0, &Error{s, "is too large", "a factor is at most " + maxFactor.String()}
	}
	return Factor(n), nil
}

// String writes the factor in per cent, exactly.
func (f Factor) String() string {
	s := strconv.FormatInt(int64(f)/1e4, 10)
	if rest := int64(f) % 1e4; rest != 0 {
		s += "." + strings.TrimRight(strconv.FormatInt(1e4+rest, 10)[1:], "0")
	}
	return s + "%"
}

// MarshalText implements encoding.TextMarshaler.
func (f Factor) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (f *Factor) UnmarshalText(b []byte) error {
	n, err := ParseFactor(string(b))
	if err == nil {
		*f = n
	}
	return err
}

// SchemaPattern is the regular expression of a factor's text.
func (Factor) SchemaPattern() string { return "^" + factors.pattern() + "$" }

// SchemaExample is a factor as people write it.
func (Factor) SchemaExample() string { return factors.example }
