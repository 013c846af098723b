package linuxtcp

import (
	"time"

	"imsim/netem/packet"
	"imsim/netem/tcp"
)

const (
	syn, ack, rst, fin, psh = packet.SYN, packet.ACK, packet.RST, packet.FIN, packet.PSH
)

// prompt is how long a peer takes to answer segments that are on their way to it, before a tail is probed.
const prompt = 12 * time.Millisecond

// connected is a script that begins with a connection that the left end has opened to a peer.
func connected(o offer, f func(p *play, q *peer, c conn) error) script {
	return func(p *play) error {
		q := newPeer(p)
		c, err := q.connect(o)
		if err != nil {
			return err
		}
		return f(p, q, c)
	}
}

// segments sends one after the other, each when what came of the one before is over.
func segments(apart time.Duration, list ...segment) func(p *play, q *peer, c conn) error {
	return func(_ *play, q *peer, _ conn) error {
		for _, s := range list {
			q.send(s)
			q.listenFor(apart)
		}
		return nil
	}
}

func older(ms int32) func(*packet.TCPHeader) {
	return func(h *packet.TCPHeader) { h.TSVal = uint32(int32(h.TSVal) - ms) }
}

// Why the kernel and ours differ, where they do.
const (
	hastened     = "an unacceptable acknowledgement makes Linux repeat its SYN at once, so that a peer who is just forgetting an old connection is not waited for; RFC 9293 §3.10.7.3 asks for nothing of the kind"
	assassinated = "Linux lets an RST end TIME-WAIT (net.ipv4.tcp_rfc1337 is 0), so that what follows meets the listener; ours follows RFC 1337 §3"
	finBlock     = "Linux reports the number of a FIN beyond a hole like an octet; RFC 2018 §3 speaks of data only, and ours waits for it to be sent again"
	extraACK     = "Linux acknowledges the SYN,ACK of a simultaneous open once more, as a segment that came before (RFC 2883); ours has acknowledged that SYN already (RFC 9293 §3.5, figure 7)"
	pushed       = "Linux sets PSH at the end of each large segment that it has the device split; ours at the end of what was written (RFC 9293 §3.9.1.2)"
	tailOctets   = "the tail probe of ours is a full segment from the end of what was sent, for it does not remember how that was cut; Linux repeats the last segment"
)

// receiverTrials are what the left end makes of segments that come to an established connection.
var receiverTrials = []trial{
	{name: "RFC 5961 §3.2 RST in the window, not exact", script: connected(offer{}, segments(600*time.Millisecond,
		segment{flags: rst, seq: 100}, segment{flags: rst, seq: 1 << 30}, segment{flags: rst | ack, seq: 101, ack: 1}))},
	{name: "RFC 5961 §3.2 RST, exact", script: connected(offer{}, func(p *play, q *peer, c conn) error {
		q.send(segment{flags: rst, seq: 1})
		q.listenFor(step)
		p.read("left", c)
		q.send(segment{flags: psh | ack, seq: 1, ack: 1, octets: 10})
		q.listenFor(step)
		return nil
	})},
	{name: "RFC 5961 §4.2 SYN in ESTABLISHED", script: connected(offer{}, segments(600*time.Millisecond,
		segment{flags: syn, seq: 100}, segment{flags: syn, seq: 0}, segment{flags: syn | ack, seq: 0, ack: 1}, segment{flags: syn, seq: 1 << 22}))},
	{name: "RFC 5961 §5.2 acknowledgement of what was not sent", script: connected(offer{}, segments(600*time.Millisecond,
		segment{flags: psh | ack, seq: 1, ack: 1000, octets: 10}, segment{flags: psh | ack, seq: 1, ack: 1, octets: 10}))},
	{name: "RFC 5961 §5.2 acknowledgement too old", script: connected(offer{}, segments(600*time.Millisecond,
		segment{flags: psh | ack, seq: 1, ack: 1 << 31, octets: 10}, segment{flags: psh | ack, seq: 1, ack: 0xff000000, octets: 10}))},
	{name: "RFC 5961 §7 challenge acknowledgements are limited", script: connected(offer{}, segments(60*time.Millisecond,
		segment{flags: syn, seq: 100}, segment{flags: syn, seq: 100}, segment{flags: rst, seq: 100}, segment{flags: syn, seq: 100}))},
	{name: "RFC 7323 §5.3 PAWS", script: connected(offer{}, func(p *play, q *peer, c conn) error {
		err := segments(600*time.Millisecond,
			segment{flags: psh | ack, seq: 1, ack: 1, octets: 10},
			segment{flags: psh | ack, seq: 11, ack: 1, octets: 10, more: older(100_000)},
			segment{flags: ack, seq: 11, ack: 1, more: older(100_000)},
			segment{flags: psh | ack, seq: 11, ack: 1, octets: 10})(p, q, c)
		p.read("left", c)
		q.send(segment{flags: rst, seq: 21, more: older(100_000)}) // RFC 7323 §5.2: an RST is not judged by its timestamp
		q.listenFor(step)
		p.read("left", c)
		return err
	})},
	{name: "RFC 7323 §3.2 no timestamp where there should be one", script: connected(offer{}, segments(600*time.Millisecond,
		segment{flags: psh | ack, seq: 1, ack: 1, octets: 10, more: func(h *packet.TCPHeader) { h.HasTS = false }}))},
	{name: "RFC 9293 §3.10.7.4 out of the window", script: connected(offer{}, segments(600*time.Millisecond,
		segment{flags: psh | ack, seq: 1 << 30, ack: 1, octets: 10}, segment{flags: ack, seq: 1 << 30, ack: 1},
		segment{flags: psh | ack, seq: 0xfffffff7, ack: 1, octets: 10}, segment{flags: ack, seq: 0, ack: 1}))},
	{name: "RFC 2018 §4 octets out of order", script: connected(offer{}, segments(20*time.Millisecond,
		segment{flags: ack, seq: 1001, ack: 1, octets: 1000}, segment{flags: ack, seq: 3001, ack: 1, octets: 1000},
		segment{flags: ack, seq: 5001, ack: 1, octets: 1000}, segment{flags: ack, seq: 7001, ack: 1, octets: 1000},
		segment{flags: ack, seq: 4001, ack: 1, octets: 1000}, segment{flags: ack, seq: 1, ack: 1, octets: 1000},
		segment{flags: ack, seq: 2001, ack: 1, octets: 1000}, segment{flags: ack, seq: 6001, ack: 1, octets: 1000}))},
	{name: "RFC 2883 §4 octets that came before", script: connected(offer{}, segments(step,
		segment{flags: ack, seq: 1, ack: 1, octets: 1000}, segment{flags: ack, seq: 1, ack: 1, octets: 1000},
		segment{flags: ack, seq: 501, ack: 1, octets: 1000}, segment{flags: ack, seq: 3001, ack: 1, octets: 1000},
		segment{flags: ack, seq: 3001, ack: 1, octets: 1000}, segment{flags: ack, seq: 501, ack: 1, octets: 500}))},
	{name: "RFC 9293 §3.10.7.4 FIN beyond a hole", differs: []deviation{
		{"> - . 1(0) ack 1 ts sack 1001-1002", finBlock}, {"> + . 1(0) ack 1 ts", finBlock},
	}, script: connected(offer{}, func(p *play, q *peer, c conn) error {
		err := segments(step, segment{flags: fin | ack, seq: 1001, ack: 1}, segment{flags: ack, seq: 1, ack: 1, octets: 1000})(p, q, c)
		p.read("left", c)
		p.read("left", c)
		return err
	})},
	{name: "RFC 9293 §3.10.7.4 segments without ACK", script: connected(offer{}, segments(600*time.Millisecond,
		segment{flags: psh, seq: 1, octets: 10}, segment{flags: fin, seq: 1}))},
	{name: "no selective acknowledgements, octets out of order", script: connected(offer{noSACK: true, noTS: true}, segments(step,
		segment{flags: ack, seq: 1001, ack: 1, octets: 1000}, segment{flags: ack, seq: 1, ack: 1, octets: 1000}))},
}

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

// senderTrials are about what the left end sends of its own.
var senderTrials = []trial{
	{name: "RFC 6298 RFC 8985 §7 octets into a black hole", timed: 150 * time.Millisecond, script: connected(offer{}, func(p *play, q *peer, c conn) error {
		c.Write(octets(100))
		q.listenFor(6 * time.Second)
		return nil
	})},
	{name: "RFC 5482 user timeout", timed: 150 * time.Millisecond,
		setting: setting{options: []sockopt{{6, tcpUserTime, 3000}}, left: func(c *tcp.Config) { c.UserTimeout = 3 * time.Second }},
		script: connected(offer{}, func(p *play, q *peer, c conn) error {
			c.Write(octets(100))
			c.SetReadDeadline(time.Now().Add(8 * time.Second))
			_, err := c.Read(make([]byte, 10))
			p.note("left", err)
			return nil
		})},
	{name: "RFC 9293 §3.8.4 keepalive, not answered", timed: 150 * time.Millisecond,
		setting: setting{options: keepalive, left: keepaliveOurs},
		script: connected(offer{}, func(p *play, q *peer, c conn) error {
			c.SetReadDeadline(time.Now().Add(8 * time.Second))
			_, err := c.Read(make([]byte, 10))
			p.note("left", err)
			return nil
		})},
	{name: "RFC 9293 §3.8.6.1 zero window, probes answered", timed: 300 * time.Millisecond, script: zeroWindow(true)},
	{name: "RFC 9293 §3.8.6.1 zero window, probes not answered", timed: 150 * time.Millisecond, script: zeroWindow(false)},
	{name: "RFC 6928 §2 initial window", v4only: true, differs: []deviation{
		{"> - P. 13033(1448) ack 1 ts", pushed}, {"> + . 13033(1448) ack 1 ts", pushed}}, script: connected(offer{}, func(p *play, q *peer, c conn) error {
		go c.Write(octets(20 * 1448))
		q.listenFor(30 * time.Millisecond)
		return nil
	})},
	{name: "RFC 6675 RFC 8985 a lost segment, selectively", script: connected(offer{}, func(p *play, q *peer, c conn) error {
		mss := uint32(q.segmentSize())
		c.Write(octets(8 * int(mss)))
		q.listenFor(prompt)
		for i := uint32(2); i <= 5; i++ {
			q.send(segment{flags: ack, seq: 1, ack: 1, more: func(h *packet.TCPHeader) {
				h.NumSACK, h.SACK[0] = 1, [2]uint32{q.irs + 1 + mss, q.irs + 1 + i*mss}
			}})
		}
		q.listenFor(prompt)
		q.ack(1, 1+8*mss)
		q.listenFor(step)
		return nil
	})},
	{name: "RFC 5681 §3.2 a lost segment, by three duplicates", script: connected(offer{noSACK: true}, func(p *play, q *peer, c conn) error {
		mss := uint32(q.segmentSize())
		c.Write(octets(8 * int(mss)))
		q.listenFor(prompt)
		for range 5 {
			q.ack(1, 1)
		}
		q.listenFor(prompt)
		q.ack(1, 1+8*mss)
		q.listenFor(step)
		return nil
	})},
	{name: "RFC 8985 §7 a tail of two segments is lost", timed: 150 * time.Millisecond, differs: []deviation{
		{"> - P. 4345(656) ack 1 ts", tailOctets}, {"> + P. 3553(1448) ack 1 ts", tailOctets}}, v4only: true,
		script: connected(offer{}, func(p *play, q *peer, c conn) error {
			c.Write(octets(5000))
			q.listenFor(prompt)
			q.ack(1, 2897)
			q.listenFor(250 * time.Millisecond)
			q.ack(1, 5001)
			q.listenFor(step)
			return nil
		})},
	{name: "RFC 1191 §6 a path with a smaller MTU", v4only: true, script: connected(offer{}, func(p *play, q *peer, c conn) error {
		c.Write(octets(2800))
		q.listenFor(prompt)
		q.p.at.Do(func() {
			x := q.p.host.NewPacket()
			x.Proto, x.Src, x.Dst, x.TTL = packet.ICMP, q.local().Addr, q.left.Addr, 64
			x.ICMP = packet.ICMPHeader{Type: packet.Unreachable, Code: packet.FragNeeded, MTU: 1400}
			first := q.last
			first.TCP.Seq = q.irs + 1
			x.Quote(&first)
			q.p.host.Output(x)
		})
		q.listenFor(prompt)
		q.ack(1, 2801)
		q.listenFor(step)
		return nil
	})},
}

// segmentSize is how many octets a full segment with timestamps has.
func (q *peer) segmentSize() int {
	if q.left.Addr.Is4() {
		return 1448
	}
	return 1428
}

func zeroWindow(answered bool) script {
	return connected(offer{}, func(p *play, q *peer, c conn) error {
		q.windowSet = true
		c.Write(octets(100))
		q.listenFor(30 * time.Millisecond)
		q.ack(1, 101) // window 0
		time.Sleep(50 * time.Millisecond)
		c.Write(octets(500))
		for range 29 {
			q.last.TCP.Flags = 0
			q.listenFor(step)
			if answered && q.last.TCP.Flags != 0 {
				q.ack(1, 101)
			}
		}
		q.windowSet = false
		q.ack(1, 101)
		q.listenFor(50 * time.Millisecond)
		q.ack(1, 601)
		q.listenFor(step)
		return nil
	})
}

// endingTrials are about the end of a connection.
var endingTrials = []trial{
	{name: "RFC 6191 TIME-WAIT", differs: []deviation{
		{"> - R 2(0)", assassinated}, {"> - R 2(0)", assassinated}, {"> + . 2(0) ack 2 ts", assassinated}, {"> + . 2(0) ack 2 ts", assassinated},
	}, script: timeWait(
		segment{flags: fin | ack, seq: 1, ack: 2}, segment{flags: ack, seq: 2, ack: 2}, segment{flags: rst, seq: 2},
		segment{flags: psh | ack, seq: 2, ack: 2, octets: 10}, segment{flags: ack, seq: 1 << 20, ack: 2})},
	{name: "RFC 6191 §2 TIME-WAIT, an old SYN", script: timeWait(segment{flags: syn, seq: 0, more: func(h *packet.TCPHeader) {
		offer{}.fill(h)
		older(100_000)(h)
	}})},
	{name: "RFC 6191 §2 TIME-WAIT, a new incarnation", script: timeWait(segment{flags: syn, seq: 1 << 27, more: offer{}.fill})},
	{name: "RFC 6191 §2 TIME-WAIT, a new incarnation of a lower number", script: timeWait(segment{flags: syn, seq: 1 << 31, more: offer{}.fill})},
	{name: "octets to a closed socket in FIN-WAIT-1", script: connected(offer{}, func(p *play, q *peer, c conn) error {
		over(c)
		q.send(segment{flags: psh | ack, seq: 1, ack: 1, octets: 10})
		q.listenFor(step)
		q.send(segment{flags: psh | ack, seq: 11, ack: 2, octets: 10})
		q.listenFor(step)
		return nil
	})},
	{name: "octets to a closed socket in FIN-WAIT-2", script: connected(offer{}, func(p *play, q *peer, c conn) error {
		over(c)
		q.ack(1, 2)
		q.listenFor(step)
		q.send(segment{flags: psh | ack, seq: 1, ack: 2, octets: 10})
		q.listenFor(step)
		return nil
	})},
	{name: "ICMP in ESTABLISHED is a soft error", v4only: true, script: connected(offer{}, func(p *play, q *peer, c conn) error {
		for _, code := range []uint8{0, 1, 2, 3, 13} {
			c.Write(octets(100))
			q.listenFor(30 * time.Millisecond)
			q.unreachable(3, code)
			q.listenFor(20 * time.Millisecond)
			q.ack(1, q.last.TCP.Seq-q.irs+100)
			q.listenFor(20 * time.Millisecond)
		}
		return nil
	})},
	{name: "FIN into a black hole", timed: 150 * time.Millisecond, script: connected(offer{}, func(p *play, q *peer, c conn) error {
		c.CloseWrite()
		q.listenFor(4 * time.Second)
		return nil
	})},
}

// timeWait is a script in which the left end, which listens, has closed first, and what then comes.
func timeWait(list ...segment) script {
	return func(p *play) error {
		q := newPeer(p)
		c, err := q.join(offer{})
		if err != nil {
			return err
		}
		over(c)
		q.listenFor(0)
		q.send(segment{flags: fin | ack, seq: 1, ack: 2})
		q.listenFor(step)
		for _, s := range list {
			q.send(s)
			q.listenFor(600 * time.Millisecond)
		}
		return nil
	}
}
