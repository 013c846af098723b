package bfcp

import "encoding/binary"

// Fragments cuts a message of version 2 into datagrams of at most mtu octets (RFC 8855 §6.2.3); one that fits is returned as it is.
// mtu is at least 20.
func Fragments(message []byte, mtu int) [][]byte {
	if len(message) <= mtu {
		return [][]byte{message}
	}
	if mtu < fragmentSize+4 {
		panic("bfcp: no room for a fragment")
	}
	var all [][]byte
	step := (mtu - fragmentSize) &^ 3
	body := message[headerSize:]
	for at := 0; at < len(body); at += step {
		part := body[at:min(at+step, len(body))]
		d := append(make([]byte, 0, fragmentSize+len(part)), message[:headerSize]...)
		d[0] |= flagFragment
		d = binary.BigEndian.AppendUint16(d, uint16(at/4))
		d = binary.BigEndian.AppendUint16(d, uint16(len(part)/4))
		all = append(all, append(d, part...))
	}
	return all
}

// Reassembly joins the fragments of one message (RFC 8855 §6.2.3). A fragment of another message starts again: an endpoint has
// one transaction outstanding in each direction.
type Reassembly struct {
	message []byte
	have    []bool // by 4 octets of the body
	missing int
}

// Take takes a datagram and returns the message that is whole with it. A datagram without F is one already; err is a *Malformed.
func (r *Reassembly) Take(d []byte) (message []byte, err error) {
	switch {
	case len(d) < headerSize:
		return nil, errShort
	case d[0]>>5 != Unreliable:
		return nil, errVersion
	case d[0]&flagFragment == 0:
		return d, nil
	case len(d) < fragmentSize:
		return nil, errShort
	}
	words := int(binary.BigEndian.Uint16(d[2:])) // of the whole message
	at, n := int(binary.BigEndian.Uint16(d[12:])), int(binary.BigEndian.Uint16(d[14:]))
	if len(d) != fragmentSize+4*n || n == 0 || at+n > words {
		return nil, errLength
	}
	if !r.belongs(d) {
		r.message = append(append(r.message[:0], d[:headerSize]...), make([]byte, 4*words)...)
		r.message[0] &^= flagFragment
		r.have, r.missing = make([]bool, words), words
	}
	copy(r.message[headerSize+4*at:], d[fragmentSize:])
	for i := at; i < at+n; i++ {
		if !r.have[i] {
			r.have[i] = true
			r.missing--
		}
	}
	if r.missing > 0 {
		return nil, nil
	}
	message, r.message = r.message, nil
	return message, nil
}

// belongs reports whether a fragment is of the message at hand.
func (r *Reassembly) belongs(d []byte) bool {
	return len(r.message) > 0 && d[0]&^flagFragment == r.message[0] && string(d[1:headerSize]) == string(r.message[1:headerSize])
}
