package tls

import (
	"encoding/binary"

	"imsim/netem/packet"
)

// Record content types (RFC 8446 §5.1).
const (
	typeCCS       = 20
	typeAlert     = 21
	typeHandshake = 22
	typeData      = 23
)

// Sizes of the record layer.
const (
	recordHeader   = 5
	maxPlaintext   = 1 << 14 // RFC 8446 §5.1
	nonceLen       = 8       // RFC 5288 §3: explicit nonce of AES-GCM in TLS 1.2
	tagLen         = 16
	maxExpansion12 = 2048 // RFC 5246 §6.2.3
	maxExpansion13 = 256  // RFC 8446 §5.2
)

// Overhead returns the octets that a record of the version adds to its plaintext: 29 or 22.
func Overhead(v Version) int {
	if v == TLS13 {
		return recordHeader + 1 + tagLen
	}
	return recordHeader + nonceLen + tagLen
}

// sizer is crypto/tls' rule of dynamic record sizes: record k carries at most k times what fits a small segment, and after
// 128 KiB of output all records are full.
type sizer struct {
	sent    int64 // octets written, handshake and framing included
	records int32 // application records while it mattered
}

const (
	segmentEstimate = 1208
	boostAfter      = 128 << 10
)

// limit returns the largest plaintext of the next application record.
func (z *sizer) limit(v Version) int {
	if z.sent >= boostAfter {
		return maxPlaintext
	}
	k := z.records
	z.records++
	if k > 1000 {
		return maxPlaintext
	}
	return min((segmentEstimate-Overhead(v))*int(k+1), maxPlaintext)
}

// cut returns the plaintext length of the next record of a write that still has left octets, and counts it as sent.
func (z *sizer) cut(v Version, left int) int {
	n := min(left, z.limit(v))
	z.sent += int64(n + Overhead(v))
	return n
}

// count returns how many records a write of n octets becomes.
func (z sizer) count(v Version, n int) (records int) {
	for ; n > 0; records++ {
		n -= z.cut(v, n)
	}
	return records
}

// direction is the state of one direction of engine model's record protection.
type direction struct {
	key uint64 // 0: not protected yet
	seq uint64
}

func (d *direction) stream() keystream { return keystream{mix(d.key ^ d.seq*0xa24baed4963ee407)} }

// tag starts the authentication hash of the next record, of the given outer type and inner length.
func (d *direction) tag(kind byte, n int) hash {
	var h hash
	h.mixIn(d.key)
	h.mixIn(d.seq<<8 | uint64(kind))
	h.mixIn(uint64(n))
	return h
}

// writer collects records: real octets in one buffer, synthetic spans between its pieces.
type writer struct {
	buf  []byte
	from int // where the current real span begins in buf
	out  packet.Payload
}

func (w *writer) flush() {
	if len(w.buf) > w.from {
		w.out.Append(packet.Bytes(w.buf[w.from:len(w.buf):len(w.buf)]))
		w.from = len(w.buf)
	}
}

func (w *writer) synthetic(s packet.Span) {
	w.flush()
	w.out.Append(s)
}

// payload returns what was collected.
func (w *writer) payload() packet.Payload {
	w.flush()
	return w.out
}

// octets returns what was collected in one slice.
func (w *writer) octets() []byte {
	if w.out.Len == 0 {
		return w.buf
	}
	p := w.payload()
	return p.Bytes()
}

// plain appends the header of an unprotected record of n octets.
func (w *writer) plain(kind byte, v uint16, n int) {
	w.buf = append(w.buf, kind, byte(v>>8), byte(v), byte(n>>8), byte(n))
}

// seal appends a protected record with the given plaintext of n octets.
func (w *writer) seal(d *direction, v Version, kind byte, plain []packet.Span, n int) {
	outer, inner := kind, n
	if v == TLS13 {
		outer, inner = typeData, n+1
		w.plain(outer, uint16(TLS12), inner+tagLen)
	} else {
		w.plain(outer, uint16(TLS12), nonceLen+inner+tagLen)
		w.nonce(d, v)
	}
	k, h, pos := d.stream(), d.tag(outer, inner), 0
	for _, s := range plain {
		if s.Bytes == nil && s.Pattern&packet.Masked == 0 {
			s.Pattern |= packet.Masked
			h.span(s)
			w.synthetic(s)
		} else { // a span that is masked already is plaintext here, and masking it again would unmask it
			at := len(w.buf)
			w.buf = s.AppendTo(w.buf)
			k.xor(w.buf[at:], pos)
			h.write(w.buf[at:])
		}
		pos += s.Len
	}
	if v == TLS13 {
		at := len(w.buf)
		w.buf = append(w.buf, kind)
		k.xor(w.buf[at:], pos)
		h.write(w.buf[at:])
	}
	at := len(w.buf)
	w.buf = append(w.buf, zeroTag[:]...)
	expand(w.buf[at:], h.sum(d.key))
	d.seq++
}

// nonce appends the explicit nonce, where the version has one.
func (w *writer) nonce(d *direction, v Version) {
	if v != TLS13 {
		w.buf = binary.BigEndian.AppendUint64(w.buf, d.seq)
	}
}

// protect masks a plaintext of real octets where it stands, at the end of the buffer from the given place on, behind its
// header and nonce. It does to it what seal does.
func (w *writer) protect(d *direction, v Version, from int) {
	at := from - recordHeader
	if v == TLS13 {
		w.buf = append(w.buf, w.buf[at])
		w.buf[at] = typeData
	} else {
		at -= nonceLen
	}
	body := w.buf[from:]
	h := d.tag(w.buf[at], len(body))
	d.stream().xor(body, 0)
	h.write(body)
	w.buf = append(w.buf, zeroTag[:]...)
	expand(w.buf[len(w.buf)-tagLen:], h.sum(d.key))
	set16(w.buf, at+3)
	d.seq++
}

var zeroTag [tagLen]byte

// open checks and unmasks the fragment of a protected record, n octets in the given spans, and appends its plaintext. It
// returns the content type, which in TLS 1.3 is inside; false when the record does not authenticate, and then what was
// appended means nothing.
func (w *writer) open(d *direction, v Version, kind byte, in []packet.Span, n int) (byte, bool) {
	head := nonceLen
	if v == TLS13 {
		head = 0
	}
	body := n - head - tagLen
	if body < 0 || v == TLS13 && body < 1 {
		return 0, false
	}
	k, h := d.stream(), d.tag(kind, body)
	var nonce [nonceLen]byte
	var tag [tagLen]byte
	lastReal := false
	pos := -head // of the next octet in the masked body
	for _, s := range in {
		for s.Len > 0 {
			m := s.Len
			switch {
			case pos < 0:
				m = min(m, -pos)
				copySpan(nonce[head+pos:], s.Slice(0, m))
			case pos < body:
				m = min(m, body-pos)
				part := s.Slice(0, m)
				h.span(part)
				if lastReal = part.Bytes != nil || part.Pattern&packet.Masked == 0; lastReal {
					at := len(w.buf)
					w.buf = part.AppendTo(w.buf)
					k.xor(w.buf[at:], pos)
				} else {
					part.Pattern &^= packet.Masked
					w.synthetic(part)
				}
			default:
				copySpan(tag[pos-body:], s)
			}
			pos += m
			s = s.Slice(m, s.Len)
		}
	}
	if !expands(tag[:], h.sum(d.key)) || v != TLS13 && binary.BigEndian.Uint64(nonce[:]) != d.seq {
		return 0, false
	}
	d.seq++
	if v == TLS13 {
		if !lastReal {
			return 0, false
		}
		kind = w.buf[len(w.buf)-1]
		w.buf = w.buf[:len(w.buf)-1]
	}
	return kind, true
}

func copySpan(dst []byte, s packet.Span) {
	if s.Bytes != nil {
		copy(dst, s.Bytes)
		return
	}
	for i := range min(len(dst), s.Len) {
		dst[i] = s.Pattern.At(s.Off + uint64(i))
	}
}
