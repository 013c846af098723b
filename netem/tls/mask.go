package tls

import (
	"encoding/binary"

	"imsim/netem/packet"
)

// What engine model does in place of cryptography. A keystream hides real octets, the Masked bit of a pattern stands for
// the same done to synthetic ones, and a 64-bit hash stands for authentication tags, signatures and Finished. None of it
// resists an attacker who knows this file; all of it fails when a single bit differs.

// Labels keep the uses of the hash apart.
const (
	keyLabel uint64 = iota + 1
	masterLabel
	clientHandshakeLabel
	serverHandshakeLabel
	clientDataLabel
	serverDataLabel
	clientFinishedLabel
	serverFinishedLabel
	serverVerifyLabel
	clientVerifyLabel
	keyExchangeLabel
)

func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// hash is a running hash of octets; how they are cut into pieces does not matter.
type hash struct {
	h    uint64
	word uint64 // the octets since the last whole word
	n    uint8  // how many
	size uint64
	run  packet.Span // synthetic run not yet hashed, since its continuation may follow
}

func (d *hash) mixIn(x uint64) {
	d.h = (d.h ^ x) * 0x9e3779b97f4a7c15
	d.h ^= d.h >> 32
}

func (d *hash) write(b []byte) {
	if d.run.Len > 0 {
		d.endRun()
	}
	d.size += uint64(len(b))
	for len(b) > 0 && d.n != 0 {
		d.octet(b[0])
		b = b[1:]
	}
	for len(b) >= 8 {
		d.mixIn(binary.LittleEndian.Uint64(b))
		b = b[8:]
	}
	for _, c := range b {
		d.octet(c)
	}
}

func (d *hash) octet(c byte) {
	d.word |= uint64(c) << (8 * d.n)
	if d.n++; d.n == 8 {
		d.mixIn(d.word)
		d.word, d.n = 0, 0
	}
}

func (d *hash) span(s packet.Span) {
	if s.Bytes != nil {
		d.write(s.Bytes)
		return
	}
	if s.Len == 0 {
		return
	}
	if d.run.Len > 0 && d.run.Pattern == s.Pattern && d.run.Off+uint64(d.run.Len) == s.Off {
		d.run.Len += s.Len
		return
	}
	d.endRun()
	d.run = s
}

func (d *hash) endRun() {
	if d.run.Len == 0 {
		return
	}
	d.size += uint64(d.run.Len)
	d.mixIn(mix(uint64(d.run.Pattern)) ^ d.run.Off)
	d.mixIn(uint64(d.run.Len) ^ d.size<<32)
	d.run = packet.Span{}
}

// sum returns the hash of all that was written so far, for the given use; writing may go on.
func (d hash) sum(label uint64) uint64 {
	d.endRun()
	d.mixIn(d.word ^ uint64(d.n)<<60)
	d.mixIn(d.size)
	return mix(d.h ^ mix(label))
}

// fold is the hash of one slice.
func fold(label uint64, b []byte) uint64 {
	var d hash
	d.write(b)
	return d.sum(label)
}

// expand fills b with octets that follow from x.
func expand(b []byte, x uint64) {
	for len(b) >= 8 {
		x = mix(x)
		binary.LittleEndian.PutUint64(b, x)
		b = b[8:]
	}
	x = mix(x)
	for i := range b {
		b[i] = byte(x >> (8 * i))
	}
}

// expands reports whether b is what expand makes of x.
func expands(b []byte, x uint64) bool {
	for len(b) >= 8 {
		x = mix(x)
		if binary.LittleEndian.Uint64(b) != x {
			return false
		}
		b = b[8:]
	}
	x = mix(x)
	for i := range b {
		if b[i] != byte(x>>(8*i)) {
			return false
		}
	}
	return true
}

// keystream hides the octets of one record.
type keystream struct{ base uint64 }

func (k keystream) word(i uint64) uint64 { return mix(k.base + i*0xd6e8feb86659fd93) }

// xor applies the keystream from octet pos of the record on to b, in place.
func (k keystream) xor(b []byte, pos int) {
	for ; len(b) > 0 && pos&7 != 0; pos++ {
		b[0] ^= byte(k.word(uint64(pos>>3)) >> (8 * (pos & 7)))
		b = b[1:]
	}
	i := uint64(pos >> 3)
	for ; len(b) >= 8; i++ {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^k.word(i))
		b = b[8:]
	}
	if len(b) > 0 {
		w := k.word(i)
		for j := range b {
			b[j] ^= byte(w >> (8 * j))
		}
	}
}
