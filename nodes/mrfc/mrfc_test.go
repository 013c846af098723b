package mrfc

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"imsim/internal/nodetest"
	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes/protocol/h248"
	"imsim/sim"
)

// gateway is an MRFP that the test plays: it grants every command but with refuse set, and keeps what was asked.
type gateway struct {
	t        *testing.T
	udp      *netem.UDPSocket
	at, mrfc packet.AddrPort
	n        int
	refuse   int
	commands []string // verb, context, a=setup of Local, signals
}

// Unreachable does nothing.
func (g *gateway) Unreachable(*netem.UDPSocket, packet.AddrPort, sim.Cause) {}

// Datagram answers a transaction.
func (g *gateway) Datagram(_ *netem.UDPSocket, from, _ packet.AddrPort, b packet.Payload, _ sim.Cause) {
	m, err := h248.Parse(b.Bytes())
	if err != nil {
		g.t.Fatalf("%v in\n%s", err, b.Bytes())
	}
	for i := range m.Items {
		it := &m.Items[i]
		if it.Kind != h248.Request {
			continue
		}
		c := &it.Actions[0].Commands[0]
		line := c.Verb.String() + " " + it.Actions[0].Context.String()
		text := ""
		if c.Media != nil {
			local := string(c.Media.Streams[0].Local)
			_, setup, _ := strings.Cut(local, "a=setup:")
			setup, _, _ = strings.Cut(setup, "\n")
			line += " " + strings.TrimSpace(setup)
			if strings.Contains(local, "m=message $") {
				g.n++
				local = strings.NewReplacer("message $", fmt.Sprint("message ", 7000+g.n), "IP4 $", "IP4 192.0.2.1", "path:$", "path:msrp://192.0.2.1:7001/x;tcp", "SHA-256 $", "SHA-256 "+strings.Repeat("CD:", 31)+"CD").Replace(local)
			}
			text = " { Media { Stream = 1 { Local {\n" + local + "\n} } } }"
		}
		if c.Signals != nil {
			for _, s := range c.Signals.List {
				line += " " + s.Name
			}
		}
		g.commands = append(g.commands, line)
		id := strings.Replace(string(c.Termination), "$", fmt.Sprint(g.n), 1)
		if g.refuse != 0 {
			id, text = string(c.Termination), fmt.Sprintf(" { Error = %d { \"no\" } }", g.refuse)
		}
		g.send(fmt.Sprintf("Reply = %d { Context = 1 { %s = %s%s } }", it.ID, c.Verb, id, text))
	}
}

func (g *gateway) send(text string) {
	g.udp.Send(g.mrfc, packet.PayloadOf([]byte(fmt.Sprintf("MEGACO/3 [%s]:2944\n%s", g.at.Addr, text))), sim.Cause{Session: 1})
}

// A dial-in by its offer and what the MRFP says: what is ordered, and what the participant gets (spec reference §2.10).
func TestDialIn(t *testing.T) {
	const open = " tcpbcc/EstBNC"
	for _, tt := range []struct {
		name, proto, setup, more string
		cfg                      Config
		refuse                   int
		commands                 []string
		answer, back             string // what is sent back, and a=setup in it
	}{
		{"actpass", "TCP/MSRP", "actpass", "", Config{}, 0, []string{"Add $ active" + open}, "200", "active"},
		{"passive", "TCP/MSRP", "passive", "", Config{}, 0, []string{"Add $ active" + open}, "200", "active"},
		{"active", "TCP/MSRP", "active", "", Config{}, 0, []string{"Add $ passive"}, "200", "passive"},
		{"actpass, answered passive", "TCP/MSRP", "actpass", "", Config{Answer: "passive"}, 0, []string{"Add $ passive"}, "200", "passive"},
		{"TLS", "TCP/TLS/MSRP", "actpass", "a=fingerprint:SHA-256 " + strings.Repeat("AB:", 31) + "AB\n", Config{}, 0, []string{"Add $ active" + open + " tlsbsc/EstBNC"}, "200", "active"},
		{"TLS without fingerprint", "TCP/TLS/MSRP", "actpass", "", Config{}, 0, nil, "488", ""},
		{"not MSRP", "TCP", "actpass", "", Config{}, 0, nil, "488", ""},
		{"no resources (C5, F11)", "TCP/MSRP", "actpass", "", Config{}, 510, []string{"Add $ active" + open}, "500", ""},
		{"unsupported (F12)", "TCP/MSRP", "actpass", "", Config{}, 515, []string{"Add $ active" + open}, "488", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := nodetest.New(t, "mrfc1", "home", "mrfp1")
			tt.cfg.Home, tt.cfg.Gateway = "home", "mrfp1"
			m, err := New(w.Env, w.Host("mrfc1"), tt.cfg)
			if err != nil {
				t.Fatal(err)
			}
			g := &gateway{t: t, refuse: tt.refuse}
			g.at = packet.AddrPort{Addr: w.Host("mrfp1").Addr(true), Port: 2944}
			to := packet.AddrPort{Addr: w.Host("mrfc1").Addr(true), Port: 2944}
			g.mrfc = to
			if g.udp, err = w.Host("mrfp1").BindUDP(g.at, g); err != nil {
				t.Fatal(err)
			}
			home := w.Peer("home")
			home.Send("mrfc1", fmt.Sprintf("INVITE sip:mrfc1@x SIP/2.0\nVia: SIP/2.0/UDP %s;branch=z9hG4bK1\nMax-Forwards: 60\nFrom: <sip:a@y.example>;tag=f\nTo: <sip:mrfc1@x>\nCall-ID: c1\nCSeq: 1 INVITE\nContact: <sip:a@10.9.9.9:5060>\nContent-Type: application/sdp\n\n", w.Addr("home"))+
				"v=0\no=- 7 1 IN IP4 10.9.9.9\ns=-\nc=IN IP4 10.9.9.9\nt=0 0\nm=message 20000 "+tt.proto+" *\na=path:msrp://10.9.9.9:20000/s;tcp\na=setup:"+tt.setup+"\n"+tt.more)
			w.Run(100 * time.Millisecond)
			if !slices.Equal(g.commands, tt.commands) {
				t.Errorf("ordered %q, want %q", g.commands, tt.commands)
			}
			r := home.Find(tt.answer)
			if r == nil {
				t.Fatalf("no %s, but\n%v", tt.answer, home.Last())
			}
			if tt.back != "" && !strings.Contains(r.Body, "a=setup:"+tt.back) {
				t.Errorf("answer\n%s\nwant setup %s", r.Body, tt.back)
			}
			if n := m.Calls(); (n == 1) != (tt.answer == "200") {
				t.Errorf("%d calls", n)
			}
		})
	}
}
