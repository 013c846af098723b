package run_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
	"github.com/google/gopacket/reassembly"

	"imsim/netem/packet"
)

// back is a capture as gopacket reads it.
type back struct {
	packets    []gopacket.CaptureInfo
	interfaces []pcapgo.NgInterface
	streams    map[[2]string]*[2][]byte // TCP octets by ends, the first being the client; of the first interface that shows them
}

// readBack reads a capture with gopacket and puts TCP streams together. What several interfaces show is the same stream.
func readBack(t *testing.T, octets []byte) *back {
	t.Helper()
	b := &back{streams: map[[2]string]*[2][]byte{}}
	r, err := pcapgo.NewNgReader(bytes.NewReader(octets), pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		t.Fatal(err)
	}
	assembler := reassembly.NewAssembler(reassembly.NewStreamPool(b))
	for {
		data, info, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("packet %d: %v", len(b.packets)+1, err)
		}
		b.packets = append(b.packets, info)
		i, err := r.Interface(info.InterfaceIndex)
		if err != nil {
			t.Fatal(err)
		}
		if uint16(i.LinkType) != 101 && i.LinkType != layers.LinkTypeRaw {
			continue
		}
		first := gopacket.Decoder(layers.LayerTypeIPv4)
		if len(data) > 0 && data[0]>>4 == 6 {
			first = layers.LayerTypeIPv6
		}
		p := gopacket.NewPacket(data, first, gopacket.DecodeOptions{Lazy: true, NoCopy: true})
		if tcp, ok := p.Layer(layers.LayerTypeTCP).(*layers.TCP); ok {
			assembler.AssembleWithContext(p.NetworkLayer().NetworkFlow(), tcp, at(info))
		}
	}
	assembler.FlushAll()
	for i := range r.NInterfaces() {
		x, err := r.Interface(i)
		if err != nil {
			t.Fatal(err)
		}
		b.interfaces = append(b.interfaces, x)
	}
	return b
}

// at is the assembler's context of a packet.
type at gopacket.CaptureInfo

// GetCaptureInfo returns the packet's.
func (a at) GetCaptureInfo() gopacket.CaptureInfo { return gopacket.CaptureInfo(a) }

// New starts a stream.
func (b *back) New(n, tr gopacket.Flow, _ *layers.TCP, _ reassembly.AssemblerContext) reassembly.Stream {
	ends := [2]string{fmt.Sprintf("%v:%v", n.Src(), tr.Src()), fmt.Sprintf("%v:%v", n.Dst(), tr.Dst())}
	s := &stream{to: b.streams[ends]}
	if s.to == nil {
		s.to = &[2][]byte{}
		b.streams[ends] = s.to
	}
	return s
}

type stream struct{ to *[2][]byte }

// Accept takes every segment.
func (s *stream) Accept(*layers.TCP, gopacket.CaptureInfo, reassembly.TCPFlowDirection, reassembly.Sequence, *bool, reassembly.AssemblerContext) bool {
	return true
}

// ReassembledSG takes the next octets of a direction.
func (s *stream) ReassembledSG(sg reassembly.ScatterGather, _ reassembly.AssemblerContext) {
	n, _ := sg.Lengths()
	dir, _, _, _ := sg.Info()
	i := 0
	if dir == reassembly.TCPDirServerToClient {
		i = 1
	}
	s.to[i] = append(s.to[i], sg.Fetch(n)...)
}

// ReassemblyComplete keeps the connection, for what other interfaces show of its end.
func (s *stream) ReassemblyComplete(reassembly.AssemblerContext) bool { return false }

// packetBlocks counts the packets of a pcapng file by its blocks.
func packetBlocks(octets []byte) int {
	n := 0
	for len(octets) >= 12 {
		if binary.LittleEndian.Uint32(octets) == 6 {
			n++
		}
		octets = octets[binary.LittleEndian.Uint32(octets[4:]):]
	}
	return n
}

// between returns the octets of the connection of two ends, whichever of them opened it.
func (b *back) between(x, y packet.AddrPort) *[2][]byte {
	ends := [2]string{end(x), end(y)}
	if s := b.streams[ends]; s != nil {
		return s
	}
	return b.streams[[2]string{ends[1], ends[0]}]
}

func end(a packet.AddrPort) string { return fmt.Sprintf("%v:%v", a.Addr, a.Port) }

// from returns what a node has sent, or has been sent, on all its connections in the order of their ends.
func (b *back) from(owner map[string]string, node string, sent bool) []byte {
	var octets []byte
	for _, ends := range slices.SortedFunc(maps.Keys(b.streams), func(x, y [2]string) int { return strings.Compare(x[0]+x[1], y[0]+y[1]) }) {
		for dir, o := range b.streams[ends] {
			if host := ends[dir][:strings.LastIndex(ends[dir], ":")]; (owner[host] == node) == sent {
				octets = append(octets, o...)
			}
		}
	}
	return octets
}
