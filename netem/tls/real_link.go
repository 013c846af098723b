package tls

import (
	"net"
	"time"
)

// link is the transport that crypto/tls sees.
type link struct {
	in    []byte
	out   []byte
	yield func(struct{}) bool // nil: do not wait
}

// wouldBlock is a temporary error, which crypto/tls does not remember.
type wouldBlock struct{}

func (wouldBlock) Error() string   { return "no octets have arrived" }
func (wouldBlock) Timeout() bool   { return true }
func (wouldBlock) Temporary() bool { return true }

func (l *link) Read(b []byte) (int, error) {
	for len(l.in) == 0 {
		if l.yield == nil {
			return 0, wouldBlock{}
		}
		if !l.yield(struct{}{}) { // stopped: without an error crypto/tls would ask again for ever
			l.yield = nil
			return 0, net.ErrClosed
		}
	}
	n := copy(b, l.in)
	if l.in = l.in[n:]; len(l.in) == 0 {
		l.in = nil
	}
	return n, nil
}

func (l *link) Write(b []byte) (int, error) {
	l.out = append(l.out, b...)
	return len(b), nil
}

// take returns what was written since the last call.
func (l *link) take() []byte {
	out := l.out
	l.out = nil
	return out
}

func (l *link) Close() error                     { return nil }
func (l *link) LocalAddr() net.Addr              { return nil }
func (l *link) RemoteAddr() net.Addr             { return nil }
func (l *link) SetDeadline(time.Time) error      { return nil }
func (l *link) SetReadDeadline(time.Time) error  { return nil }
func (l *link) SetWriteDeadline(time.Time) error { return nil }
