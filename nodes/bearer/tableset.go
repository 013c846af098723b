package bearer

import "strconv"

// Table is a set of correlation rules that machines act by. It is made once and never changed, so machines share it.
type Table struct {
	Establishment, Release []Rule
	byEvent                [NumEvents][]*Rule
}

// standard is the table of the spec reference.
var standard = newTable(Establishment, ReleaseMatrix)

// Standard returns the correlation tables of §7.4 and §7.5 as they stand.
func Standard() *Table { return standard }

func newTable(establishment, release []Rule) *Table {
	t := &Table{Establishment: establishment, Release: release}
	for _, rules := range [][]Rule{establishment, release} {
		for i := range rules {
			t.byEvent[rules[i].On] = append(t.byEvent[rules[i].On], &rules[i])
		}
	}
	return t
}

// Names returns a name for each of the rules of either matrix, by which an override points at it: the row of the spec
// reference, and where several rules make up a row the number among them: "E-3/2".
func (t *Table) Names() (establishment, release []string) {
	total, n := map[string]int{}, map[string]int{}
	for _, rules := range [][]Rule{t.Establishment, t.Release} {
		for i := range rules {
			total[rules[i].ID]++
		}
	}
	name := func(rules []Rule) (names []string) {
		for i := range rules {
			id := rules[i].ID
			if n[id]++; total[id] > 1 {
				id += "/" + strconv.Itoa(n[id])
			}
			names = append(names, id)
		}
		return names
	}
	return name(t.Establishment), name(t.Release)
}

// table returns the rules that the machine acts by.
func (m *Machine) table() *Table {
	if m.Table == nil {
		return standard
	}
	return m.Table
}
