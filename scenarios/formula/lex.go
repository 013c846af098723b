package formula

import (
	"strconv"
	"strings"

	"imsim/internal/units"
)

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokValue
	tokName // a name or a path
	tokOp
)

type token struct {
	kind tokenKind
	text string
	val  Value
	col  int
}

// lex parts a formula into tokens, the last being tokEnd.
func lex(s string) ([]token, error) {
	var out []token
	for i := 0; i < len(s); {
		c := s[i]
		t := token{col: i + 1}
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
			continue
		case isDigit(c):
			n := number(s[i:])
			t.kind, t.text = tokValue, s[i:i+n]
			v, err := literal(t.text)
			if err != nil {
				return nil, &Error{Col: t.col, What: err.Error()}
			}
			t.val = v
			i += n
		case isLetter(c):
			n := name(s[i:])
			t.kind, t.text = tokName, s[i:i+n]
			i += n
		default:
			op := operator(s[i:])
			if op == "" {
				return nil, &Error{t.col, "unexpected " + strconv.Quote(firstRune(s[i:])), opHint(c)}
			}
			t.kind, t.text = tokOp, op
			i += len(op)
		}
		out = append(out, t)
	}
	return append(out, token{kind: tokEnd, col: len(s) + 1}), nil
}

// number is the length of a literal: digits, a fraction, a unit.
func number(s string) int {
	i := 0
	for i < len(s) && (isDigit(s[i]) || isLetter(s[i]) || s[i] == '.' && i+1 < len(s) && isDigit(s[i+1])) {
		i++
	}
	return i
}

// name is the length of a name or path.
func name(s string) int {
	i, dotted := 0, false
	for i < len(s) {
		c := s[i]
		next := byte(0)
		if i+1 < len(s) {
			next = s[i+1]
		}
		switch {
		case isLetter(c) || isDigit(c) || c == '_':
		case c == '.' && (isLetter(next) || isDigit(next)):
			dotted = true
		case c == '-' && dotted && (isLetter(next) || isDigit(next)):
		default:
			return i
		}
		i++
	}
	return i
}

// IsName tells whether s can be a name of let.
func IsName(s string) bool {
	return s != "" && s[0] >= 'a' && s[0] <= 'z' && name(s) == len(s) && strings.IndexByte(s, '.') < 0
}

// literal reads an integer or a duration.
func literal(s string) (Value, error) {
	for i := range len(s) {
		if !isDigit(s[i]) {
			d, err := units.ParseDuration(s)
			return Dur(int64(d)), err
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return Value{}, &units.Error{Text: s, What: "is too large"}
	}
	return Num(n), nil
}

func operator(s string) string {
	for _, op := range []string{"==", "!=", "<=", ">="} {
		if strings.HasPrefix(s, op) {
			return op
		}
	}
	if strings.IndexByte("+-*/()<>,", s[0]) >= 0 {
		return s[:1]
	}
	return ""
}

func opHint(c byte) string {
	switch c {
	case '=':
		return "equality is =="
	case '&':
		return "conditions are joined by and"
	case '%':
		return "a ratio has no place in a formula"
	}
	return ""
}

func firstRune(s string) string {
	for i := range s {
		if i > 0 {
			return s[:i]
		}
	}
	return s
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
