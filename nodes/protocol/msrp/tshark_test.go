package msrp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imsim/internal/oracle"
	"imsim/netem/capture"
	"imsim/netem/packet"
	"imsim/sim"
)

// TestTShark has Wireshark's dissector read every example and everything that a session sends.
func TestTShark(t *testing.T) {
	name := filepath.Join(t.TempDir(), "msrp.pcapng")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := capture.NewWriter(f, capture.Options{})
	id := w.Interface("a.plain", capture.UpperPDU, "")
	a, b := packet.MustAddrPort("10.10.0.5:2855"), packet.MustAddrPort("10.20.0.7:40112")
	var want []string
	n := sim.Time(0)
	write := func(octets []byte, line string) {
		n++
		w.UpperPDU(id, n, "msrp", a, b, octets)
		want = append(want, line)
	}
	for i := range examples {
		x := &examples[i]
		status := ""
		if x.msg.Code != 0 {
			status = "200"
		}
		write(encode(&x.msg, x.body, x.flag), x.msg.Method+" "+status+" "+x.msg.MessageID)
	}
	p := newPair(t, Config{Policy: Fixed}, Config{})
	p.a.Bind(0, sim.Cause{}, p.sa)
	o := text(strings.Repeat("x", 5000))
	o.SuccessReport = true
	p.a.Send(0, sim.Cause{}, p.sa, o)
	for busy := true; busy; {
		busy = false
		for i, c := range []*Conn{p.a, p.b} {
			for o, ok := c.Next(); ok; o, ok = c.Next() {
				busy = true
				if o.Kind != OutSend {
					continue
				}
				octets := o.Payload.AppendTo(nil)
				line := o.Name + "  " + o.ID
				if o.Name == "200" {
					line = " 200 "
				}
				write(octets, line)
				[]*Conn{p.b, p.a}[i].Input(0, o.Why, packet.PayloadOf(octets))
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	var got []string
	for _, r := range oracle.NewTShark(t, name).Fields("", "msrp.method", "msrp.status.code", "msrp.messageid", "_ws.malformed", "_ws.expert") {
		got = append(got, strings.TrimRight(strings.Join(r, " "), " "))
	}
	for i := range want {
		want[i] = strings.TrimRight(want[i], " ")
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
}
