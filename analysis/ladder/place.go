package ladder

import "math"

// spots are the places that labels take so far: circles along their lines of writing.
type spots [][2]float64

const spotRadius = 5.0

// line lists the circles of a label of some width, centred at a point, written in a direction.
func (s spots) line(x, y, ux, uy, width float64) spots {
	var out spots
	for d := -width / 2; d <= width/2; d += spotRadius {
		out = append(out, [2]float64{x + ux*d, y + uy*d})
	}
	return out
}

// hits counts the circles of a label that lie on others.
func (s spots) hits(label spots) int {
	n := 0
	for _, a := range label {
		for _, b := range s {
			if math.Hypot(a[0]-b[0], a[1]-b[1]) < 2*spotRadius {
				n++
				break
			}
		}
	}
	return n
}

// place finds where along an arrow over some columns a label is least in the way of others: the nearest place to the
// arrow's middle that is on no column's line, unless another is freer. It returns the place as a share of the arrow.
func (s *spots) place(x1, y1, x2, y2 float64, columns int, width float64) float64 {
	length := math.Hypot(x2-x1, y2-y1)
	ux, uy := (x2-x1)/length, (y2-y1)/length
	n := float64(max(columns, 1))
	best, least := 0.5, math.MaxInt
	var taken spots
	for _, at := range candidates(n) {
		if edge := width / 2 / length; at < min(edge, 0.5) || at > max(1-edge, 0.5) {
			continue
		}
		// The letters stand above the line.
		label := s.line(x1+(x2-x1)*at+uy*6*sign(ux), y1+(y2-y1)*at-6*math.Abs(ux), ux, uy, width)
		if hits := s.hits(label); hits < least {
			best, least, taken = at, hits, label
		}
	}
	*s = append(*s, taken...)
	return best
}

// candidates lists places on an arrow over n columns, the preferred ones first.
func candidates(n float64) []float64 {
	middle := between(int(n))
	out := []float64{middle}
	for k := 0.0; k < n; k++ {
		out = append(out, (k+0.5)/n)
	}
	for _, off := range []float64{-0.15, 0.15, -0.25, 0.25} {
		out = append(out, middle+off/n)
	}
	for k := 0.0; k < n; k++ {
		out = append(out, (k+0.3)/n, (k+0.7)/n)
	}
	return out
}

func sign(x float64) float64 {
	if x < 0 {
		return -1
	}
	return 1
}
