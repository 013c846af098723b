package h248

import (
	"testing"

	"imsim/sim"
)

// The message of 366 octets as written: the size of the average message of RFC 3525's examples is 336.
func benchMessage(b testing.TB) []byte {
	for _, ex := range examples(b) {
		if ex.name == "reserve-core" {
			return ex.text
		}
	}
	b.Fatal("no example")
	return nil
}

func BenchmarkParse(b *testing.B) {
	text := benchMessage(b)
	m := mustParse(b, text)
	for _, style := range []Style{Pretty, Compact} {
		b.Run(style.String(), func(b *testing.B) {
			data := m.Append(nil, style)
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := Parse(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	m := mustParse(b, benchMessage(b))
	for _, style := range []Style{Pretty, Compact} {
		b.Run(style.String(), func(b *testing.B) {
			var buf []byte
			b.ReportAllocs()
			for b.Loop() {
				buf = m.Append(buf[:0], style)
			}
		})
	}
}

// Encoding into a buffer that is large enough allocates nothing; parsing allocates the tree, a piece for each node.
func TestAllocations(t *testing.T) {
	text := benchMessage(t)
	m := mustParse(t, text)
	buf := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { buf = m.Append(buf[:0], Compact) }); n != 0 {
		t.Errorf("Append: %v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { Parse(text) }); n > 16 {
		t.Errorf("Parse: %v allocations", n)
	}
}

// One request and its reply through both endpoints, all four encodings and decodings included.
func BenchmarkTransaction(b *testing.B) {
	mgc := NewEndpoint(Config{Role: MGC, Own: MID{Host: "192.0.2.10", Port: 2944}, Style: Compact})
	mg := NewEndpoint(Config{Role: MG, Own: MID{Host: "192.0.2.20", Port: 2944}, Style: Compact})
	actions := mustParse(b, benchMessage(b)).Items[0].Actions
	b.ReportAllocs()
	now := int64(0)
	for b.Loop() {
		now += 10e6
		at := sim.Time(now)
		id := mgc.Request(at, sim.Cause{}, actions)
		o, _ := mgc.Next()
		mg.Receive(at, o.Cause, o.Bytes)
		mg.Next()
		mg.Reply(at, sim.Cause{}, id, Item{Actions: actions})
		o, _ = mg.Next()
		mgc.Receive(at, o.Cause, o.Bytes)
		if o, ok := mgc.Next(); !ok || o.Kind != Answer {
			b.Fatal("no answer")
		}
		mg.Deadline()
		mgc.Deadline()
	}
}
