package invariant

import (
	"bytes"
	"strconv"

	"imsim/netem/packet"
)

// frame follows the TLS records (RFC 8446 §5.1) of one direction.
type frame struct {
	head  [5]byte
	have  int // octets of head
	left  int // octets of the record's fragment still to come
	begun bool
	user  bool // a record with application data has been here
}

func (f *frame) inside() bool { return f.left > 0 || f.have > 0 }

// Content types, and the longest fragment that TLS 1.2 allows a cipher to make (RFC 5246 §6.2.3).
const (
	changeCipherSpec = 20
	alert            = 21
	handshake        = 22
	applicationData  = 23
	heartbeat        = 24
	longestFragment  = 1<<14 + 2048
)

var msrpStart = []byte("MSRP ")

// records takes the new octets of a segment through the framing.
func (t *tap) records(f *flow, p *packet.Packet) {
	s := t.s
	skip := int(int32(f.next - p.TCP.Seq))
	if skip < 0 || !f.sent {
		// Only a relay sends on behind a gap: what is missing was lost before it.
		f.foreign = true
		return
	}
	s.book[protected].Checked++
	for _, sp := range p.Payload.Spans {
		if skip >= sp.Len {
			skip -= sp.Len
			continue
		}
		sp = sp.Slice(skip, sp.Len)
		skip = 0
		why := ""
		if f.framed {
			why = f.shim.span(sp, func(sp packet.Span) string { return f.frame.span(sp, s.plaintext) })
		} else {
			why = f.frame.span(sp, s.plaintext)
		}
		if why != "" {
			began := f.frame.begun
			f.foreign = true
			// A peer that does not even begin to speak TLS is the scenario's; what the gateway sends is ours, unless it passes that on.
			if began || f.gateway && !f.passing {
				t.broken(protected, f, why)
			}
			return
		}
	}
}

// span takes one run of octets and returns what is wrong with them, or "".
func (f *frame) span(sp packet.Span, plaintext [][]byte) string {
	for sp.Len > 0 {
		if f.left == 0 {
			if sp.Bytes == nil {
				return "pattern octets in place of a TLS record header"
			}
			n := copy(f.head[f.have:], sp.Bytes)
			f.have += n
			sp = sp.Slice(n, sp.Len)
			if f.have < len(f.head) {
				return ""
			}
			if why := f.header(); why != "" {
				return why
			}
			continue
		}
		n := min(f.left, sp.Len)
		if why := f.fragment(sp.Slice(0, n), plaintext); why != "" {
			return why
		}
		f.left -= n
		sp = sp.Slice(n, sp.Len)
	}
	return ""
}

func (f *frame) header() string {
	kind, size := f.head[0], int(f.head[3])<<8|int(f.head[4])
	f.have = 0
	switch {
	case kind < changeCipherSpec || kind > heartbeat || f.head[1] != 3 || f.head[2] > 4:
		return "octets outside TLS records: " + strconv.Quote(string(f.head[:]))
	case !f.begun && kind != handshake && kind != alert: // who gives up before its first flight says so
		return "the first TLS record is not of the handshake but of type " + strconv.Itoa(int(kind))
	case size == 0 && kind != applicationData || size > longestFragment:
		return "TLS record of " + strconv.Itoa(size) + " octets"
	}
	f.begun, f.left = true, size
	f.user = f.user || kind == applicationData
	return ""
}

// fragment looks at the inside of a record: what carries user data must not show it.
func (f *frame) fragment(sp packet.Span, plaintext [][]byte) string {
	if f.head[0] != applicationData {
		return ""
	}
	if sp.Bytes == nil {
		if sp.Pattern&packet.Masked == 0 {
			return "user data in clear inside a TLS record"
		}
		return ""
	}
	if bytes.Contains(sp.Bytes, msrpStart) {
		return "an MSRP start line in clear inside a TLS record"
	}
	for _, b := range plaintext {
		if bytes.Contains(sp.Bytes, b) {
			return "a message body in clear inside a TLS record"
		}
	}
	return ""
}
