package linuxtcp

import (
	"time"

	"imsim/netem/packet"
)

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
