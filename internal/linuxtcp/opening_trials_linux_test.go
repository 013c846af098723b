package linuxtcp

import "time"

// openingTrials are about the beginning of a connection.
var openingTrials = []trial{
	{name: "SYN schedule", timed: 250 * time.Millisecond, script: func(p *play) error {
		newPeer(p)
		limit := 12 * time.Second
		if isLong() {
			limit = 140 * time.Second
		}
		_, err := p.dial(true, limit)
		p.note("dial", err)
		return nil
	}},
	{name: "SYN,ACK schedule", timed: 250 * time.Millisecond, script: func(p *play) error {
		q := newPeer(p)
		if _, err := p.listen(true); err != nil {
			return err
		}
		q.ts = true
		q.send(segment{flags: syn, more: offer{}.fill})
		q.listenFor(8 * time.Second)
		return nil
	}},
	{name: "options offered by the left and refused: all", script: negotiate(true, offer{})},
	{name: "options offered by the left and refused: MSS", script: negotiate(true, offer{noMSS: true})},
	{name: "options offered by the left and refused: window scale", script: negotiate(true, offer{noWS: true})},
	{name: "options offered by the left and refused: timestamps", script: negotiate(true, offer{noTS: true})},
	{name: "options offered by the left and refused: SACK", script: negotiate(true, offer{noSACK: true})},
	{name: "options offered by the left and refused: every one", script: negotiate(true, offer{true, true, true, true})},
	{name: "options not offered by the right: none", script: negotiate(false, offer{})},
	{name: "options not offered by the right: MSS", script: negotiate(false, offer{noMSS: true})},
	{name: "options not offered by the right: window scale", script: negotiate(false, offer{noWS: true})},
	{name: "options not offered by the right: timestamps", script: negotiate(false, offer{noTS: true})},
	{name: "options not offered by the right: SACK", script: negotiate(false, offer{noSACK: true})},
	{name: "options not offered by the right: every one", script: negotiate(false, offer{true, true, true, true})},
	{name: "RFC 9293 §3.10.7.3 SYN-SENT", differs: []deviation{{"> - S 0(0) mss 1460 sackok ts no echo ws", hastened}}, script: func(p *play) error {
		q := newPeer(p)
		done := make(chan struct{})
		go func() {
			_, err := p.dial(true, 5*time.Second)
			p.note("dial", err)
			close(done)
		}()
		if err := q.await(syn); err != nil {
			return err
		}
		for _, s := range []segment{
			{flags: rst}, {flags: rst | ack, ack: 1000}, {flags: ack, ack: 1000}, {flags: syn | ack, ack: 1000}, {flags: syn | ack, ack: 0},
			{flags: fin}, {flags: rst | ack, ack: 1},
		} {
			q.send(s)
			time.Sleep(step)
		}
		<-done
		return nil
	}},
	{name: "RFC 9293 §3.10.7.2 LISTEN", script: func(p *play) error {
		q := newPeer(p)
		if _, err := p.listen(true); err != nil {
			return err
		}
		for _, s := range []segment{{flags: rst}, {flags: ack, ack: 5}, {flags: syn | ack, ack: 5}, {flags: fin}, {flags: syn | rst}, {flags: fin | ack, ack: 9}} {
			q.send(s)
			time.Sleep(step)
		}
		return nil
	}},
	{name: "RFC 9293 §3.10.7.4 SYN-RECEIVED", script: func(p *play) error {
		q := newPeer(p)
		if _, err := p.listen(true); err != nil {
			return err
		}
		q.send(segment{flags: syn, more: offer{noTS: true}.fill})
		if err := q.await(syn | ack); err != nil {
			return err
		}
		for _, s := range []segment{
			{flags: ack, seq: 1, ack: 1000}, {flags: ack, seq: 1, ack: 0}, {flags: ack, seq: 1 << 29, ack: 1}, {flags: rst, seq: 5},
			{flags: rst, seq: 1}, {flags: ack, seq: 1, ack: 1},
		} {
			q.send(s)
			time.Sleep(step)
		}
		return nil
	}},
	{name: "RFC 9293 §3.10.7.1 CLOSED", script: func(p *play) error {
		q := newPeer(p)
		for _, s := range []segment{{flags: syn}, {flags: rst}, {flags: ack, ack: 77}, {flags: syn | ack, ack: 78}, {flags: fin, octets: 5}, {flags: fin | ack, ack: 79}} {
			q.send(s)
			time.Sleep(step)
		}
		return nil
	}},
	{name: "ICMP while opening: net unreachable", v4only: true, script: openingError(3, 0)},
	{name: "ICMP while opening: host unreachable", v4only: true, script: openingError(3, 1)},
	{name: "ICMP while opening: protocol unreachable", v4only: true, script: openingError(3, 2)},
	{name: "ICMP while opening: port unreachable", v4only: true, script: openingError(3, 3)},
	{name: "ICMP while opening: net prohibited", v4only: true, script: openingError(3, 9)},
	{name: "ICMP while opening: host prohibited", v4only: true, script: openingError(3, 10)},
	{name: "ICMP while opening: prohibited", v4only: true, script: openingError(3, 13)},
	{name: "ICMP while opening: time exceeded", v4only: true, script: openingError(11, 0)},
	{name: "ICMPv6 while opening: no route", v6only: true, script: openingError(1, 0)},
	{name: "ICMPv6 while opening: prohibited", v6only: true, script: openingError(1, 1)},
	{name: "ICMPv6 while opening: address unreachable", v6only: true, script: openingError(1, 3)},
	{name: "ICMPv6 while opening: port unreachable", v6only: true, script: openingError(1, 4)},
	{name: "ICMPv6 while opening: time exceeded", v6only: true, script: openingError(3, 0)},
}

func negotiate(byLeft bool, o offer) script {
	return func(p *play) error {
		q := newPeer(p)
		f := q.join
		if byLeft {
			f = q.connect
		}
		c, err := f(o)
		if err != nil {
			return err
		}
		q.listenFor(0)
		q.send(segment{flags: psh | ack, seq: 1, ack: 1, octets: 100})
		time.Sleep(step)
		p.read("left", c)
		if _, err := c.Write(octets(3000)); err != nil {
			return err
		}
		q.listenFor(prompt)
		q.ack(101, 3001)
		time.Sleep(step)
		return nil
	}
}

func openingError(kind, code uint8) script {
	return func(p *play) error {
		q := newPeer(p)
		done := make(chan error, 1)
		go func() {
			_, err := p.dial(true, 700*time.Millisecond)
			done <- err
		}()
		if err := q.await(syn); err != nil {
			return err
		}
		q.unreachable(kind, code)
		p.note("dial", <-done)
		return nil
	}
}
