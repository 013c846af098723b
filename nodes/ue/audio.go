package ue

import (
	"strconv"
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/protocol/sdp"
	"imsim/sim"
)

// audio is a line of RTP (RFC 3550): a packet of G.711 every 20 ms in either direction, from the answer to the end of the call. What is
// said does not matter, only how much, when, and where it goes. Not modelled: codecs, RTCP, jitter buffers, silence, security.
type audio struct {
	m        *media
	socket   *netem.UDPSocket
	next     sim.Time // packet; sim.Never: none
	why      sim.Cause
	seq      uint16
	sent     int
	received int
}

const (
	rtpInterval = 20 * time.Millisecond
	rtpSamples  = 160 // octets, too: PCMU, payload type 0 (RFC 3551 §6)
)

var rtpAVP = sdp.ParseProto("RTP/AVP")

// openAudio reserves the line's address.
func (m *media) openAudio() (err string) {
	u := m.c.u
	m.local = u.local()
	a := &audio{m: m, next: sim.Never}
	s, bad := u.Host.BindUDP(m.local, a)
	if bad != nil {
		return "no port left"
	}
	a.socket = s
	m.audio = a
	return ""
}

// describeAudio writes our side of the line.
func (m *media) describeAudio(d *sdp.Description) { d.AddLine("audio", m.local.Port, rtpAVP, "0") }

// readAudio takes the peer's line.
func (m *media) readAudio(l sdp.Line) (err string) {
	ap, ok := l.Address()
	if !ok || l.Media() != "audio" || l.Rejected() {
		return "no audio line"
	}
	m.remote = packet.AddrPort{Addr: packet.AddrFrom(ap.Addr()), Port: ap.Port()}
	return ""
}

// start lets packets flow.
func (a *audio) start(why sim.Cause) {
	a.next, a.why = a.m.c.u.K.Now(), why
	a.m.c.wake()
}

// tick sends the packets that are due.
func (a *audio) tick(now sim.Time) {
	for a.next <= now {
		a.send()
		a.next = a.next.Add(rtpInterval)
	}
}

func (a *audio) send() {
	u := a.m.c.u
	if a.sent++; a.sent == 1 {
		a.why = u.Mark(a.why, a.m.name(), nodes.RTPSent, "")
	}
	ts := uint32(a.seq) * rtpSamples
	head := append([]byte{0x80, 0, byte(a.seq >> 8), byte(a.seq)}, byte(ts>>24), byte(ts>>16), byte(ts>>8), byte(ts))
	head = append(head, byte(u.index), 0, byte(a.m.c.slot>>8), byte(a.m.c.slot)) // SSRC
	a.seq++
	var p packet.Payload
	p.Append(packet.Bytes(head))
	p.Append(packet.Synthetic(packet.Pattern(1), 0, rtpSamples))
	a.socket.Send(a.m.remote, p, a.why)
}

// Datagram takes a packet of the peer's. The first shows that media can flow.
func (a *audio) Datagram(_ *netem.UDPSocket, from, _ packet.AddrPort, _ packet.Payload, why sim.Cause) {
	if a.received++; a.received == 1 {
		c := a.m.c
		c.mediaUp(c.u.Mark(why, a.m.name(), nodes.RTPReceived, ""))
		c.wake()
	}
}

// Unreachable is no news: the peer's socket may be closed already.
func (a *audio) Unreachable(*netem.UDPSocket, packet.AddrPort, sim.Cause) {}

// stop ends the line with the call.
func (a *audio) stop(why sim.Cause) {
	if a.socket == nil {
		return
	}
	a.socket.Close()
	a.socket, a.next = nil, sim.Never
	a.m.c.u.Mark(why, a.m.name(), nodes.RTPEnded, strconv.Itoa(a.sent)+" sent, "+strconv.Itoa(a.received)+" received")
}
