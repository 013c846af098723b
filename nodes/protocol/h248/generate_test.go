package h248

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imsim/internal/oracle"
)

// generator draws messages that hold what our nodes may say, from the package tables.
type generator struct{ *rand.Rand }

func (g generator) chance(percent int) bool { return g.IntN(100) < percent }

func (g generator) termination() TerminationID {
	return TerminationID(fmt.Sprintf("ip/%s/%d", []string{"acc", "core", "conf"}[g.IntN(3)], g.IntN(100)))
}

func (g generator) sdp() []byte {
	b := "v=0\r\nc=IN IP4 192.0.2.1\r\n"
	for range 1 + g.IntN(2) {
		b += fmt.Sprintf("m=message %d TCP/TLS/MSRP *\r\n", 1024+g.IntN(50000))
		if g.chance(50) {
			b += "a=setup:passive\r\n"
		}
	}
	return []byte(b)
}

func (g generator) value(d *ValueDef) Value {
	switch d.Type {
	case Boolean:
		return Word([]string{"ON", "OFF"}[g.IntN(2)])
	case Integer:
		return Number(1 + g.Uint64N(60000))
	case Enumeration:
		return Word(d.Values[g.IntN(len(d.Values))])
	case Octets:
		return Quoted("00ff")
	case TopoRules:
		return Quoted("tcpest:in>ip/core/71;tcpest:up>self")
	}
	return Quoted("some text, {braces} = # and more")
}

func (g generator) parms(defs []ValueDef) (list []Parm) {
	for i := range defs {
		if defs[i].Required || g.chance(50) {
			list = append(list, Set(defs[i].ID, g.value(&defs[i])))
		}
	}
	return list
}

func (g generator) command() Command {
	t := g.termination()
	switch g.IntN(5) {
	case 0:
		return SubtractOf(t)
	case 1:
		p := &PackageTable[g.IntN(len(PackageTable))]
		if len(p.Events) == 0 {
			return Command{Verb: AuditValue, Termination: t, Descriptors: Descriptors{Audit: &Audit{Items: AuditItems(g.IntN(1 << 5))}}}
		}
		e := &p.Events[g.IntN(len(p.Events))]
		return NotifyOf(t, g.Uint32N(9999), ObservedEvent{Time: "20260101T12000012", Name: p.ID + "/" + e.ID, Stream: 1, Parms: g.parms(e.Observed)})
	}
	c := Command{Verb: []Verb{Add, Modify, Move}[g.IntN(3)], Termination: t, Optional: g.chance(10)}
	for id := StreamID(1); id <= StreamID(g.IntN(3)); id++ {
		c.SetMode(id, Mode(1+g.IntN(5)))
		for i := range PackageTable {
			for _, d := range PackageTable[i].Properties {
				if d.Place != InTerminationState && g.chance(10) {
					c.SetProperty(id, PackageTable[i].ID+"/"+d.ID, g.value(&d))
				}
			}
		}
		if g.chance(50) {
			c.Stream(id).Local = g.sdp()
		}
		if g.chance(50) {
			c.Stream(id).Remote = g.sdp()
		}
	}
	for i := range PackageTable {
		for _, d := range PackageTable[i].Events {
			if g.chance(20) {
				c.Watch(7, Event{Name: PackageTable[i].ID + "/" + d.ID, Stream: StreamID(g.IntN(3)), KeepActive: g.chance(20), Parms: g.parms(d.Parms)})
			}
		}
		for _, d := range PackageTable[i].Signals {
			if g.chance(20) {
				c.Order(Signal{Name: PackageTable[i].ID + "/" + d.ID, Stream: StreamID(g.IntN(3)), Type: SignalType(g.IntN(4)),
					HasCompletion: g.chance(20), Completion: OnTimeOut | OnOtherReason, Parms: g.parms(d.Parms)})
			}
		}
	}
	return c
}

func (g generator) message() *Message {
	m := &Message{Version: DefaultVersion, From: MID{Host: "192.0.2.10", Port: 2944}}
	for i := range 1 + g.IntN(2) {
		it := Item{Kind: Request, ID: TransactionID(1 + g.Uint32N(1e9))}
		for range 1 + g.IntN(2) {
			a := Action{Context: ContextID(1 + i)}
			for range 1 + g.IntN(3) {
				c := g.command()
				a.Commands = append(a.Commands, c)
			}
			it.Actions = append(it.Actions, a)
		}
		m.Items = append(m.Items, it)
	}
	return m
}

// fixCompletion clears what a signal's encoding does not say.
func fixCompletion(m *Message) {
	for _, it := range m.Items {
		for _, a := range it.Actions {
			for _, c := range a.Commands {
				if c.Signals == nil {
					continue
				}
				for i := range c.Signals.List {
					if s := &c.Signals.List[i]; !s.HasCompletion {
						s.Completion = 0
					}
				}
			}
		}
	}
}

func generated(n int) (list []*Message) {
	g := generator{rand.New(rand.NewPCG(1, 2))}
	for range n {
		m := g.message()
		fixCompletion(m)
		list = append(list, m)
	}
	return list
}

func TestGeneratedRoundTrip(t *testing.T) {
	for i, m := range generated(200) {
		for _, style := range []Style{Pretty, Compact} {
			b := m.Append(nil, style)
			if again := mustParse(t, b); !reflect.DeepEqual(m, again) {
				t.Fatalf("message %d, %v:\n%s\n%s", i, style, cmp.Diff(m, again), b)
			}
		}
		for _, it := range m.Items {
			for _, a := range it.Actions {
				for j := range a.Commands {
					if err := (Validator{}).Command(&a.Commands[j]); err != nil {
						t.Fatalf("message %d: %v", i, err)
					}
				}
			}
		}
	}
}

// OTP finds the same meaning in both encodings of what we may send, and its re-encodings mean that to us too.
func TestMegacoAgreesOnGenerated(t *testing.T) {
	list := generated(60)
	var batch [][]byte
	for _, m := range list {
		batch = append(batch, m.Append(nil, Pretty), m.Append(nil, Compact))
	}
	results := oracle.MegacoDecode(t, batch)
	for i := range list {
		pretty, compact := results[2*i], results[2*i+1]
		switch {
		case pretty.Err != "" || compact.Err != "":
			t.Fatalf("message %d: %.400s %.400s\n%s", i, pretty.Err, compact.Err, batch[2*i+1])
		case pretty.Term != compact.Term:
			t.Fatalf("message %d: the encodings differ for OTP:\n%s\n%s", i, pretty.Compact, compact.Compact)
		}
		a, b := mustParse(t, compact.Compact), mustParse(t, compact.Pretty)
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("message %d: OTP's two encodings differ for us:\n%s", i, cmp.Diff(a, b))
		}
	}
}
