package msrp

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// pair is two endpoints with a connection between them, of no delay.
type pair struct {
	t      *testing.T
	now    sim.Time
	ea, eb Endpoint
	a, b   *Conn
	sa, sb *Session
	log    []string
}

func newPair(t *testing.T, ca, cb Config) *pair {
	ca.Local, ca.Remote, cb.Local, cb.Remote = uriA, uriB, uriB, uriA
	k := sim.New(sim.Config{Seed: 1})
	p := &pair{t: t}
	p.ea.IDs, p.eb.IDs = k.Rand("a"), k.Rand("b")
	p.sa, p.sb = p.ea.Open(ca), p.eb.Open(cb)
	p.a = p.ea.NewConn(0, sim.Cause{}, 0)
	p.b = p.eb.NewConn(0, sim.Cause{}, DefaultTimeout)
	return p
}

func describe(o Output) string {
	switch o.Kind {
	case OutSend:
		if o.Name == "" {
			return fmt.Sprintf("send … %d%s", o.Payload.Len, flagText(o.Flag))
		}
		s := "send " + o.Name
		if o.Range != (ByteRange{}) {
			s += " " + o.Range.String()
		}
		return fmt.Sprintf("%s %d%s", s, o.Payload.Len, flagText(o.Flag))
	case OutSent:
		return "sent " + o.ID
	case OutReceived:
		if o.Name == "SEND" || o.Name == "REPORT" {
			return "received " + o.Name + " " + o.Range.String() + string(o.Flag)
		}
		return "received " + o.Name
	case OutBound:
		return "bound"
	case OutProgress:
		return fmt.Sprint("progress ", o.Received)
	case OutMessage:
		return fmt.Sprintf("message %s %d %s", o.ContentType, o.Received, short(string(o.Payload.Bytes())))
	case OutAborted:
		return "aborted"
	case OutConfirmed:
		return "confirmed " + o.ID
	case OutReport:
		return fmt.Sprint("report ", o.Code, " ", o.Range)
	case OutUnsent:
		return fmt.Sprint("unsent ", o.Code)
	case OutFailed:
		return fmt.Sprint("failed ", o.Code)
	case OutNickname:
		return "nickname " + o.Msg.Other[0].Value
	case OutClose:
		return "close " + o.Name
	}
	return "?"
}

func flagText(f byte) string {
	if f == 0 {
		return ""
	}
	return string(f)
}

func short(s string) string {
	if len(s) > 20 {
		return fmt.Sprintf("%s…(%d)", s[:20], len(s))
	}
	return s
}

// run exchanges octets until both are silent.
func (p *pair) run() {
	for busy := true; busy; {
		busy = p.drain("A", p.a, p.b) || p.drain("B", p.b, p.a)
	}
}

func (p *pair) drain(name string, from, to *Conn) (busy bool) {
	for {
		o, ok := from.Next()
		if !ok {
			return busy
		}
		busy = true
		p.log = append(p.log, name+" "+describe(o))
		if o.Kind == OutSend {
			var q packet.Payload
			q.AppendPayload(o.Payload)
			to.Input(p.now, o.Why, q)
		}
	}
}

func (p *pair) want(lines string) {
	p.t.Helper()
	want := strings.Split(strings.TrimSpace(strings.ReplaceAll(lines, "\n\t\t", "\n")), "\n")
	if g, w := strings.Join(p.log, "\n"), strings.Join(want, "\n"); g != w {
		p.t.Errorf("got\n%s\nwant\n%s", g, w)
	}
	p.log = nil
}

func text(s string) Outgoing {
	return Outgoing{ID: "m5g10001", ContentType: "text/plain", Body: packet.PayloadOf([]byte(s))}
}

// TestRFC4975Basic: binding SEND, message with a success report, and the sizes of the reference.
func TestRFC4975Basic(t *testing.T) {
	p := newPair(t, Config{}, Config{})
	p.a.Bind(0, sim.Cause{}, p.sa)
	p.run()
	p.want(`
		A send SEND 200
		B bound
		B received SEND 1-0/0$
		B send 200 157
		A received 200`)
	o := text("Lunch at noon?")
	o.SuccessReport = true
	p.a.Send(0, sim.Cause{}, p.sa, o)
	p.run()
	p.want(`
		A send SEND 1-14/14 263$
		A sent m5g10001
		B progress 14
		B received SEND 1-14/14$
		B message text/plain 14 Lunch at noon?
		B send 200 157
		B send REPORT 220
		A received 200
		A confirmed m5g10001
		A received REPORT 1-14/14$
		A report 200 1-14/14`)
	if p.a.Deadline() != sim.Never || p.b.Deadline() != sim.Never {
		t.Error("a timer is left running")
	}
}

// TestRFC4975Reports is the matrix of §7.2: what comes back for each Failure-Report, when all is well and when not.
func TestRFC4975Reports(t *testing.T) {
	tests := []struct {
		fr   FailureReport
		bad  bool
		want string
	}{
		{FailureYes, false, "A received 200|A confirmed m5g10001"},
		{FailureYes, true, "A received 415|A unsent 415"},
		{FailurePartial, false, ""},
		{FailurePartial, true, "A received 415|A unsent 415"},
		{FailureNo, false, ""},
		{FailureNo, true, ""},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.fr, tt.bad), func(t *testing.T) {
			p := newPair(t, Config{}, Config{AcceptTypes: []string{"text/*"}})
			p.a.Adopt(p.sa)
			o := text("hello")
			o.FailureReport = tt.fr
			if tt.bad {
				o.ContentType = "image/jpeg"
			}
			p.a.Send(0, sim.Cause{}, p.sa, o)
			p.run()
			var got []string
			for _, l := range p.log {
				if strings.HasPrefix(l, "A ") && !strings.HasPrefix(l, "A sen") {
					got = append(got, l)
				}
			}
			if g := strings.Join(got, "|"); g != tt.want {
				t.Errorf("got %q, want %q; all: %q", g, tt.want, p.log)
			}
			if p.a.Deadline() != sim.Never {
				t.Error("a timer is left running")
			}
		})
	}
}

func TestRFC4975Fixed(t *testing.T) {
	p := newPair(t, Config{Policy: Fixed}, Config{DiscardBody: true})
	p.a.Adopt(p.sa)
	var body packet.Payload
	body.Append(packet.Synthetic(1, 0, 5000))
	p.a.Send(0, sim.Cause{}, p.sa, Outgoing{ID: "m5g10001", ContentType: "a/b", Body: body})
	p.run()
	p.want(`
		A send SEND 1-2048/5000 2273+
		A send SEND 2049-4096/5000 2276+
		A send SEND 4097-5000/5000 1132$
		A sent m5g10001
		B bound
		B progress 2048
		B received SEND 1-2048/5000+
		B progress 4096
		B received SEND 2049-4096/5000+
		B progress 5000
		B received SEND 4097-5000/5000$
		B message a/b 5000 
		B send 200 157
		B send 200 157
		B send 200 157
		A received 200
		A received 200
		A received 200
		A confirmed m5g10001`)
}

// TestRFC4975Interrupt: a long chunk gives way to a response, but not before 2048 octets.
func TestRFC4975Interrupt(t *testing.T) {
	p := newPair(t, Config{}, Config{})
	p.a.Adopt(p.sa)
	p.b.Adopt(p.sb)
	p.a.SetRoom(0, 1500)
	p.a.Send(0, sim.Cause{}, p.sa, text(strings.Repeat("x", 6000)))
	p.drain("A", p.a, p.b)
	p.b.Send(0, sim.Cause{}, p.sb, Outgoing{ID: "b0000001", ContentType: "text/plain", Body: packet.PayloadOf([]byte("hi"))})
	p.drain("B", p.b, p.a)
	for range 6 {
		p.a.SetRoom(0, 1500)
		p.drain("A", p.a, p.b)
	}
	p.drain("B", p.b, p.a)
	p.drain("A", p.a, p.b)
	p.want(`
		A send SEND 1-*/6000 1500
		B progress 1295
		B send SEND 1-2/2 228$
		B sent b0000001
		A progress 2
		A received SEND 1-2/2$
		A message text/plain 2 hi
		A send … 1500
		A send … 24+
		A send 200 157
		A send SEND 2796-*/6000 1319
		A send … 1500
		A send … 594
		A send … 24$
		A sent m5g10001
		B progress 2795
		B received SEND 1-*/6000+
		B received 200
		B confirmed b0000001
		B progress 3906
		B progress 5406
		B progress 6000
		B received SEND 2796-*/6000$
		B message text/plain 6000 xxxxxxxxxxxxxxxxxxxx…(6000)
		B send 200 157
		B send 200 157
		A received 200
		A received 200
		A confirmed m5g10001`)
}

// TestRoom: whatever room there is, no piece is larger, and the peer gets everything.
func TestRoom(t *testing.T) {
	p := newPair(t, Config{}, Config{})
	p.a.Bind(0, sim.Cause{}, p.sa)
	for _, n := range []int{0, 1, 3000, 100} {
		p.a.Send(0, sim.Cause{}, p.sa, Outgoing{ContentType: "text/plain", Body: packet.PayloadOf([]byte(strings.Repeat("x", n)))})
	}
	messages, names := 0, 0
	for i := range 5000 {
		room := i % 9
		p.a.SetRoom(0, room)
		for o, ok := p.a.Next(); ok; o, ok = p.a.Next() {
			if o.Kind != OutSend {
				continue
			}
			if o.Name != "" {
				names++
			}
			if room -= o.Payload.Len; room < 0 || o.Payload.Len == 0 {
				t.Fatalf("a piece of %d octets, %d too many", o.Payload.Len, -room)
			}
			p.b.Input(0, o.Why, packet.PayloadOf(o.Payload.AppendTo(nil)))
		}
		for o, ok := p.b.Next(); ok; o, ok = p.b.Next() {
			if o.Kind == OutMessage {
				messages++
			}
		}
	}
	if messages != 4 || names != 5 {
		t.Errorf("%d messages of 4 arrived, %d requests of 5 were named", messages, names)
	}
}

// TestRFC4975Sessions: two sessions share a connection, and neither waits for the other's whole message.
func TestRFC4975Sessions(t *testing.T) {
	p := newPair(t, Config{}, Config{DiscardBody: true})
	const a2, b2 = "msrp://10.10.0.5:2855/a2;tcp", "msrp://10.20.0.7:40112/b2;tcp"
	sa2 := p.ea.Open(Config{Local: a2, Remote: b2})
	p.eb.Open(Config{Local: b2, Remote: a2, DiscardBody: true})
	p.a.Adopt(p.sa)
	p.a.Adopt(sa2)
	p.a.SetRoom(0, 0)
	p.a.Send(0, sim.Cause{}, p.sa, text(strings.Repeat("x", 10000)))
	p.a.Send(0, sim.Cause{}, sa2, Outgoing{ID: "second01", ContentType: "text/plain", Body: packet.PayloadOf(make([]byte, 5000))})
	var order []string
	for range 20 {
		p.a.SetRoom(0, 3000)
		for o, ok := p.a.Next(); ok; o, ok = p.a.Next() {
			if o.Name == "SEND" || o.Kind == OutSent {
				order = append(order, describe(o))
			}
		}
	}
	want := "send SEND 1-*/10000 3000|send SEND 1-*/5000 2977|send SEND 2772-*/10000 2977|send SEND 2770-5000/5000 2457$"
	if g := strings.Join(order, "|"); !strings.HasPrefix(g, "send SEND 1-*/10000 3000|send SEND 1-*/5000 ") || strings.Count(g, "sent ") != 2 || strings.Index(g, "sent second01") > strings.Index(g, "sent m5g10001") {
		t.Errorf("got %s, want it to begin like %s", g, want)
	}
	if p.a.Sessions() != 2 {
		t.Error("sessions are miscounted")
	}
}

func TestRFC4975Errors(t *testing.T) {
	t.Run("481 no such session", func(t *testing.T) {
		p := newPair(t, Config{}, Config{})
		p.eb.Close(p.sb)
		p.a.Bind(0, sim.Cause{}, p.sa)
		p.run()
		p.want(`
		A send SEND 200
		B received SEND 1-0/0$
		B send 481 170
		A received 481
		A unsent 481
		A failed 481`)
		if p.sa.Bound() != nil {
			t.Error("still bound")
		}
	})
	t.Run("506 bound elsewhere", func(t *testing.T) {
		p := newPair(t, Config{}, Config{})
		other := p.eb.NewConn(0, sim.Cause{}, 0)
		other.Adopt(p.sb)
		p.a.Adopt(p.sa)
		p.a.Send(0, sim.Cause{}, p.sa, text("hello"))
		p.run()
		p.want(`
		A send SEND 1-5/5 231$
		A sent m5g10001
		B received SEND 1-5/5$
		B send 506 169
		A received 506
		A unsent 506
		A failed 506`)
	})
	t.Run("413 stops a long message", func(t *testing.T) {
		p := newPair(t, Config{}, Config{MaxSize: 3000})
		p.a.Adopt(p.sa)
		p.a.SetRoom(0, 2000)
		p.a.Send(0, sim.Cause{}, p.sa, text(strings.Repeat("x", 100000)))
		p.run()
		p.a.SetRoom(0, 2000)
		p.run()
		p.want(`
		A send SEND 1-*/100000 2000
		B bound
		B send 413 167
		A received 413
		A unsent 413
		A send … 24#
		B received SEND 1-*/100000#`)
	})
	t.Run("501 unknown method", func(t *testing.T) {
		p := newPair(t, Config{}, Config{})
		x := examples[7]
		p.b.Input(0, sim.Cause{}, packet.PayloadOf(encode(&x.msg, "", Complete)))
		p.drain("B", p.b, p.a)
		p.want(`
		B received NICKNAME
		B send 501 169`)
	})
	t.Run("nickname", func(t *testing.T) {
		p := newPair(t, Config{}, Config{Nicknames: true})
		x := examples[7]
		p.b.Input(0, sim.Cause{}, packet.PayloadOf(encode(&x.msg, "", Complete)))
		p.b.Respond(0, sim.Cause{}, &x.msg, 425)
		p.drain("B", p.b, p.a)
		p.want(`
		B bound
		B received NICKNAME
		B nickname "Al"
		B send 425 170`)
	})
	t.Run("400 unparsable", func(t *testing.T) {
		p := newPair(t, Config{}, Config{})
		p.b.Input(0, sim.Cause{}, packet.PayloadOf([]byte("MSRP abcd1234 SEND\r\nTo-Path: "+uriB+"\r\nFrom-Path: "+uriA+"\r\nByte-Range: x\r\nMessage-ID: mmmm\r\n-------abcd1234$\r\n")))
		p.drain("B", p.b, p.a)
		p.want(`
		B received SEND 0-0/0$
		B send 400 158`)
	})
	t.Run("framing lost", func(t *testing.T) {
		p := newPair(t, Config{}, Config{})
		p.b.Input(0, sim.Cause{}, packet.PayloadOf([]byte("\x16\x03\x01\x00")))
		p.drain("B", p.b, p.a)
		p.want(`
		B close malformed`)
	})
}

func TestRFC4975Timers(t *testing.T) {
	why := sim.Cause{Record: 7, Session: 3}
	t.Run("transaction", func(t *testing.T) {
		p := newPair(t, Config{}, Config{})
		p.a.Adopt(p.sa)
		p.a.Send(sim.Time(5*time.Second), why, p.sa, text("hello"))
		for _, ok := p.a.Next(); ok; _, ok = p.a.Next() {
		}
		if d := p.a.Deadline(); d != sim.Time(35*time.Second) {
			t.Fatalf("deadline %v, want 35 s", d)
		}
		p.a.Tick(sim.Time(35 * time.Second))
		o, ok := p.a.Next()
		if !ok || o.Kind != OutUnsent || o.Code != 408 || o.Why != why {
			t.Errorf("got %+v", o)
		}
		if p.a.Deadline() != sim.Never {
			t.Error("the timer is still armed")
		}
	})
	t.Run("first request", func(t *testing.T) {
		p := newPair(t, Config{}, Config{})
		if d := p.b.Deadline(); d != sim.Time(DefaultTimeout) {
			t.Fatalf("deadline %v", d)
		}
		p.b.Tick(sim.Time(DefaultTimeout))
		p.drain("B", p.b, p.a)
		p.want(`
		B close no_first_request`)
	})
}

func TestRFC4975Lost(t *testing.T) {
	p := newPair(t, Config{}, Config{})
	p.a.Bind(0, sim.Cause{}, p.sa)
	p.a.Lost(0, sim.Cause{})
	p.drain("A", p.a, p.b)
	p.want(`
		A failed 0`)
	if p.sa.Bound() != nil || p.a.Deadline() != sim.Never {
		t.Error("something is left")
	}
}

// TestRFC4975Duplicate: a message that is sent again, because its response was lost with the connection, is confirmed
// and not delivered twice.
func TestRFC4975Duplicate(t *testing.T) {
	p := newPair(t, Config{}, Config{})
	p.a.Adopt(p.sa)
	for range 2 {
		p.a.Send(0, sim.Cause{}, p.sa, text("hello"))
	}
	p.run()
	all := strings.Join(p.log, "\n")
	if strings.Count(all, "B message") != 1 || strings.Count(all, "A confirmed") != 2 {
		t.Errorf("got\n%s", all)
	}
}

func TestRFC4975Assembly(t *testing.T) {
	tests := []struct {
		name string
		puts []string // position:text
		want string
	}{
		{"in order", []string{"0:abc", "3:def"}, "abcdef"},
		{"backwards", []string{"3:def", "0:abc"}, "abcdef"},
		{"gap filled", []string{"0:ab", "4:ef", "2:cd"}, "abcdef"},
		{"last wins inside", []string{"0:abcdef", "2:XY"}, "abXYef"},
		{"last wins over several", []string{"0:ab", "2:cd", "4:ef", "1:WXYZ"}, "aWXYZf"},
		{"repeated", []string{"0:abc", "0:abc", "3:d"}, "abcd"},
		{"covers all", []string{"1:b", "3:d", "0:VWXYZ"}, "VWXYZ"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var a, count assembly
			for _, s := range tt.puts {
				var at int64
				var b string
				fmt.Sscanf(s, "%d:%s", &at, &b)
				a.put(at, packet.Bytes([]byte(b)), false)
				count.put(at, packet.Bytes([]byte(b)), true)
			}
			if got := string(a.payload(math.MaxInt64).Bytes()); got != tt.want || a.have != int64(len(tt.want)) || count.have != a.have {
				t.Errorf("got %q, %d, %d", got, a.have, count.have)
			}
		})
	}
}

// TestBig sends 100 MB through both machines without making them real.
func TestBig(t *testing.T) {
	p := newPair(t, Config{}, Config{})
	p.a.Adopt(p.sa)
	var body packet.Payload
	body.Append(packet.Synthetic(1, 0, 100_000_000))
	p.a.Send(0, sim.Cause{}, p.sa, Outgoing{ContentType: "a/b", Body: body})
	var got packet.Payload
	for {
		o, ok := p.a.Next()
		if !ok {
			break
		}
		if o.Kind == OutSend {
			var q packet.Payload
			q.AppendPayload(o.Payload)
			p.b.Input(0, o.Why, q)
		}
	}
	for o, ok := p.b.Next(); ok; o, ok = p.b.Next() {
		if o.Kind == OutMessage {
			got = o.Payload
		}
	}
	if got.Len != body.Len || len(got.Spans) != 1 || got.Spans[0].Pattern != 1 {
		t.Errorf("got %d octets in %d spans", got.Len, len(got.Spans))
	}
}

func TestIDs(t *testing.T) {
	k := sim.New(sim.Config{Seed: 1})
	r := k.Rand("ids")
	seen := map[string]bool{}
	for range 10000 {
		id := NewID(&r)
		if !transactionID(id) || seen[id] {
			t.Fatalf("bad or repeated id %q", id)
		}
		seen[id] = true
	}
	if s := NewSessionID(&r); len(s) != SessionIDLen || !sessionChars(s) {
		t.Errorf("session id %q", s)
	}
}

func BenchmarkMessage(b *testing.B) {
	p := newPair(nil, Config{}, Config{})
	p.a.Adopt(p.sa)
	body := packet.PayloadOf([]byte(strings.Repeat("x", 100)))
	b.ReportAllocs()
	for b.Loop() {
		p.a.Send(0, sim.Cause{}, p.sa, Outgoing{ContentType: "text/plain", Body: body})
		for busy := true; busy; {
			busy = shuttle(p.a, p.b) || shuttle(p.b, p.a)
		}
	}
}

func shuttle(from, to *Conn) (busy bool) {
	for o, ok := from.Next(); ok; o, ok = from.Next() {
		busy = true
		if o.Kind == OutSend {
			to.Input(0, o.Why, o.Payload)
		}
	}
	return busy
}
