package linuxtcp

import (
	"time"

	"imsim/netem/tcp"
)

// socketTrials are plays between two programs that use sockets.
var socketTrials = []trial{
	{name: "RFC 9293 §3.5 handshake, data each way, close by the left", both: true, script: exchange(true, true)},
	{name: "RFC 9293 §3.5 handshake by the right, close by the right", both: true, script: exchange(false, false)},
	{name: "RFC 9293 §3.5 handshake by the right, close by the left", both: true, script: exchange(false, true)},
	{name: "RFC 9293 §3.5 simultaneous open", both: true, setting: setting{delay: 50 * time.Millisecond},
		differs: []deviation{{"> - . 1(0) ack 1 ts sack 0-1", extraACK}}, script: simultaneousOpen},
	{name: "RFC 9293 §3.6 half-close by the left", both: true, script: halfClose(true)},
	{name: "RFC 9293 §3.6 half-close by the right", both: true, script: halfClose(false)},
	{name: "RFC 9293 §3.6 simultaneous close", both: true, setting: setting{delay: 50 * time.Millisecond}, script: func(p *play) error {
		l, r, err := p.open(true)
		if err != nil {
			return err
		}
		done := make(chan struct{})
		go func() {
			l.CloseWrite()
			close(done)
		}()
		r.CloseWrite()
		<-done
		time.Sleep(3 * step)
		return nil
	}},
	{name: "RFC 2525 §2.17 close by the left with unread octets", both: true, script: unread(true)},
	{name: "RFC 2525 §2.17 close by the right with unread octets", both: true, script: unread(false)},
	{name: "SO_LINGER 0 at the left", both: true, script: lingerZero(true)},
	{name: "SO_LINGER 0 at the right", both: true, script: lingerZero(false)},
	{name: "RFC 1122 §4.2.2.13 octets after close by the left", both: true, script: afterClose(true)},
	{name: "RFC 1122 §4.2.2.13 octets after close by the right", both: true, script: afterClose(false)},
	{name: "RFC 9293 §3.10.7.1 port of the right closed", both: true, script: refused(true)},
	{name: "RFC 9293 §3.10.7.1 port of the left closed", both: true, script: refused(false)},
	{name: "RFC 9293 §3.8.4 keepalive of the left, answered", both: true, timed: 150 * time.Millisecond,
		setting: setting{options: keepalive, left: keepaliveOurs}, script: func(p *play) error {
			if _, _, err := p.open(true); err != nil {
				return err
			}
			time.Sleep(3500 * time.Millisecond)
			return nil
		}},
}

var keepalive = []sockopt{{1, 9, 1}, {6, tcpKeepIdle, 1}, {6, tcpKeepIntvl, 1}, {6, tcpKeepCnt, 3}} // SOL_SOCKET SO_KEEPALIVE

func keepaliveOurs(c *tcp.Config) {
	c.KeepAlive, c.KeepAliveInterval, c.KeepAliveProbes = time.Second, time.Second, 3
}

func exchange(byLeft, leftCloses bool) script {
	return func(p *play) error {
		l, r, err := p.open(byLeft)
		if err != nil {
			return err
		}
		if err := p.pass(l, r, 100); err != nil {
			return err
		}
		if err := p.pass(r, l, 200); err != nil {
			return err
		}
		if err := p.pass(l, r, 3000); err != nil {
			return err
		}
		if err := p.pass(r, l, 5000); err != nil {
			return err
		}
		if !leftCloses {
			l, r = r, l
		}
		over(l)
		p.read("the other end", r)
		over(r)
		return nil
	}
}

func simultaneousOpen(p *play) error {
	type result struct {
		c   conn
		err error
	}
	a := make(chan result)
	go func() {
		c, err := p.dial(true, 5*time.Second)
		a <- result{c, err}
	}()
	r, err := p.right.dial(p.addr(false, rightPort), p.addr(true, leftPort), 5*time.Second)
	p.note("right", err)
	l := <-a
	p.note("left", l.err)
	if err != nil {
		return err
	}
	p.closer = append(p.closer, r)
	if l.err != nil {
		return l.err
	}
	time.Sleep(3 * step)
	if err := p.pass(l.c, r, 500); err != nil {
		return err
	}
	time.Sleep(2 * step)
	return p.pass(r, l.c, 500)
}

func halfClose(left bool) script {
	return func(p *play) error {
		a, b, err := p.open(true)
		if err != nil {
			return err
		}
		if !left {
			a, b = b, a
		}
		shut(a)
		p.read("who is told", b)
		if err := p.pass(b, a, 4000); err != nil {
			return err
		}
		shut(b)
		p.read("who told", a)
		return nil
	}
}

func unread(left bool) script {
	return func(p *play) error {
		a, b, err := p.open(true)
		if err != nil {
			return err
		}
		if !left {
			a, b = b, a
		}
		b.Write(octets(100))
		time.Sleep(step)
		over(a)
		p.read("the other end", b)
		return nil
	}
}

func lingerZero(left bool) script {
	return func(p *play) error {
		a, b, err := p.open(true)
		if err != nil {
			return err
		}
		if !left {
			a, b = b, a
		}
		if err := p.pass(a, b, 100); err != nil {
			return err
		}
		if err := a.SetLinger(0); err != nil {
			return err
		}
		over(a)
		p.read("the other end", b)
		return nil
	}
}

func afterClose(left bool) script {
	return func(p *play) error {
		a, b, err := p.open(true)
		if err != nil {
			return err
		}
		if !left {
			a, b = b, a
		}
		over(a)
		b.Write(octets(100))
		time.Sleep(step)
		_, err = b.Write(octets(100))
		p.note("a second write", err)
		return nil
	}
}

func refused(left bool) script {
	return func(p *play) error {
		_, err := p.dial(left, 5*time.Second)
		p.note("dial", err)
		return nil
	}
}
