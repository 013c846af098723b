package nat

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

func crlf(s string) []byte {
	return []byte(strings.ReplaceAll(strings.TrimPrefix(s, "\n"), "\n", "\r\n"))
}

const offer = `
v=0
o=- 1 1 IN IP4 10.0.0.2
s=-
c=IN IP4 10.0.0.2
t=0 0
m=audio 6000 RTP/AVP 0
m=message 2855 TCP/MSRP *
a=path:msrp://10.0.0.2:2855/x;tcp
m=message 9 TCP/MSRP *
m=video 0 RTP/AVP 31
`

func invite(body string) []byte {
	return append(crlf(fmt.Sprintf(`
INVITE sip:bob@10.9.9.9 SIP/2.0
v: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1;rport
Via: SIP/2.0/UDP 10.0.0.2:7000;branch=z9hG4bK0
From: <sip:alice@home.example>;tag=1
To: <sip:bob@home.example>
Contact: <sip:alice@10.0.0.2:5060>;+g="sip:10.0.0.22"
Subject: 10.0.0.2
Content-Type: application/sdp
Content-Length: %d

`, len(crlf(body)))), crlf(body)...)
}

// A message and what becomes of it, both ways.
func TestRewriteSIP(t *testing.T) {
	// The external port of SIP is another, so that both parts of an address change.
	c := Config{ALG: ALGSIP, PortPreservation: false, FirstPort: 40000, LastPort: 41000}
	x := table(t, c)
	send := func(from Side, src, dst string, b []byte) string {
		t.Helper()
		p := &packet.Packet{Proto: packet.UDP, Payload: packet.PayloadOf(b)}
		s, d := endpoint(t, src), endpoint(t, dst)
		p.Src, p.SrcPort, p.Dst, p.DstPort = s.Addr, s.Port, d.Addr, d.Port
		if v := x.Input(1, from, p); v.Action != Forward {
			t.Fatalf("%+v", v)
		}
		return string(p.Payload.Bytes())
	}
	got := send(Inside, "A:5060", "P:5060", invite(offer))
	body := strings.NewReplacer("o=- 1 1 IN IP4 10.0.0.2", "o=- 1 1 IN IP4 203.0.113.1", "c=IN IP4 10.0.0.2", "c=IN IP4 203.0.113.1",
		"audio 6000", "audio 40001", "message 2855", "message 40000").Replace(offer)
	want := strings.NewReplacer(
		"UDP 10.0.0.2;branch=z9hG4bK1", "UDP 203.0.113.1:40000;branch=z9hG4bK1",
		"UDP 10.0.0.2:7000", "UDP 203.0.113.1:40002", "alice@10.0.0.2:5060", "alice@203.0.113.1:40000",
	).Replace(string(invite(body)))
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	got = send(Outside, "P:5060", "X:40000", crlf(`
SIP/2.0 200 OK
Via: SIP/2.0/UDP 203.0.113.1:40000;branch=z9hG4bK1;received=203.0.113.1;rport=40000
Contact: <sip:bob@192.0.2.8>
Content-Length: 0

`))
	if want := "Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK1;received=10.0.0.2;rport=5060\r\n"; !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
	got = send(Outside, "Q:5060", "X:40000", crlf(`
BYE sip:alice@203.0.113.1:40000 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK2
l: 0

`))
	if !strings.HasPrefix(got, "BYE sip:alice@10.0.0.2:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;") {
		t.Errorf("request from outside:\n%s", got)
	}
	// What SDP announces is open to anybody, TCP as UDP; nothing else is, and nothing is rewritten at other ports.
	for line, want := range map[string]string{"in udp Q:9 > X:40001": "A:6000", "in tcp/S Q:9 > X:40000": "A:2855", "in tcp/S Q:9 > X:40009": "drop"} {
		if got := step(t, x, 2, strings.Fields(line)); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
	if got := send(Inside, "A:5070", "P:5070", invite(offer)); got != string(invite(offer)) {
		t.Errorf("rewritten at another port:\n%s", got)
	}
	check(t, x)
}

// Endpoint-dependent mapping and filtering: the announced mapping is the one that media then have.
func TestPinhole(t *testing.T) {
	x := table(t, Config{ALG: ALGSIP, MappingBehavior: EndpointAddrPortDependent, FilteringBehavior: EndpointAddrPortDependent, Timers: Timers{Opening: 60e9}})
	p := &packet.Packet{Proto: packet.UDP, Payload: packet.PayloadOf(invite(offer))}
	p.Src, p.SrcPort, p.Dst, p.DstPort = named["A"], 5060, named["P"], 5060
	x.Input(0, Inside, p)
	var rtp, msrp string
	x.Each(func(proto packet.Proto, in, ext packet.AddrPort) {
		switch in.Port {
		case 6000:
			rtp = show(ext)
		case 2855:
			msrp = show(ext)
		}
	})
	for _, c := range []struct {
		at         sim.Time
		line, want string
	}{
		{1e9, "out udp A:6000 > Q:9", rtp}, {1e9, "in udp P:1 > " + rtp, "A:6000"},
		{1e9, "in tcp/S P:1 > " + msrp, "A:2855"}, {1e9, "out tcp/S. A:2855 > P:1", msrp}, {1e9, "in tcp/. P:1 > " + msrp, "A:2855"},
		{61e9, "in tcp/S Q:1 > " + msrp, "drop"}, // the announcement is over
		{61e9, "in tcp/. P:1 > " + msrp, "A:2855"},
	} {
		if got := step(t, x, c.at, strings.Fields(c.line)); got != c.want {
			t.Errorf("%v %s: %s, want %s", c.at, c.line, got, c.want)
		}
		check(t, x)
	}
}

// RFC 5382 REQ-6: no preset has an ALG.
// What a description from outside says of a mapping is undone, address and port together: else it would name another's port.
func TestDescriptionFromOutside(t *testing.T) {
	x := table(t, Config{ALG: ALGSIP, PortPreservation: false, FirstPort: 40000, LastPort: 41000})
	out := announcer{t: x, from: Inside, proto: packet.UDP, in: packet.MustAddr("10.0.0.2")}
	said := rewriteSDP(crlf(offer), &out)
	back := announcer{t: x, from: Outside, proto: packet.UDP, in: packet.MustAddr("198.51.100.9")}
	if got := rewriteSDP(said, &back); !bytes.Equal(got, crlf(offer)) {
		t.Errorf("went out as\n%s\ncame back as\n%s", said, got)
	}
}

func TestALGOffByDefault(t *testing.T) {
	for _, name := range Presets {
		if c := preset(name); c.ALG != ALGNone {
			t.Errorf("%s has one", name)
		}
	}
	if _, err := New(Config{External: []packet.Addr{named["X"]}, Internal: []packet.Addr{named["A"]}, Mode: NATModeNAT1To1, ALG: ALGSIP}, dice()); err == nil {
		t.Error("one to one with an ALG")
	}
}

func TestDropTLS(t *testing.T) {
	x := table(t, Config{ALG: ALGDropTLS})
	p := &packet.Packet{Proto: packet.TCP}
	p.Src, p.SrcPort, p.Dst, p.DstPort, p.TCP.Flags = named["A"], 5000, named["P"], 443, packet.SYN
	if v := x.Input(0, Inside, p); v.Action != Forward {
		t.Fatalf("%+v", v)
	}
	for _, c := range []struct {
		b    string
		want Action
	}{{"\x16\x03\x01\x02\x00", Drop}, {"\x16\x03\x03", Drop}, {"GET /", Forward}, {"\x16\x03", Forward}, {"", Forward}} {
		p.Src, p.SrcPort, p.TCP.Flags, p.Payload = named["A"], 5000, packet.ACK, packet.PayloadOf([]byte(c.b))
		if v := x.Input(1, Inside, p); v.Action != c.want {
			t.Errorf("%q: %+v", c.b, v)
		}
	}
}

// talker sends messages over TCP and collects what comes.
type talker struct {
	h    *netem.Host
	s    *netem.Stream
	send [][]byte
	wait time.Duration
	got  []byte
	done bool
}

func (e *talker) Incoming(o tcp.Opening) { e.s = e.h.Accept(o, tcp.Config{}, e, false) }
func (e *talker) StreamEvent(s *netem.Stream, ev tcp.Event) {
	switch ev.Kind {
	case tcp.EvEstablished:
		for _, m := range e.send {
			s.Write(packet.PayloadOf(m), ev.Why)
		}
		s.CloseWrite(ev.Why)
	case tcp.EvReadable:
		var p packet.Payload
		s.Read(1<<20, &p, ev.Why)
		e.got = p.AppendTo(e.got)
	case tcp.EvFINReceived:
		e.done = true
	}
}

// Streams of messages through the ALG arrive whole in either direction, at every loss: each message as it was or with all
// its addresses translated, in order; without loss all are translated, in however many segments they are.
func TestALGOverTCP(t *testing.T) {
	for _, c := range []struct {
		loss  uint32
		mss   int
		long  int // most octets of padding
		nagle bool
		share int // of messages that must be translated, in hundredths
	}{
		{0, 0, 500, false, 100}, {1, 0, 500, false, 80}, {5, 0, 500, false, 60}, {0, 536, 3000, false, 100}, {5, 536, 3000, false, 10}, {0, 900, 1500, true, 20},
	} {
		loss, share := c.loss, c.share
		for seed := range uint64(10) {
			w := &world{t: t, k: sim.New(sim.Config{Seed: seed})}
			w.n = netem.New(w.k, netem.Config{})
			a, p, x := w.n.AddHost("a"), w.n.AddHost("p"), Add(w.n, "nat")
			link := netem.Symmetric(netem.DirectionConfig{Delay: 5 * time.Millisecond, Loss: sim.Prob(loss) * (sim.Certain / 100)})
			_, in, err := w.n.Connect(a, x, link)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err = w.n.Connect(x, p, link); err != nil {
				t.Fatal(err)
			}
			if err := x.Setup(Config{ALG: ALGSIP, External: []packet.Addr{packet.MustAddr("203.0.113.111")}, PortPreservation: true, FilteringBehavior: 2}, in); err != nil {
				t.Fatal(err)
			}
			if err := w.n.ComputeRoutes(); err != nil {
				t.Fatal(err)
			}
			inner, outer := a.Addr(true).String(), "203.0.113.111"
			const count = 60
			var out, back, wantOut, wantBack [][]byte
			for i := range count {
				m := func(dir, at string) []byte {
					body := fmt.Sprintf("v=0\r\nc=IN IP4 %s\r\nm=audio %d RTP/AVP 0\r\n", at, 6000+2*i)
					if dir == "in" {
						body = ""
					}
					uri := "sip:bob@" + at
					return []byte(fmt.Sprintf("MESSAGE %s SIP/2.0\r\nCall-ID: %s-%d%s\r\nContact: <sip:a@%s>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
						uri, dir, i, strings.Repeat("x", i*53%c.long), at, len(body), body))
				}
				out, wantOut = append(out, m("out", inner)), append(wantOut, m("out", outer))
				back, wantBack = append(back, m("in", outer)), append(wantBack, bytes.Replace(m("in", outer), []byte("bob@"+outer), []byte("bob@"+inner), 1))
				wantBack[i] = bytes.Replace(wantBack[i], []byte("a@"+outer), []byte("a@"+inner), 1)
			}
			left, right := &talker{h: a, send: out}, &talker{h: p, send: back}
			p.Listen(packet.AddrPort{Port: 5060}, right)
			w.k.At(0, 0, 0)
			if left.s, err = a.Dial(packet.AddrPort{Port: 5060}, packet.AddrPort{Addr: p.Addr(true), Port: 5060}, tcp.Config{MSS: c.mss, Nagle: c.nagle}, left, sim.Cause{}); err != nil {
				t.Fatal(err)
			}
			w.run(time.Hour)
			total := 0
			for _, c := range []struct {
				name       string
				got        *talker
				was, swapd [][]byte
			}{{"out", right, out, wantOut}, {"back", left, back, wantBack}} {
				translated, rest := 0, c.got.got
				for i := range c.was {
					switch {
					case bytes.HasPrefix(rest, c.swapd[i]):
						translated++
						rest = rest[len(c.swapd[i]):]
					case bytes.HasPrefix(rest, c.was[i]):
						rest = rest[len(c.was[i]):]
					default:
						t.Fatalf("loss %d %%, seed %d, %s: message %d is broken: %.300q", loss, seed, c.name, i, rest)
					}
				}
				if len(rest) > 0 || !c.got.done || translated < count*share/100 {
					t.Fatalf("loss %d %%, seed %d, %s: %d octets left over, end %v, %d of %d translated", loss, seed, c.name, len(rest), c.got.done, translated, count)
				}
				total += translated
			}
			if n := x.Table.Stats.Unread; n != uint64(2*count-total) {
				t.Errorf("loss %d %%, seed %d: %d of %d translated, but %d counted as unread", loss, seed, total, 2*count, n)
			}
			if n := w.n.Pool.Live(); n != 0 {
				t.Errorf("loss %d %%, seed %d: %d packets alive", loss, seed, n)
			}
		}
	}
}

// Positions: what is not edited is shifted, what is edited in part is where the edit begins.
func TestEdits(t *testing.T) {
	e := edits{list: []edit{{from: 100, to: 120, shift: 5, text: make([]byte, 25)}, {from: 150, to: 160, shift: 2, text: make([]byte, 7)}}} // 20 to 25, 10 to 7
	for _, c := range []struct{ at, to uint32 }{{90, 90}, {100, 100}, {110, 112}, {119, 123}, {120, 125}, {149, 154}, {150, 155}, {155, 158}, {160, 162}, {170, 172}} {
		if got := e.forward(c.at); got != c.to {
			t.Errorf("%d forward: %d, want %d", c.at, got, c.to)
		}
	}
	for _, c := range []struct{ at, to uint32 }{{90, 90}, {100, 100}, {101, 101}, {112, 110}, {124, 119}, {125, 120}, {155, 151}, {158, 155}, {161, 159}, {162, 160}} {
		if got, _ := e.back(c.at); got != c.to {
			t.Errorf("%d back: %d, want %d", c.at, got, c.to)
		}
	}
	for seq := uint32(90); seq < 170; seq++ {
		if at, _ := e.back(e.forward(seq)); less(at, seq) || e.forward(at) != e.forward(seq) {
			t.Errorf("what is acknowledged up to %d comes to %d", seq, at)
		}
		if at := e.sackLeft(e.forward(seq)); less(seq, at) || e.forward(at) != e.forward(seq) {
			t.Errorf("a block from %d begins at %d", seq, at)
		}
	}
	e.acked(120)
	if len(e.list) != 1 || e.base != 5 || e.forward(130) != 135 {
		t.Errorf("%+v", e)
	}
	// The receiver's window ends with its own octets.
	s := splice{dir: [2]edits{{list: []edit{{from: 10, to: 20, shift: 100, text: make([]byte, 110)}}}}, scale: [2]uint8{0, 3}}
	p := packet.Packet{TCP: packet.TCPHeader{Flags: packet.ACK, Ack: 10, Window: 20, NumSACK: 1, SACK: [4][2]uint32{{50, 130}}}}
	if s.segment(Outside, &p, nil); p.TCP.Ack != 10 || p.TCP.Window != 20-13 || p.TCP.SACK[0] != [2]uint32{14, 30} {
		t.Errorf("%+v", p.TCP)
	}
}

// A URI says over which transport it is reached: where it does not, over both at one port.
func TestTransportOfURI(t *testing.T) {
	for uri, want := range map[string]string{
		"<sip:a@10.0.0.2>": "tcp udp", "<sip:a@10.0.0.2;transport=TCP>;q=1": "tcp", "<sip:a@10.0.0.2;lr;transport=udp>": "udp", "sip:10.0.0.2;transport=sctp": "udp",
	} {
		x := table(t, Config{ALG: ALGSIP, FirstPort: 40000, LastPort: 40009})
		step(t, x, 0, []string{"out", "tcp/S", "A:9", ">", "P:5060"})
		step(t, x, 0, []string{"out", "udp", "B:9", ">", "P:5060"}) // so that the next port is free for both transports
		p := &packet.Packet{Proto: packet.TCP, Src: named["A"], SrcPort: 9, Dst: named["P"], DstPort: 5060}
		p.TCP.Seq, p.TCP.Flags = 1001, packet.ACK
		p.Payload = packet.PayloadOf(crlf("REGISTER sip:home.example SIP/2.0\nContact: " + uri + "\nContent-Length: 0\n\n"))
		if v := x.Input(1, Inside, p); v.Action != Forward {
			t.Fatalf("%+v", v)
		}
		var got []string
		ports := map[uint16]bool{}
		x.Each(func(proto packet.Proto, in, ext packet.AddrPort) {
			if in.Port == 5060 {
				got = append(got, map[packet.Proto]string{packet.TCP: "tcp", packet.UDP: "udp"}[proto])
				ports[ext.Port] = true
			}
		})
		slices.Sort(got)
		if strings.Join(got, " ") != want || len(ports) != 1 {
			t.Errorf("%s: %v at %v, want %s", uri, got, ports, want)
		}
		check(t, x)
	}
}

// FuzzStream cuts a stream of messages into segments, some of which come again: what leaves is one stream without a gap, in
// which no octet is told twice in two ways, and which ends where the sender's does.
func FuzzStream(f *testing.F) {
	long := bytes.Replace(invite(offer), []byte("Subject: "), []byte("Subject: "+strings.Repeat("x", 900)), 1)
	f.Add(append(invite(offer), long...), []byte{3, 200, 0x85, 90, 255, 255, 7})
	f.Add(append(long, "\r\n\r\nGET / HTTP/1.1\r\n\r\n"...), []byte{255, 255, 0x81, 255, 9})
	f.Add([]byte("\x16\x03\x01 no SIP"), []byte{1, 1, 1})
	f.Fuzz(func(t *testing.T, text, cuts []byte) {
		if len(text) > 1<<12 || len(cuts) > 1<<8 {
			return
		}
		x := table(t, Config{ALG: ALGSIP})
		step(t, x, 0, []string{"out", "tcp/S", "A:9", ">", "P:5060"})
		got := make([]int16, 1<<14) // octets by position, plus 1
		take := func(p *packet.Packet) {
			for i, b := range p.Payload.Bytes() {
				at := &got[p.TCP.Seq+uint32(i)-1001]
				if *at != 0 && *at != int16(b)+1 {
					t.Fatalf("octet %d is %q and %q", p.TCP.Seq+uint32(i)-1001, byte(*at-1), b)
				}
				*at = int16(b) + 1
			}
		}
		send := func(from, to int) {
			p := &packet.Packet{Proto: packet.TCP, Src: named["A"], SrcPort: 9, Dst: named["P"], DstPort: 5060}
			p.TCP.Seq, p.TCP.Flags, p.Payload = 1001+uint32(from), packet.ACK, packet.PayloadOf(text[from:to])
			v := x.Input(1, Inside, p)
			if v.Action == Forward {
				take(p)
			} else if v.Action != Hold && v.Why != "ALG has too much under way" {
				t.Fatalf("%+v", v)
			}
			for {
				o, ok := x.Next()
				if !ok {
					return
				}
				if o.Kind != OutForward || o.Packet.Src != named["X"] {
					t.Fatalf("%+v", o)
				}
				take(o.Packet)
			}
		}
		at := 0
		for _, c := range cuts {
			n := 5*int(c&0x7f) + 1
			from := at
			if c&0x80 != 0 {
				from = max(0, at-n) // again, with something new
			}
			to := min(len(text), at+n)
			if to > from {
				send(from, to)
			}
			at = max(at, to)
		}
		if at < len(text) {
			send(at, len(text))
		}
		send(len(text)-min(len(text), 1), len(text)) // the sender waits
		s := &x.sess[0]
		if s.splice != nil && len(s.splice.dir[Inside].list) >= maxEdits {
			return // what is too much was dropped
		}
		if s.splice == nil {
			return
		}
		end := s.splice.dir[Inside].forward(1001 + uint32(len(text)))
		for i, b := range got {
			if there := uint32(i) < end-1001; there != (b != 0) {
				t.Fatalf("octet %d of %d: left %v", i, end-1001, b != 0)
			}
		}
		check(t, x)
	})
}

// FuzzSIP gives the scanner anything: it must not panic, what it writes it must read as one message, and mappings stay whole.
func FuzzSIP(f *testing.F) {
	f.Add(invite(offer), true)
	f.Add(crlf("SIP/2.0 200 OK\nVia: SIP/2.0/UDP 203.0.113.1:5060;received=203.0.113.1;rport=5060, SIP/2.0/UDP 10.0.0.2\nl: 0\n\n"), false)
	f.Add(crlf("MESSAGE sip:[fd00::2]:5060 SIP/2.0\nContact: sip:10.0.0.2\n folded: sip:@10.0.0.2:\nContent-Length: 5\n\nhello"), true)
	f.Add(crlf("X sip:10.0.0.2:99999 SIP/2.0\nc: application/sdp\n\nm=\nc=IN IP4 10.0.0.2/127\nm=audio 5000\nc=IN IP4 \nm=audio 5000 RTP\no=IN IP"), true)
	f.Fuzz(func(t *testing.T, msg []byte, inside bool) {
		x := table(t, Config{ALG: ALGSIP, MaxMappings: 4})
		a := announcer{t: x, from: Outside, proto: packet.UDP, in: named["A"]}
		if inside {
			a.from = Inside
		}
		n, known := lengthSIP(msg)
		if out, ok := rewriteSIP(msg, &a); ok && known && n == len(msg) {
			if n, known := lengthSIP(out); !known || n != len(out) {
				t.Fatalf("%q\nbecame\n%q", msg, out)
			}
		}
		check(t, x)
	})
}
