package tls

import (
	"fmt"
	"strings"
	"testing"

	"imsim/netem/packet"
)

// TestFlightSizes is the golden table of flights in octets, with the pool's certificates: ECDSA 395, Ed25519 329 and RSA
// 790 octets. They differ from ietf-protocols §6.2 by what differs in set-up: there the ClientHello offers all suites and
// groups (213 or 249), and the certificates have 376 to 378 and 772 to 775 octets.
func TestFlightSizes(t *testing.T) {
	want := strings.TrimSpace(`
303 ecdsa   185 640 588 51
303 ed25519 185 566 514 51
303 rsa     185 1219 1167 51
304 ecdsa   235 838 596
304 ed25519 235 764 522
304 rsa     235 1417 1175`)
	var got []string
	for _, v := range versions {
		for i, name := range []string{"ecdsa  ", "ed25519", "rsa    "} {
			c, s := mutual(v, keyTypes[i], keyTypes[i])
			line := fmt.Sprintf("%x %s", v, name)
			w := newWire(t, Model, c, s)
			w.tamper = func(_ int, o Output) packet.Payload {
				line += fmt.Sprintf(" %d", o.Payload.Len)
				return o.Payload
			}
			w.start()
			got = append(got, line)
		}
	}
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("sizes are\n%s\nwant\n%s", s, want)
	}
}

// RFC 5246 §7.4, RFC 8446 §4: message types and lengths of an unprotected flight, as §6.2 lists them.
func TestMessageSizes(t *testing.T) {
	c, s := mutual(TLS12, ECDSAP256, ECDSAP256)
	w := newWire(t, Model, c, s).start()
	var got []string
	for i := range w.sent {
		for b := w.sent[i]; len(b) > 0; {
			n := int(b[3])<<8 | int(b[4])
			got = append(got, fmt.Sprintf("%d:%d:%d", b[0], b[5], n))
			b = b[recordHeader+n:]
		}
	}
	want := "22:1:180 22:11:405 22:16:37 22:15:80 20:1:1 22:0:40 22:2:59 22:11:405 22:12:116 22:13:31 22:14:4 20:1:1 22:0:40"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("records are %s\nwant %s", s, want)
	}
}

// ietf-protocols §6.1: record sizes of application data; a 263-octet message costs 292 or 285 octets, an alert 31 or 24.
func TestRecordSizes(t *testing.T) {
	for v, want := range map[Version][2]int{TLS12: {292, 31}, TLS13: {285, 24}} {
		c, s := mutual(v, ECDSAP256, ECDSAP256)
		w := newWire(t, Model, c, s).start()
		w.sent[0] = nil
		w.write(0, text(263))
		data := len(w.sent[0])
		w.close(0)
		if got := [2]int{data, len(w.sent[0]) - data}; got != want {
			t.Errorf("%x: %v, want %v", v, got, want)
		}
		if strings.Contains(string(w.sent[0]), "ABCDEF") {
			t.Errorf("%x: plaintext on the wire", v)
		}
	}
}

// Synthetic octets stay synthetic, masked on the wire and plain at the far end.
func TestSyntheticStaysSynthetic(t *testing.T) {
	c, s := mutual(TLS13, ECDSAP256, ECDSAP256)
	w := newWire(t, Model, c, s).start()
	masked := 0
	w.tamper = func(_ int, o Output) packet.Payload {
		for _, sp := range o.Payload.Spans {
			if sp.Bytes == nil && sp.Pattern != 7|packet.Masked {
				t.Errorf("pattern %x on the wire", sp.Pattern)
			}
			if sp.Bytes == nil {
				masked += sp.Len
			}
		}
		return o.Payload
	}
	w.cut = 1448
	w.write(0, packet.Payload{Spans: []packet.Span{packet.Synthetic(7, 5, 100_000)}, Len: 100_000})
	if masked != 100_000 || w.data[1].Len != 100_000 || len(w.data[1].Spans) != 1 || w.data[1].Spans[0].Pattern != 7 || w.data[1].Spans[0].Off != 5 {
		t.Errorf("%d masked, received %d octets in %d spans", masked, w.data[1].Len, len(w.data[1].Spans))
	}
}
