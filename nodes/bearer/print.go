package bearer

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// WriteRules prints both correlation tables, for people.
func WriteRules(w io.Writer) error {
	b := bufio.NewWriter(w)
	for i, t := range []struct {
		title string
		rules []Rule
	}{{"Establishment (spec reference §7.4)", Establishment}, {"Release (spec reference §7.5)", ReleaseMatrix}} {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(b, "%s: when the event comes on leg X, and X, its partner Y and the stream are so, then do to X, and after it to Y\n\n", t.title)
		writeTable(b, t.rules)
	}
	return b.Flush()
}

// writeTable prints rules in columns as wide as they need. An event is named once for the rules on it that follow each
// other.
func writeTable(b *bufio.Writer, rules []Rule) {
	table := [][]string{Columns}
	for i := range rules {
		row := rules[i].Row()
		if i > 0 && rules[i].On == rules[i-1].On {
			row[1] = ""
		}
		table = append(table, row)
	}
	width := make([]int, len(Columns))
	for _, row := range table {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for i, row := range table {
		if i == 1 || i > 1 && row[1] != "" {
			b.WriteByte('\n')
		}
		var line strings.Builder
		for j, cell := range row {
			fmt.Fprintf(&line, "%-*s  ", width[j], cell)
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
}
