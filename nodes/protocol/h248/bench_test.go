package h248

import (
	"testing"

	"imsim/sim"
	"imsim/sim/kernelbench"
)

// benchMessage is a Modify of 336 octets in pretty text: the size of the average message of RFC 3525's examples, for which
// Erlang/OTP states 4 to 12 µs (see docs/validation.md).
func benchMessage(tb testing.TB) []byte {
	text := "MEGACO/2 [192.0.2.10]:2944\nTransaction = 1003 {\n\tContext = 7 {\n\t\tModify = ip/acc/72 {\n\t\t\tMedia {\n\t\t\t\tStream = 1 {\n" +
		"\t\t\t\t\tLocalControl {\n\t\t\t\t\t\tMode = SendReceive\n\t\t\t\t\t},\n\t\t\t\t\tRemote {\nv=0\ns=-------\nc=IN IP4 198.51.100.7\nm=message 50010 TCP/MSRP *\n}\n\t\t\t\t}\n\t\t\t},\n" +
		"\t\t\tEvents = 4001 {\n\t\t\t\ttcpbcc/BNCChange {\n\t\t\t\t\tStream = 1\n\t\t\t\t}\n\t\t\t}\n\t\t}\n\t}\n}\n"
	m := mustParse(tb, []byte(text))
	if b := m.Append(nil, Pretty); len(b) != 336 || string(b) != text {
		tb.Fatalf("%d octets:\n%s", len(b), b)
	}
	return []byte(text)
}

// processor reports the processor time of an operation, which other programs on the machine disturb less than its duration.
func processor(b *testing.B, f func()) {
	before := kernelbench.CPUTime()
	for b.Loop() {
		f()
	}
	b.ReportMetric(float64(kernelbench.CPUTime()-before)/float64(b.N), "cpu-ns/op")
}

func BenchmarkParse(b *testing.B) {
	m := mustParse(b, benchMessage(b))
	for _, style := range []Style{Pretty, Compact} {
		data := m.Append(nil, style)
		for _, shared := range []bool{false, true} {
			name, parse := style.String(), Parse
			if shared {
				name, parse = name+"-shared", ParseShared
			}
			b.Run(name, func(b *testing.B) {
				b.ReportAllocs()
				processor(b, func() {
					if _, err := parse(data); err != nil {
						b.Fatal(err)
					}
				})
			})
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	m := mustParse(b, benchMessage(b))
	for _, style := range []Style{Pretty, Compact} {
		b.Run(style.String(), func(b *testing.B) {
			var buf []byte
			b.ReportAllocs()
			processor(b, func() { buf = m.Append(buf[:0], style) })
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
	if n := testing.AllocsPerRun(100, func() { Parse(text) }); n > 5 {
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
