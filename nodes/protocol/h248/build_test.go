package h248

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"imsim/sim"
)

// The builder makes the example "reserve and configure access": the message a person wrote has the same meaning.
func TestBuilderMakesExample(t *testing.T) {
	var want *Message
	for _, ex := range examples(t) {
		if ex.name == "reserve-access" {
			want = mustParse(t, ex.text)
		}
	}
	written := want.Items[0].Actions[0].Commands
	core := Command{Verb: Modify, Termination: "ip/core/71"}
	core.Stream(1).Remote = written[0].FindStream(1).Remote
	acc := Command{Verb: Add, Termination: "ip/acc/$"}
	acc.SetMode(1, SendReceive)
	acc.SetProperty(1, "ipdc/realm", Quoted("access.visited1.net"))
	acc.SetProperty(1, "gm/saf", Word("OFF"))
	acc.SetProperty(1, "gm/saf", Word("ON"))
	acc.Topology(1, TopologyRule{TCPIncoming, "ip/core/71"})
	acc.Stream(1).Local = written[1].FindStream(1).Local
	acc.Stream(1).Remote = written[1].FindStream(1).Remote
	acc.Watch(4002, Event{Name: "tcpbcc/BNCChange", Stream: 1})
	acc.Watch(4002, Event{Name: "tlsbsc/BNCChange", Stream: 1})
	acc.Watch(4002, Event{Name: "hangterm/thb", Parms: []Parm{Set("timerx", Number(300))}})
	acc.Order(Signal{Name: "ipnapt/latch", Stream: 1, Parms: []Parm{Set("napt", Word("LATCH"))}})
	got := []Action{In(7, core, acc)}
	if d := cmp.Diff(want.Items[0].Actions, got); d != "" {
		t.Error(d)
	}
}

func TestStamp(t *testing.T) {
	for _, tt := range []struct {
		at   sim.Time
		want Timestamp
	}{
		{0, "20260101T00000000"},
		{12*3600e9 + 12e7, "20260101T12000012"},
		{(31+28)*86400e9 - 1, "20260228T23595999"},
		{(31 + 28) * 86400e9, "20260301T00000000"},
		{(365 + 365 + 31 + 28) * 86400e9, "20280229T00000000"},
	} {
		if got := Stamp(tt.at); got != tt.want || !isTimestamp(string(got)) {
			t.Errorf("%v: %s, want %s", tt.at, got, tt.want)
		}
	}
}

func TestTPKT(t *testing.T) {
	stream := AppendTPKT(AppendTPKT(nil, []byte("one")), []byte("three"))
	for i := range 7 {
		if _, _, ok, bad := NextTPKT(stream[:i]); ok || bad {
			t.Errorf("%d octets: ok %v, bad %v", i, ok, bad)
		}
	}
	one, rest, ok, _ := NextTPKT(stream)
	three, rest, ok2, _ := NextTPKT(rest)
	if string(one) != "one" || string(three) != "three" || !ok || !ok2 || len(rest) != 0 {
		t.Errorf("%q %q %q", one, three, rest)
	}
	for _, s := range []string{"\x04", "\x03\x00\x00\x03"} {
		if _, _, _, bad := NextTPKT([]byte(s)); !bad {
			t.Errorf("%q accepted", s)
		}
	}
}
