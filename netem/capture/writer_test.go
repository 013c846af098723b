package capture

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"imsim/netem/packet"
	"imsim/sim"
)

// wire makes a packet's octets with gopacket, so that these tests depend on no encoder of ours.
func wire(p *packet.Packet, dst []byte) []byte {
	tcp := &layers.TCP{
		SrcPort: layers.TCPPort(p.SrcPort), DstPort: layers.TCPPort(p.DstPort), Seq: p.TCP.Seq, Ack: p.TCP.Ack, Window: p.TCP.Window,
		SYN: p.TCP.Flags.Has(packet.SYN), ACK: p.TCP.Flags.Has(packet.ACK), PSH: p.TCP.Flags.Has(packet.PSH), FIN: p.TCP.Flags.Has(packet.FIN),
	}
	var ip gopacket.SerializableLayer
	if p.Src.Is4() {
		l := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP, SrcIP: p.Src.Netip().AsSlice(), DstIP: p.Dst.Netip().AsSlice(), Id: uint16(p.ID), Flags: layers.IPv4DontFragment}
		tcp.SetNetworkLayerForChecksum(l)
		ip = l
	} else {
		l := &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: layers.IPProtocolTCP, SrcIP: p.Src.Netip().AsSlice(), DstIP: p.Dst.Netip().AsSlice()}
		tcp.SetNetworkLayerForChecksum(l)
		ip = l
	}
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, ip, tcp, gopacket.Payload(p.Payload.Bytes())); err != nil {
		panic(err)
	}
	return append(dst, b.Bytes()...)
}

func syn() *packet.Packet {
	return &packet.Packet{
		Src: packet.MustAddr("10.0.0.2"), Dst: packet.MustAddr("198.51.100.7"), SrcPort: 50732, DstPort: 2855, Proto: packet.TCP, TTL: 64,
		TCP: packet.TCPHeader{Seq: 0x01020304, Flags: packet.SYN, Window: 65535}, ID: 1,
	}
}

// TestVector is the file of the protocol reference, octet by octet.
func TestVector(t *testing.T) {
	want := "0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000" +
		"010000002c0000006500000000000000020008007565412e6c74653009000100" + "09000000000000002c000000" +
		"0600000070000000000000005172861860e310ee280000002800000045000028" +
		"00014000400606930a000002c6336407c62c0b2701020304000000005002ffff" +
		"a64c00000100090067617465206f70656e000000020004000200000005000800" +
		"01000000000000000000000070000000"
	var out bytes.Buffer
	w := NewWriter(&out, Options{Wire: wire})
	id := w.Interface("ueA.lte0", Raw, "")
	w.Packet(id, sim.Time(1500*time.Microsecond), true, syn(), "gate open")
	w.flush()
	if got := hex.EncodeToString(out.Bytes()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// block is one block as a reader written for these tests sees it.
type block struct {
	kind uint32
	body []byte
}

// blocks takes a file apart and checks all that holds for every block.
func blocks(t *testing.T, b []byte) []block {
	t.Helper()
	var bs []block
	for len(b) > 0 {
		if len(b) < 12 {
			t.Fatalf("%d octets left over", len(b))
		}
		n := int(le.Uint32(b[4:]))
		if n%4 != 0 || n < 12 || n > len(b) || le.Uint32(b[n-4:]) != uint32(n) {
			t.Fatalf("block %d of type %#x has a bad length %d", len(bs), le.Uint32(b), n)
		}
		bs = append(bs, block{le.Uint32(b), b[8 : n-4]})
		b = b[n:]
	}
	return bs
}

// write fills a capture with one of everything.
func write(out io.Writer, opt Options) error {
	opt.Wire = wire
	w := NewWriter(out, opt)
	a := w.Interface("ueA.wlan0", Raw, "behind a NAT")
	b := w.Interface("agw1.access/plain", UpperPDU, "")
	w.Name(packet.MustAddr("10.0.0.2"), "ueA.home1.example")
	w.Name(packet.MustAddr("2001:db8::7"), "agw1")
	w.Packet(a, 1, true, syn(), "NAT map 10.0.0.2:50732→198.51.100.7:31044")
	w.Secrets("CLIENT_RANDOM " + strings.Repeat("ab", 32) + " " + strings.Repeat("cd", 48) + "\n")
	p := syn()
	p.Src, p.Dst = packet.MustAddr("2001:db8::7"), packet.MustAddr("2001:db8::8")
	p.TCP.Flags, p.ID = packet.PSH|packet.ACK, 1<<40
	p.Payload.Append(packet.Synthetic(3, 0, 101))
	w.Packet(a, 2_000_000_003, false, p, "")
	w.UpperPDU(b, 2_000_000_004, "msrp", packet.MustAddrPort("10.0.0.2:50732"), packet.MustAddrPort("198.51.100.7:2855"), []byte("MSRP abcd 200 OK\r\n"))
	w.Name(packet.MustAddr("198.51.100.7"), "late")
	return w.Close()
}

func TestBlocks(t *testing.T) {
	var out bytes.Buffer
	if err := write(&out, Options{Application: "imsim", Comment: "-d tls.port==2855,msrp"}); err != nil {
		t.Fatal(err)
	}
	var kinds []uint32
	for _, b := range blocks(t, out.Bytes()) {
		kinds = append(kinds, b.kind)
	}
	want := []uint32{blockSection, blockInterface, blockInterface, blockNames, blockPacket, blockSecrets, blockPacket, blockPacket, blockNames, blockStatistics, blockStatistics}
	if len(kinds) != len(want) {
		t.Fatalf("blocks %v, want %v", kinds, want)
	}
	for i := range want {
		if kinds[i] != want[i] {
			t.Fatalf("blocks %v, want %v", kinds, want)
		}
	}
}

// TestGopacket reads back what an independent reader understands of the format.
func TestGopacket(t *testing.T) {
	var out bytes.Buffer
	if err := write(&out, Options{Application: "imsim", Comment: "all of it"}); err != nil {
		t.Fatal(err)
	}
	r, err := pcapgo.NewNgReader(&out, pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		t.Fatal(err)
	}
	if s := r.SectionInfo(); s.Application != "imsim" || s.Comment != "all of it" {
		t.Errorf("section %+v", s)
	}
	wants := []struct {
		at     uint64
		iface  int
		length int
	}{{1, 0, 40}, {2_000_000_003, 0, 40 + 20 + 101}, {2_000_000_004, 1, 8 + 8 + 8 + 8 + 8 + 8 + 4 + 18}}
	for i, want := range wants {
		data, ci, err := r.ReadPacketData()
		if err != nil {
			t.Fatal(err)
		}
		if uint64(ci.Timestamp.UnixNano()) != Epoch+want.at || ci.InterfaceIndex != want.iface || ci.Length != want.length || len(data) != want.length {
			t.Errorf("packet %d: %+v, want %+v", i, ci, want)
		}
		if i == 1 {
			g := gopacket.NewPacket(data, layers.LayerTypeIPv6, gopacket.Default)
			if g.ErrorLayer() != nil || g.TransportLayer().TransportFlow().String() != "50732->2855" {
				t.Errorf("packet 1 is %v", g)
			}
		}
	}
	if _, _, err := r.ReadPacketData(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	a, _ := r.Interface(0)
	if a.Name != "ueA.wlan0" || a.Comment != "behind a NAT" || a.LinkType != layers.LinkTypeRaw || a.TimestampResolution.ToTimestampResolution().Exponent != -9 {
		t.Errorf("interface %+v", a)
	}
	b, _ := r.Interface(1)
	if b.Name != "agw1.access/plain" || b.Statistics.PacketsReceived != 1 || a.Statistics.PacketsReceived != 2 {
		t.Errorf("interface %+v, statistics %+v", b, a.Statistics)
	}
}

func TestSnap(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out, Options{Wire: wire, SnapLen: 59})
	a := w.Interface("a", Raw, "")
	u := w.Interface("u", UpperPDU, "")
	p := syn()
	p.Payload.Append(packet.Synthetic(3, 0, 1000))
	w.Packet(a, 1, true, p, "")
	ap := packet.MustAddrPort("10.0.0.2:1")
	var big packet.Payload
	big.Append(packet.Synthetic(3, 0, 100_000_000))
	w.UpperPayload(u, 2, "msrp", ap, ap, big)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	bs := blocks(t, out.Bytes())
	for i, want := range []uint32{1040, 100_000_052} {
		b := bs[3+i].body
		if le.Uint32(b[12:]) != 59 || le.Uint32(b[16:]) != want {
			t.Errorf("kept %d of %d, want 59 of %d", le.Uint32(b[12:]), le.Uint32(b[16:]), want)
		}
	}
}

// full is a disk with some octets left.
type full struct{ left int }

var errFull = errors.New("no space left")

func (f *full) Write(b []byte) (int, error) {
	if len(b) > f.left {
		return f.left, errFull
	}
	f.left -= len(b)
	return len(b), nil
}

func TestDiskFull(t *testing.T) {
	for _, left := range []int{0, 100_000} {
		d := &full{left}
		w := NewWriter(d, Options{Wire: func(_ *packet.Packet, dst []byte) []byte { return append(dst, make([]byte, 1500)...) }})
		id := w.Interface("a", Raw, "")
		p := syn()
		for i := range 1000 {
			w.Packet(id, sim.Time(i), true, p, "comment")
			w.Name(p.Src, "name")
			w.Secrets("line\n")
		}
		id = w.Interface("b", Raw, "")
		w.UpperPDU(id, 1, "msrp", packet.AddrPort{}, packet.AddrPort{}, nil)
		if err := w.Close(); err != errFull {
			t.Errorf("Close: %v", err)
		}
		if err := w.Close(); err != errFull || cap(w.buf) > 1<<20 {
			t.Errorf("second Close: %v, buffer %d", err, cap(w.buf))
		}
	}
	var out bytes.Buffer
	w := NewWriter(&out, Options{})
	id := w.Interface("a", Raw, "")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	n := out.Len()
	w.Packet(id, 1, true, syn(), "")
	if w.Close() != nil || out.Len() != n {
		t.Error("written after Close")
	}
}

func payload(n int) func(*packet.Packet, []byte) []byte {
	b := make([]byte, n)
	return func(_ *packet.Packet, dst []byte) []byte { return append(dst, b...) }
}

func TestAllocs(t *testing.T) {
	w := NewWriter(io.Discard, Options{Wire: payload(1500)})
	a, u := w.Interface("a", Raw, ""), w.Interface("u", UpperPDU, "")
	p, ap, m := syn(), packet.MustAddrPort("10.0.0.2:1"), []byte("MSRP abcd 200 OK\r\n")
	if n := testing.AllocsPerRun(1000, func() {
		w.Packet(a, 1, true, p, "gate open")
		w.UpperPDU(u, 1, "msrp", ap, ap, m)
	}); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

func BenchmarkPacket(b *testing.B) {
	for _, tt := range []struct {
		name    string
		size    int
		comment string
	}{{"40", 40, ""}, {"1500", 1500, ""}, {"40comment", 40, "gate open"}} {
		b.Run(tt.name, func(b *testing.B) {
			w := NewWriter(io.Discard, Options{Wire: payload(tt.size)})
			id, p := w.Interface("a", Raw, ""), syn()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				w.Packet(id, sim.Time(i), true, p, tt.comment)
			}
		})
	}
}

// BenchmarkGopacket is gopacket's writer on the same packet, without comment, direction and number: the yardstick.
func BenchmarkGopacket(b *testing.B) {
	w, err := pcapgo.NewNgWriter(io.Discard, layers.LinkTypeRaw)
	if err != nil {
		b.Fatal(err)
	}
	data := make([]byte, 40)
	ci := gopacket.CaptureInfo{Timestamp: time.Unix(1767225600, 1), CaptureLength: 40, Length: 40}
	b.ReportAllocs()
	for b.Loop() {
		if err := w.WritePacket(ci, data); err != nil {
			b.Fatal(err)
		}
	}
}
