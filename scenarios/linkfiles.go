package scenarios

import (
	"cmp"
	"errors"
	"os"
	"strconv"
	"strings"

	"imsim/scenarios/linktrace"
)

// linkFiles reads the files that links name: traces and tables of delays. Paths are relative to the file that names them;
// in an override, to the scenario's, or to the working directory where that is embedded.
func (l *loader) linkFiles(src source, root *tree, f *File) {
	for _, name := range Names(f.Links) {
		link := f.Links[name]
		base := at("links", name)
		l.trace(src, root, sub(base, "trace"), link.Trace, &link.Points)
		l.table(src, root, base, &link.Delay)
		for i, c := range []*LinkChange{link.Forward, link.Backward} {
			if c == nil {
				continue
			}
			path := sub(base, at("forward", "backward")[i])
			if c.Trace != nil {
				l.trace(src, root, sub(path, "trace"), *c.Trace, &c.Points)
			}
			if c.Delay != nil {
				l.table(src, root, path, c.Delay)
			}
		}
		f.Links[name] = link
	}
}

func (l *loader) trace(src source, root *tree, path []string, name string, to *[]linktrace.Point) {
	text, file, order := l.linkFile(src, root, path, name)
	if text == nil {
		return
	}
	points, err := linktrace.Parse(text, strings.HasSuffix(name, ".jsonl") || strings.HasSuffix(name, ".json"))
	var bad *linktrace.Error
	if errors.As(err, &bad) {
		l.errs.add(Pos{File: file, Line: bad.Line, Col: 1, order: order}, dotted(path), bad.Wrong, bad.Right)
	}
	*to = points
}

func (l *loader) table(src source, root *tree, link []string, d *Delay) {
	path := append(sub(link, "delay"), "table")
	text, file, order := l.linkFile(src, root, path, d.Table)
	if text == nil {
		return
	}
	values, line, wrong := parseTable(text)
	if wrong != "" {
		l.errs.add(Pos{File: file, Line: line, Col: 1, order: order}, dotted(path), wrong, "up to 16384 whole numbers from -32768 to 32767, in units of sd/8192")
	}
	d.Values = values
}

// linkFile reads a file that the value at path names; nil where there is none or it cannot be read.
func (l *loader) linkFile(src source, root *tree, path []string, name string) (text []byte, file string, order int) {
	if name == "" {
		return nil, "", 0
	}
	where, _ := root.at(path)
	from := src
	if s, ok := l.sources[where.pos.File]; ok {
		from = s
	} else if src.embedded {
		from = source{} // an override of a scenario that comes with the program: relative to where the user is
	}
	s := from.relative(name)
	text, err := s.read()
	switch {
	case os.IsNotExist(err):
		l.errs.add(where.pos, dotted(path), s.String()+" does not exist", "the path is relative to "+cmp.Or(from.String(), "the working directory"))
		return nil, "", 0
	case err != nil:
		l.errs.add(where.pos, dotted(path), s.String()+" cannot be read: "+err.Error(), "")
		return nil, "", 0
	case len(text) > maxFileBytes:
		l.errs.add(where.pos, dotted(path), s.String()+" is too long", "at most "+itoa(maxFileBytes)+" octets")
		return nil, "", 0
	}
	order = len(l.files)
	l.files = append(l.files, s.String())
	l.hash.Write([]byte(strconv.Itoa(len(text)) + "\n"))
	l.hash.Write(text)
	if text == nil {
		text = []byte{}
	}
	return text, s.String(), order
}

// parseTable reads a distribution table as tc-netem takes it: whole numbers, and comments from # to the end of the line.
func parseTable(text []byte) (values []int16, line int, wrong string) {
	for row := range strings.SplitSeq(string(text), "\n") {
		line++
		row, _, _ = strings.Cut(row, "#")
		for _, f := range strings.Fields(row) {
			n, err := strconv.ParseInt(f, 10, 16)
			if err != nil {
				return nil, line, (&tree{text: f}).describe() + " is no value of a table"
			}
			if values = append(values, int16(n)); len(values) > 16384 {
				return nil, line, "too many values"
			}
		}
	}
	if len(values) == 0 {
		return nil, 1, "the table is empty: a distribution without mass"
	}
	return values, 0, ""
}
