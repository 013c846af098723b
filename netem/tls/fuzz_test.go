package tls

import (
	"testing"

	"imsim/netem/packet"
)

// FuzzReceive gives an end arbitrary octets in any state of its handshake and after it: it must neither panic nor take
// them for data of the peer.
func FuzzReceive(f *testing.F) {
	for _, v := range versions {
		c, s := mutual(v, ECDSAP256, Ed25519)
		w := newWire(f, Model, c, s).start()
		w.write(0, text(40)).close(1)
		for i := range w.sent {
			for stage := range uint8(4) {
				f.Add(w.sent[i], uint8(1-i), stage, v == TLS13, false, uint8(50))
			}
		}
	}
	f.Add([]byte("MSRP abc SEND\r\n"), uint8(0), uint8(1), true, true, uint8(3))
	f.Add([]byte{22, 3, 3, 0, 4, 0, 0, 0, 0}, uint8(0), uint8(3), false, false, uint8(0))
	f.Fuzz(func(t *testing.T, b []byte, to, stage uint8, v13, engine bool, cut uint8) {
		v, e := TLS12, Model
		if v13 {
			v = TLS13
		}
		if engine {
			e = Real
		}
		c, s := mutual(v, ECDSAP256, Ed25519)
		w := newWire(t, e, c, s)
		// The handshake goes as far as the stage says: that many flights arrive.
		n := int(stage % 5)
		w.tamper = func(_ int, o Output) packet.Payload {
			if n--; n < 0 {
				return packet.Payload{}
			}
			return o.Payload
		}
		w.start()
		w.tamper = nil
		before := w.data[to&1].Len
		w.cut = int(cut)
		w.deliver(int(to&1), packet.PayloadOf(b))
		w.pump()
		w.write(0, text(3)).fin(int(to & 1))
		if w.data[to&1].Len != before && to&1 == 0 {
			t.Errorf("%d octets of data came out of nothing", w.data[to&1].Len)
		}
	})
}

// FuzzRecord seals and opens arbitrary mixtures of spans, cut anywhere.
func FuzzRecord(f *testing.F) {
	f.Add([]byte("hello"), uint16(100), uint16(7), true, uint16(3))
	f.Add([]byte{}, uint16(0), uint16(1), false, uint16(1))
	f.Fuzz(func(t *testing.T, b []byte, n, m uint16, v13 bool, cut uint16) {
		v := TLS12
		if v13 {
			v = TLS13
		}
		var p packet.Payload
		p.Append(packet.Bytes(b))
		p.Append(packet.Synthetic(3, 9, int(n)))
		p.Append(packet.Bytes(b))
		p.Append(packet.Synthetic(3|packet.Masked, 9, int(m)))
		p.Append(packet.Bytes(b))
		if p.Len > maxPlaintext {
			return
		}
		var w, back writer
		d, e := direction{key: 5, seq: 7}, direction{key: 5, seq: 7}
		w.seal(&d, v, typeData, p.Spans, p.Len)
		sealed := w.payload()
		if sealed.Len != p.Len+Overhead(v) {
			t.Fatalf("%d octets become %d", p.Len, sealed.Len)
		}
		var parts packet.Payload
		for at := recordHeader; at < sealed.Len; {
			to := min(sealed.Len, at+int(cut)+1)
			var one packet.Payload
			one.AppendRange(sealed, at, to)
			parts.Spans = append(parts.Spans, one.Spans...)
			at = to
		}
		kind, ok := back.open(&e, v, sealedType(sealed), parts.Spans, sealed.Len-recordHeader)
		if got := back.payload(); !ok || kind != typeData || string(got.AppendTo(nil)) != string(p.AppendTo(nil)) {
			t.Fatalf("type %d, %v, %d octets of %d", kind, ok, got.Len, p.Len)
		}
	})
}

func sealedType(p packet.Payload) byte { return p.Spans[0].Bytes[0] }
