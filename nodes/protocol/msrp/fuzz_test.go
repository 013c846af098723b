package msrp

import (
	"testing"

	"imsim/netem/packet"
	"imsim/sim"
)

// FuzzInput feeds a peer's octets to a connection that is sending itself: whatever comes, what goes out can be parsed.
func FuzzInput(f *testing.F) {
	var all []byte
	for i := range examples {
		x := &examples[i]
		b := encode(&x.msg, x.body, x.flag)
		f.Add(b, uint8(255))
		all = append(all, b...)
	}
	f.Add(all, uint8(40))
	f.Add([]byte("MSRP abcd1234 SEND\r\nTo-Path: "+uriB+"\r\nFrom-Path: "+uriA+"\r\nMessage-ID: mmmm\r\nByte-Range: 4611686018427387903-*/*\r\nContent-Type: a/b\r\n\r\nxx\r\n-------abcd1234$\r\n"), uint8(9))
	f.Fuzz(func(t *testing.T, b []byte, step uint8) {
		p := newPair(nil, Config{}, Config{Nicknames: true, MaxSize: 5000})
		p.b.Adopt(p.sb)
		p.b.SetRoom(0, 700)
		p.b.Send(0, sim.Cause{}, p.sb, Outgoing{ContentType: "a/b", Body: packet.PayloadOf(make([]byte, 5000))})
		var out Parser
		drain := func() {
			for o, ok := p.b.Next(); ok; o, ok = p.b.Next() {
				switch o.Kind {
				case OutSend:
					out.Push(o.Payload)
				case OutNickname:
					p.b.Respond(0, sim.Cause{}, o.Msg, 200)
				}
			}
		}
		for len(b) > 0 {
			n := min(int(step)+1, len(b))
			p.b.Input(0, sim.Cause{}, packet.PayloadOf(b[:n:n]))
			b = b[n:]
			drain()
			p.b.SetRoom(0, 700)
		}
		p.b.SetRoom(0, 1<<20)
		drain()
		p.b.Tick(p.b.Deadline())
		drain()
		for e, ok := out.Next(); ok; e, ok = out.Next() {
			if e.Kind == Broken || e.Kind == Head && e.Msg.Bad != "" {
				t.Fatalf("sent nonsense: %+v, %+v", e, e.Msg)
			}
		}
		if !out.Idle() {
			t.Fatal("a message was left unfinished")
		}
	})
}
