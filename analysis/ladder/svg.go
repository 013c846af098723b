package ladder

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Measures of the drawing.
const (
	leftMargin  = 176.0
	columnGap   = 176.0
	rightMargin = 150.0
	headTop     = 58.0 // of the columns' heads
	headHeight  = 22.0
	bodyTop     = 104.0
	glyph       = 4.9 // mean width of a letter of an arrow's label
)

// style is how a protocol's arrows look: colours of different lightness, and different lines, so that they can be told
// apart in grey.
type style struct {
	colour string
	width  string
	dash   string
}

var styles = [numProtos]style{
	Other: {"#777777", "1", "2 2"},
	SIP:   {"#0b4f9c", "1.4", ""},
	H248:  {"#b85c00", "1.4", "6 3"},
	TCP:   {"#555555", "0.9", ""},
	TLS:   {"#1b7f3b", "1.4", "9 2.5 2 2.5"},
	MSRP:  {"#8e1a86", "2.1", ""},
}

// svg builds the file.
type svg struct {
	strings.Builder
	d     *Diagram
	l     *layout
	width float64
	taken spots
}

// SVG draws the diagram. The same diagram gives the same octets.
func (d *Diagram) SVG(w io.Writer) error {
	s := &svg{d: d, l: d.layout()}
	s.width = leftMargin + columnGap*float64(len(d.Columns)-1) + rightMargin
	height := bodyTop + s.l.height + 70
	fmt.Fprintf(s, `<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %[1]s %[2]s" role="img">`+"\n", num(s.width), num(height))
	s.f("<title>%s</title>\n", escape(d.Title))
	s.WriteString(`<style>
text{font-family:"Helvetica Neue",Helvetica,Arial,"Liberation Sans",sans-serif;font-size:9.5px;fill:#222}
.rim{paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}
.title{font-size:14px;font-weight:bold}.sub{font-size:10px;fill:#555}.head{font-size:11px;font-weight:bold}
.time{font-size:9px;fill:#444}.mark{font-size:8.5px;fill:#333;font-style:italic}
.a line{fill:none}
</style>
`)
	s.f(`<rect width="%s" height="%s" fill="#fff"/>`+"\n", num(s.width), num(height))
	s.header()
	s.axis()
	s.columns()
	s.bars()
	// Labels come last, so that no line crosses them; they make room for the milestones.
	for i := range d.Marks {
		m := &d.Marks[i]
		x, w := s.x(m.Column), 4.4*float64(min(len([]rune(m.Label)), 30))
		if m.Column == 0 {
			w = -w
		}
		s.taken = append(s.taken, s.taken.line(x+sign(w)*7+w/2, bodyTop+s.l.mark[i], 1, 0, math.Abs(w))...)
	}
	labels := make([]label, len(d.Arrows))
	for i := range d.Arrows {
		labels[i] = s.arrow(i)
	}
	s.marks()
	// Short arrows leave their labels the least choice.
	slices.SortStableFunc(labels, func(a, b label) int { return a.columns - b.columns })
	for i := range labels {
		s.label(&labels[i])
	}
	s.WriteString("</svg>\n")
	_, err := io.WriteString(w, s.String())
	return err
}

func (s *svg) f(format string, args ...any) { fmt.Fprintf(s, format, args...) }

func (s *svg) x(column int) float64 { return leftMargin + columnGap*float64(column) }

// header writes title, what time counts from, and the legend of the protocols that occur.
func (s *svg) header() {
	d := s.d
	s.f(`<text class="title" x="16" y="24">%s</text>`+"\n", escape(fit(d.Title, int((s.width-32)/7.2))))
	s.f(`<text class="sub" x="16" y="40">%s%s</text>`+"\n", strings.Replace(d.heading(), ", time", "; time", 1), d.hidden())
	var have [numProtos]bool
	var crypto, work bool
	for i := range d.Arrows {
		have[d.Arrows[i].Proto] = true
	}
	for i := range d.Bars {
		crypto, work = crypto || d.Bars[i].Crypto, work || !d.Bars[i].Crypto
	}
	x := s.width - 16
	y := bodyTop + s.l.height + 54
	entry := func(name, symbol string, width float64) {
		x -= width
		s.f(`<g transform="translate(%s %s)">%s<text x="32" y="3">%s</text></g>`+"\n", num(x), num(y), symbol, name)
	}
	if crypto {
		entry("cryptography", `<rect x="21" y="-6" width="7" height="12" fill="#8fcf9f" stroke="#1b7f3b" stroke-width="0.6"/>`, 96)
	}
	if work {
		entry("processing", `<rect x="21" y="-6" width="7" height="12" fill="#dddddd" stroke="#777" stroke-width="0.6"/>`, 88)
	}
	for p := numProtos; p > 0; p-- {
		if have[p-1] {
			entry((p - 1).String(), `<line x1="0" y1="0" x2="28" y2="0"`+stroke(p-1)+`/>`, 72)
		}
	}
}

// hidden says what was left out.
func (d *Diagram) hidden() string {
	if d.Hidden == 0 {
		return ""
	}
	return fmt.Sprintf("; %d TCP acknowledgements not drawn", d.Hidden)
}

// axis draws the scale of time: the instants at which something happens, as far as there is room, and the cuts.
func (s *svg) axis() {
	x := 62.0
	bottom := bodyTop + s.l.height
	s.f(`<line x1="%s" y1="%s" x2="%[1]s" y2="%[3]s" stroke="#444" stroke-width="0.8"/>`+"\n", num(x), num(bodyTop-6), num(bottom+6))
	s.f(`<text class="time" x="%s" y="%s" text-anchor="end">ms</text>`+"\n", num(x-6), num(bodyTop-14))
	last, was := math.Inf(-1), ""
	for i := range s.l.rows {
		r := &s.l.rows[i]
		y := bodyTop + r.y
		if r.cut {
			above := &s.l.rows[i-1]
			s.cut(x, bodyTop+(above.y+above.height+r.y)/2, r.at.Sub(above.at))
		}
		length := 3.0
		if text := ms(r.at.Sub(s.d.Start)); y-last >= 10.5 && text != was {
			length = 5
			last, was = y, text
			s.f(`<text class="time" x="%s" y="%s" text-anchor="end">%s</text>`+"\n", num(x-8), num(y+3), text)
		}
		s.f(`<line x1="%s" y1="%s" x2="%s" y2="%[2]s" stroke="#444" stroke-width="0.8"/>`+"\n", num(x-length), num(y), num(x))
	}
}

// cut marks a gap that is not to scale, across the whole drawing.
func (s *svg) cut(x, y float64, gap time.Duration) {
	s.f(`<g><title>%s ms are cut out here</title><line x1="%s" y1="%s" x2="%s" y2="%[3]s" stroke="#bbb" stroke-width="0.7" stroke-dasharray="1 3"/>`,
		ms(gap), num(x+6), num(y), num(s.width-16))
	s.f(`<rect x="%s" y="%s" width="10" height="5" fill="#fff"/>`, num(x-5), num(y-2.5))
	for _, dy := range []float64{-2.5, 2.5} {
		s.f(`<line x1="%s" y1="%s" x2="%s" y2="%s" stroke="#444" stroke-width="0.8"/>`, num(x-5), num(y+dy+2), num(x+5), num(y+dy-2))
	}
	s.f(`<text class="time rim" x="%s" y="%s">%s ms</text></g>`+"\n", num(x+9), num(y+3), ms(gap))
}

// columns draws the nodes: heads and lifelines.
func (s *svg) columns() {
	bottom := bodyTop + s.l.height + 12
	for i, name := range s.d.Columns {
		x := s.x(i)
		s.f(`<line x1="%s" y1="%s" x2="%[1]s" y2="%[3]s" stroke="#999" stroke-width="1"/>`+"\n", num(x), num(headTop+headHeight), num(bottom))
		s.f(`<text class="head" x="%s" y="%s" text-anchor="middle">%s</text>`+"\n", num(x), num(bottom+13), escape(name))
		w := max(64, 16+7*float64(len(name)))
		s.f(`<rect x="%s" y="%s" width="%s" height="%s" rx="3" fill="#f2f2f2" stroke="#444"/>`, num(x-w/2), num(headTop), num(w), num(headHeight))
		s.f(`<text class="head" x="%s" y="%s" text-anchor="middle">%s</text>`+"\n", num(x), num(headTop+15), escape(name))
	}
}

// bars draws processors at work.
func (s *svg) bars() {
	for i := range s.d.Bars {
		b := &s.d.Bars[i]
		from := s.l.yOf(b.From)
		if r := s.l.rowAt(b.From); r.at == b.From {
			from += r.height
		}
		to := s.l.yOf(b.To)
		fill, line, what := "#dddddd", "#777", "processing"
		if b.Crypto {
			fill, line, what = "#8fcf9f", "#1b7f3b", "cryptography"
		}
		s.f(`<rect x="%s" y="%s" width="7" height="%s" fill="%s" stroke="%s" stroke-width="0.6"><title>%s %s ms at %s, from %s ms</title></rect>`+"\n",
			num(s.x(b.Column)-3.5), num(bodyTop+from), num(max(to-from, 1)), fill, line, what, ms(b.To.Sub(b.From)), escape(s.d.Columns[b.Column]),
			ms(b.From.Sub(s.d.Start)))
	}
}

// label is what is to be written at an arrow.
type label struct {
	a              *Arrow
	x1, y1, x2, y2 float64
	columns        int // over which the arrow is drawn
	text           string
}

// arrow draws one message and returns its label, to be drawn above all lines.
func (s *svg) arrow(i int) label {
	a := &s.d.Arrows[i]
	x1, y1, x2, y2 := s.x(a.From), bodyTop+s.l.start[i], s.x(a.To), bodyTop+s.l.end[i]
	if a.Lost {
		x2 = x1 + (x2-x1)*between(a.To-a.From)
	}
	st := styles[a.Proto]
	s.f(`<g class="a"><title>%s</title>`, escape(s.d.describe(a)))
	length := math.Hypot(x2-x1, y2-y1)
	ux, uy := (x2-x1)/length, (y2-y1)/length
	const head = 7.0
	ex, ey := x2, y2
	if !a.Lost {
		ex, ey = x2-ux*head*0.7, y2-uy*head*0.7
	}
	s.f(`<line x1="%s" y1="%s" x2="%s" y2="%s"%s/>`, num(x1), num(y1), num(ex), num(ey), stroke(a.Proto))
	if a.Lost {
		for _, d := range [][4]float64{{-4, -4, 4, 4}, {-4, 4, 4, -4}} {
			s.f(`<line x1="%s" y1="%s" x2="%s" y2="%s" stroke="#c00000" stroke-width="1.8"/>`, num(x2+d[0]), num(y2+d[1]), num(x2+d[2]), num(y2+d[3]))
		}
	} else {
		s.f(`<path d="M%s %sL%s %sL%s %sz" fill="%s"/>`, num(x2), num(y2), num(x2-ux*head-uy*3), num(y2-uy*head+ux*3),
			num(x2-ux*head+uy*3), num(y2-uy*head-ux*3), st.colour)
	}
	s.WriteString("</g>\n")
	columns := max(a.To-a.From, a.From-a.To)
	room := length
	if a.Lost {
		columns = 1
	} else if columns > 1 {
		room = length / float64(columns) * 1.6
	}
	return label{a, x1, y1, x2, y2, columns, shorten(s.d.label(a), int((room-14)/glyph))}
}

// label writes an arrow's label along it, where it is least in the way.
func (s *svg) label(l *label) {
	angle := math.Atan2(l.y2-l.y1, l.x2-l.x1) * 180 / math.Pi
	if l.x2 < l.x1 {
		if angle += 180; angle > 180 {
			angle -= 360
		}
	}
	at := s.taken.place(l.x1, l.y1, l.x2, l.y2, l.columns, glyph*float64(len([]rune(l.text))))
	s.f(`<text class="rim" transform="translate(%s %s) rotate(%s)" y="-3" text-anchor="middle" style="fill:%s">%s<title>%s</title></text>`+"\n",
		num(l.x1+(l.x2-l.x1)*at), num(l.y1+(l.y2-l.y1)*at), num(angle), styles[l.a.Proto].colour, escape(l.text), escape(s.d.describe(l.a)))
}

// between is the place on an arrow over so many columns that is nearest its middle and on no column's line.
func between(columns int) float64 {
	n := math.Abs(float64(columns))
	if math.Mod(n, 2) == 1 {
		return 0.5
	}
	return (n/2 - 0.5) / n
}

// marks writes milestones beside their columns.
func (s *svg) marks() {
	for i := range s.d.Marks {
		m := &s.d.Marks[i]
		x, y := s.x(m.Column), bodyTop+s.l.mark[i]
		dx, anchor := 7.0, "start"
		if m.Column == 0 {
			dx, anchor = -7, "end"
		}
		s.f(`<g><title>%s at %s, %s ms</title><path d="M%s %sl3.2 3.2l-3.2 3.2l-3.2 -3.2z" fill="#222"/>`, escape(m.Label),
			escape(s.d.Columns[m.Column]), ms(m.At.Sub(s.d.Start)), num(x), num(y-3.2))
		s.f(`<text class="mark rim" x="%s" y="%s" text-anchor="%s">%s</text></g>`+"\n", num(x+dx), num(y+3), anchor, escape(fit(m.Label, 30)))
	}
}

// label is what stands at an arrow.
func (d *Diagram) label(a *Arrow) string {
	s := a.Label
	if a.Secret {
		s += " in TLS"
	}
	if a.Packets > 1 {
		s += " ×" + strconv.Itoa(a.Packets)
	}
	return s
}

// describe says all about an arrow in one line.
func (d *Diagram) describe(a *Arrow) string {
	end := "arrives " + ms(a.Arrived.Sub(d.Start)) + " ms"
	if a.Lost {
		end = "lost " + ms(a.Arrived.Sub(d.Start)) + " ms (" + a.Why + ")"
	}
	return fmt.Sprintf("%s %s: %s > %s, sent %s ms, %s", a.Proto, d.label(a), d.Columns[a.From], d.Columns[a.To], ms(a.Sent.Sub(d.Start)), end)
}

func stroke(p Proto) string {
	st := styles[p]
	out := ` stroke="` + st.colour + `" stroke-width="` + st.width + `"`
	if st.dash != "" {
		out += ` stroke-dasharray="` + st.dash + `"`
	}
	return out
}

// shorten keeps the first and the last of several messages where there is no room for all.
func shorten(label string, letters int) string {
	if len([]rune(label)) <= letters {
		return label
	}
	if parts := strings.Split(label, ", "); len(parts) > 2 {
		short := parts[0] + " … " + parts[len(parts)-1]
		if len([]rune(short)) <= letters {
			return short
		}
	}
	return fit(label, letters)
}

// fit cuts a text to a number of letters.
func fit(s string, letters int) string {
	r := []rune(s)
	if len(r) <= max(letters, 4) {
		return s
	}
	return string(r[:max(letters, 4)-1]) + "…"
}

// num prints a coordinate with one decimal at most.
func num(x float64) string {
	s := strconv.FormatFloat(math.Round(x*10)/10, 'f', 1, 64)
	s = strings.TrimSuffix(s, ".0")
	if s == "-0" {
		return "0"
	}
	return s
}

// ms prints a time in milliseconds with as many decimals as it needs, three at most.
func ms(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	us := (d + 500) / time.Microsecond
	s := fmt.Sprintf("%s%d.%03d", sign, us/1000, us%1000)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func escape(s string) string { return escaper.Replace(s) }
