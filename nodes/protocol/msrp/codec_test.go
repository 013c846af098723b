package msrp

import (
	"strings"
	"testing"

	"imsim/netem/packet"
)

const (
	uriA = "msrp://10.10.0.5:2855/s7Gq2mZpX0aKf4Lw;tcp"
	uriB = "msrp://10.20.0.7:40112/t9RkVb3QnYc81uEe;tcp"
)

const cpim = "From: <sip:alice@home1.example>\r\nTo: <sip:room7@conf.example>\r\nDateTime: 2026-02-03T10:15:00Z\r\n\r\n" +
	"Content-Type: text/plain;charset=utf-8\r\n\r\nMinutes of the meeting follow."

type example struct {
	name string
	msg  Message
	body string
	flag byte
	text string
	size int
}

// examples are those of the protocol reference, whose sizes were checked with tshark.
var examples = []example{
	{"binding SEND", Message{ID: "k3Yw81Zq0pLm", Method: "SEND", To: uriB, From: uriA, MessageID: "b1nd0001", Range: ByteRange{1, 0, 0}}, "", Complete,
		"MSRP k3Yw81Zq0pLm SEND\nTo-Path: " + uriB + "\nFrom-Path: " + uriA + "\nMessage-ID: b1nd0001\nByte-Range: 1-0/0\n-------k3Yw81Zq0pLm$\n", 196},
	{"message", Message{ID: "a8Jd02Lx77Qe", Method: "SEND", To: uriB, From: uriA, MessageID: "m5g10001", Range: ByteRange{1, 14, 14}, SuccessReport: true, ContentType: "text/plain"},
		"Lunch at noon?", Complete,
		"MSRP a8Jd02Lx77Qe SEND\nTo-Path: " + uriB + "\nFrom-Path: " + uriA + "\nMessage-ID: m5g10001\nByte-Range: 1-14/14\nSuccess-Report: yes\nContent-Type: text/plain\n\nLunch at noon?\n-------a8Jd02Lx77Qe$\n", 263},
	{"response", Message{ID: "a8Jd02Lx77Qe", Code: 200, Comment: "OK", To: uriA, From: uriB}, "", Complete,
		"MSRP a8Jd02Lx77Qe 200 OK\nTo-Path: " + uriA + "\nFrom-Path: " + uriB + "\n-------a8Jd02Lx77Qe$\n", 157},
	{"report", Message{ID: "Zp40vR61cTnb", Method: "REPORT", To: uriA, From: uriB, MessageID: "m5g10001", Range: ByteRange{1, 14, 14}, Status: 200, StatusComment: "OK"}, "", Complete,
		"MSRP Zp40vR61cTnb REPORT\nTo-Path: " + uriA + "\nFrom-Path: " + uriB + "\nMessage-ID: m5g10001\nByte-Range: 1-14/14\nStatus: 000 200 OK\n-------Zp40vR61cTnb$\n", 220},
	{"first chunk", Message{ID: "x1Chunk00001", Method: "SEND", To: uriB, From: uriA, MessageID: "m5g10002", Range: ByteRange{1, Unknown, 169}, ContentType: "message/cpim"},
		cpim[:100], More,
		"MSRP x1Chunk00001 SEND\nTo-Path: " + uriB + "\nFrom-Path: " + uriA + "\nMessage-ID: m5g10002\nByte-Range: 1-*/169\nContent-Type: message/cpim\n\n" +
			strings.ReplaceAll(cpim[:100], "\r\n", "\n") + "\n-------x1Chunk00001+\n", 330},
	{"second chunk", Message{ID: "x1Chunk00002", Method: "SEND", To: uriB, From: uriA, MessageID: "m5g10002", Range: ByteRange{101, 169, 169}, ContentType: "message/cpim"},
		cpim[100:], Complete,
		"MSRP x1Chunk00002 SEND\nTo-Path: " + uriB + "\nFrom-Path: " + uriA + "\nMessage-ID: m5g10002\nByte-Range: 101-169/169\nContent-Type: message/cpim\n\n" +
			strings.ReplaceAll(cpim[100:], "\r\n", "\n") + "\n-------x1Chunk00002$\n", 303},
	{"aborted chunk", Message{ID: "x1Abort00001", Method: "SEND", To: uriB, From: uriA, MessageID: "m5g10002", Range: ByteRange{1, Unknown, 5000}, ContentType: "message/cpim"},
		cpim[:100], Aborted,
		"MSRP x1Abort00001 SEND\nTo-Path: " + uriB + "\nFrom-Path: " + uriA + "\nMessage-ID: m5g10002\nByte-Range: 1-*/5000\nContent-Type: message/cpim\n\n" +
			strings.ReplaceAll(cpim[:100], "\r\n", "\n") + "\n-------x1Abort00001#\n", 331},
	{"nickname", Message{ID: "n1ck00000001", Method: "NICKNAME", To: uriB, From: uriA, Other: []Header{{"Use-Nickname", `"Al"`}}}, "", Complete,
		"MSRP n1ck00000001 NICKNAME\nTo-Path: " + uriB + "\nFrom-Path: " + uriA + "\nUse-Nickname: \"Al\"\n-------n1ck00000001$\n", 179},
	{"empty body", Message{ID: "emptyBody001", Method: "SEND", To: uriB, From: uriA, MessageID: "m5g10003", Range: ByteRange{1, 0, 0}, FailureReport: FailureNo, ContentType: "text/plain"}, "", Complete,
		"MSRP emptyBody001 SEND\nTo-Path: " + uriB + "\nFrom-Path: " + uriA + "\nMessage-ID: m5g10003\nByte-Range: 1-0/0\nFailure-Report: no\nContent-Type: text/plain\n\n\n-------emptyBody001$\n", 246},
}

func encode(m *Message, body string, flag byte) []byte {
	b := append(AppendHead(nil, m), body...)
	return AppendEnd(b, m.ID, m.ContentType != "", flag)
}

func TestRFC4975Examples(t *testing.T) {
	for _, x := range examples {
		t.Run(x.name, func(t *testing.T) {
			got := string(encode(&x.msg, x.body, x.flag))
			if want := strings.ReplaceAll(x.text, "\n", "\r\n"); got != want {
				t.Errorf("encoded\n%q\nwant\n%q", got, want)
			}
			if len(got) != x.size {
				t.Errorf("%d octets, want %d", len(got), x.size)
			}
		})
	}
}

// parsed is what a parser found, one line a finding, runs of body joined.
func parsed(p *Parser, out []string) []string {
	for {
		e, ok := p.Next()
		if !ok {
			return out
		}
		switch e.Kind {
		case Head:
			h := "head " + string(AppendHead(nil, e.Msg))
			if e.Msg.Bad != "" {
				h = "bad " + e.Msg.Bad
			}
			out = append(out, h)
		case Body:
			b := string(e.Span.AppendTo(nil))
			if l := len(out) - 1; strings.HasPrefix(out[l], "body ") {
				out[l] += b
			} else {
				out = append(out, "body "+b)
			}
		case End:
			out = append(out, "end "+e.Msg.ID+string(e.Flag))
		case Broken:
			out = append(out, "broken "+e.Err.Error())
		}
	}
}

// TestRFC4975Stream parses all examples as one stream, cut once at every octet, in pieces of one octet, and whole.
func TestRFC4975Stream(t *testing.T) {
	var stream []byte
	var want []string
	for i := range examples {
		x := &examples[i]
		stream = append(stream, encode(&x.msg, x.body, x.flag)...)
		want = append(want, "head "+string(AppendHead(nil, &x.msg)))
		if x.body != "" {
			want = append(want, "body "+x.body)
		}
		want = append(want, "end "+x.msg.ID+string(x.flag))
	}
	check := func(t *testing.T, got []string) {
		t.Helper()
		if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
			t.Fatalf("got\n%s\nwant\n%s", g, w)
		}
	}
	for cut := range stream {
		var p Parser
		p.PushBytes(stream[:cut])
		got := parsed(&p, nil)
		p.PushBytes(stream[cut:])
		check(t, parsed(&p, got))
		if !p.Idle() {
			t.Fatal("not idle at the end")
		}
	}
	var p Parser
	var got []string
	for i := range stream {
		p.PushBytes(stream[i : i+1])
		got = parsed(&p, got)
	}
	check(t, got)
}

// TestRFC4975Endline puts what looks like the end of a message into bodies, cut everywhere.
func TestRFC4975Endline(t *testing.T) {
	head := "MSRP abcd1234 SEND\r\nTo-Path: " + uriB + "\r\nFrom-Path: " + uriA + "\r\nMessage-ID: mmmm\r\nContent-Type: a/b\r\n\r\n"
	bodies := []string{
		"\r\n-------abcd123", "\r\n-------abcd1234", "\r\n-------abcd1234$\r", "\r\n-------abcd1234$\rX",
		"\r\n-------abcd1234%\r\n", "\r\r\n-------abcd123\r\n", "-------abcd1234$\r", "\r\n--------abcd1234$\r\n", "\r", "\n", "\r\n",
		"\r\n\r\n", "X-------abcd1234$\r\n", "\r\n-------abcd12345$\r\n", "\r\n-------ABCD1234$\r\n",
	}
	for _, body := range bodies {
		text := head + body + "\r\n-------abcd1234+\r\n"
		for cut := range text {
			var p Parser
			p.PushBytes([]byte(text[:cut]))
			got := parsed(&p, nil)
			p.PushBytes([]byte(text[cut:]))
			got = parsed(&p, got)
			if len(got) != 3 || got[1] != "body "+body || got[2] != "end abcd1234+" {
				t.Fatalf("body %q cut at %d: %q", body, cut, got)
			}
		}
	}
}

func TestRFC4975Malformed(t *testing.T) {
	head := "MSRP abcd1234 SEND\r\nTo-Path: " + uriB + "\r\nFrom-Path: " + uriA + "\r\n"
	tests := []struct{ name, text, want string }{
		{"garbage", "GET / HTTP/1.1\r\n", "broken " + ErrStart.Error()},
		{"garbage without line end", "\x16\x03\x01", "broken " + ErrStart.Error()},
		{"short id", "MSRP abc SEND\r\n", "broken " + ErrStart.Error()},
		{"long id", "MSRP " + strings.Repeat("a", 33) + " SEND\r\n", "broken " + ErrStart.Error()},
		{"lower-case method", "MSRP abcd send\r\n", "broken " + ErrStart.Error()},
		{"two-digit code", "MSRP abcd 20 OK\r\n", "broken " + ErrStart.Error()},
		{"bare LF", "MSRP abcd1234 SEND\nTo-Path: x\n", "broken " + ErrStart.Error()},
		{"endless head", "MSRP abcd1234 SEND\r\n" + strings.Repeat("X: y\r\n", 2000), "broken " + ErrTooLong.Error()},
		{"no paths", "MSRP abcd1234 SEND\r\n-------abcd1234$\r\n", "bad To-Path and From-Path are mandatory"},
		{"paths swapped", "MSRP abcd1234 SEND\r\nFrom-Path: " + uriA + "\r\nTo-Path: " + uriB + "\r\nMessage-ID: mmmm\r\n-------abcd1234$\r\n", "bad From-Path must come second, with MSRP URIs"},
		{"not a URI", "MSRP abcd1234 SEND\r\nTo-Path: sip:bob\r\nFrom-Path: " + uriA + "\r\n-------abcd1234$\r\n", "bad To-Path must come first, with MSRP URIs"},
		{"SEND without Message-ID", head + "-------abcd1234$\r\n", "bad SEND without Message-ID"},
		{"short Message-ID", head + "Message-ID: m\r\n-------abcd1234$\r\n", "bad Message-ID must be 4 to 32 characters"},
		{"range", head + "Message-ID: mmmm\r\nByte-Range: 0-4/4\r\n-------abcd1234$\r\n", "bad Byte-Range must be start-end/total"},
		{"report value", head + "Message-ID: mmmm\r\nFailure-Report: maybe\r\n-------abcd1234$\r\n", "bad Failure-Report must be yes, partial or no"},
		{"body without type", head + "Message-ID: mmmm\r\n\r\nhello\r\n-------abcd1234$\r\n", "bad body without Content-Type"},
		{"header behind type", head + "Message-ID: mmmm\r\nContent-Type: a/b\r\nX: y\r\n-------abcd1234$\r\n", "bad header behind Content-Type"},
		{"control character", head + "Message-ID: mmmm\r\nX: a\x00b\r\n-------abcd1234$\r\n", "bad malformed header"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var p Parser
			p.PushBytes([]byte(tt.text))
			got := parsed(&p, nil)
			if len(got) == 0 || got[0] != tt.want {
				t.Fatalf("got %q, want %q first", got, tt.want)
			}
			if strings.HasPrefix(tt.want, "bad ") && got[len(got)-1] != "end abcd1234$" {
				t.Errorf("framing lost: %q", got)
			}
		})
	}
}

func TestByteRange(t *testing.T) {
	for _, tt := range []struct {
		text string
		want ByteRange
		ok   bool
	}{
		{"1-0/0", ByteRange{1, 0, 0}, true},
		{"1-*/*", ByteRange{1, Unknown, Unknown}, true},
		{"101-169/169", ByteRange{101, 169, 169}, true},
		{"1-14/*", ByteRange{1, 14, Unknown}, true},
		{"5-3/9", ByteRange{}, false},
		{"1-15/14", ByteRange{}, false},
		{"*-1/1", ByteRange{}, false},
		{"1-1", ByteRange{}, false},
		{"+1-1/1", ByteRange{}, false},
		{"99999999999999999999-*/*", ByteRange{}, false},
	} {
		got, ok := ParseByteRange(tt.text)
		if ok != tt.ok || got != tt.want {
			t.Errorf("%q: %v %v", tt.text, got, ok)
		}
		if ok && got.String() != tt.text {
			t.Errorf("%q printed as %q", tt.text, got)
		}
	}
}

// TestSyntheticBody parses 100 MB that are never made real.
func TestSyntheticBody(t *testing.T) {
	const n = 100_000_000
	m := Message{ID: "a8Jd02Lx77Qe", Method: "SEND", To: uriB, From: uriA, MessageID: "m5g10001", Range: ByteRange{1, Unknown, n}, ContentType: "a/b"}
	var p Parser
	var q packet.Payload
	q.Append(packet.Bytes(AppendHead(nil, &m)))
	q.Append(packet.Synthetic(7, 0, n))
	q.Append(packet.Bytes(AppendEnd(nil, m.ID, true, Complete)))
	p.Push(q)
	got, end := 0, 0
	for e, ok := p.Next(); ok; e, ok = p.Next() {
		switch e.Kind {
		case Body:
			got += e.Span.Len
		case End:
			end = e.Size
		}
	}
	if got != n || end != q.Len {
		t.Errorf("%d octets of body, message of %d; want %d and %d", got, end, n, q.Len)
	}
}

func FuzzParse(f *testing.F) {
	for i := range examples {
		x := &examples[i]
		f.Add(encode(&x.msg, x.body, x.flag), uint8(i*7))
	}
	f.Add([]byte("MSRP abcd1234 SEND\r\n\r\n-------abcd1234$\r\nMSRP"), uint8(3))
	f.Add([]byte("MSRP abcd1234 200\r\nTo-Path: msrps://u@[::1]:1/x;tcp;p=1 msrp://h;tcp\r\n\r\n\r\n-------abcd1234$\r-------abcd1234#\r\n"), uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		var whole, pieces Parser
		whole.PushBytes(b)
		want := parsed(&whole, nil)
		var got []string
		for step := int(cut)%17 + 1; len(b) > 0; {
			n := min(step, len(b))
			pieces.PushBytes(b[:n])
			got = parsed(&pieces, got)
			b = b[n:]
		}
		if g, w := strings.Join(got, "|"), strings.Join(want, "|"); g != w {
			t.Fatalf("in pieces\n%q\nwhole\n%q", g, w)
		}
		// What was understood survives being written and read again.
		for _, h := range want {
			text, ok := strings.CutPrefix(h, "head ")
			if !ok {
				continue
			}
			var p Parser
			id := strings.Fields(text)[1]
			p.PushBytes(AppendEnd([]byte(text), id, strings.HasSuffix(text, "\r\n\r\n"), Complete))
			if again := parsed(&p, nil); len(again) != 2 || again[0] != h {
				t.Fatalf("%q came back as %q", h, again)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	x := examples[1]
	q := packet.PayloadOf(encode(&x.msg, x.body, x.flag))
	var p Parser
	b.ReportAllocs()
	b.SetBytes(int64(q.Len))
	for b.Loop() {
		p.Push(q)
		for {
			if _, ok := p.Next(); !ok {
				break
			}
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	x := examples[1]
	buf := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendEnd(append(AppendHead(buf[:0], &x.msg), x.body...), x.msg.ID, true, Complete)
	}
}
