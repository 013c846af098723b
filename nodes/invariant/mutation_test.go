package invariant

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/sim"
)

// history is what a test fabricates: milestones and packets that no sound run has, or the sound ones beside them.
type history struct {
	s   *Suite
	at  sim.Time
	tap map[string]*tap
}

func newHistory(cfg Config) *history {
	h := &history{tap: map[string]*tap{}}
	h.s = New(cfg, func() sim.Time { return h.at }, nil)
	return h
}

// steps takes "node/leg milestone [detail]" lines; "+5" lets 5 ms pass.
func (h *history) steps(text string) {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if d, ok := strings.CutPrefix(f[0], "+"); ok {
			ms, _ := time.ParseDuration(d + "ms")
			h.at = h.at.Add(ms)
			continue
		}
		m := nodes.Milestone{At: h.at, Name: f[1], Why: sim.Cause{Session: 1}}
		m.Node, m.Leg, _ = strings.Cut(f[0], "/")
		m.Detail = strings.Join(f[2:], " ")
		h.s.Milestone(m)
	}
}

var (
	ueAddr   = packet.MustAddrPort("10.0.0.1:50000")
	accAddr  = packet.MustAddrPort("10.0.0.2:40000")
	coreAddr = packet.MustAddrPort("10.0.0.3:40000")
	farAddr  = packet.MustAddrPort("10.0.0.4:50000")
	mgcAddr  = packet.MustAddrPort("10.0.0.5:2944")
	mgAddr   = packet.MustAddrPort("10.0.0.6:2944")
)

func (h *history) see(node string, out bool, p *packet.Packet) {
	t := h.tap[node]
	if t == nil {
		t = &tap{s: h.s, node: node, border: h.s.borders[node]}
		h.tap[node] = t
	}
	p.Cause.Session = 1
	t.see(out, p)
}

func segment(from, to packet.AddrPort, flags packet.Flags, seq, ack uint32, body packet.Payload) *packet.Packet {
	return &packet.Packet{
		Src: from.Addr, SrcPort: from.Port, Dst: to.Addr, DstPort: to.Port, Proto: packet.TCP,
		TCP: packet.TCPHeader{Flags: flags, Seq: seq, Ack: ack, Window: 1000}, Payload: body,
	}
}

// reply lets the gateway say where its legs are: access with TLS, core without.
func (h *history) reply() {
	text := `MEGACO/3 [10.0.0.6]:2944
Reply = 5 { Context = 7 {
 Add = ip/access/1 { Media { Stream = 1 { Local {
v=0
c=IN IP4 10.0.0.2
m=message 40000 TCP/TLS *
a=setup:passive
} } } },
 Add = ip/core/2 { Media { ST = 1 { L {
v=0
c=IN IP4 10.0.0.3
m=message 40000 TCP *
a=x:\}
} } } } } }`
	h.see("agw", true, &packet.Packet{
		Src: mgAddr.Addr, SrcPort: mgAddr.Port, Dst: mgcAddr.Addr, DstPort: mgcAddr.Port, Proto: packet.UDP, Payload: packet.PayloadOf([]byte(text)),
	})
}

// connect opens a connection that node has to the peer: sequence numbers begin at 101 and 501.
func (h *history) connect(node string, local, peer packet.AddrPort) {
	h.see(node, true, segment(local, peer, packet.SYN, 100, 0, packet.Payload{}))
	h.see(node, false, segment(peer, local, packet.SYN|packet.ACK, 500, 101, packet.Payload{}))
}

func octetsOf(b ...byte) packet.Payload { return packet.PayloadOf(b) }

func record(kind byte, body string) packet.Payload {
	return packet.PayloadOf(append([]byte{kind, 3, 3, 0, byte(len(body))}, body...))
}

// certificate is a TLS 1.2 Certificate message in a record.
func certificate(der string) packet.Payload {
	list := ""
	if der != "" {
		list = "\x00\x00" + string(byte(len(der))) + der
	}
	return record(22, "\x0b\x00\x00"+string(byte(len(list)+3))+"\x00\x00"+string(byte(len(list)))+list)
}

// shows has SDP announce one certificate and the UE show another; the gateway says that all is well, and user data goes on.
func shows(h *history, announced, shown string) {
	h.reply()
	sum := sha256.Sum256([]byte(announced))
	h.see("ue", true, segment(packet.MustAddrPort("10.0.0.1:5060"), packet.MustAddrPort("10.0.0.5:5060"), packet.ACK, 1, 1,
		packet.PayloadOf([]byte("INVITE\r\n\r\na=fingerprint:SHA-256 "+strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")+"\r\n"))))
	h.connect("agw", accAddr, ueAddr)
	h.connect("agw", coreAddr, farAddr)
	h.steps(protectedUp)
	m := certificate(shown).Bytes()
	h.see("agw", false, segment(ueAddr, accAddr, packet.ACK, 501, 101, packet.PayloadOf(m[:7])))
	h.see("agw", false, segment(ueAddr, accAddr, packet.ACK, 508, 101, packet.PayloadOf(m[7:])))
	h.see("agw", true, segment(coreAddr, farAddr, packet.ACK, 101, 501, octetsOf(1, 2, 3)))
}

const protectedUp = `
	agw/access tcp.syn.received
	agw/access tcp.established
	agw/access tls.clienthello.received
	agw/access tls.established
`

func TestMutations(t *testing.T) {
	masked := packet.Payload{}
	masked.Append(packet.Bytes([]byte{23, 3, 3, 0, 10}))
	masked.Append(packet.Synthetic(1|packet.Masked, 0, 10))
	clear := packet.Payload{}
	clear.Append(packet.Bytes([]byte{23, 3, 3, 0, 10}))
	clear.Append(packet.Synthetic(1, 0, 10))
	send := func(h *history, bodies ...packet.Payload) {
		h.reply()
		h.connect("agw", accAddr, ueAddr)
		seq := uint32(101)
		for _, b := range bodies {
			h.see("agw", true, segment(accAddr, ueAddr, packet.ACK, seq, 501, b))
			seq += uint32(b.Len)
		}
	}
	border := func(h *history, pieces ...string) {
		h.s.Guard(Border{Node: "ibcf", Inside: []packet.Addr{coreAddr.Addr}})
		from, to, seq := packet.MustAddrPort("10.0.0.9:5060"), packet.MustAddrPort("10.0.0.33:5060"), uint32(101)
		h.connect("ibcf", from, to)
		for _, p := range pieces {
			h.see("ibcf", true, segment(from, to, packet.ACK, seq, 501, packet.PayloadOf([]byte(p))))
			seq += uint32(len(p))
		}
	}
	for _, c := range []struct {
		name   string
		broken int // -1: all is sound
		do     func(h *history)
	}{
		{"orderly end", -1, func(h *history) {
			h.steps(protectedUp + `
				agw/access tls.close_notify.sent
				agw/access tcp.fin.sent
				+5
				agw/access tcp.fin.received
				agw/access tls.close_notify.received
				agw/access tcp.closed`)
		}},
		{"TLS before TCP", tlsWithinTCP, func(h *history) {
			h.steps("agw/access tcp.syn.received\n agw/access tls.clienthello.received")
		}},
		{"TLS after TCP", tlsWithinTCP, func(h *history) {
			h.steps("agw/access tcp.syn.received\n agw/access tcp.established\n agw/access tcp.closed\n agw/access tls.established")
		}},
		{"a new connection on the leg", -1, func(h *history) {
			h.steps("ue/ tcp.syn.sent\n ue/ tcp.established\n ue/ tcp.closed\n ue/ tcp.syn.sent\n ue/ tcp.established\n ue/ tls.clienthello.sent")
		}},
		{"through without TLS", readyBeforeData, func(h *history) {
			h.steps("agw/access tcp.syn.received\n agw/access tcp.established\n agw/access tls.clienthello.received\n agw/ through")
		}},
		{"data on the core leg too early", readyBeforeData, func(h *history) {
			h.reply()
			h.connect("agw", coreAddr, farAddr)
			h.steps("agw/access tcp.syn.received\n agw/access tcp.established\n agw/access tls.clienthello.received")
			h.see("agw", true, segment(coreAddr, farAddr, packet.ACK, 101, 501, octetsOf(1, 2, 3)))
		}},
		{"data on the core leg in time", -1, func(h *history) {
			h.reply()
			h.connect("agw", coreAddr, farAddr)
			h.steps(protectedUp)
			h.see("agw", true, segment(coreAddr, farAddr, packet.ACK, 101, 501, octetsOf(1, 2, 3)))
		}},
		{"a certificate that SDP has announced", -1, func(h *history) { shows(h, "certificate", "certificate") }},
		{"a certificate that nobody has announced", readyBeforeData, func(h *history) { shows(h, "certificate", "other") }},
		{"no certificate", readyBeforeData, func(h *history) { shows(h, "certificate", "") }},
		{"a certificate, and no user data", -1, func(h *history) {
			h.reply()
			h.connect("agw", accAddr, ueAddr)
			h.see("agw", false, segment(ueAddr, accAddr, packet.ACK, 501, 101, certificate("other")))
		}},
		{"records", -1, func(h *history) {
			hello := record(22, "hello").Bytes()
			send(h, packet.PayloadOf(hello[:3]), packet.PayloadOf(hello[3:]), record(20, "\x01"), masked, record(21, "xx"))
		}},
		{"plaintext instead of TLS", protected, func(h *history) { send(h, packet.PayloadOf([]byte("MSRP 1 SEND\r\n"))) }},
		{"plaintext behind the handshake", protected, func(h *history) {
			send(h, record(22, "hello"), packet.PayloadOf([]byte("MSRP 1 SEND\r\n")))
		}},
		{"start line in a record", protected, func(h *history) { send(h, record(22, "hello"), record(23, "MSRP 1 SEND")) }},
		{"body in a record", protected, func(h *history) { send(h, record(22, "hello"), record(23, "xx Lunch at noon? yy")) }},
		{"pattern in a record", protected, func(h *history) { send(h, record(22, "hello"), clear) }},
		{"pattern without a record", protected, func(h *history) {
			send(h, record(22, "hello"), packet.Payload{Spans: []packet.Span{packet.Synthetic(1, 0, 9)}, Len: 9})
		}},
		{"data before the handshake", protected, func(h *history) { send(h, record(23, "xyz")) }},
		{"a peer that never spoke TLS", -1, func(h *history) {
			h.reply()
			h.connect("ue", ueAddr, accAddr)
			h.see("ue", true, segment(ueAddr, accAddr, packet.ACK, 101, 501, packet.PayloadOf([]byte("MSRP 1 SEND\r\n"))))
		}},
		{"a peer that falls back to plaintext", protected, func(h *history) {
			h.reply()
			h.connect("ue", ueAddr, accAddr)
			h.see("ue", true, segment(ueAddr, accAddr, packet.ACK, 101, 501, record(22, "hello")))
			h.see("ue", true, segment(ueAddr, accAddr, packet.ACK, 111, 501, packet.PayloadOf([]byte("MSRP 1 SEND\r\n"))))
		}},
		{"repeated octets", -1, func(h *history) {
			send(h, record(22, "hello"))
			h.see("agw", true, segment(accAddr, ueAddr, packet.ACK, 101, 501, record(22, "hello")))
		}},
		{"FIN inside a record", protected, func(h *history) {
			send(h, octetsOf(22, 3, 3, 0, 9, 1))
			h.see("agw", true, segment(accAddr, ueAddr, packet.ACK|packet.FIN, 107, 501, packet.Payload{}))
		}},
		{"FIN without close_notify", notifyBeforeFIN, func(h *history) { h.steps(protectedUp + "agw/access tcp.fin.sent") }},
		{"FIN after a failure", -1, func(h *history) {
			h.steps(protectedUp + "agw/access tls.alert.sent 20\n agw/access tcp.fin.sent")
		}},
		{"close_notify after RST", noNotifyAfterRST, func(h *history) {
			h.steps(protectedUp + "agw/access tcp.rst.received\n agw/access tls.close_notify.sent")
		}},
		{"RST here, close_notify there", noNotifyAfterRST, func(h *history) {
			h.steps(protectedUp + "agw/core tcp.syn.sent\n agw/core tcp.established\n agw/core tcp.rst.received\n agw/access tls.close_notify.sent")
		}},
		{"RST here, close_notify there by order", -1, func(h *history) {
			h.steps(protectedUp + "agw/core tcp.syn.sent\n agw/core tcp.established\n agw/core tcp.rst.received\n +9\n agw/access tls.close_notify.sent")
		}},
		{"truncation passed over", truncationShown, func(h *history) {
			h.steps(protectedUp + "agw/access tcp.fin.received\n agw/access tcp.closed")
		}},
		{"truncation shown", -1, func(h *history) {
			h.steps(protectedUp + "agw/access tcp.fin.received\n agw/access tls.failed truncated\n agw/access tcp.closed")
		}},
		{"reply late", replyAtOnce, func(h *history) { h.steps("agw/ h248.add.received\n +1\n agw/ h248.reply.sent") }},
		{"reply behind a segment", replyAtOnce, func(h *history) {
			h.steps("agw/ h248.subtract.received\n agw/access tcp.fin.received\n agw/ h248.reply.sent")
		}},
		{"no reply", replyAtOnce, func(h *history) { h.steps("agw/ h248.modify.received") }},
		{"octets beyond the window", window, func(h *history) {
			h.connect("ue", ueAddr, accAddr)
			h.see("ue", true, segment(ueAddr, accAddr, packet.ACK, 1100, 501, octetsOf(1, 2, 3)))
		}},
		{"window used up, and probed", -1, func(h *history) {
			h.connect("ue", ueAddr, accAddr)
			h.see("ue", true, segment(ueAddr, accAddr, packet.ACK, 1098, 501, octetsOf(1, 2, 3)))
			h.see("ue", true, segment(ueAddr, accAddr, packet.ACK, 1101, 501, octetsOf(4)))
		}},
		{"octets behind FIN", window, func(h *history) {
			h.connect("ue", ueAddr, accAddr)
			h.see("ue", true, segment(ueAddr, accAddr, packet.ACK|packet.FIN, 101, 501, packet.Payload{}))
			h.see("ue", true, segment(ueAddr, accAddr, packet.ACK, 101, 501, octetsOf(1)))
		}},
		{"an inside address in a Via", topologyHidden, func(h *history) { border(h, "Via: SIP/2.0/UDP 10.0.0.3:5060;branch=x", "") }},
		{"an inside address cut by the end of a segment", topologyHidden, func(h *history) { border(h, "Contact: <sip:a@10.0", ".0.3>") }},
		{"an outside address that begins like an inside one", -1, func(h *history) { border(h, "Via: SIP/2.0/UDP 10.0.0.33:5060", "c=IN IP4 110.0.0.3\r\n") }},
		{"an inside address in an MSRP path", -1, func(h *history) { border(h, "a=path:msrp://10.0.0.3:7000/s;tcp", "") }},
		{"an MSRP path cut by the end of a segment", -1, func(h *history) {
			border(h, "a=path:msrp://10.0.0.3", ":7000/"+strings.Repeat("x", longestName-20), "\r\n")
		}},
		{"an inside address, then a piece of the path before", topologyHidden, func(h *history) { border(h, "Via: 10.0.0.3", ";x") }},
		{"a message that stays inside", -1, func(h *history) {
			h.s.Guard(Border{Node: "ibcf", Inside: []packet.Addr{coreAddr.Addr}})
			h.see("ibcf", true, segment(packet.MustAddrPort("10.0.0.9:5060"), coreAddr, packet.ACK, 1, 1, packet.PayloadOf([]byte("Via: SIP/2.0/UDP 10.0.0.3"))))
		}},
		{"media from an inside address", topologyHidden, func(h *history) {
			h.s.Guard(Border{Node: "trgw", Inside: []packet.Addr{coreAddr.Addr}})
			h.connect("trgw", coreAddr, farAddr)
		}},
		{"packets kept", packets, func(h *history) { h.tap = nil }},
		{"context kept", leftovers, func(h *history) {}},
		{"session never ended", sessionsEnded, func(h *history) { h.steps("ue/ session.start") }},
		{"session ended twice", sessionsEnded, func(h *history) { h.steps("ue/ session.start\n ue/ session.end\n ue/ session.end") }},
		{"time goes back", timeMonotone, func(h *history) { h.steps("+5\n ue/ session.start\n ue/ session.end"); h.at = 0; h.steps("ue/ x") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHistory(Config{Sessions: 1, Plaintext: [][]byte{[]byte("Lunch at noon?")}})
			c.do(h)
			live, left := 0, []Left{{"agw", "contexts", 0}}
			switch c.broken {
			case packets:
				live = 3
			case leftovers:
				left[0].N = 1
			}
			for i, r := range h.s.Finish(true, live, left) {
				// (1) and (4) overlap: what follows an RST is after the end of TCP as well.
				if want := i == c.broken; want != (r.Broken > 0) && !(i == tlsWithinTCP && c.broken == noNotifyAfterRST) {
					t.Errorf("%s: broken %d times, want broken: %v; %v", r.Name, r.Broken, want, r.Violations)
				}
				for _, v := range r.Violations {
					if v.Text == "" {
						t.Errorf("%s: a violation without a text", r.Name)
					}
				}
			}
		})
	}
}

// TestCutRun: what is still under way when a run is cut off is no violation.
func TestCutRun(t *testing.T) {
	h := newHistory(Config{})
	h.steps("ue/ session.start\n agw/ h248.add.received")
	for _, r := range h.s.Finish(false, 7, []Left{{"agw", "contexts", 1}}) {
		if r.Broken > 0 {
			t.Errorf("%s: %v", r.Name, r.Violations)
		}
	}
}

func TestSDP(t *testing.T) {
	var got []string
	lines([]byte("v=0\r\nc=IN IP6 2001:db8::1\r\nm=audio 9 RTP/AVP 0\r\nm=message 7394 TCP/TLS/MSRP *\r\nc=IN IP4 192.0.2.1\r\nm=application 5 TCP/BFCP *\r\nm=message 0 TCP/MSRP *\r\n"), func(at packet.AddrPort, secure, framed bool) {
		s := at.String()
		if secure {
			s += " TLS"
		}
		got = append(got, s)
	})
	if want := []string{"192.0.2.1:7394 TLS", "[2001:db8::1]:5"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzScan: octets from the wire never panic the scanners.
func FuzzScan(f *testing.F) {
	f.Add([]byte("Reply=1{C=1{A=x{M{ST=1{L{\nc=IN IP4 10.0.0.1\nm=x 5 TCP -\n}}}}}}"))
	f.Add([]byte("L{\\}"))
	f.Add([]byte("\"Local{"))
	f.Fuzz(func(t *testing.T, b []byte) {
		tx := text{b: b}
		tx.locals(func(_, _ uint32, sdp []byte) { lines(sdp, func(packet.AddrPort, bool, bool) {}) })
		lines(b, func(packet.AddrPort, bool, bool) {})
	})
}

// TestNoAllocation: looking at a packet of a known connection costs no memory.
func TestNoAllocation(t *testing.T) {
	h := newHistory(Config{})
	h.reply()
	h.connect("agw", accAddr, ueAddr)
	p := segment(accAddr, ueAddr, packet.ACK, 101, 501, record(22, "hello"))
	if n := testing.AllocsPerRun(100, func() {
		h.see("agw", true, p)
		h.see("agw", false, segmentIn)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

var segmentIn = segment(ueAddr, accAddr, packet.ACK, 501, 111, packet.Payload{})

func BenchmarkTap(b *testing.B) {
	h := newHistory(Config{})
	h.reply()
	h.connect("agw", accAddr, ueAddr)
	t := h.tap["agw"]
	p := segment(accAddr, ueAddr, packet.ACK, 101, 501, record(22, "hello"))
	for b.Loop() {
		t.see(true, p)
		t.see(false, segmentIn)
	}
}
