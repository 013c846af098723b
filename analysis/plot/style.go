package plot

import (
	"fmt"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Widths of a column, of two, and the height of a figure by its width.
const (
	oneColumn  = 8.8 * vg.Centimeter
	twoColumns = 18 * vg.Centimeter
)

// palette are colours that differ in lightness, too (after ColorBrewer's Dark2, made darker and lighter by turns), and dashes
// that tell lines apart in grey.
var palette = []color.RGBA{
	{0x1b, 0x5e, 0x8c, 255}, {0xd9, 0x5f, 0x02, 255}, {0x2a, 0x7f, 0x5f, 255}, {0xb0, 0x3a, 0x7a, 255},
	{0x4d, 0x4d, 0x4d, 255}, {0xc9, 0x9a, 0x05, 255}, {0x5b, 0x4f, 0xa0, 255}, {0x7a, 0x4b, 0x1e, 255},
}

var dashes = [][]vg.Length{nil, {6, 2}, {2, 2}, {8, 2, 2, 2}, {4, 4}, {10, 3}, {1, 2}, {6, 2, 2, 2, 2, 2}}

var marks = []draw.GlyphDrawer{
	draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}, draw.BoxGlyph{}, draw.CrossGlyph{}, draw.PlusGlyph{},
}

func colour(i int) color.RGBA { return palette[i%len(palette)] }

func faint(c color.RGBA, alpha uint8) color.Color {
	return color.NRGBA{c.R, c.G, c.B, alpha}
}

func line(i int) draw.LineStyle {
	return draw.LineStyle{Color: colour(i), Width: vg.Points(1.2), Dashes: dashes[i%len(dashes)]}
}

// textSize is that of labels, in points.
const textSize = 7.5

// newPlot makes an empty figure in the house style.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	f := font.Font{Typeface: "Liberation", Variant: "Sans"}
	p.Title.Text = title
	p.Title.TextStyle.Font = font.From(f, textSize+1)
	p.Title.Padding = vg.Points(4)
	p.X.Label.Text, p.Y.Label.Text = x, y
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font = font.From(f, textSize)
		a.Tick.Label.Font = font.From(f, textSize)
		a.LineStyle.Width, a.Tick.LineStyle.Width = vg.Points(0.5), vg.Points(0.5)
		a.Tick.Length = vg.Points(3)
		a.Padding = vg.Points(2)
		a.Tick.Marker = ticks{}
	}
	p.Legend.TextStyle.Font = font.From(f, textSize)
	p.Legend.ThumbnailWidth = vg.Points(22)
	p.Legend.Padding = vg.Points(1)
	return p
}

// ticks are at 1, 2 or 5 times a power of ten, four to eight of them.
type ticks struct{}

func (ticks) Ticks(low, high float64) (list []plot.Tick) {
	if !(high > low) {
		return []plot.Tick{{Value: low, Label: short(low)}}
	}
	step := math.Pow(10, math.Floor(math.Log10(high-low)))
	for _, f := range []float64{1, 0.5, 0.2, 0.1} {
		if (high-low)/(step*f) >= 4 {
			step *= f
			break
		}
	}
	for i := math.Ceil(low/step - 1e-9); i*step <= high+step*1e-9; i++ {
		v := i*step + 0 // not −0
		list = append(list, plot.Tick{Value: v, Label: short(round(v))})
	}
	return list
}

// logTicks are at 1, 2 and 5 times powers of ten.
type logTicks struct{}

func (logTicks) Ticks(low, high float64) (list []plot.Tick) {
	if low <= 0 {
		return ticks{}.Ticks(low, high)
	}
	for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
		for _, f := range []float64{1, 2, 5} {
			if v := f * math.Pow(10, e); v >= low*0.999 && v <= high*1.001 {
				list = append(list, plot.Tick{Value: v, Label: short(round(v))})
			}
		}
	}
	if len(list) < 2 {
		return ticks{}.Ticks(low, high)
	}
	return list
}

// round takes away what binary fractions add.
func round(x float64) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 12, 64), 64)
	return r
}

func short(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// names puts words at whole numbers.
type names []string

func (n names) Ticks(low, high float64) (list []plot.Tick) {
	for i, s := range n {
		if v := float64(i); v >= low && v <= high {
			list = append(list, plot.Tick{Value: v, Label: s})
		}
	}
	return list
}

// scale says in which unit a quantity is drawn: nanoseconds in the unit in which the largest value has up to four digits.
func scale(unit string, largest float64) (by float64, name string) {
	switch {
	case unit == "ns" && largest < 1e4:
		return 1, "ns"
	case unit == "ns" && largest < 1e7:
		return 1e3, "µs"
	case unit == "ns" && largest < 2e10:
		return 1e6, "ms"
	case unit == "ns":
		return 1e9, "s"
	case unit == "1":
		return 1, ""
	}
	return 1, unit
}

// label is a quantity with its unit.
func label(what, unit string) string {
	if unit == "" {
		return what
	}
	return fmt.Sprintf("%s (%s)", what, unit)
}
