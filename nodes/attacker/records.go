package attacker

import (
	"slices"

	"imsim/netem/packet"
)

// records takes one direction of a connection apart into TLS records (RFC 8446 §5.1), as far as who has no keys can.
type records struct {
	in    packet.Payload // not yet a whole record
	data  int            // records with application data so far
	first bool           // a record has been here
	plain bool           // these are none
}

const (
	headerLen       = 5
	handshake       = 22
	applicationData = 23
)

// read appends to out what is to go on of p, after the attacks; cut says that the direction ends here.
func (r *records) read(p packet.Payload, out *packet.Payload, attacks []Attack, done func(what string)) (cut bool) {
	r.in.AppendPayload(p)
	for r.in.Len > 0 && !r.plain {
		if r.in.Len < headerLen {
			return false
		}
		h := part(r.in, 0, headerLen).Bytes()
		n := headerLen + int(h[3])<<8 + int(h[4])
		if h[0] < 20 || h[0] > 24 || h[1] != 3 {
			r.plain = true
			break
		}
		if r.in.Len < n {
			return false
		}
		record := part(r.in, 0, n)
		r.in.Drop(n)
		if h[0] == applicationData {
			r.data++
		}
		twice := false
		for _, a := range attacks {
			switch {
			case a.Do == "downgrade" && h[0] == handshake && !r.first:
				record = downgraded(record)
				done(a.Do)
			case h[0] != applicationData || r.data != max(a.Record, 1):
			case a.Do == "corrupt":
				record = corrupted(record)
				done(a.Do)
			case a.Do == "replay":
				twice = true
				done(a.Do)
			case a.Do == "truncate":
				done(a.Do)
				return true
			}
		}
		r.first = true
		out.AppendPayload(record)
		if twice {
			out.AppendPayload(record)
		}
	}
	if r.in.Len > 0 && r.plain {
		out.AppendPayload(r.in)
		r.in = packet.Payload{}
	}
	return false
}

func part(p packet.Payload, from, to int) (out packet.Payload) {
	out.AppendRange(p, from, to)
	return out
}

// corrupted returns a record whose last octet, of its authentication tag, has another bit.
func corrupted(p packet.Payload) packet.Payload {
	spans := slices.Clone(p.Spans)
	if s := &spans[len(spans)-1]; s.Bytes != nil {
		s.Bytes = slices.Clone(s.Bytes)
		s.Bytes[s.Len-1] ^= 1
	}
	return packet.Payload{Spans: spans, Len: p.Len}
}

// downgraded returns a ClientHello whose supported_versions (RFC 8446 §4.2.1) have 1.2 where they had 1.3.
func downgraded(p packet.Payload) packet.Payload {
	b := slices.Clone(p.Bytes())
	at := headerLen + 4 + 2 + 32 // record, message, version, random
	skip := func(n int) bool { at += n; return at+2 <= len(b) }
	if !skip(0) || !skip(1+int(b[at])) || !skip(2+int(b[at])<<8+int(b[at+1])) || !skip(1+int(b[at])) || !skip(2) {
		return p
	}
	for at+4 <= len(b) {
		kind, n := int(b[at])<<8|int(b[at+1]), int(b[at+2])<<8|int(b[at+3])
		at += 4
		if kind == supportedVersions {
			for i := at + 1; i+1 < min(at+n, len(b)); i += 2 {
				if b[i] == 3 && b[i+1] == 4 {
					b[i+1] = 3
				}
			}
		}
		at += n
	}
	return packet.PayloadOf(b)
}

const supportedVersions = 43
