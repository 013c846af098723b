package linuxtcp

import (
	"fmt"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// peer is a right end that is made by hand: it answers nothing by itself, and sends the segments that a script says.
type peer struct {
	p     *play
	port  uint16
	left  packet.AddrPort
	heard chan packet.Packet
	start sim.Time

	iss, irs  uint32 // initial numbers, ours and the left's
	ts        bool   // timestamps are sent
	tsOffset  uint32
	last      packet.Packet // last segment taken by await
	ecr       uint32
	window    uint16
	windowSet bool
}

// peerISS is where peers' numbers begin.
const peerISS = 7000

// newPeer takes over a port of the right host.
func newPeer(p *play) *peer {
	q := &peer{p: p, port: rightPort, iss: peerISS, heard: make(chan packet.Packet, 10000), left: packet.AddrPort{Addr: packet.AddrFrom(p.addr(true, leftPort).Addr()), Port: leftPort}}
	local := q.local()
	p.at.Do(func() {
		q.start = p.net.K.Now()
		p.host.Relay(local, func(x *packet.Packet) {
			y := *x
			y.Payload = packet.PayloadOf(append([]byte(nil), x.Payload.Bytes()...))
			p.host.Discard(x, "taken by the peer")
			select {
			case q.heard <- y:
			default:
			}
		})
	})
	return q
}

func (q *peer) local() packet.AddrPort {
	return packet.AddrPort{Addr: packet.AddrFrom(q.p.addr(false, q.port).Addr()), Port: q.port}
}

// await takes segments until one has all of the flags, and fails after ten seconds.
func (q *peer) await(f packet.Flags) error {
	limit := time.NewTimer(10 * time.Second)
	defer limit.Stop()
	for {
		select {
		case x := <-q.heard:
			q.take(x)
			if x.TCP.Flags.Has(f) {
				return nil
			}
		case <-limit.C:
			return fmt.Errorf("no segment with %v came", f)
		}
	}
}

// listenFor takes what comes within a time.
func (q *peer) listenFor(d time.Duration) {
	time.Sleep(d)
	for {
		select {
		case x := <-q.heard:
			q.take(x)
		default:
			return
		}
	}
}

func (q *peer) take(x packet.Packet) {
	q.last = x
	if x.TCP.Flags&packet.SYN != 0 {
		q.irs = x.TCP.Seq
	}
	if x.TCP.HasTS {
		q.ecr = x.TCP.TSVal
	}
}

// segment is one to send, its numbers relative.
type segment struct {
	flags    packet.Flags
	seq, ack uint32
	octets   int
	more     func(h *packet.TCPHeader)
}

// send sends a segment.
func (q *peer) send(s segment) {
	q.p.at.Do(func() {
		x := q.p.host.NewPacket()
		local := q.local()
		x.Proto, x.Src, x.Dst, x.SrcPort, x.DstPort = packet.TCP, local.Addr, q.left.Addr, local.Port, q.left.Port
		x.TTL, x.Frag.DF = 64, true
		h := packet.TCPHeader{Flags: s.flags, Seq: q.iss + s.seq, Window: 60000}
		if q.windowSet {
			h.Window = q.window
		}
		if s.flags&packet.ACK != 0 {
			h.Ack = q.irs + s.ack
		}
		if q.ts {
			h.HasTS, h.TSVal = true, 1<<20+q.tsOffset+uint32(q.p.net.K.Now().Sub(q.start)/time.Millisecond)
			if s.flags&packet.ACK != 0 {
				h.TSEcr = q.ecr
			}
		}
		if s.more != nil {
			s.more(&h)
		}
		x.TCP = h
		x.Payload.Reset()
		if s.octets > 0 {
			x.Payload.Append(packet.Bytes(octets(s.octets)))
		}
		q.p.host.Output(x)
	})
}

// unreachable sends an ICMP error about the segment taken last.
func (q *peer) unreachable(kind, code uint8) {
	q.p.at.Do(func() {
		x := q.p.host.NewPacket()
		local := q.local()
		x.Proto, x.Src, x.Dst, x.TTL = packet.ICMP, local.Addr, q.left.Addr, 64
		if !local.Addr.Is4() {
			x.Proto = packet.ICMPv6
		}
		x.ICMP = packet.ICMPHeader{Type: kind, Code: code}
		x.Quote(&q.last)
		q.p.host.Output(x)
	})
}

// offer is which options a peer's SYN has.
type offer struct{ noMSS, noWS, noTS, noSACK bool }

func (o offer) fill(h *packet.TCPHeader) {
	h.HasMSS, h.MSS = !o.noMSS, 1460
	h.HasWS, h.WS = !o.noWS, 7
	h.SACKOK = !o.noSACK
}

// connect has the left end dial and answers; the connection comes back when it is established.
func (q *peer) connect(o offer) (conn, error) {
	type result struct {
		c   conn
		err error
	}
	done := make(chan result, 1)
	go func() {
		c, err := q.p.dial(true, 10*time.Second)
		done <- result{c, err}
	}()
	if err := q.await(packet.SYN); err != nil {
		return nil, err
	}
	q.ts = !o.noTS
	q.send(segment{flags: packet.SYN | packet.ACK, ack: 1, more: o.fill})
	r := <-done
	if r.err != nil {
		return nil, r.err
	}
	time.Sleep(step)
	q.listenFor(0)
	return r.c, nil
}

// join opens a connection to the left end, which listens.
func (q *peer) join(o offer) (conn, error) {
	ear, err := q.p.listen(true)
	if err != nil {
		return nil, err
	}
	q.ts = !o.noTS
	q.send(segment{flags: packet.SYN, more: o.fill})
	if err := q.await(packet.SYN | packet.ACK); err != nil {
		return nil, err
	}
	q.send(segment{flags: packet.ACK, seq: 1, ack: 1})
	c, err := q.p.accept(ear)
	time.Sleep(step)
	return c, err
}

// ack acknowledges.
func (q *peer) ack(seq, ack uint32) { q.send(segment{flags: packet.ACK, seq: seq, ack: ack}) }
