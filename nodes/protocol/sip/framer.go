package sip

import (
	"bytes"
	"strconv"

	"imsim/sim"
)

// FrameKind says what a Framer found.
type FrameKind uint8

// The things that a stream carries.
const (
	FrameMessage FrameKind = iota + 1
	FramePing              // CRLF CRLF from the side that opened the connection: answer with CRLF (RFC 5626 §4.4.1)
	FramePong              // CRLF from the side that accepted it
)

// Framed is one thing found in a stream.
type Framed struct {
	Kind    FrameKind
	Message *Message
	Why     sim.Cause // of the octets that completed it
}

// Framer finds messages and keep-alives in the octets of one direction of a TCP connection.
type Framer struct {
	// Accepted says that the owner accepted the connection, so that the peer sends pings; otherwise it sends pongs.
	Accepted bool

	buf     []byte
	scanned int // octets of buf known to hold no end of a head
	need    int // octets of the message that buf begins with, once its head is complete
	out     []Framed
	head    int
	err     error
}

// Push takes octets that arrived in order. An error ends the stream: where the next message begins is not known any more,
// so the owner should close the connection. It is returned again by later calls.
func (f *Framer) Push(why sim.Cause, b []byte) error {
	if f.err != nil {
		return f.err
	}
	if len(f.buf) > 0 {
		f.buf = append(f.buf, b...)
		b = f.buf
	}
	for {
		n := f.step(why, b)
		if n == 0 || f.err != nil {
			break
		}
		b = b[n:]
	}
	f.buf = append(f.buf[:0], b...) // what is not complete yet; it may be a part of buf, further on
	return f.err
}

// step takes one message or keep-alive off b and returns the octets used, 0 when more are needed.
func (f *Framer) step(why sim.Cause, b []byte) int {
	if f.need == 0 {
		if len(b) > 0 && (b[0] == '\r' || b[0] == '\n') {
			return f.keepAlive(why, b)
		}
		i := bytes.Index(b[f.scanned:], []byte("\r\n\r\n"))
		if i < 0 {
			f.scanned = max(len(b)-3, 0)
			if len(b) > MaxMessage {
				f.err = wrong(0, "head", "", "its end within "+strconv.Itoa(MaxMessage)+" octets")
			}
			return 0
		}
		head := f.scanned + i + 4
		var body int
		if body, f.err = scanLength(b[:head-2]); f.err != nil {
			return 0
		}
		f.need, f.scanned = head+body, 0
	}
	if f.need > MaxMessage {
		f.err = wrong(0, "message of "+strconv.Itoa(f.need)+" octets", "", "at most "+strconv.Itoa(MaxMessage))
		return 0
	}
	if len(b) < f.need {
		return 0
	}
	n := f.need
	f.need = 0
	m, err := Parse(b[:n])
	if err != nil {
		f.err = err
		return 0
	}
	f.out = append(f.out, Framed{FrameMessage, m, why})
	return n
}

func (f *Framer) keepAlive(why sim.Cause, b []byte) int {
	want, kind := "\r\n", FramePong
	if f.Accepted {
		want, kind = "\r\n\r\n", FramePing
	}
	n := min(len(want), len(b))
	switch {
	case string(b[:n]) != want[:n]:
		// RFC 3261 §7.5: a line end in front of a message, and no keep-alive, means nothing.
		if len(b) < 2 || b[0] != '\r' || b[1] != '\n' {
			f.err = wrong(0, "stream", "", "CRLF between messages")
			return 0
		}
		return 2
	case n < len(want):
		return 0
	}
	f.out = append(f.out, Framed{Kind: kind, Why: why})
	return n
}

// scanLength finds Content-Length in a head. RFC 3261 §18.3, §20.14: on a stream it must be there.
func scanLength(head []byte) (int, error) {
	for len(head) > 0 {
		i := bytes.IndexByte(head, '\n')
		line := bytes.TrimRight(head[:i], "\r")
		head = head[i+1:]
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || LookupHeader(string(bytes.TrimRight(name, " \t"))) != HContentLength {
			continue
		}
		v := trim(string(value))
		n, ok := decimal(v, MaxMessage)
		if !ok {
			return 0, wrong(0, "Content-Length", v, "a number from 0 to "+strconv.Itoa(MaxMessage))
		}
		return int(n), nil
	}
	return 0, wrong(0, "message on a stream", "", "a Content-Length header field")
}

// Next returns the next thing found, in order.
func (f *Framer) Next() (Framed, bool) {
	if f.head == len(f.out) {
		f.out, f.head = f.out[:0], 0
		return Framed{}, false
	}
	x := f.out[f.head]
	f.out[f.head] = Framed{}
	f.head++
	return x, true
}
