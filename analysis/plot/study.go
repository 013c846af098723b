package plot

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"imsim/internal/units"
	"imsim/scenarios"
	"imsim/scenarios/rundir"
)

// ofStudy returns the figures of a study: of each quantity that it shows, and distributions of set-up time.
func ofStudy(r *rundir.Run) (list []*Figure, err error) {
	estimates, err := r.Estimates()
	if err != nil {
		return nil, err
	}
	st := r.Manifest.Study
	name := r.Manifest.Scenario.Name
	for _, show := range st.Show {
		var of []rundir.Estimate
		for _, e := range estimates {
			if (scenarios.Quantity{Name: e.Metric, Stat: e.Stat, Class: e.Class}).String() == show {
				of = append(of, e)
			}
		}
		if len(of) == 0 {
			continue
		}
		file := strings.NewReplacer(" ", "", "(", "-", ")", "").Replace(show)
		x := numbers(of, len(st.Axes))
		if x < 0 {
			x = len(st.Axes) - 1
		}
		rows, columns, cells, half := grid(of, x)
		unit := of[0].Unit
		if at, axisName, ok := positions(columns, st.Axes[x]); ok && len(rows) <= len(palette) && len(columns) > 1 {
			var bands []band
			for i, row := range rows {
				b := band{name: row}
				for j := range columns {
					if !math.IsNaN(cells[i][j]) {
						b.x, b.y, b.err = append(b.x, at[j]), append(b.y, cells[i][j]), append(b.err, half[i][j])
					}
				}
				bands = append(bands, b)
			}
			list = append(list, lines("mean-"+file, fmt.Sprintf("%s: %s with intervals of %s", name, show, st.Confidence), axisName, show, unit, bands))
		}
		if len(of) > 1 {
			list = append(list, heat("heat-"+file, name+": "+show, st.Axes[x], show, unit, columns, rows, cells))
		}
	}
	if st.Points <= len(palette) {
		runs, err := r.Replications(true)
		if err != nil {
			return nil, err
		}
		var curves []curve
		for i := 0; i < len(runs); {
			first := runs[i]
			var all []rundir.Session
			for ; i < len(runs) && runs[i].Point == first.Point; i++ {
				all = append(all, runs[i].Rows...)
			}
			if x := sorted(all, quantities[0].of); len(x) > 4 {
				curves = append(curves, curve{strings.Join(first.Labels, ", "), x})
			}
		}
		if len(curves) > 0 {
			list = append(list, distribution("cdf-session-setup-time", name+": distribution of session-setup-time", "session-setup-time", "ns", curves),
				boxes("box-session-setup-time", name+": session-setup-time", "session-setup-time", "ns", curves))
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("nothing to draw: no run has a value of %s", strings.Join(st.Show, ", "))
	}
	return list, nil
}

// numbers returns the axis whose labels are numbers, the one with the most of them, or -1.
func numbers(of []rundir.Estimate, axes int) int {
	best, most := -1, 1
	for a := range axes {
		seen := map[string]bool{}
		good := true
		for i := range of {
			l := of[i].Labels[a]
			seen[l] = true
			_, _, ok := number(l)
			good = good && ok
		}
		if good && len(seen) > most {
			best, most = a, len(seen)
		}
	}
	return best
}

// number reads a label as scenario files write values; durations are in milliseconds, shares in per cent.
func number(s string) (v float64, unit string, ok bool) {
	if d, err := units.ParseDuration(s); err == nil {
		return float64(d) / 1e6, "ms", true
	}
	if r, err := units.ParseRatio(s); err == nil && strings.HasSuffix(s, "%") {
		return float64(r) / 1e7, "%", true
	}
	if b, err := units.ParseBitRate(s); err == nil && b > 0 {
		return float64(b) / 1e6, "Mbit/s", true
	}
	if b, err := units.ParseByteSize(s); err == nil {
		return float64(b), "octets", true
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, "", err == nil
}

// positions returns where labels lie on an axis, and its name with the unit.
func positions(labels []string, axis string) (at []float64, name string, ok bool) {
	unit := ""
	for _, l := range labels {
		v, u, good := number(l)
		if !good {
			return nil, "", false
		}
		unit = u
		at = append(at, v)
	}
	return at, label(axis, unit), true
}

// grid puts estimates into a table: a column a label of axis x, a row a combination of the others.
func grid(of []rundir.Estimate, x int) (rows, columns []string, mean, half [][]float64) {
	place := func(list *[]string, s string) int {
		i := slices.Index(*list, s)
		if i < 0 {
			i = len(*list)
			*list = append(*list, s)
		}
		return i
	}
	type at struct{ row, column int }
	where := make([]at, len(of))
	for i := range of {
		others := slices.Concat(of[i].Labels[:x], of[i].Labels[x+1:])
		where[i] = at{place(&rows, strings.Join(others, ", ")), place(&columns, of[i].Labels[x])}
	}
	for range rows {
		m, h := make([]float64, len(columns)), make([]float64, len(columns))
		for j := range m {
			m[j] = math.NaN()
		}
		mean, half = append(mean, m), append(half, h)
	}
	for i, w := range where {
		mean[w.row][w.column], half[w.row][w.column] = of[i].Mean, of[i].Half
	}
	return rows, columns, mean, half
}
