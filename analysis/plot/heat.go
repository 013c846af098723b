package plot

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// heat makes the figure of a table in which the darker is the larger, with the numbers in it.
func heat(name, title, xName, what, unit string, columns, rowNames []string, cells [][]float64) *Figure {
	least, most := math.Inf(1), math.Inf(-1)
	for _, r := range cells {
		for _, v := range r {
			if !math.IsNaN(v) {
				least, most = math.Min(least, v), math.Max(most, v)
			}
		}
	}
	by, unit := scale(unit, most)
	rows := []map[string]any{}
	for i, r := range cells {
		for j, v := range r {
			if !math.IsNaN(v) {
				rows = append(rows, map[string]any{"row": rowNames[i], "column": columns[j], "value": round(v / by)})
			}
		}
	}
	f := &Figure{Name: name, Title: title, rows: len(rowNames)}
	f.Spec = spec(title, rows, Spec{
		"mark": "rect",
		"encoding": Spec{
			"x": Spec{"field": "column", "type": "ordinal", "sort": nil, "title": xName}, "y": Spec{"field": "row", "type": "nominal", "sort": nil, "title": ""},
			"color": axis("value", "quantitative", label(what, unit)),
		},
	})
	f.draw = func() (*plot.Plot, error) {
		p := newPlot(label(what, unit), xName, "")
		p.Add(&table{cells, least, most, by})
		p.X.Tick.Marker = names(columns)
		back := make(names, len(rowNames))
		for i, n := range rowNames {
			back[len(rowNames)-1-i] = n
		}
		p.Y.Tick.Marker = back
		p.X.Tick.Length, p.Y.Tick.Length = 0, 0
		p.X.Min, p.X.Max = -0.5, float64(len(columns))-0.5
		p.Y.Min, p.Y.Max = -0.5, float64(len(rowNames))-0.5
		p.X.Padding, p.Y.Padding = 0, 0
		return p, nil
	}
	return f
}

// table draws cells, the first row on top.
type table struct {
	cells       [][]float64
	least, most float64
	by          float64
}

// Plot draws the cells.
func (t *table) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	style := p.X.Tick.Label
	style.Font = font.From(style.Font, textSize)
	style.XAlign, style.YAlign = draw.XCenter, draw.YCenter
	style.Rotation = 0
	for i, row := range t.cells {
		top := float64(len(t.cells) - 1 - i)
		for j, v := range row {
			if math.IsNaN(v) {
				continue
			}
			part := 0.0
			if t.most > t.least {
				part = (v - t.least) / (t.most - t.least)
			}
			c.FillPolygon(shade(part), []vg.Point{
				{X: x(float64(j) - 0.5), Y: y(top - 0.5)}, {X: x(float64(j) + 0.5), Y: y(top - 0.5)}, {X: x(float64(j) + 0.5), Y: y(top + 0.5)}, {X: x(float64(j) - 0.5), Y: y(top + 0.5)},
			})
			style.Color = color.Black
			if part > 0.55 {
				style.Color = color.White
			}
			c.FillText(style, vg.Point{X: x(float64(j)), Y: y(top)}, fmt.Sprintf("%.4g", v/t.by))
		}
	}
}

// shade is light for 0 and dark for 1, in grey as well.
func shade(part float64) color.Color {
	mix := func(a, b float64) uint8 { return uint8(math.Round(a + (b-a)*part)) }
	return color.RGBA{mix(0xf4, 0x12), mix(0xf8, 0x3c), mix(0xfb, 0x5e), 255}
}
