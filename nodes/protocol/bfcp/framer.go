package bfcp

// Framer cuts the octets of a stream into messages (RFC 8855 §6.1).
type Framer struct {
	buf []byte
	at  int
}

// Push takes octets of the stream.
func (f *Framer) Push(b []byte) {
	if f.at > 0 {
		n := copy(f.buf, f.buf[f.at:])
		f.buf, f.at = f.buf[:n], 0
	}
	f.buf = append(f.buf, b...)
}

// Next returns the next whole message; its octets are good until the next Push.
func (f *Framer) Next() ([]byte, bool) {
	b := f.buf[f.at:]
	if len(b) < headerSize || len(b) < Size(b) {
		return nil, false
	}
	n := Size(b)
	f.at += n
	return b[:n:n], true
}

// Rest returns how many octets of a message that is not whole are there.
func (f *Framer) Rest() int { return len(f.buf) - f.at }
