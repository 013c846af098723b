package ladder

import (
	"slices"

	"imsim/sim"
)

// Distances in the drawing, in user units (pixels at 96 dpi).
const (
	flightHeight = 42.0 // that the median flight takes
	lostHeight   = 18.0 // that a lost arrow takes
	minGap       = 13.0 // between two instants, however close
	maxGap       = 96.0 // beyond which a gap is cut
	cutGap       = 46.0 // what is left of it
	arriveSlot   = 8.0  // for an arrow's head, where several things happen at one column in one instant
	departSlot   = 13.0 // for an arrow's tail, so that labels fit between
	markSlot     = 12.0 // for a mark
)

// row is one instant of the drawing.
type row struct {
	at     sim.Time
	y      float64 // of its first slot
	height float64 // from the first slot to the last
	cut    bool    // the gap above is cut
}

// layout says where everything is.
type layout struct {
	rows   []row
	start  []float64 // y of the arrows' ends
	end    []float64
	mark   []float64
	height float64
}

// item is something that takes a slot of an instant at a column.
type item struct {
	at     sim.Time
	column int
	record sim.RecordID
	slot   float64
	y      *float64 // where the result goes; an offset first
	after  *float64 // an item of the same instant that this one is not above; nil: none
	lost   bool
}

func (d *Diagram) layout() *layout {
	l := &layout{start: make([]float64, len(d.Arrows)), end: make([]float64, len(d.Arrows)), mark: make([]float64, len(d.Marks))}
	items := d.items(l)
	for i := 0; i < len(items); {
		j := i
		for j < len(items) && items[j].at == items[i].at {
			j++
		}
		l.rows = append(l.rows, row{at: items[i].at, height: slots(items[i:j], len(d.Columns))})
		i = j
	}
	l.place(d)
	for i := range items {
		*items[i].y += l.rowAt(items[i].at).y
	}
	for i := range d.Arrows {
		if d.Arrows[i].Lost {
			l.end[i] = l.start[i] + lostHeight
		}
	}
	return l
}

func (d *Diagram) items(l *layout) []item {
	var items []item
	for i := range d.Arrows {
		a := &d.Arrows[i]
		items = append(items, item{a.Sent, a.From, a.start, departSlot, &l.start[i], nil, a.Lost})
		if !a.Lost {
			x := item{a.Arrived, a.To, a.finish, arriveSlot, &l.end[i], nil, false}
			if a.Arrived == a.Sent {
				x.after = &l.start[i]
			}
			items = append(items, x)
		}
	}
	for i := range d.Marks {
		m := &d.Marks[i]
		items = append(items, item{m.At, m.Column, m.Record, markSlot, &l.mark[i], nil, false})
	}
	slices.SortStableFunc(items, func(x, y item) int {
		if x.at != y.at {
			return int(min(max(x.at-y.at, -1), 1))
		}
		return int(x.record) - int(y.record)
	})
	return items
}

// slots puts the items of one instant below each other, each column by itself, and returns how far down that goes.
func slots(items []item, columns int) (height float64) {
	next := make([]float64, columns)
	used := make([]bool, columns)
	for i := range items {
		x := &items[i]
		if used[x.column] {
			next[x.column] += x.slot
		}
		used[x.column] = true
		if x.after != nil {
			next[x.column] = max(next[x.column], *x.after)
		}
		*x.y = next[x.column]
		height = max(height, next[x.column])
		if x.lost {
			height = max(height, next[x.column]+lostHeight)
		}
	}
	return height
}

// place works out the rows' heights from the gaps between instants.
func (l *layout) place(d *Diagram) {
	scale := flightHeight / float64(max(d.medianFlight(), 1))
	y := 0.0
	for i := range l.rows {
		r := &l.rows[i]
		if i > 0 {
			gap := float64(r.at-l.rows[i-1].at) * scale
			if r.cut = gap > maxGap; r.cut {
				gap = cutGap
			}
			y += max(gap, minGap)
		}
		r.y = y
		y += r.height
	}
	l.height = y
}

func (d *Diagram) medianFlight() sim.Time {
	var f []sim.Time
	for i := range d.Arrows {
		if a := &d.Arrows[i]; !a.Lost && a.Arrived > a.Sent {
			f = append(f, a.Arrived-a.Sent)
		}
	}
	if len(f) == 0 {
		return 0
	}
	slices.Sort(f)
	return f[len(f)/2]
}

func (l *layout) rowAt(t sim.Time) *row {
	i, _ := slices.BinarySearchFunc(l.rows, t, func(r row, t sim.Time) int { return int(min(max(r.at-t, -1), 1)) })
	return &l.rows[min(i, len(l.rows)-1)]
}

// yOf interpolates for instants that have no row.
func (l *layout) yOf(t sim.Time) float64 {
	i, exact := slices.BinarySearchFunc(l.rows, t, func(r row, t sim.Time) int { return int(min(max(r.at-t, -1), 1)) })
	switch {
	case exact:
		return l.rows[i].y
	case i == 0:
		return l.rows[0].y
	case i == len(l.rows):
		return l.rows[i-1].y + l.rows[i-1].height
	}
	a, b := &l.rows[i-1], &l.rows[i]
	from := a.y + a.height
	return from + (b.y-from)*float64(t-a.at)/float64(b.at-a.at)
}
