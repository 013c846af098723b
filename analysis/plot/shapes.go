package plot

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"imsim/analysis/stats"
)

// curve is a set of values with a name.
type curve struct {
	name   string
	values []float64 // sorted
}

// scaled returns curves in the unit in which they are drawn.
func scaled(curves []curve, unit string) ([]curve, string) {
	largest := 0.0
	for _, c := range curves {
		largest = math.Max(largest, c.values[len(c.values)-1])
	}
	by, unit := scale(unit, largest)
	out := make([]curve, len(curves))
	for i, c := range curves {
		out[i].name = c.name
		for _, v := range c.values {
			out[i].values = append(out[i].values, v/by)
		}
	}
	return out, unit
}

// steps is the most points that a distribution is drawn with.
const steps = 500

// distribution makes the figure of distribution functions with the band in which the true ones lie.
func distribution(name, title, what, unit string, curves []curve) *Figure {
	curves, unit = scaled(curves, unit)
	rows := []map[string]any{}
	for _, c := range curves {
		x := c.values
		for _, j := range thin(len(x)) {
			rows = append(rows, map[string]any{"value": round(x[j]), "share": round(float64(j+1) / float64(len(x))), "of": c.name})
		}
	}
	f := &Figure{Name: name, Title: title}
	f.Spec = spec(title, rows, Spec{
		"mark":     Spec{"type": "line", "interpolate": "step-after"},
		"encoding": Spec{"x": axis("value", "quantitative", label(what, unit)), "y": axis("share", "quantitative", "share of sessions"), "color": axis("of", "nominal", "")},
	})
	f.draw = func() (*plot.Plot, error) {
		p := newPlot("", label(what, unit), "share of sessions")
		p.Y.Min, p.Y.Max = 0, 1
		p.Legend.Left, p.Legend.Top = false, false
		for i, c := range curves {
			n := len(c.values)
			band := stats.Band(n, 0.95)
			var xy, low, high plotter.XYs
			at := func(to *plotter.XYs, x, y float64) {
				*to = append(*to, plotter.XY{X: x, Y: math.Min(1, math.Max(0, y))})
			}
			before := 0.0
			for _, j := range thin(n) {
				y := float64(j+1) / float64(n)
				at(&xy, c.values[j], before)
				at(&xy, c.values[j], y)
				at(&low, c.values[j], before-band)
				at(&low, c.values[j], y-band)
				at(&high, c.values[j], before+band)
				at(&high, c.values[j], y+band)
				before = y
			}
			slices.Reverse(high)
			area, err := plotter.NewPolygon(append(low, high...))
			if err != nil {
				return nil, err
			}
			area.Color, area.LineStyle.Width = faint(colour(i), 36), 0
			l, err := plotter.NewLine(xy)
			if err != nil {
				return nil, err
			}
			l.LineStyle = line(i)
			p.Add(area, l)
			if len(curves) > 1 {
				p.Legend.Add(c.name, l)
			}
		}
		widen(p)
		return p, nil
	}
	return f
}

// thin returns the indices of n sorted values that are drawn.
func thin(n int) (list []int) {
	if n <= steps {
		for i := range n {
			list = append(list, i)
		}
		return list
	}
	for i := range steps {
		list = append(list, i*(n-1)/(steps-1))
	}
	return list
}

// widen makes room where all values are equal.
func widen(p *plot.Plot) {
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		if a.Max-a.Min <= 1e-9*math.Abs(a.Max) {
			d := math.Max(math.Abs(a.Max)*0.05, 0.5)
			a.Min, a.Max = a.Min-d, a.Max+d
		}
	}
}

// boxes makes the figure of box plots, one a curve: quartiles, whiskers to the last value within one and a half times their
// distance (Tukey), what is beyond as points.
func boxes(name, title, what, unit string, curves []curve) *Figure {
	curves, unit = scaled(curves, unit)
	rows := []map[string]any{}
	for _, c := range curves {
		x := c.values
		for _, j := range thin(len(x)) {
			rows = append(rows, map[string]any{"value": round(x[j]), "of": c.name})
		}
	}
	f := &Figure{Name: name, Title: title, rows: len(curves)}
	f.Spec = spec(title, rows, Spec{
		"mark":     Spec{"type": "boxplot", "extent": 1.5},
		"encoding": Spec{"x": axis("value", "quantitative", label(what, unit)), "y": Spec{"field": "of", "type": "nominal", "sort": nil, "title": ""}, "color": Spec{"field": "of", "type": "nominal", "legend": nil}},
	})
	f.draw = func() (*plot.Plot, error) {
		p := newPlot("", label(what, unit), "")
		var words names
		for i := len(curves) - 1; i >= 0; i-- { // the first on top
			words = append(words, curves[i].name)
			b, err := plotter.NewBoxPlot(vg.Points(9), float64(len(words)-1), plotter.Values(curves[i].values))
			if err != nil {
				return nil, err
			}
			b.Horizontal = true
			b.FillColor = faint(colour(i), 70)
			b.BoxStyle = draw.LineStyle{Color: color.Black, Width: vg.Points(0.6)}
			b.MedianStyle = draw.LineStyle{Color: color.Black, Width: vg.Points(1.4)}
			b.WhiskerStyle = draw.LineStyle{Color: color.Black, Width: vg.Points(0.6)}
			b.GlyphStyle = draw.GlyphStyle{Color: colour(i), Radius: vg.Points(1), Shape: draw.CircleGlyph{}}
			p.Add(b)
		}
		p.Y.Tick.Marker = words
		p.Y.Min, p.Y.Max = -0.6, float64(len(words))-0.4
		p.Y.Tick.Length = 0
		p.X.Min = math.Min(p.X.Min, 0)
		widen(p)
		return p, nil
	}
	return f
}

// scatter makes the figure of values over time, a point each.
func scatter(name, title, what, unit string, at, values []float64) *Figure {
	by, unit := scale(unit, slices.Max(values))
	rows := []map[string]any{}
	xy := make(plotter.XYs, len(values))
	for i := range values {
		xy[i] = plotter.XY{X: at[i] / 1e9, Y: values[i] / by}
		if i%(1+len(values)/5000) == 0 {
			rows = append(rows, map[string]any{"start": round(xy[i].X), "value": round(xy[i].Y)})
		}
	}
	f := &Figure{Name: name, Title: title}
	f.Spec = spec(title, rows, Spec{
		"mark":     Spec{"type": "point", "filled": true, "size": 12},
		"encoding": Spec{"x": axis("start", "quantitative", "start of the session (s)"), "y": axis("value", "quantitative", label(what, unit))},
	})
	f.draw = func() (*plot.Plot, error) {
		p := newPlot("", "start of the session (s)", label(what, unit))
		s, err := plotter.NewScatter(xy)
		if err != nil {
			return nil, err
		}
		s.GlyphStyle = draw.GlyphStyle{Color: colour(0), Radius: vg.Points(1), Shape: draw.CircleGlyph{}}
		p.Add(s)
		p.Y.Min = math.Min(p.Y.Min, 0)
		widen(p)
		return p, nil
	}
	return f
}

// share is a part of a stack.
type share struct {
	name   string
	values []float64 // by bar
}

// stack makes the figure of stacked bars, one a word.
func stack(name, title, what, unit string, words []string, shares []share) *Figure {
	largest := 0.0
	for i := range words {
		sum := 0.0
		for _, s := range shares {
			sum += s.values[i]
		}
		largest = math.Max(largest, sum)
	}
	by, unit := scale(unit, largest)
	rows := []map[string]any{}
	for i, w := range words {
		for _, s := range shares {
			rows = append(rows, map[string]any{"bar": w, "share": s.name, "value": round(s.values[i] / by)})
		}
	}
	f := &Figure{Name: name, Title: title, rows: len(words) + len(shares)/2}
	f.Spec = spec(title, rows, Spec{
		"mark":     "bar",
		"encoding": Spec{"x": axis("value", "quantitative", label(what, unit)), "y": Spec{"field": "bar", "type": "nominal", "sort": nil, "title": ""}, "color": axis("share", "nominal", "")},
	})
	f.draw = func() (*plot.Plot, error) {
		p := newPlot("", label(what, unit), "")
		var below *plotter.BarChart
		for i, s := range shares {
			v := make(plotter.Values, len(words))
			for j := range words {
				v[len(words)-1-j] = s.values[j] / by
			}
			b, err := plotter.NewBarChart(v, vg.Points(8))
			if err != nil {
				return nil, err
			}
			b.Horizontal = true
			b.Color = colour(i)
			b.LineStyle = draw.LineStyle{Color: color.White, Width: vg.Points(0.4)}
			if below != nil {
				b.StackOn(below)
			}
			below = b
			p.Add(b)
			p.Legend.Add(s.name, b)
		}
		back := slices.Clone(words)
		slices.Reverse(back)
		p.Y.Tick.Marker = names(back)
		p.Y.Tick.Length = 0
		p.Y.Min, p.Y.Max = -0.6, float64(len(words))-0.4+0.5*float64(len(shares))*0.6
		p.Legend.Top = true
		return p, nil
	}
	return f
}

// band is a line of means with their intervals.
type band struct {
	name      string
	x, y, err []float64
}

// lines makes the figure of means with intervals.
func lines(name, title, xName, what, unit string, bands []band) *Figure {
	largest, least, most := 0.0, math.Inf(1), 0.0
	for _, b := range bands {
		for i := range b.x {
			largest = math.Max(largest, b.y[i])
			least, most = math.Min(least, b.x[i]), math.Max(most, b.x[i])
		}
	}
	by, unit := scale(unit, largest)
	rows := []map[string]any{}
	for _, b := range bands {
		for i := range b.x {
			row := map[string]any{"x": b.x[i], "of": b.name, "mean": round(b.y[i] / by)}
			if !math.IsInf(b.err[i], 0) {
				row["low"], row["high"] = round((b.y[i]-b.err[i])/by), round((b.y[i]+b.err[i])/by)
			}
			rows = append(rows, row)
		}
	}
	logarithmic := least > 0 && most/least >= 20
	x := axis("x", "quantitative", xName)
	if logarithmic {
		x["scale"] = Spec{"type": "log"}
	}
	f := &Figure{Name: name, Title: title}
	f.Spec = spec(title, rows, Spec{"layer": []Spec{
		{"mark": Spec{"type": "line", "point": true}, "encoding": Spec{"x": x, "y": axis("mean", "quantitative", label(what, unit)), "color": axis("of", "nominal", "")}},
		{"mark": Spec{"type": "rule"}, "encoding": Spec{"x": x, "y": axis("low", "quantitative", label(what, unit)), "y2": Spec{"field": "high"}, "color": axis("of", "nominal", "")}},
	}})
	f.draw = func() (*plot.Plot, error) {
		p := newPlot("", xName, label(what, unit))
		for i, b := range bands {
			xy := make(plotter.XYs, len(b.x))
			bars := make(plotter.YErrors, len(b.x))
			for j := range b.x {
				xy[j] = plotter.XY{X: b.x[j], Y: b.y[j] / by}
				if e := b.err[j] / by; !math.IsInf(e, 0) {
					bars[j].Low, bars[j].High = e, e
				}
			}
			l, err := plotter.NewLine(xy)
			if err != nil {
				return nil, err
			}
			l.LineStyle = line(i)
			s, err := plotter.NewScatter(xy)
			if err != nil {
				return nil, err
			}
			s.GlyphStyle = draw.GlyphStyle{Color: colour(i), Radius: vg.Points(2), Shape: marks[i%len(marks)]}
			e, err := plotter.NewYErrorBars(struct {
				plotter.XYer
				plotter.YErrorer
			}{xy, bars})
			if err != nil {
				return nil, err
			}
			e.LineStyle = draw.LineStyle{Color: colour(i), Width: vg.Points(0.7)}
			e.CapWidth = vg.Points(4)
			p.Add(l, e, s)
			if len(bands) > 1 {
				p.Legend.Add(b.name, l, s)
			}
		}
		if logarithmic {
			p.X.Scale = plot.LogScale{}
			p.X.Tick.Marker = logTicks{}
		}
		p.Y.Min = math.Min(p.Y.Min, 0)
		p.Legend.Top, p.Legend.Left = true, true
		p.Y.Max += (p.Y.Max - p.Y.Min) * 0.09 * float64(len(bands)*min(1, len(bands)-1)) / 2
		widen(p)
		return p, nil
	}
	return f
}
