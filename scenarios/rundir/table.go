package rundir

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"imsim/sim"
)

// Milestone is one line of milestones.csv.
type Milestone struct {
	Session sim.SessionID // 0: of no session
	Node    string
	Leg     string // "" where the node has only one
	Name    string
	N       int // occurrence of the name in the session at the node and leg, from 1
	At      sim.Time
	Detail  string
}

var milestoneColumns = []string{"session", "node", "leg", "milestone", "n", "time_ns", "detail"}

func (m *Milestone) row(into []string) []string {
	return append(into, strconv.FormatUint(uint64(m.Session), 10), m.Node, m.Leg, m.Name, strconv.Itoa(m.N),
		strconv.FormatInt(int64(m.At), 10), m.Detail)
}

func (m *Milestone) parse(f []string) error {
	s, err1 := strconv.ParseUint(f[0], 10, 32)
	n, err2 := strconv.Atoi(f[4])
	at, err3 := strconv.ParseInt(f[5], 10, 64)
	if err1 != nil || err2 != nil || err3 != nil || n < 1 || at < 0 {
		return fmt.Errorf("session %q, n %q, time_ns %q: must be whole numbers, n from 1", f[0], f[4], f[5])
	}
	*m = Milestone{sim.SessionID(s), f[1], f[2], f[3], n, sim.Time(at), f[6]}
	return nil
}

// KPI is one line of kpis.csv: a statistic of a metric over the sessions of a class.
type KPI struct {
	Metric string `json:"metric"`
	Stat   string `json:"stat"`          // count, mean, min, max, p50, …
	Value  string `json:"value"`         // a decimal number
	Unit   string `json:"unit"`          // ns, octets, 1
	Class  string `json:"session_class"` // "": all sessions
	Window string `json:"window"`        // the part of the run that counts: "run", or "from 5s"
}

var kpiColumns = []string{"metric", "stat", "value", "unit", "session_class", "window"}

func (k *KPI) row(into []string) []string {
	return append(into, k.Metric, k.Stat, k.Value, k.Unit, k.Class, k.Window)
}

func (k *KPI) parse(f []string) error {
	if _, err := strconv.ParseFloat(f[2], 64); err != nil {
		return fmt.Errorf("value %q: must be a number", f[2])
	}
	*k = KPI{f[0], f[1], f[2], f[3], f[4], f[5]}
	return nil
}

// line is what a table has a pointer to.
type line[T any] interface {
	*T
	row(into []string) []string
	parse(fields []string) error
}

func writeTable[T any, P line[T]](w io.Writer, columns []string, rows func(yield func(T) bool)) (lines int, err error) {
	c := csv.NewWriter(w)
	err = c.Write(columns)
	var fields []string
	for r := range rows {
		if err != nil {
			break
		}
		fields = P(&r).row(fields[:0])
		err = c.Write(fields)
		lines++
	}
	c.Flush()
	if err == nil {
		err = c.Error()
	}
	return lines, err
}

func readTable[T any, P line[T]](r io.Reader, name string, columns []string) ([]T, error) {
	end := &lastOctet{r: r}
	c := csv.NewReader(end)
	head, err := c.Read()
	if err == io.EOF {
		return nil, fmt.Errorf("%s is empty", name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if fmt.Sprint(head) != fmt.Sprint(columns) {
		return nil, fmt.Errorf("%s has the columns %v, not %v: it is of another version or cut off", name, head, columns)
	}
	var out []T
	for {
		f, err := c.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		var x T
		if err := P(&x).parse(f); err != nil {
			l, _ := c.FieldPos(0)
			return nil, fmt.Errorf("%s:%d: %w", name, l, err)
		}
		out = append(out, x)
	}
	if end.last != '\n' {
		return nil, fmt.Errorf("%s ends in the middle of a line: it is cut off", name)
	}
	return out, nil
}

// lastOctet remembers the end of what was read: a file that is cut off lacks its last line's end.
type lastOctet struct {
	r    io.Reader
	last byte
}

func (l *lastOctet) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if n > 0 {
		l.last = p[n-1]
	}
	return n, err
}
