package msrp

import "bytes"

// endScan looks for CRLF, seven hyphens, the transaction id, a flag and CRLF, in octets that come in pieces.
// CR is only at the front of that text and behind the flag, so a failed match can begin anew only at the octet that
// failed, or at the CR of a false ending.
type endScan struct {
	text    []byte // CRLF, hyphens, id; then the flag of the match and CRLF
	matched int32  // octets of text that have been seen
	virtual int32  // how many of those belong to the head, not the body
	flag    byte
}

type scanResult uint8

const (
	scanNone scanResult = iota // no end-line begins at the front
	scanMore                   // one may; all octets are used up
	scanEnd                    // one does
)

func (s *endScan) start(id []byte) {
	s.text = append(append(append(s.text[:0], "\r\n"...), dashes...), id...)
	s.text = append(s.text, "?\r\n"...)
	s.matched, s.virtual = 0, 0
}

func (s *endScan) id() []byte { return s.text[2+len(dashes) : len(s.text)-3] }

// closes reports whether line, which has the right length, is an end-line without its CRLF.
func (s *endScan) closes(line []byte) bool {
	n := len(line) - 1
	return bytes.Equal(line[:n], s.text[2:2+n]) && isFlag(line[n])
}

func isFlag(c byte) bool { return c == Complete || c == More || c == Aborted }

// resume goes on matching at the front of b, and returns how many octets of b the match uses.
// With scanNone the state stays where the match failed and the octets of b that matched are not used.
func (s *endScan) resume(b []byte) (int, scanResult) {
	flagAt := len(s.text) - 3
	m := int(s.matched)
	for i, c := range b {
		if m == flagAt {
			if !isFlag(c) {
				return 0, scanNone
			}
			s.flag = c
		} else if c != s.text[m] {
			return 0, scanNone
		}
		if m++; m == len(s.text) {
			s.matched, s.virtual = 0, 0
			return i + 1, scanEnd
		}
	}
	s.matched = int32(m)
	return len(b), scanMore
}

// find returns where in b the first end-line begins, whole or cut off by the end of b; len(b) if none does.
func (s *endScan) find(b []byte) int {
	saved := *s
	s.matched, s.virtual = 0, 0
	for at := 0; at < len(b); at++ {
		i := bytes.IndexByte(b[at:], '\r')
		if i < 0 {
			return len(b)
		}
		at += i
		_, st := s.resume(b[at:])
		s.matched, s.virtual, s.flag = 0, 0, saved.flag
		if st != scanNone {
			return at
		}
	}
	return len(b)
}

// release gives up the match and returns a copy of the body octets held back for it.
func (s *endScan) release() []byte {
	var held []byte
	if s.matched > s.virtual {
		held = append(held, s.text[s.virtual:s.matched]...)
		if at := len(s.text) - 3 - int(s.virtual); at < len(held) {
			held[at] = s.flag
		}
	}
	s.matched, s.virtual = 0, 0
	return held
}
