package explore

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Text writes the matrix for people: of each variant how many pairs of NATs it gets through, which, and what is in the way
// of the others. Classes that behave alike stand in one line.
func (m *Matrix) Text(out io.Writer) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "TCP between two UEs, each behind one of %d kinds of NAT or none: %d runs, seed %d\n", len(m.Classes)-1, len(m.Results), m.Seed)
	fmt.Fprintf(w, "a kind is mapping/filtering and the answer to an unsolicited SYN\n")
	for k := range numKinds {
		if m.has(k) {
			fmt.Fprintf(w, "  %s  %s\n", kindMarks[k], kindTexts[k])
		}
	}
	for v := range m.Variants {
		m.variantText(w, v)
	}
	return w.Flush()
}

func (m *Matrix) variantText(w io.Writer, v int) {
	n := len(m.Classes)
	come, reasons := 0, map[told]int{}
	for i := range n * n {
		if r := m.At(v, i/n, i%n); r.OK {
			come++
		} else {
			reasons[told{r.Kind, r.Cause}]++
		}
	}
	fmt.Fprintf(w, "\n%v: %d of %d\n", m.Variants[v], come, n*n)
	groups := m.alike(v)
	if len(groups) > 1 {
		width := 0
		for _, g := range groups {
			width = max(width, len(m.label(g)))
		}
		fmt.Fprintf(w, "  %-*s  ", width+4, "UE-A \\ UE-B")
		for i := range groups {
			fmt.Fprintf(w, "%3d", i+1)
		}
		fmt.Fprintln(w)
		for i, a := range groups {
			fmt.Fprintf(w, "  %2d  %-*s  ", i+1, width, m.label(a))
			for _, b := range groups {
				fmt.Fprintf(w, "  %s", kindMarks[m.At(v, a[0], b[0]).Kind])
			}
			fmt.Fprintln(w)
		}
	}
	list := make([]told, 0, len(reasons))
	for r := range reasons { //tidy:order sorted below
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b told) int {
		return cmp.Or(reasons[b]-reasons[a], int(a.kind)-int(b.kind), strings.Compare(a.cause, b.cause))
	})
	for _, r := range list {
		fmt.Fprintf(w, "  %5d %s  %s\n", reasons[r], kindMarks[r.kind], r.cause)
	}
}

// told is a cause with its kind.
type told struct {
	kind  Kind
	cause string
}

// has reports whether any case is of a kind.
func (m *Matrix) has(k Kind) bool {
	return slices.ContainsFunc(m.Results, func(r Result) bool { return r.Kind == k })
}

// alike puts classes together that have the same kinds of ends with all others, on either side.
func (m *Matrix) alike(v int) (groups [][]int) {
	n := len(m.Classes)
	at := map[string]int{}
	for i := range n {
		var key strings.Builder
		for j := range n {
			key.WriteByte('0' + byte(m.At(v, i, j).Kind))
			key.WriteByte('0' + byte(m.At(v, j, i).Kind))
		}
		g, ok := at[key.String()]
		if !ok {
			g = len(groups)
			at[key.String()] = g
			groups = append(groups, nil)
		}
		groups[g] = append(groups[g], i)
	}
	return groups
}

// label names a set of classes: what is there in all its forms is named once.
func (m *Matrix) label(set []int) string {
	type pair struct{ mapping, filtering string }
	all, has := map[pair][]string{}, map[pair][]string{}
	var order []pair
	public := false
	for i, c := range m.Classes {
		if c.Public {
			public = public || slices.Contains(set, i)
			continue
		}
		p := pair{mappings[c.Mapping], filters[c.Filtering]}
		if all[p] == nil {
			order = append(order, p)
		}
		all[p] = append(all[p], answers[c.Unsolicited])
		if slices.Contains(set, i) {
			has[p] = append(has[p], answers[c.Unsolicited])
		}
	}
	var parts []string
	if public {
		parts = append(parts, "no NAT")
	}
	// Filters of one mapping with the same answers go together.
	for i := 0; i < len(order); {
		p := order[i]
		fs := []string{}
		j := i
		for ; j < len(order) && order[j].mapping == p.mapping; j++ {
		}
		for k := i; k < j; k++ {
			if len(has[order[k]]) == len(all[order[k]]) {
				fs = append(fs, order[k].filtering)
			} else if h := has[order[k]]; len(h) > 0 {
				parts = append(parts, p.mapping+"/"+order[k].filtering+" "+strings.Join(h, "|"))
			}
		}
		switch {
		case len(fs) == j-i && len(fs) > 1:
			parts = append(parts, p.mapping)
		case len(fs) > 0:
			parts = append(parts, p.mapping+"/"+strings.Join(fs, "|"))
		}
		i = j
	}
	return strings.Join(parts, ", ")
}

// CSV writes a line a cell.
func (m *Matrix) CSV(out io.Writer) error {
	w := csv.NewWriter(out)
	w.Write([]string{"method", "offer", "answer", "offset_ms", "a_mapping", "a_filtering", "a_unsolicited", "b_mapping", "b_filtering", "b_unsolicited", "connected", "kind", "reason"})
	class := func(c Class) []string {
		if c.Public {
			return []string{"none", "none", "none"}
		}
		return []string{mappings[c.Mapping], filters[c.Filtering], answers[c.Unsolicited]}
	}
	for i := range m.Results {
		r := &m.Results[i]
		line := append([]string{r.Method.String(), r.Offer, r.Answer, ""}, append(class(r.A), class(r.B)...)...)
		if !r.Method.gateways() {
			line[3] = strconv.FormatInt(int64(r.Offset/time.Millisecond), 10)
		}
		w.Write(append(line, strconv.FormatBool(r.OK), r.Kind.String(), r.Reason))
	}
	w.Flush()
	return w.Error()
}
