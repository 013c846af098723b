package packet

import (
	"bytes"
	"net"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

var (
	a4, b4 = MustAddr("192.0.2.1"), MustAddr("198.51.100.2")
	a6, b6 = MustAddr("2001:db8::1"), MustAddr("2001:db8:1::2")
)

// samples are packets of every kind.
func samples() map[string]*Packet {
	mixed := func() Payload {
		p := PayloadOf([]byte("odd"))
		p.Append(Synthetic(5, 3, 1000))
		p.Append(Bytes([]byte{1, 2}))
		p.Append(Synthetic(5|Masked, 9, 333))
		return p
	}
	base := func(six bool, proto Proto) *Packet {
		p := &Packet{Src: a4, Dst: b4, Proto: proto, TTL: 63, TOS: 0xb8}
		if six {
			p.Src, p.Dst = a6, b6
		}
		return p
	}
	m := map[string]*Packet{}
	for _, six := range []bool{false, true} {
		v := map[bool]string{false: "4", true: "6"}[six]
		p := base(six, TCP)
		p.SrcPort, p.DstPort, p.Payload, p.Frag.DF = 50000, 2855, mixed(), !six
		p.TCP = TCPHeader{Seq: 1 << 31, Ack: 77, Flags: PSH | ACK, Window: 501, HasTS: true, TSVal: 9, TSEcr: 8}
		m["data"+v] = p
		p = base(six, TCP)
		p.SrcPort, p.DstPort = 50000, 2855
		p.TCP = TCPHeader{Seq: 5, Flags: SYN, Window: 64240, HasMSS: true, MSS: 1460, SACKOK: true, HasTS: true, TSVal: 1, HasWS: true, WS: 10}
		m["syn"+v] = p
		p = base(six, TCP)
		p.TCP = TCPHeader{Flags: ACK, HasTS: true, NumSACK: 3, SACK: [4][2]uint32{{1, 2}, {3, 4}, {5, 6}}}
		m["sack"+v] = p
		p = base(six, TCP)
		p.TCP = TCPHeader{Flags: SYN | ACK, SACKOK: true, HasWS: true, WS: 7, NumSACK: 1}
		m["options without timestamps"+v] = p
		p = base(six, TCP)
		p.TCP = TCPHeader{Flags: RST | ACK}
		m["rst"+v] = p
		p = base(six, UDP)
		p.SrcPort, p.DstPort, p.Payload = 5060, 5061, mixed()
		m["udp"+v] = p
		p = base(six, UDP)
		p.SrcPort, p.DstPort = 1, 2
		m["empty udp"+v] = p
		p = base(six, ICMP)
		p.ICMP = ICMPHeader{Type: Unreachable, Code: FragNeeded, MTU: 1400}
		if six {
			p.Proto, p.ICMP = ICMPv6, ICMPHeader{Type: PacketTooBig, MTU: 1400}
		}
		p.Quote(m["data"+v])
		m["error"+v] = p
		p = base(six, ICMP)
		p.ICMP, p.Payload = ICMPHeader{Type: Echo, MTU: 7<<16 | 1}, mixed()
		if six {
			p.Proto, p.ICMP.Type = ICMPv6, Echo6
		}
		m["echo"+v] = p
		p = base(six, UDP)
		p.SrcPort, p.DstPort, p.Payload = 5060, 5061, Payload{}
		p.Payload.AppendRange(mixed(), 0, 800)
		p.Frag = Fragment{ID: 99, More: true, Total: uint16(mixed().Len), Sum: mixed().Sum()}
		m["first fragment"+v] = p
		p = base(six, UDP)
		p.Payload.AppendRange(mixed(), 800, mixed().Len)
		p.Frag = Fragment{ID: 99, Offset: 808}
		m["last fragment"+v] = p
	}
	return m
}

// oracle builds the same octets with gopacket, nil for what it cannot build.
func oracle(t *testing.T, p *Packet) []byte {
	t.Helper()
	if p.Frag.IsFragment() {
		return nil
	}
	var network gopacket.SerializableLayer
	var pseudo gopacket.NetworkLayer
	src, dst := net.IP(p.Src.Netip().AsSlice()), net.IP(p.Dst.Netip().AsSlice())
	if p.Dst.Is4() {
		l := &layers.IPv4{Version: 4, IHL: 5, TOS: p.TOS, TTL: p.TTL, Protocol: layers.IPProtocol(p.Proto), SrcIP: src, DstIP: dst}
		if p.Frag.DF {
			l.Flags = layers.IPv4DontFragment
		}
		network, pseudo = l, l
	} else {
		l := &layers.IPv6{Version: 6, TrafficClass: p.TOS, HopLimit: p.TTL, NextHeader: layers.IPProtocol(p.Proto), SrcIP: src, DstIP: dst}
		network, pseudo = l, l
	}
	var transport gopacket.SerializableLayer
	payload := p.Payload.AppendTo(nil)
	switch p.Proto {
	case TCP:
		h := &p.TCP
		f := h.Flags
		l := &layers.TCP{SrcPort: layers.TCPPort(p.SrcPort), DstPort: layers.TCPPort(p.DstPort), Seq: h.Seq, Ack: h.Ack, Window: h.Window,
			FIN: f.Has(FIN), SYN: f.Has(SYN), RST: f.Has(RST), PSH: f.Has(PSH), ACK: f.Has(ACK), URG: f.Has(URG), ECE: f.Has(ECE), CWR: f.Has(CWR)}
		l.Options = oracleOptions(h)
		l.SetNetworkLayerForChecksum(pseudo)
		transport = l
	case UDP:
		l := &layers.UDP{SrcPort: layers.UDPPort(p.SrcPort), DstPort: layers.UDPPort(p.DstPort)}
		l.SetNetworkLayerForChecksum(pseudo)
		transport = l
	case ICMP:
		transport = &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(p.ICMP.Type, p.ICMP.Code), Id: uint16(p.ICMP.MTU >> 16), Seq: uint16(p.ICMP.MTU)}
	case ICMPv6:
		l := &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(p.ICMP.Type, p.ICMP.Code)}
		l.SetNetworkLayerForChecksum(pseudo)
		transport = l
		payload = append(be.AppendUint32(nil, p.ICMP.MTU), payload...)
	}
	buf := gopacket.NewSerializeBuffer()
	opts := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(buf, opts, network, transport, gopacket.Payload(payload)); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// oracleOptions writes out the order of options that Linux has, independently of the encoder.
func oracleOptions(h *TCPHeader) []layers.TCPOption {
	nop := layers.TCPOption{OptionType: layers.TCPOptionKindNop}
	var o []layers.TCPOption
	if h.HasMSS {
		o = append(o, layers.TCPOption{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{byte(h.MSS >> 8), byte(h.MSS)}})
	}
	sackOK := layers.TCPOption{OptionType: layers.TCPOptionKindSACKPermitted, OptionLength: 2}
	ts := layers.TCPOption{OptionType: layers.TCPOptionKindTimestamps, OptionLength: 10, OptionData: be.AppendUint32(be.AppendUint32(nil, h.TSVal), h.TSEcr)}
	switch {
	case h.SACKOK && h.HasTS:
		o = append(o, sackOK, ts)
	case h.HasTS:
		o = append(o, nop, nop, ts)
	case h.SACKOK:
		o = append(o, nop, nop, sackOK)
	}
	if h.HasWS {
		o = append(o, nop, layers.TCPOption{OptionType: layers.TCPOptionKindWindowScale, OptionLength: 3, OptionData: []byte{h.WS}})
	}
	if h.NumSACK > 0 {
		var d []byte
		for _, b := range h.SACK[:h.NumSACK] {
			d = be.AppendUint32(be.AppendUint32(d, b[0]), b[1])
		}
		o = append(o, nop, nop, layers.TCPOption{OptionType: layers.TCPOptionKindSACK, OptionLength: uint8(2 + len(d)), OptionData: d})
	}
	return o
}

func TestMarshalAgainstGopacket(t *testing.T) {
	for name, p := range samples() {
		t.Run(name, func(t *testing.T) {
			got := p.Marshal(nil)
			if len(got) != p.Len() {
				t.Errorf("Len() = %d, %d octets made", p.Len(), len(got))
			}
			want := oracle(t, p)
			if want != nil && !bytes.Equal(got, want) {
				t.Errorf("got  %x\nwant %x", got, want)
			}
		})
	}
}

func TestRoundTrip(t *testing.T) {
	for name, p := range samples() {
		t.Run(name, func(t *testing.T) {
			b := p.Marshal([]byte("before"))[len("before"):]
			var q Packet
			if err := q.Unmarshal(append(bytes.Clone(b), 0, 0)); err != nil { // two octets of link padding
				t.Fatal(err)
			}
			if !bytes.Equal(q.Payload.Bytes(), p.Payload.Bytes()) {
				t.Error("payload differs")
			}
			want := *p
			want.Payload, q.Payload = Payload{}, Payload{}
			if q.Frag.Sum != want.Frag.Sum || q.Frag != want.Frag || q.TCP != want.TCP || q.ICMP != want.ICMP || q.Flow() != want.Flow() ||
				q.TTL != want.TTL || q.TOS != want.TOS {
				t.Errorf("got  %+v\nwant %+v", q, want)
			}
		})
	}
}

// TestFragmentsJoin checks that the octets of the fragments, put together, are those of the whole datagram.
func TestFragmentsJoin(t *testing.T) {
	m := samples()
	for _, v := range []string{"4", "6"} {
		first, last := m["first fragment"+v], m["last fragment"+v]
		joined := append(first.Marshal(nil)[first.NetLen():], last.Marshal(nil)[last.NetLen():]...)
		whole := m["udp"+v]
		if want := whole.Marshal(nil)[whole.NetLen():]; !bytes.Equal(joined, want) {
			t.Errorf("IPv%s: the joined fragments differ from the datagram", v)
		}
	}
}

func TestChecksumIsVerified(t *testing.T) {
	for name, p := range samples() {
		if p.Frag.IsFragment() {
			continue
		}
		b := p.Marshal(nil)
		at := len(b) - 1
		b[at] ^= 1
		var q Packet
		if err := q.Unmarshal(b); err != ErrChecksum {
			t.Errorf("%s: octet %d changed: error %v, want %v", name, at, err, ErrChecksum)
		}
	}
}

func TestSum(t *testing.T) {
	for _, n := range []int{0, 1, 2, 31, 255, 256, 257, 1023, 9001} {
		var p Payload
		p.Append(Bytes([]byte{9}))
		p.Append(Synthetic(3, 5, n))
		p.Append(Bytes([]byte{1, 2, 3}))
		b := p.Bytes()
		var want uint32 // the plain loop of RFC 1071
		for i, x := range b {
			want += uint32(x) << (8 * (1 - i&1))
		}
		for want>>16 != 0 {
			want = want>>16 + want&0xffff
		}
		if got := p.Sum(); uint32(got) != want {
			t.Errorf("%d octets: %#x, want %#x", len(b), got, want)
		}
		for i, x := range b[1 : 1+n] {
			if x != Pattern(3).At(5+uint64(i)) {
				t.Fatalf("octet %d of the pattern differs from At", i)
			}
		}
	}
}

func TestPool(t *testing.T) {
	var l Pool
	l.Limit = 2
	p, q := l.Get(), l.Get()
	if p.ID == q.ID || l.Exceeded() || l.Live() != 2 {
		t.Fatalf("ids %d, %d, live %d, exceeded %v", p.ID, q.ID, l.Live(), l.Exceeded())
	}
	q.Payload.Append(Bytes(make([]byte, 9)))
	c := l.Clone(q)
	if !l.Exceeded() || c.ID == q.ID || c.Payload.Len != 9 {
		t.Fatal("clone")
	}
	l.Put(q)
	if r := l.Get(); r != q || r.Payload.Len != 0 || cap(r.Payload.Spans) == 0 || r.Payload.Spans[:1][0].Bytes != nil {
		t.Fatal("a packet does not come back empty with its span array")
	}
	if n := testing.AllocsPerRun(100, func() {
		p := l.Get()
		p.Payload.Append(Synthetic(1, 0, 10))
		l.Put(p)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, p := range samples() {
		// Short seeds: the fuzzer tries to leave out every octet of each new input, and a payload tells the parser nothing.
		var head Payload
		head.AppendRange(p.Payload, 0, min(p.Payload.Len, 64))
		p.Payload = head
		f.Add(p.Marshal(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var p Packet
		if p.Unmarshal(b) != nil {
			return
		}
		// What is accepted must survive a round trip, options that we do not keep aside.
		c := p.Marshal(nil)
		var q Packet
		if err := q.Unmarshal(c); err != nil && !(p.Proto == UDP && p.Frag.More) {
			t.Fatalf("%v\n%x\n%x", err, b, c)
		}
		if q.Flow() != p.Flow() {
			t.Fatalf("%v became %v", p.Flow(), q.Flow())
		}
	})
}

func BenchmarkMarshal(b *testing.B) {
	p := samples()["data4"]
	p.Payload.Reset()
	p.Payload.Append(Synthetic(1, 0, 1448))
	buf := make([]byte, 0, 1500)
	b.ReportAllocs()
	for b.Loop() {
		buf = p.Marshal(buf[:0])
	}
}

func TestPlainPatternIsPrintable(t *testing.T) {
	for off := range uint64(10000) {
		if b := Pattern(3).At(off); b < 'a' || b > 'z' {
			t.Fatalf("octet %d is %q", off, b)
		}
	}
}
