package invariant

import (
	"strconv"

	"imsim/netem/packet"
	"imsim/sim"
)

// flowKey names a TCP connection as one of its hosts sees it.
type flowKey struct{ local, remote packet.AddrPort }

// flow is one end of a TCP connection, seen at its host's interface.
type flow struct {
	key     flowKey
	session sim.SessionID

	next     uint32 // first octet that has not left yet
	edge     uint32 // right edge of the largest window that has come in
	arrived  uint32 // first octet that has not arrived yet
	fin      uint32 // sequence number of the FIN that left
	scale    int8   // of the peer's windows; -1: the peer's SYN has none
	renewed  int8   // the same of a SYN on top of the connection, which may begin another
	ourScale bool
	sent     bool // next is known
	told     bool // edge is known
	finOut   bool
	finIn    bool

	passing bool            // from a gateway that only passes TLS on, and knows nothing of records
	guarded bool            // plain core leg of an e2ae session
	opened  bool            // its protected side has been verified
	data    bool            // user data have left
	secure  bool            // every octet that leaves is inside a TLS record
	gateway bool            // leaves from a gateway
	looked  bool            // peer has been made once
	foreign bool            // the peer does not speak TLS, or octets are missing
	framed  bool            // by ICE
	peer    *handshakes     // what arrives of the peer's handshake; nil: not of interest, or no more
	behind  packet.AddrPort // guarded: the protected leg
	shim    shim
	frame   frame
}

// most flows that are followed at a time.
const maxFlows = 1 << 18

// tap sees the packets of one interface of a host.
type tap struct {
	s       *Suite
	node    string
	last    *flow // of the packet before
	lastOut *flow
	border  *border // nil: none
}

func (t *tap) see(out bool, p *packet.Packet) {
	s := t.s
	if now := s.now(); now != s.last {
		s.tick(now, t.node)
	}
	if out && t.border != nil {
		t.hides(p)
	}
	if p.Frag.Offset != 0 {
		return
	}
	if out && (p.SrcPort == sipPort || p.DstPort == sipPort || p.SrcPort == h248Port) {
		s.signalling(p)
	}
	if p.Proto != packet.TCP || p.Frag.More {
		return
	}
	key := flowKey{packet.AddrPort{Addr: p.Src, Port: p.SrcPort}, packet.AddrPort{Addr: p.Dst, Port: p.DstPort}}
	last := &t.lastOut
	if !out {
		key.local, key.remote = key.remote, key.local
		last = &t.last
	}
	f := *last
	if f == nil || f.key != key {
		f = s.flows[key]
		*last = f
	}
	if p.TCP.Flags.Has(packet.SYN) {
		f = s.opening(f, key, out, p)
		*last = f
	}
	if f == nil {
		return
	}
	if out {
		t.leaves(f, p)
	} else {
		if f.peer != nil && p.Payload.Len > 0 {
			s.proves(f, p)
		}
		f.arrives(p)
	}
	if s.over(f, out, p) {
		delete(s.flows, key)
		t.last, t.lastOut = nil, nil
	}
}

// opening begins to follow a connection with its first SYN.
func (s *Suite) opening(f *flow, key flowKey, out bool, p *packet.Packet) *flow {
	scale := int8(-1)
	if p.TCP.HasWS {
		scale = int8(min(p.TCP.WS, 14)) // RFC 7323 §2.3
	}
	if f != nil && !out && f.told {
		f.renewed = scale
		return f // its host decides: a challenge, or a new connection
	}
	again := f != nil && (!out || !f.sent || f.next == p.TCP.Seq+1)
	if !again {
		if p.Cause.Session%s.every != 0 || f == nil && len(s.flows) >= maxFlows {
			return nil
		}
		before := int8(-1)
		if f != nil {
			before = f.renewed
		}
		f = &flow{key: key, session: p.Cause.Session, scale: before, renewed: -1}
		s.learn(f)
		s.flows[key] = f
	}
	switch {
	case out && !f.sent:
		f.sent, f.next, f.ourScale = true, p.TCP.Seq+1, p.TCP.HasWS
	case !out:
		f.arrived, f.scale = p.TCP.Seq+1, scale
	}
	return f
}

// learn notes what signalling has said of a connection's ends so far.
func (s *Suite) learn(f *flow) {
	local, remote := s.ends[f.key.local], s.ends[f.key.remote]
	f.secure, f.gateway, f.passing, f.guarded = local.secure || remote.secure, local.gateway, local.gateway && !local.secure, local.guarded
	if local.clear || remote.clear {
		f.secure = false
	}
	f.framed = framed(local, remote)
	f.behind = local.protected
	if local.secure && local.gateway && !local.passing && !f.framed && !f.looked {
		f.looked, f.peer = true, &handshakes{}
		delete(s.proofs, f.key.local) // of a connection before
	}
}

// arrives notes what the peer allows.
func (f *flow) arrives(p *packet.Packet) {
	h := &p.TCP
	if end := h.Seq + uint32(p.Payload.Len); int32(end-f.arrived) > 0 {
		f.arrived = end
	}
	if h.Flags.Has(packet.FIN) {
		f.finIn = true
	}
	if !h.Flags.Has(packet.ACK) {
		return
	}
	win := uint32(h.Window)
	if !h.Flags.Has(packet.SYN) && f.scale > 0 && f.ourScale {
		win <<= uint(f.scale) // RFC 7323 §2.2: never in a SYN
	}
	if edge := h.Ack + win; !f.told || int32(edge-f.edge) > 0 {
		f.edge, f.told = edge, true
	}
}

// leaves checks a segment that its host has sent.
func (t *tap) leaves(f *flow, p *packet.Packet) {
	s, n := t.s, uint32(p.Payload.Len)
	h := &p.TCP
	if n == 0 {
		if h.Flags.Has(packet.FIN) {
			t.finLeaves(f, h.Seq)
		}
		return
	}
	if !f.data {
		f.data = true
		s.learn(f) // a gateway may open a connection while its reply still waits for the processor
	}
	end := h.Seq + n
	s.book[window].Checked++
	// A probe of a closed window has one octet too many (RFC 9293 §3.8.6.1).
	if f.told && int32(end-f.edge) > 1 {
		t.broken(window, f, strconv.Itoa(int(int32(end-f.edge)))+" octets beyond the window")
	}
	if f.finOut && int32(end-f.fin) > 0 {
		t.broken(window, f, "octets behind the FIN")
	}
	if f.guarded {
		t.mayLeave(f)
	}
	if f.secure && !f.foreign {
		t.records(f, p)
		if f.gateway && f.frame.user && s.betrayed(f.key.local) {
			t.broken(readyBeforeData, f, "user data leaves for somebody whose certificate is not the one that SDP has announced")
		}
	}
	if int32(end-f.next) > 0 {
		f.next, f.sent = end, true
	}
	if h.Flags.Has(packet.FIN) {
		t.finLeaves(f, end)
	}
}

// mayLeave is rule (2) at the boundary itself: user data leaves the gateway on the plain side only once the session's
// protected side is established there.
func (t *tap) mayLeave(f *flow) {
	s := t.s
	s.book[readyBeforeData].Checked++
	if f.opened {
		return
	}
	if c := s.calls[callKey{t.node, f.session}]; c != nil {
		for i := range c.legs {
			f.opened = f.opened || c.legs[i].has.any(tlsUp)
		}
	}
	if s.betrayed(f.behind) {
		t.broken(readyBeforeData, f, "user data leaves on the plain leg though the certificate on the protected one is not the one that SDP has announced")
	}
	if !f.opened {
		t.broken(readyBeforeData, f, "user data leaves on the plain leg before TLS is verified on the protected one")
	}
}

// finLeaves notes a FIN; on a protected leg it stands between records.
func (t *tap) finLeaves(f *flow, seq uint32) {
	if f.finOut {
		return
	}
	f.finOut, f.fin = true, seq
	if f.secure && !f.foreign && !f.passing && f.frame.inside() {
		t.broken(protected, f, "FIN inside a TLS record")
	}
}

// over reports whether a connection has ended: both FINs, or an RST that counts.
func (s *Suite) over(f *flow, out bool, p *packet.Packet) bool {
	if p.TCP.Flags.Has(packet.RST) {
		return out || p.TCP.Seq == f.arrived || !f.told
	}
	return f.finOut && f.finIn
}

func (t *tap) broken(i int, f *flow, text string) {
	t.s.book.broken(i, t.s.last, t.node, f.session, text+" ("+f.key.local.String()+" to "+f.key.remote.String()+")")
}
