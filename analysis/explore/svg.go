package explore

import (
	"fmt"
	"io"
	"strings"
)

// Measures of the drawing.
const (
	square   = 6.0  // of a cell
	gap      = 2.0  // between pairs of mapping and filtering
	left     = 78.0 // of the first panel
	between  = 26.0 // panels of a row
	head     = 74.0 // above the first row
	above    = 34.0 // a panel, for its title
	below    = 14.0 // a panel
	fontSize = 7.5
)

// Colours differ in lightness, so that they can be told apart in grey.
const (
	comesUp = "#1f4e8c"
	refused = "#e3a857"
	silence = "#ececec"
)

// SVG draws a panel a variant, a row a method: UE-A's NATs from top to bottom, UE-B's from left to right. The same matrix
// gives the same octets.
func (m *Matrix) SVG(out io.Writer) error {
	at, side := m.places()
	var rows [][]int
	for v := range m.Variants {
		if v == 0 || m.Variants[v].Method != m.Variants[v-1].Method {
			rows = append(rows, nil)
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], v)
	}
	columns := 1
	for _, r := range rows {
		columns = max(columns, len(r))
	}
	width := left + float64(columns)*(side+between)
	height := head + float64(len(rows))*(above+side+below) + 12
	var s strings.Builder
	fmt.Fprintf(&s, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%[1]s\" height=\"%[2]s\" viewBox=\"0 0 %[1]s %[2]s\" role=\"img\">\n", num(width), num(height))
	s.WriteString("<title>TCP through pairs of NATs, by method</title>\n<style>text{font-family:\"Helvetica Neue\",Helvetica,Arial,\"Liberation Sans\",sans-serif;font-size:" + num(fontSize) + "px;fill:#222}.t{font-size:15px;font-weight:bold}.s{font-size:9px;fill:#444}.p{font-size:9px;font-weight:bold}.n{font-size:9px}</style>\n")
	fmt.Fprintf(&s, "<rect width=\"%s\" height=\"%s\" fill=\"#fff\"/>\n", num(width), num(height))
	fmt.Fprintf(&s, "<text class=\"t\" x=\"12\" y=\"24\">TCP through pairs of NATs, by method</text>\n")
	fmt.Fprintf(&s, "<text class=\"s\" x=\"12\" y=\"40\">UE-A's NAT from top to bottom, UE-B's from left to right: mapping/filtering, in each the answers to an unsolicited SYN (%s). %d runs, seed %d.</text>\n",
		m.answersShown(), len(m.Results), m.Seed)
	x := 12.0
	for _, k := range []struct{ colour, text string }{{comesUp, "connected"}, {refused, "not: refused, too early, or ended by an answer"}, {silence, "not: kept out by its port, or sent to a private address"}} {
		fmt.Fprintf(&s, "<rect x=\"%s\" y=\"50\" width=\"9\" height=\"9\" fill=\"%s\" stroke=\"#999\" stroke-width=\"0.4\"/><text class=\"s\" x=\"%s\" y=\"58\">%s</text>\n", num(x), k.colour, num(x+13), k.text)
		x += 30 + 4.7*float64(len(k.text))
	}
	y := head
	for _, row := range rows {
		for i, v := range row {
			m.panel(&s, v, left+float64(i)*(side+between), y+above, at, side, i == 0)
		}
		y += above + side + below
	}
	s.WriteString("</svg>\n")
	_, err := io.WriteString(out, s.String())
	return err
}

// places returns where each class is on an axis, and the axis's length.
func (m *Matrix) places() (at []float64, length float64) {
	at = make([]float64, len(m.Classes))
	x := 0.0
	for i := range m.Classes {
		if i > 0 && m.pair(i) != m.pair(i-1) {
			x += gap
		}
		at[i] = x
		x += square
	}
	return at, x
}

// pair names a class's mapping and filtering.
func (m *Matrix) pair(i int) string {
	name, _, _ := strings.Cut(m.Classes[i].String(), " ")
	if m.Classes[i].Public {
		return "no NAT"
	}
	return name
}

// answersShown lists the answers to an unsolicited SYN, in their order on an axis.
func (m *Matrix) answersShown() string {
	var out []string
	for _, a := range answering {
		for _, c := range m.Classes {
			if !c.Public && c.Unsolicited == a {
				out = append(out, answers[a])
				break
			}
		}
	}
	return strings.Join(out, ", ")
}

// panel draws one variant.
func (m *Matrix) panel(s *strings.Builder, v int, x, y float64, at []float64, side float64, first bool) {
	come := 0
	var cells strings.Builder
	// A path a colour, of one bar for neighbours in a line.
	paths := map[string]*strings.Builder{comesUp: {}, refused: {}, silence: {}}
	for a := range m.Classes {
		for b := 0; b < len(m.Classes); {
			fill, from := m.colour(v, a, b), b
			for b++; b < len(m.Classes) && m.colour(v, a, b) == fill && m.pair(b) == m.pair(from); b++ {
			}
			if fill == comesUp {
				come += b - from
			}
			w := float64(b-from)*square - 0.5
			fmt.Fprintf(paths[fill], "M%s %sh%sv%sh-%[3]sz", num(x+at[from]), num(y+at[a]), num(w), num(square-0.5))
		}
	}
	for _, fill := range []string{silence, refused, comesUp} {
		if paths[fill].Len() > 0 {
			fmt.Fprintf(&cells, "<path fill=\"%s\" d=\"%s\"/>\n", fill, paths[fill])
		}
	}
	title := m.Variants[v].String()
	method, use, _ := strings.Cut(title, ", ")
	use = strings.NewReplacer("UE-A offers", "offer", "UE-B answers", "answer").Replace(use)
	if first {
		fmt.Fprintf(s, "<text class=\"p\" x=\"12\" y=\"%s\">%s</text>\n", num(y-22), method)
	}
	fmt.Fprintf(s, "<text class=\"n\" x=\"%s\" y=\"%s\">%s: %d of %d</text>\n", num(x), num(y-22), use, come, len(m.Classes)*len(m.Classes))
	s.WriteString(cells.String())
	last := ""
	for i := range m.Classes {
		p := m.pair(i)
		if p == last {
			continue
		}
		last = p
		n := 0
		for j := i; j < len(m.Classes) && m.pair(j) == p; j++ {
			n++
		}
		middle := at[i] + float64(n)*square/2
		if first {
			fmt.Fprintf(s, "<text x=\"%s\" y=\"%s\" text-anchor=\"end\">%s</text>\n", num(x-4), num(y+middle+2.5), p)
		}
		if mapping, filter, ok := strings.Cut(p, "/"); ok && n*int(square) >= 16 {
			fmt.Fprintf(s, "<text x=\"%s\" y=\"%s\" text-anchor=\"middle\" style=\"font-size:5.6px\">%s</text><text x=\"%[1]s\" y=\"%[4]s\" text-anchor=\"middle\" style=\"font-size:5.6px\">%[5]s</text>\n",
				num(x+middle), num(y-9), mapping, num(y-3), filter)
		}
	}
}

// colour is that of a cell.
func (m *Matrix) colour(v, a, b int) string {
	switch m.At(v, a, b).Kind {
	case Connected:
		return comesUp
	case Rejected, Early, Ended:
		return refused
	}
	return silence
}

func num(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") }
