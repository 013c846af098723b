package scenarios

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Pos is where a value was written. Line and Col count from 1; Line is 0 for what comes from the command line.
type Pos struct {
	File      string
	Line, Col int
	order     int // of the file among those loaded
}

func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Col)
}

// Error is one fault of a scenario.
type Error struct {
	Pos   Pos
	Path  string // dotted path of the value; empty for a file as a whole
	Wrong string // what is wrong
	Right string // what would be right; may be empty
}

func (e *Error) Error() string {
	var b strings.Builder
	if p := e.Pos.String(); p != "" {
		b.WriteString(p + ": ")
	}
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(e.Wrong)
	if e.Right != "" {
		b.WriteString(" (" + e.Right + ")")
	}
	return b.String()
}

// Errors are all faults of a scenario, in the order of files, lines and columns. Error puts each on a line.
type Errors []*Error

func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i := range e {
		lines[i] = e[i].Error()
	}
	return strings.Join(lines, "\n")
}

// maxErrors is how many faults are worth finding: beyond, a file is not a scenario with mistakes.
const maxErrors = 500

// add appends a fault.
func (e *Errors) add(p Pos, path, wrong, right string) {
	e.append(&Error{p, path, wrong, right})
}

func (e *Errors) append(x *Error) {
	if len(*e) < maxErrors {
		*e = append(*e, x)
	}
}

// err returns the faults sorted and without repetitions, or nil where there are none.
func (e Errors) err() error {
	if len(e) == 0 {
		return nil
	}
	slices.SortStableFunc(e, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Pos.order, b.Pos.order), cmp.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Wrong, b.Wrong))
	})
	// A profile's fault shows once, not at every node that takes the profile.
	return slices.CompactFunc(e, func(a, b *Error) bool {
		return a.Pos == b.Pos && a.Wrong == b.Wrong && a.Right == b.Right
	})
}

// at tells whether a fault at path is known.
func (e Errors) at(path string) bool {
	return slices.ContainsFunc(e, func(x *Error) bool { return x.Path == path })
}
