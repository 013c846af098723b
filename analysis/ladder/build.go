package ladder

import (
	"slices"
	"strings"

	"imsim/scenarios/rundir"
	"imsim/sim"
)

// flight is a packet from one host to the next.
type flight struct {
	Arrow
	p       packet
	known   bool // what it carries was found out
	arrived bool
}

// builder makes a diagram from a trace in one pass.
type builder struct {
	t       *rundir.Trace
	d       *Diagram
	nodes   []string
	owners  map[string]string
	flights map[sim.RecordID]*flight // by the records of the packet's way
	all     []*flight
	seen    map[string]*flight // segments by their span, to tell the repeated ones
}

func (b *builder) column(node string) int { return slices.Index(b.nodes, node) }

func (b *builder) run() {
	for i := range b.t.Records {
		r := &b.t.Records[i]
		if r.Session != b.d.Session {
			continue
		}
		switch {
		case r.Kind == "packet.sent":
			b.sent(r)
		case r.Kind == "link.hop":
			b.hop(r)
		case strings.HasSuffix(r.Kind, ".drop"):
			b.drop(r)
		case r.Kind == "cpu.done":
			b.work(r)
		default:
			if f := b.flights[r.Cause]; f != nil && !f.known && (r.Kind == "sip.received" || r.Kind == "h248.received") {
				f.known, f.Label, f.Proto = true, r.Text, protoOf(r.Kind)
			}
			b.mark(r)
		}
	}
}

// sent begins a packet's way.
func (b *builder) sent(r *rundir.Record) {
	from := b.column(nodeOf(r.Node))
	p, ok := parsePacket(r.Text)
	if from < 0 || !ok {
		return
	}
	f := &flight{p: p, Arrow: Arrow{From: from, To: -1, Sent: r.At, Packets: 1, Record: r.Cause, start: r.ID, origin: r.Cause}}
	f.To = b.column(b.owners[host(p.dst)])
	b.describe(f, r)
	if first := b.repeats(f); first != nil {
		f.Proto, f.Label, f.Secret, f.known = first.Proto, first.Label, first.Secret, first.known
	}
	b.all = append(b.all, f)
	b.flights[r.ID] = f
}

// repeats returns the segment that f repeats on its leg, or nil.
func (b *builder) repeats(f *flight) *flight {
	span := f.p.span()
	if span == "" {
		return nil
	}
	span = b.nodes[f.From] + " " + span
	first := b.seen[span]
	if f.again = first != nil; !f.again {
		b.seen[span] = f
	}
	return first
}

// hop takes a packet over a link.
func (b *builder) hop(r *rundir.Record) {
	from, to, _ := strings.Cut(r.Node, ">")
	f := b.flights[r.Cause]
	if f == nil || f.arrived && b.column(nodeOf(from)) >= 0 {
		f = b.relayed(r, nodeOf(from))
	}
	if f == nil {
		return
	}
	b.flights[r.ID] = f
	if c := b.column(nodeOf(to)); c >= 0 {
		f.To, f.Arrived, f.arrived, f.finish = c, max(f.Arrived, r.At), true, r.ID
	}
}

// relayed begins the way of a packet that a host passes on, with what it brought in.
func (b *builder) relayed(r *rundir.Record, from string) *flight {
	col, in := b.column(from), b.inbound(r.Cause)
	why := b.t.At(r.Cause)
	if col < 0 || in == nil || why == nil {
		return nil
	}
	f := &flight{p: in.p, known: in.known, Arrow: in.Arrow}
	f.From, f.To, f.Sent, f.Arrived, f.Lost, f.start, f.Record, f.origin = col, -1, why.At, 0, false, r.Cause, r.Cause, 0
	b.repeats(f)
	b.all = append(b.all, f)
	return f
}

// inbound finds the packet whose arrival led to a record.
func (b *builder) inbound(id sim.RecordID) *flight {
	for n := 0; n < 64; n++ {
		if f := b.flights[id]; f != nil && f.arrived {
			return f
		}
		r := b.t.At(id)
		if r == nil {
			return nil
		}
		id = r.Cause
	}
	return nil
}

// drop ends a packet's way before its time. What a host drops has arrived.
func (b *builder) drop(r *rundir.Record) {
	if f := b.flights[r.Cause]; f != nil && !f.arrived {
		f.Lost, f.Arrived, f.Why, f.finish = true, r.At, r.Text, r.ID
	}
}

func (b *builder) work(r *rundir.Record) {
	why := b.t.At(r.Cause)
	if c := b.column(nodeOf(r.Node)); c >= 0 && why != nil && r.At > why.At+sim.Time(r.Queueing) {
		b.d.Bars = append(b.d.Bars, Bar{c, why.At + sim.Time(r.Queueing), r.At, r.Rest == sim.Crypto, r.ID})
	}
}

func (b *builder) mark(r *rundir.Record) {
	c := b.column(nodeOf(r.Node))
	if c < 0 || !milestone(r.Kind) {
		return
	}
	leg, detail, _ := strings.Cut(r.Text, " ")
	label := r.Kind
	if leg != "" {
		label = leg + ": " + label
	}
	if detail != "" {
		label += " (" + detail + ")"
	}
	b.d.Marks = append(b.d.Marks, Mark{c, r.At, label, r.ID})
}

// finish turns flights into arrows: those of one message become one.
func (b *builder) finish(opt Options) {
	d := b.d
	d.Columns = slices.Clone(b.nodes)
	type key struct {
		origin   sim.RecordID
		from, to int
		label    string
	}
	same := map[key]int{}
	for _, f := range b.all {
		if f.ack && !opt.ACKs {
			d.Hidden++
			continue
		}
		if !f.arrived && !f.Lost || f.From == f.To {
			continue
		}
		if f.To < 0 { // lost on the way to nobody that ever sent
			f.To = f.From + 1
			if f.To == len(b.nodes) {
				f.To = f.From - 1
			}
			if f.To < 0 {
				continue
			}
		}
		k := key{f.origin, f.From, f.To, f.Label}
		if i, ok := same[k]; ok && f.origin != 0 && !f.Lost && f.p.length > 0 && !f.again {
			a := &d.Arrows[i]
			a.Packets++
			a.Arrived, a.finish = max(a.Arrived, f.Arrived), f.finish
			continue
		}
		if f.again && !strings.HasSuffix(f.Label, " again") {
			f.Label += " again"
		}
		if !f.Lost {
			same[k] = len(d.Arrows)
		}
		d.Arrows = append(d.Arrows, f.Arrow)
	}
	slices.SortStableFunc(d.Arrows, func(x, y Arrow) int {
		if x.Sent != y.Sent {
			return int(min(max(x.Sent-y.Sent, -1), 1))
		}
		return int(x.start) - int(y.start)
	})
}
