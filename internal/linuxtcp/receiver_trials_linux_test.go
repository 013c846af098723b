package linuxtcp

import (
	"time"

	"imsim/netem/packet"
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
