package ladder

import (
	"fmt"
	"slices"
	"strings"

	"imsim/scenarios/rundir"
	"imsim/sim"
)

// Options selects what is drawn.
type Options struct {
	Session sim.SessionID // 0: the first session in the trace
	Loose   bool          // what belongs to no session, instead
	ACKs    bool          // show TCP segments that only acknowledge
}

// Proto is what an arrow is drawn as.
type Proto uint8

// The protocols.
const (
	Other Proto = iota
	SIP
	H248
	TCP
	TLS
	MSRP
	numProtos
)

var protoNames = [numProtos]string{"other", "SIP", "H.248", "TCP", "TLS", "MSRP"}

// String returns the protocol's name.
func (p Proto) String() string { return protoNames[p] }

// Arrow is one message between two hosts.
type Arrow struct {
	From, To      int // columns
	Sent, Arrived sim.Time
	Lost          bool   // Arrived is when it was lost, To where it was going
	Why           string // it was lost
	Proto         Proto
	Label         string
	Secret        bool // travels as TLS application data
	Packets       int
	Record        sim.RecordID // that made it be sent

	ack    bool
	start  sim.RecordID // of the first packet, and where the arrow stands in the order of items
	finish sim.RecordID // of the last arrival
	origin sim.RecordID // record that the packets have in common
	again  bool
}

// Mark is a milestone at a column.
type Mark struct {
	Column int
	At     sim.Time
	Label  string
	Record sim.RecordID
}

// Bar is a processor at work, from when the work was ready.
type Bar struct {
	Column   int
	From, To sim.Time
	Crypto   bool
	Record   sim.RecordID
}

// Diagram is what is drawn.
type Diagram struct {
	Title   string
	Session sim.SessionID
	Start   sim.Time // of the session
	Columns []string
	Arrows  []Arrow // in the order of sending
	Marks   []Mark
	Bars    []Bar
	Hidden  int // acknowledgements that are left out
}

// FromRun makes the diagram of a session of a run.
func FromRun(r *rundir.Run, opt Options) (*Diagram, error) {
	t, err := r.Trace()
	if err != nil {
		return nil, err
	}
	title := r.Manifest.Scenario.Title
	if title == "" {
		title = r.Manifest.Scenario.Name
	}
	return Build(t, title, r.Manifest.Nodes, opt)
}

// Build makes the diagram of a session of a trace. nodes are the columns in order; nil: those that send or receive, in
// the order in which they do.
func Build(t *rundir.Trace, title string, nodes []string, opt Options) (*Diagram, error) {
	d := &Diagram{Title: title, Session: opt.Session, Start: -1}
	for i := range t.Records {
		r := &t.Records[i]
		if d.Session == 0 && r.Kind == "session.start" {
			d.Session = r.Session
		}
		if r.Session == d.Session && d.Session != 0 && (d.Start < 0 || r.Kind == "session.start") {
			if d.Start = r.At; r.Kind == "session.start" {
				break
			}
		}
	}
	switch {
	case opt.Loose || d.Start < 0 && !sessions(t):
		d.Session, d.Start = 0, 0
	case d.Start < 0:
		return nil, fmt.Errorf("the trace has no session %d", opt.Session)
	}
	if len(nodes) == 0 {
		nodes = appearance(t)
	}
	b := builder{t: t, d: d, nodes: nodes, flights: map[sim.RecordID]*flight{}, owners: owners(t), seen: map[string]*flight{}}
	b.run()
	b.finish(opt)
	if len(d.Arrows) == 0 && len(d.Marks) == 0 {
		if d.Session == 0 {
			return nil, fmt.Errorf("the trace has no session, and no message of none")
		}
		return nil, fmt.Errorf("session %d sent nothing", d.Session)
	}
	d.trim()
	return d, nil
}

// sessions reports whether there is any session in the trace.
func sessions(t *rundir.Trace) bool {
	return slices.ContainsFunc(t.Records, func(r rundir.Record) bool { return r.Session != 0 })
}

// heading says which messages are drawn.
func (d *Diagram) heading() string {
	if d.Session == 0 {
		return "messages of no session, time in ms"
	}
	return fmt.Sprintf("session %d, time in ms from its start, %s ms into the run", d.Session, ms(d.Start.Sub(0)))
}

// appearance lists the hosts in the order in which they do something. Routers do nothing but send errors.
func appearance(t *rundir.Trace) []string {
	var out []string
	for i := range t.Records {
		r := &t.Records[i]
		n := nodeOf(r.Node)
		host := milestone(r.Kind) || strings.HasSuffix(r.Kind, ".received") || r.Kind == "packet.sent" && !strings.HasPrefix(r.Text, "ICMP")
		if host && !strings.Contains(r.Node, ">") && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// owners maps addresses to the nodes that send from them.
func owners(t *rundir.Trace) map[string]string {
	m := map[string]string{}
	for i := range t.Records {
		if r := &t.Records[i]; r.Kind == "packet.sent" {
			if p, ok := parsePacket(r.Text); ok {
				m[host(p.src)] = nodeOf(r.Node)
			}
		}
	}
	return m
}

// trim drops columns at which nothing happens.
func (d *Diagram) trim() {
	used := make([]bool, len(d.Columns))
	for i := range d.Arrows {
		used[d.Arrows[i].From], used[d.Arrows[i].To] = true, true
	}
	for i := range d.Marks {
		used[d.Marks[i].Column] = true
	}
	to := make([]int, len(d.Columns))
	var columns []string
	for i, name := range d.Columns {
		to[i] = len(columns)
		if used[i] {
			columns = append(columns, name)
		}
	}
	for i := range d.Arrows {
		a := &d.Arrows[i]
		a.From, a.To = to[a.From], to[a.To]
	}
	for i := range d.Marks {
		d.Marks[i].Column = to[d.Marks[i].Column]
	}
	d.Bars = slices.DeleteFunc(d.Bars, func(b Bar) bool { return !used[b.Column] })
	for i := range d.Bars {
		d.Bars[i].Column = to[d.Bars[i].Column]
	}
	d.Columns = columns
}

// nodeOf is the node that an entity is a part of: "agw.cpu" is of agw.
func nodeOf(entity string) string {
	n, _, _ := strings.Cut(entity, ".")
	return n
}

// milestone tells the records that are marked at a column from those that arrows and bars show, or nobody needs.
func milestone(kind string) bool {
	last := kind[strings.LastIndexByte(kind, '.')+1:]
	first, _, _ := strings.Cut(kind, ".")
	switch first {
	case "link", "packet", "host", "router", "nat", "icmp", "cpu", "user", "run":
		return false
	}
	switch last {
	case "sent", "received", "timer", "drop", "verified":
		return false
	}
	return kind != "tls.handshake.done"
}
