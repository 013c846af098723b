package attacker

import (
	"strings"
	"testing"

	"imsim/netem/packet"
)

func record(kind byte, body string) string {
	return string([]byte{kind, 3, 3, 0, byte(len(body))}) + body
}

// hello is a ClientHello with the given supported_versions.
func hello(versions string) string {
	body := "\x03\x03" + strings.Repeat("r", 32) + "\x02id" + "\x00\x02\x13\x01" + "\x01\x00"
	ext := "\x00\x0a\x00\x04\x00\x02\x00\x1d" + "\x00\x2b\x00" + string(rune(len(versions)+1)) + string(rune(len(versions))) + versions
	body += "\x00" + string(rune(len(ext))) + ext
	return record(22, "\x01\x00\x00"+string(rune(len(body)))+body)
}

// However the stream is cut, an attack is done to the record that it is for, and to nothing else.
func TestRecords(t *testing.T) {
	h, one, two, three := hello("\x03\x04\x03\x03"), record(23, "first"), record(23, "second"), record(23, "third")
	in := h + one + two + three
	for _, c := range []struct {
		name   string
		attack Attack
		in     string
		want   string
		cut    bool
	}{
		{"corrupt", Attack{Do: "corrupt", Record: 2}, in, h + one + record(23, "seconE"[:5]+"e") + three, false},
		{"corrupt the first", Attack{Do: "corrupt"}, in, h + record(23, "firsu") + two + three, false},
		{"replay", Attack{Do: "replay", Record: 3}, in, in + three, false},
		{"truncate", Attack{Do: "truncate", Record: 2}, in, h + one, true},
		{"downgrade", Attack{Do: "downgrade"}, in, hello("\x03\x03\x03\x03") + one + two + three, false},
		{"a record that never comes", Attack{Do: "replay", Record: 9}, in, in, false},
		{"none", Attack{}, in, in, false},
		{"no TLS", Attack{Do: "corrupt"}, "MSRP x SEND\r\n", "MSRP x SEND\r\n", false},
		{"a hello that is cut short", Attack{Do: "downgrade"}, record(22, "\x01\x00\x00\x03abc"), record(22, "\x01\x00\x00\x03abc"), false},
	} {
		for n := 1; n <= len(c.in); n++ {
			var r records
			var out packet.Payload
			cut := false
			for at := 0; at < len(c.in) && !cut; at += n {
				cut = r.read(packet.PayloadOf([]byte(c.in[at:min(at+n, len(c.in))])), &out, []Attack{c.attack}, func(string) {})
			}
			if got := string(out.Bytes()); got != c.want || cut != c.cut {
				t.Fatalf("%s, cut every %d: %q, ended %v\nwant %q, %v", c.name, n, got, cut, c.want, c.cut)
			}
		}
	}
}

// A victim's octets never panic, and none gets lost but by an attack.
func FuzzRecords(f *testing.F) {
	f.Add([]byte(hello("\x03\x04")+record(23, "x")), uint8(3), uint8(0))
	f.Add([]byte("MSRP x SEND\r\n"), uint8(1), uint8(1))
	f.Add([]byte(record(22, "\x01")+record(23, "")), uint8(2), uint8(2))
	f.Fuzz(func(t *testing.T, b []byte, step, what uint8) {
		do := []string{"downgrade", "corrupt", "replay", "truncate", ""}[what%5]
		var r records
		var out packet.Payload
		n := int(step)%64 + 1
		for at := 0; at < len(b); at += n {
			if r.read(packet.PayloadOf(b[at:min(at+n, len(b))]), &out, []Attack{{Do: do}}, func(string) {}) {
				break
			}
		}
		if do == "" && string(out.Bytes())+string(r.in.Bytes()) != string(b) {
			t.Errorf("%q became %q, %q waits", b, out.Bytes(), r.in.Bytes())
		}
	})
}
