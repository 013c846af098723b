package invariant

import (
	"bytes"

	"imsim/netem/packet"
)

// Border is a node that keeps the inside of its network from another: what it sends to anybody who is not inside comes from
// no inside address, and no SIP message among it names one.
type Border struct {
	Node   string
	Inside []packet.Addr
	Own    []packet.Addr // of the border itself: they may be seen, and messages to them stay inside
}

// border is a Border at work, on one interface of its node.
type border struct {
	inside map[packet.Addr]bool
	own    map[packet.Addr]bool
	names  [][]byte // the addresses as text
	from   flowKey  // of the last SIP segment that left, and
	tail   []byte   // what it ended with: a name may be cut
}

// Guard has the invariant topology-hidden watch a node. It comes before Attach.
func (s *Suite) Guard(b Border) {
	x := &border{inside: map[packet.Addr]bool{}, own: map[packet.Addr]bool{}}
	for _, a := range b.Inside {
		x.inside[a] = true
		x.names = append(x.names, []byte(a.String()))
	}
	for _, a := range b.Own {
		x.own[a] = true
	}
	s.borders[b.Node] = x
}

// hides checks what leaves a border node.
func (t *tap) hides(p *packet.Packet) {
	s, b := t.s, t.border
	if b.inside[p.Dst] || b.own[p.Dst] {
		return
	}
	s.book.checked(topologyHidden)
	if b.inside[p.Src] {
		s.book.broken(topologyHidden, s.last, t.node, p.Cause.Session, "the inside address "+p.Src.String()+" sends to "+p.Dst.String())
	}
	if p.SrcPort != sipPort && p.DstPort != sipPort || p.Payload.Len == 0 {
		return
	}
	octets, known, whole := p.Payload.Bytes(), 0, true
	if p.Proto == packet.TCP {
		whole = false
		key := flowKey{packet.AddrPort{Addr: p.Src, Port: p.SrcPort}, packet.AddrPort{Addr: p.Dst, Port: p.DstPort}}
		if key == b.from {
			known = len(b.tail)
			octets = append(b.tail, octets...)
		}
		b.from = key
		b.tail = bytes.Clone(octets[max(0, len(octets)-longestName):])
	}
	for _, name := range b.names {
		if named(octets, name, known, whole) {
			s.book.broken(topologyHidden, s.last, t.node, p.Cause.Session, "a message to "+p.Dst.String()+" names the inside address "+string(name))
		}
	}
}

// longestName is the length of the longest address, with what stands around it.
const longestName = len("msrp://[0000:0000:0000:0000:0000:0000:0000:0000]:")

// named reports whether a text names an address, other than in the path of an MSRP end, which CEMA leaves alone (RFC 6714 §5).
// What ends before known has been judged already; what the end of a text that is not whole may have cut is judged later.
func named(text, name []byte, known int, whole bool) bool {
	for from := 0; ; {
		i := bytes.Index(text[from:], name)
		if i < 0 {
			return false
		}
		i += from
		from = i + len(name)
		if from < known || !whole && from == len(text) {
			continue
		}
		before, after := text[:i], text[from:]
		if len(before) > 0 && partOf(before[len(before)-1], name) || len(after) > 0 && partOf(after[0], name) {
			continue // of a longer one
		}
		if scheme := bytes.TrimRight(before, "["); bytes.HasSuffix(scheme, []byte("msrp://")) || bytes.HasSuffix(scheme, []byte("msrps://")) {
			continue
		}
		return true
	}
}

// partOf reports whether an address such as name could go on with c.
func partOf(c byte, name []byte) bool {
	six := bytes.IndexByte(name, ':') >= 0
	return c >= '0' && c <= '9' || !six && c == '.' || six && (c == ':' || c >= 'a' && c <= 'f')
}
