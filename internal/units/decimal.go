package units

import (
	"math/big"
	"strconv"
	"strings"
)

// Error says why a text is no quantity, and what would be one.
type Error struct {
	Text   string // what was written
	What   string // what is wrong with it
	Advice string // what would be right; may be empty
}

func (e *Error) Error() string {
	s := quote(e.Text) + " " + e.What
	if e.Advice != "" {
		s += " (" + e.Advice + ")"
	}
	return s
}

// quote keeps errors readable when a file holds a very long text.
func quote(s string) string {
	if len(s) > 40 {
		s = s[:37] + "..."
	}
	return strconv.Quote(s)
}

// unit is a suffix and its size in the type's smallest unit.
type unit struct {
	suffix string
	size   int64
}

// family is all that differs between the quantities.
type family struct {
	noun    string // "duration"
	small   string // smallest unit, as in "1ns"
	example string
	usual   string // unit of most values, proposed where there is none
	units   []unit // for writing: the largest first
}

// maxDigits bounds the work that a hostile text can ask for.
const maxDigits = 40

// parse reads a decimal number and one of the family's suffixes.
func (f *family) parse(s string) (int64, error) {
	number, suffix := split(s)
	if number == "" {
		if strings.HasPrefix(s, "-") {
			return 0, &Error{s, "is negative", "a " + f.noun + " is zero or more"}
		}
		return 0, &Error{s, "is no " + f.noun, "write for instance " + f.example}
	}
	if suffix == "" {
		return 0, &Error{s, "has no unit", "write for instance " + number + f.usual}
	}
	for _, u := range f.units {
		if u.suffix == suffix {
			return f.scale(s, number, u.size)
		}
	}
	return 0, &Error{s, "is no " + f.noun, f.advice(number, suffix)}
}

// advice looks for the suffix that was probably meant.
func (f *family) advice(number, suffix string) string {
	plain := strings.ToLower(strings.TrimSpace(suffix))
	for _, u := range f.units {
		if strings.ToLower(u.suffix) == plain {
			return "did you mean " + number + u.suffix + "?"
		}
	}
	names := make([]string, len(f.units))
	for i, u := range f.units {
		names[len(names)-1-i] = u.suffix
	}
	return "units are " + strings.Join(names, ", ")
}

// scale returns number times size, exactly.
func (f *family) scale(s, number string, size int64) (int64, error) {
	whole, frac, _ := strings.Cut(number, ".")
	if len(whole)+len(frac) > maxDigits {
		return 0, &Error{s, "has too many digits", "write for instance " + f.example}
	}
	n, ok := new(big.Int).SetString(whole+frac, 10)
	if !ok {
		return 0, &Error{s, "is no " + f.noun, "write for instance " + f.example}
	}
	n.Mul(n, big.NewInt(size))
	pow := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(frac))), nil)
	rest := new(big.Int)
	n.QuoRem(n, pow, rest)
	if rest.Sign() != 0 {
		return 0, &Error{s, "is finer than 1" + f.small, "write a multiple of 1" + f.small}
	}
	if !n.IsInt64() {
		return 0, &Error{s, "is too large", "the largest " + f.noun + " is " + f.format(1<<63-1)}
	}
	return n.Int64(), nil
}

// format writes n with the largest unit that leaves a whole number.
func (f *family) format(n int64) string {
	for _, u := range f.units {
		if n%u.size == 0 && (n != 0 || u.suffix == f.usual) {
			return strconv.FormatInt(n/u.size, 10) + u.suffix
		}
	}
	return strconv.FormatInt(n, 10) + f.small
}

// pattern is the JSON Schema pattern of the family's text.
func (f *family) pattern() string {
	names := make([]string, len(f.units))
	for i, u := range f.units {
		names[len(names)-1-i] = u.suffix
	}
	return `[0-9]+(\.[0-9]+)?(` + strings.Join(names, "|") + `)`
}

// split parts a leading decimal number from what follows. number is empty where there is none.
func split(s string) (number, rest string) {
	i := digits(s, 0)
	if i == 0 {
		return "", s
	}
	if i < len(s) && s[i] == '.' {
		if j := digits(s, i+1); j > i+1 {
			i = j
		}
	}
	return s[:i], s[i:]
}

// digits returns the index of the first octet at or after i that is no digit.
func digits(s string, i int) int {
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i
}
