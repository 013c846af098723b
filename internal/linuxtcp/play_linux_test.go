package linuxtcp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"imsim/netem/tcp"
)

// step is long enough for a segment and its answer to pass, and for every immediate reaction, and short enough for a
// delayed acknowledgement not to follow of its own.
const step = 100 * time.Millisecond

// play is one performance of a script: what it works with, and what it noted.
type play struct {
	*rig
	v6     bool
	notes  []string
	closer []io.Closer
}

// script is what happens at both ends. An error is one of the script's own, not one that it provoked.
type script func(p *play) error

func (p *play) addr(left bool, port uint16) netip.AddrPort {
	a := [2][2]netip.Addr{{right4, right6}, {left4, left6}}[b2i(left)][b2i(p.v6)]
	return netip.AddrPortFrom(a, port)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// note writes down what a program saw; both performances must note the same.
func (p *play) note(what string, err error) { p.notes = append(p.notes, what+": "+outcome(err)) }

const (
	leftPort  = 40000
	rightPort = 50000
)

// listen opens a port of an end.
func (p *play) listen(left bool) (net.Listener, error) {
	e, port := p.right, uint16(rightPort)
	if left {
		e, port = p.left, leftPort
	}
	l, err := e.listen(p.addr(left, port))
	if err == nil {
		p.closer = append(p.closer, l)
	}
	return l, err
}

// dial connects from one end to the other, between the ports that are always the same.
func (p *play) dial(left bool, limit time.Duration) (conn, error) {
	e, from, to := p.right, p.addr(false, rightPort), p.addr(true, leftPort)
	if left {
		e, from, to = p.left, to, from
	}
	c, err := e.dial(from, to, limit)
	if err == nil {
		p.closer = append(p.closer, c)
	}
	return c, err
}

// accept waits for a connection.
func (p *play) accept(l net.Listener) (conn, error) {
	l.(interface{ SetDeadline(time.Time) error }).SetDeadline(time.Now().Add(20 * time.Second))
	c, err := l.Accept()
	if err != nil {
		return nil, err
	}
	p.closer = append(p.closer, c)
	return c.(conn), nil
}

// open makes a connection, opened by the left or the right end.
func (p *play) open(byLeft bool) (l, r conn, err error) {
	ear, err := p.listen(!byLeft)
	if err != nil {
		return nil, nil, err
	}
	caller, err := p.dial(byLeft, 10*time.Second)
	if err != nil {
		return nil, nil, err
	}
	callee, err := p.accept(ear)
	if err != nil {
		return nil, nil, err
	}
	time.Sleep(step)
	if byLeft {
		return caller, callee, nil
	}
	return callee, caller, nil
}

// octets are n octets that depend on where they are.
func octets(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i>>8) ^ byte(i*7)
	}
	return b
}

// pass sends n octets from one connection to the other, which reads them.
func (p *play) pass(from, to conn, n int) error {
	sent := octets(n)
	failed := make(chan error, 1)
	go func() {
		_, err := from.Write(sent)
		failed <- err
	}()
	got := make([]byte, n)
	to.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.ReadFull(to, got); err != nil {
		return fmt.Errorf("read of %d octets: %w", n, err)
	}
	if err := <-failed; err != nil {
		return fmt.Errorf("write of %d octets: %w", n, err)
	}
	if !bytes.Equal(got, sent) {
		return errors.New("octets differ from those sent")
	}
	time.Sleep(step)
	return nil
}

// read reads once and notes how it ended.
func (p *play) read(what string, c conn) {
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	var b [1 << 16]byte
	n, err := c.Read(b[:])
	if n > 0 && err == nil {
		p.notes = append(p.notes, fmt.Sprintf("%s: %d octets", what, n))
		return
	}
	p.note(what, err)
}

// shut closes the writing side, and everything, then waits for what comes of it.
func shut(c conn) { c.CloseWrite(); time.Sleep(step) }
func over(c conn) { c.Close(); time.Sleep(step) }

// perform plays a script and returns what came of it.
func perform(r *rig, v6 bool, s script) outcomes {
	p := &play{rig: r, v6: v6}
	err := s(p)
	list := r.seen.end()
	for _, c := range p.closer {
		if x, ok := c.(conn); ok {
			x.SetLinger(0)
		}
		c.Close()
	}
	return outcomes{list, p.notes, err}
}

// linuxProfile is what simulated ends are, but for what a case changes.
func linuxProfile() tcp.Config { return tcp.ProfileLinux() }

func isLong() bool { return os.Getenv("IMSIM_LONG") != "" }
