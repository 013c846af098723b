package ladder

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"imsim/sim"
)

// line is an arrow or a mark in the order of the run.
type line struct {
	at     sim.Time
	record sim.RecordID
	arrow  *Arrow
	mark   *Mark
}

func (d *Diagram) lines() []line {
	var out []line
	for i := range d.Arrows {
		out = append(out, line{d.Arrows[i].Sent, d.Arrows[i].start, &d.Arrows[i], nil})
	}
	for i := range d.Marks {
		out = append(out, line{d.Marks[i].At, d.Marks[i].Record, nil, &d.Marks[i]})
	}
	slices.SortStableFunc(out, func(x, y line) int {
		if x.at != y.at {
			return int(min(max(x.at-y.at, -1), 1))
		}
		return int(x.record) - int(y.record)
	})
	return out
}

// Text writes one line a message and milestone, for terminals.
func (d *Diagram) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s%s\n\n", d.Title, d.heading(), d.hidden())
	width := 4
	for _, c := range d.Columns {
		width = max(width, len(c))
	}
	fmt.Fprintf(&b, "%12s %12s  %-*s    %-*s  %-5s  %s\n", "sent", "arrived", width, "from", width, "to", "", "message")
	for _, l := range d.lines() {
		if l.mark != nil {
			fmt.Fprintf(&b, "%12s %12s  %-*s  * %s\n", fixed(l.at-d.Start), "", width, d.Columns[l.mark.Column], l.mark.Label)
			continue
		}
		a := l.arrow
		arrived, arrow, label := fixed(a.Arrived-d.Start), "->", d.label(a)
		if a.Lost {
			arrived, arrow, label = "lost", "-X", label+" ("+a.Why+")"
		}
		fmt.Fprintf(&b, "%12s %12s  %-*s %s %-*s  %-5s  %s\n", fixed(a.Sent-d.Start), arrived, width, d.Columns[a.From], arrow, width, d.Columns[a.To], a.Proto, label)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// fixed prints milliseconds with six decimals.
func fixed(t sim.Time) string {
	sign := ""
	if t < 0 {
		sign, t = "-", -t
	}
	return fmt.Sprintf("%s%d.%06d", sign, t/1e6, t%1e6)
}

// Mermaid writes a sequence diagram for tools that draw such; it has no scale of time, so times are in the labels.
func (d *Diagram) Mermaid(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "---\ntitle: %q\n---\nsequenceDiagram\n", d.Title)
	for i, c := range d.Columns {
		fmt.Fprintf(&b, "    participant n%d as %s\n", i, mermaid(c))
	}
	for _, l := range d.lines() {
		if l.mark != nil {
			fmt.Fprintf(&b, "    Note over n%d: %s, %s ms\n", l.mark.Column, mermaid(l.mark.Label), ms(l.at.Sub(d.Start)))
			continue
		}
		a := l.arrow
		arrow, to := "->>", ms(a.Arrived.Sub(d.Start))+" ms"
		if a.Lost {
			arrow, to = "-x", "lost"
		}
		fmt.Fprintf(&b, "    n%d%sn%d: %s %s (%s → %s)\n", a.From, arrow, a.To, a.Proto, mermaid(d.label(a)), ms(a.Sent.Sub(d.Start)), to)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// mermaid writes out what the language would take for its own: entity codes are #number;.
var mermaidEscaper = strings.NewReplacer("#", "#35;", ";", "#59;", "\n", " ", "<", "#lt;", ">", "#gt;")

func mermaid(s string) string { return mermaidEscaper.Replace(s) }
