package explore

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Measures of the drawing.
const (
	square  = 6.0  // of a cell, at least
	pairLen = 24.0 // of a pair of mapping and filtering, at least
	gap     = 2.0  // between pairs
	wide    = 7.0  // between mappings
	left    = 76.0 // of a panel, for its labels
	between = 18.0 // panels of a row
	above   = 76.0 // a panel, for its title and labels
	below   = 30.0 // a panel
)

// Colours differ in lightness, so that they can be told apart in grey.
const (
	comesUp = "#1f4e8c"
	refused = "#e3a857"
	silence = "#ececec"
)

// axis is where the classes are along a panel's side.
type axis struct {
	at     []float64
	square float64
	length float64
	groups []group // mappings, and no NAT
	pairs  []group // filters
}

// group is neighbours with one label.
type group struct {
	label      string
	from, size float64
}

func (g group) middle() float64 { return g.from + g.size/2 }

// axis lays out the classes.
func (m *Matrix) axis() axis {
	x := axis{at: make([]float64, len(m.Classes)), square: max(square, pairLen/float64(max(1, len(m.answersShown()))))}
	for i, c := range m.Classes {
		mapping, filter, _ := strings.Cut(m.pair(i), "/")
		before := group{}
		if i > 0 {
			before = x.groups[len(x.groups)-1]
		}
		switch {
		case i == 0 || before.label != mapping:
			if i > 0 {
				x.length += wide
			}
			x.groups = append(x.groups, group{mapping, x.length, 0})
			x.pairs = append(x.pairs, group{filter, x.length, 0})
		case m.pair(i) != m.pair(i-1):
			x.length += gap
			x.pairs = append(x.pairs, group{filter, x.length, 0})
		}
		x.at[i] = x.length
		x.length += x.square
		if c.Public {
			x.length += 4 // one square alone is hard to see
		}
		for _, g := range []*group{&x.groups[len(x.groups)-1], &x.pairs[len(x.pairs)-1]} {
			g.size = x.length - g.from
		}
	}
	return x
}

// size is of the square of a class.
func (m *Matrix) size(x *axis, i int) float64 {
	if m.Classes[i].Public {
		return x.square + 4
	}
	return x.square
}

// SVG draws a panel a variant, a row a method: UE-A's NATs from top to bottom, UE-B's from left to right. The same matrix
// gives the same octets.
func (m *Matrix) SVG(out io.Writer) error {
	x := m.axis()
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
	head := 128 + 15*float64(len(m.answersShown()))
	width := max(12+float64(columns)*(left+x.length+between), 860)
	height := head + float64(len(rows))*(above+x.length+below) + 12
	var s strings.Builder
	fmt.Fprintf(&s, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%[1]s\" height=\"%[2]s\" viewBox=\"0 0 %[1]s %[2]s\" role=\"img\">\n", num(width), num(height))
	s.WriteString("<title>TCP through pairs of NATs, by method</title>\n<style>text{font-family:\"Helvetica Neue\",Helvetica,Arial,\"Liberation Sans\",sans-serif;font-size:9.5px;fill:#222}.t{font-size:22px;font-weight:bold}.s{font-size:14px;fill:#333}.p{font-size:17px;font-weight:bold}.n{font-size:14px}.m{font-size:12px;font-weight:bold}.e{text-anchor:end}.c{text-anchor:middle}</style>\n")
	fmt.Fprintf(&s, "<rect width=\"%s\" height=\"%s\" fill=\"#fff\"/>\n", num(width), num(height))
	fmt.Fprintf(&s, "<text class=\"t\" x=\"12\" y=\"30\">TCP through pairs of NATs, by method</text>\n")
	fmt.Fprintf(&s, "<text class=\"s\" x=\"12\" y=\"52\">UE-A's NAT from top to bottom, UE-B's from left to right. %d runs, seed %d.</text>\n", len(m.Results), m.Seed)
	y := 72.0
	for _, k := range []struct{ colour, text string }{{comesUp, "connected"}, {refused, "not: refused, too early, or ended by an answer"}, {silence, "not: kept out by its port, or sent to a private address"}} {
		fmt.Fprintf(&s, "<rect x=\"12\" y=\"%s\" width=\"13\" height=\"13\" fill=\"%s\" stroke=\"#999\" stroke-width=\"0.5\"/><text class=\"s\" x=\"32\" y=\"%s\">%s</text>\n", num(y), k.colour, num(y+11.5), k.text)
		y += 20
	}
	m.answersKey(&s, 440, 72)
	y = head
	for _, row := range rows {
		fmt.Fprintf(&s, "<text class=\"p\" x=\"12\" y=\"%s\">%v</text>\n", num(y+12), m.Variants[row[0]].Method)
		for i, v := range row {
			m.panel(&s, v, 12+left+float64(i)*(left+x.length+between), y+above, &x)
		}
		y += above + x.length + below
	}
	s.WriteString("</svg>\n")
	_, err := io.WriteString(out, s.String())
	return err
}

// answersKey draws one pair large: which row and which column is which answer.
func (m *Matrix) answersKey(s *strings.Builder, x, y float64) {
	all := m.answersShown()
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(s, "<text class=\"s\" x=\"%s\" y=\"%s\">within a pair of mapping and filtering, the answers to an unsolicited SYN:</text>\n", num(x), num(y+11.5))
	const side = 15
	y += 22
	for i, a := range all {
		fmt.Fprintf(s, "<text class=\"e\" x=\"%s\" y=\"%s\">%s</text>\n", num(x+74), num(y+float64(i)*side+11), a)
		for j := range all {
			fmt.Fprintf(s, "<rect x=\"%s\" y=\"%s\" width=\"14\" height=\"14\" fill=\"#fff\" stroke=\"#999\" stroke-width=\"0.5\"/>\n", num(x+80+float64(j)*side), num(y+float64(i)*side))
		}
	}
	fmt.Fprintf(s, "<text x=\"%s\" y=\"%s\">and from left to right: %s</text>\n", num(x+88+side*float64(len(all))), num(y+11), strings.Join(all, ", "))
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
func (m *Matrix) answersShown() (out []string) {
	for _, c := range m.Classes {
		if a := answers[c.Unsolicited]; !c.Public && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// panel draws one variant.
func (m *Matrix) panel(s *strings.Builder, v int, x, y float64, ax *axis) {
	come := 0
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
			w := ax.at[b-1] + m.size(ax, b-1) - ax.at[from] - 0.5
			fmt.Fprintf(paths[fill], "M%s %sh%sv%sh-%[3]sz", num(x+ax.at[from]), num(y+ax.at[a]), num(w), num(m.size(ax, a)-0.5))
		}
	}
	_, use, _ := strings.Cut(m.Variants[v].String(), ", ")
	use = strings.NewReplacer("UE-A offers", "offer", "UE-B answers", "answer").Replace(use)
	fmt.Fprintf(s, "<text class=\"n\" x=\"%s\" y=\"%s\">%s: %d of %d</text>\n", num(x), num(y-50), use, come, len(m.Classes)*len(m.Classes))
	for _, fill := range []string{silence, refused, comesUp} {
		if paths[fill].Len() > 0 {
			fmt.Fprintf(s, "<path fill=\"%s\" d=\"%s\"/>\n", fill, paths[fill])
		}
	}
	for _, g := range ax.groups {
		at, class := g.middle(), "m"
		if g.label == "no NAT" {
			// Its square is too narrow for a label above.
			fmt.Fprintf(s, "<text class=\"e\" x=\"%s\" y=\"%s\">no NAT</text>\n<text transform=\"translate(%[3]s %[4]s) rotate(-90)\">no NAT</text>\n", num(x-5), num(y+at+3.5), num(x+at+3.5), num(y-5))
			continue
		}
		fmt.Fprintf(s, "<text class=\"%s c\" x=\"%s\" y=\"%s\">%s</text>\n", class, num(x+at), num(y-35), g.label)
		fmt.Fprintf(s, "<text class=\"%s e\" x=\"%s\" y=\"%s\">%s</text>\n", class, num(x-34), num(y+at+4), g.label)
	}
	for _, g := range ax.pairs {
		if g.label != "" {
			fmt.Fprintf(s, "<text class=\"e\" x=\"%s\" y=\"%s\">%s</text>\n<text transform=\"translate(%s %s) rotate(-90)\">%[3]s</text>\n", num(x-5), num(y+g.middle()+3.5), g.label, num(x+g.middle()+3.5), num(y-5))
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
