package linuxtcp

import (
	"time"

	"imsim/netem/packet"
	"imsim/netem/tcp"
)

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
