package scenarios

import (
	"slices"
	"strings"
)

// distance is the number of letters to insert, delete, replace or swap with their neighbour to make a into b.
func distance(a, b string) int {
	var before []int
	last, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, make([]int, len(b)+1)
	}
	return last[len(b)]
}

// suggest says what was probably meant by s, or what there is.
func suggest(s string, known []string) string {
	best, far := "", max(2, len(s)/3)+1
	if len(s) <= 64 {
		for _, k := range known {
			d := distance(strings.ToLower(s), strings.ToLower(k))
			if d < far && d < max(len(s), len(k)) {
				best, far = k, d
			}
		}
	}
	switch {
	case best != "":
		return "did you mean " + best + "?"
	case len(known) == 0:
		return "there is none"
	}
	known = slices.Clone(known)
	slices.Sort(known)
	if len(known) > 12 {
		known = append(known[:12], "…")
	}
	return "there is " + strings.Join(known, ", ")
}
