package linktrace

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"imsim/internal/units"
)

// Point is what changes at an instant. What is nil stays as it was.
type Point struct {
	At     units.Duration
	Delay  *units.Duration
	Jitter *units.Duration
	Rate   *units.BitRate
	Loss   *units.Ratio
	Up     *bool
}

// Error says in which line of a trace what is wrong, and what would be right.
type Error struct {
	Line  int
	Wrong string
	Right string
}

func (e *Error) Error() string {
	s := fmt.Sprintf("line %d: %s", e.Line, e.Wrong)
	if e.Right != "" {
		s += " (" + e.Right + ")"
	}
	return s
}

// maxPoints bounds a trace.
const maxPoints = 1_000_000

var columns = []string{"time", "delay", "jitter", "rate", "loss", "up"}

const needs = "there is time, delay, jitter, rate, loss, up"

// Parse reads a trace, JSON lines where json is set, else CSV. Errors are of type *Error.
func Parse(text []byte, json bool) ([]Point, error) {
	next := csvLines(text)
	if json {
		next = jsonLines(text)
	}
	var out []Point
	for {
		line, fields, err := next()
		switch {
		case err == io.EOF && len(out) == 0:
			return nil, &Error{1, "no line with values", "at least one"}
		case err == io.EOF:
			return out, nil
		case err != nil:
			return nil, err
		case len(out) == maxPoints:
			return nil, &Error{line, "too many lines", fmt.Sprint("at most ", maxPoints)}
		}
		p, err := point(line, fields)
		if err != nil {
			return nil, err
		}
		if n := len(out); n > 0 && p.At <= out[n-1].At {
			return nil, &Error{line, "time " + p.At.String() + " is not after " + out[n-1].At.String(), "times rise"}
		}
		out = append(out, p)
	}
}

// pair is a column's name and what a line has in it.
type pair struct{ name, text string }

// lines returns the next line with its number; io.EOF after the last.
type lines func() (line int, fields []pair, err error)

func csvLines(text []byte) lines {
	r := csv.NewReader(bytes.NewReader(text))
	r.Comment = '#'
	r.TrimLeadingSpace = true
	r.ReuseRecord = true
	var header []string
	return func() (int, []pair, error) {
		for {
			rec, err := r.Read()
			if err == io.EOF {
				return 0, nil, err
			}
			var bad *csv.ParseError
			if errors.As(err, &bad) {
				right := ""
				if bad.Err == csv.ErrFieldCount {
					right = fmt.Sprintf("%d columns, as in the header", len(header))
				}
				return 0, nil, &Error{bad.Line, bad.Err.Error(), right}
			} else if err != nil {
				return 0, nil, &Error{1, err.Error(), ""}
			}
			line, _ := r.FieldPos(0)
			if header == nil {
				header = slices.Clone(rec)
				for i := range header {
					if header[i] = strings.TrimSpace(header[i]); slices.Contains(header[:i], header[i]) {
						return 0, nil, &Error{line, fmt.Sprintf("column %q is there twice", header[i]), "keep one"}
					}
					if !slices.Contains(columns, header[i]) {
						return 0, nil, &Error{line, fmt.Sprintf("unknown column %q", header[i]), needs}
					}
				}
				continue
			}
			out := make([]pair, len(rec))
			for i := range rec {
				out[i] = pair{header[i], strings.TrimSpace(rec[i])}
			}
			return line, out, nil
		}
	}
}

func jsonLines(text []byte) lines {
	line := 0
	return func() (int, []pair, error) {
		for len(text) > 0 {
			var row []byte
			row, text, _ = bytes.Cut(text, []byte("\n"))
			line++
			if row = bytes.TrimSpace(row); len(row) == 0 {
				continue
			}
			fields, err := object(line, row)
			return line, fields, err
		}
		return 0, nil, io.EOF
	}
}

// object reads one object of texts, numbers (of a loss) and truth values (of up).
func object(line int, row []byte) ([]pair, error) {
	dec := json.NewDecoder(bytes.NewReader(row))
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, &Error{line, "no JSON object", `write for instance {"time": "1s", "delay": "20ms"}`}
	}
	var out []pair
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, &Error{line, err.Error(), ""}
		}
		name := fmt.Sprint(key)
		if slices.ContainsFunc(out, func(p pair) bool { return p.name == name }) {
			return nil, &Error{line, fmt.Sprintf("%q is there twice", name), "keep one"}
		}
		val, err := dec.Token()
		if err != nil {
			return nil, &Error{line, err.Error(), ""}
		}
		if _, nested := val.(json.Delim); nested || val == nil {
			return nil, &Error{line, fmt.Sprintf("%q is no text", name), ""}
		}
		out = append(out, pair{name, fmt.Sprint(val)})
	}
	if _, err := dec.Token(); err != nil {
		return nil, &Error{line, err.Error(), ""}
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, &Error{line, "more than one object", "one a line"}
	}
	return out, nil
}

// point makes a point of a line's columns.
func point(line int, fields []pair) (Point, error) {
	p, timed := Point{}, false
	for _, f := range fields {
		if f.text == "" {
			continue
		}
		var err error
		switch f.name {
		case "time":
			timed = true
			err = p.At.UnmarshalText([]byte(f.text))
		case "delay":
			p.Delay = new(units.Duration)
			err = p.Delay.UnmarshalText([]byte(f.text))
		case "jitter":
			p.Jitter = new(units.Duration)
			err = p.Jitter.UnmarshalText([]byte(f.text))
		case "rate":
			p.Rate = new(units.BitRate)
			err = p.Rate.UnmarshalText([]byte(f.text))
		case "loss":
			p.Loss = new(units.Ratio)
			err = p.Loss.UnmarshalText([]byte(f.text))
		case "up":
			up := f.text == "true"
			p.Up = &up
			if !up && f.text != "false" {
				return p, &Error{line, fmt.Sprintf("up: %q is not possible here", f.text), "write true or false"}
			}
		default:
			return p, &Error{line, fmt.Sprintf("unknown column %q", f.name), needs}
		}
		var u *units.Error
		if errors.As(err, &u) {
			plain := units.Error{Text: u.Text, What: u.What}
			return p, &Error{line, f.name + ": " + plain.Error(), u.Advice}
		} else if err != nil {
			return p, &Error{line, f.name + ": " + err.Error(), ""}
		}
	}
	if !timed {
		return p, &Error{line, "no time", "each line has one"}
	}
	return p, nil
}
