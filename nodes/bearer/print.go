package bearer

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Write prints both correlation tables, for people: a group an event, a row a rule.
func (t *Table) Write(w io.Writer) error {
	b := bufio.NewWriter(w)
	b.WriteString("When the event comes on leg X of a stream, every row of its group that fits acts, from top to bottom: X, its partner Y and the\n" +
		"stream are as stated; the first actions are done to X, the others after them to Y. An empty cell allows everything.\n")
	inE, inR := t.Names()
	for _, part := range []struct {
		title string
		rules []Rule
		names []string
	}{{"ESTABLISHMENT (spec reference §7.4)", t.Establishment, inE}, {"RELEASE (spec reference §7.5)", t.Release, inR}} {
		fmt.Fprintf(b, "\n%s\n", part.title)
		last := None
		for i := range part.rules {
			r := &part.rules[i]
			if r.On == None {
				continue // taken out
			}
			if r.On != last {
				last = r.On
				fmt.Fprintf(b, "\n%s\n", r.On)
				writeRow(b, Columns)
			}
			row := r.Row()
			row[0] = part.names[i]
			writeRow(b, row)
		}
	}
	return b.Flush()
}

// widths are those of the columns: rule, event (the group says it), if, X, Y, do to X, do to Y, note.
var widths = [...]int{7, 0, 20, 30, 30, 20, 16, 30}

// writeRow prints cells beside each other, each broken into lines that fit its column.
func writeRow(b *bufio.Writer, cells []string) {
	var columns [len(widths)][]string
	lines := 0
	for i, c := range cells {
		if widths[i] > 0 {
			columns[i] = wrap(c, widths[i])
			lines = max(lines, len(columns[i]))
		}
	}
	for n := range lines {
		var line strings.Builder
		for i, w := range widths {
			cell := ""
			if n < len(columns[i]) {
				cell = columns[i][n]
			}
			if w > 0 {
				fmt.Fprintf(&line, "  %-*s", w, cell)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
}

// wrap breaks text after a space or a bar, into lines of at most width letters where it can.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, piece := range strings.SplitAfter(strings.ReplaceAll(text, "|", "|\x00"), " ") {
		for _, part := range strings.Split(piece, "\x00") {
			if utf8.RuneCountInString(strings.TrimRight(line+part, " ")) > width && line != "" {
				lines = append(lines, strings.TrimRight(line, " "))
				line = ""
			}
			line += part
		}
	}
	return append(lines, strings.TrimRight(line, " "))
}
