package mediagw

import (
	"strings"
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/nodes/protocol/h248"
	"imsim/sim"
)

// peer is a TCP end at one side of the gateway that notes what happens to its connection.
type peer struct {
	b     *bench
	host  *netem.Host
	local packet.AddrPort
	conn  *netem.Stream
	seen  []string // est, rst, refused, fin, timeout
	got   []byte
	lazy  bool // does not read
	shy   bool // drops SYNs
}

func (b *bench) peer(realm string, port uint16) *peer {
	p := &peer{b: b, host: b.host}
	if realm == "core" {
		p.host = b.far
	}
	p.local = packet.AddrPort{Addr: p.host.Addr(true), Port: port}
	return p
}

// listen takes connections; without it the port is closed.
func (p *peer) listen() *peer {
	if err := p.host.Listen(p.local, p); err != nil {
		p.b.t.Fatal(err)
	}
	return p
}

var peerTCP = tcp.Config{RecvBuffer: 32 << 10, SendBuffer: 1 << 20, ConnectTimeout: 35 * time.Second}

// dial opens a connection to a port of the gateway.
func (p *peer) dial(realm string, port uint16) *peer {
	var err error
	to := packet.AddrPort{Addr: p.b.g.realms[realm], Port: port}
	if p.conn, err = p.host.Dial(p.local, to, peerTCP, p, sim.Cause{Session: 1}); err != nil {
		p.b.t.Fatal(err)
	}
	return p
}

// Incoming takes a SYN of the gateway.
func (p *peer) Incoming(o tcp.Opening) {
	if !p.shy {
		p.conn = p.host.Accept(o, peerTCP, p, false)
	}
}

// StreamEvent notes what happens.
func (p *peer) StreamEvent(s *netem.Stream, ev tcp.Event) {
	switch ev.Kind {
	case tcp.EvEstablished:
		p.seen = append(p.seen, "est")
	case tcp.EvReset:
		p.seen = append(p.seen, map[tcp.Reason]string{tcp.Refused: "refused", tcp.PeerReset: "rst", tcp.TimedOut: "timeout", tcp.Unreachable: "unreachable", tcp.Aborted: "aborted"}[ev.Reason])
	case tcp.EvFINReceived:
		p.seen = append(p.seen, "fin")
	}
	if (ev.Kind == tcp.EvReadable || ev.Kind == tcp.EvFINReceived) && !p.lazy {
		p.read()
	}
}

func (p *peer) read() {
	var in packet.Payload
	for p.conn != nil && p.conn.Readable() > 0 {
		p.conn.Read(1<<20, &in, sim.Cause{Session: 1})
	}
	p.got = append(p.got, in.Bytes()...)
}

func (p *peer) say(text string) {
	if n := p.conn.Write(packet.PayloadOf([]byte(text)), sim.Cause{Session: 1}); n != len(text) {
		p.b.t.Fatalf("only %d of %d octets accepted", n, len(text))
	}
}

// said is what has happened, in a line.
func (p *peer) said() string { return strings.Join(p.seen, " ") }

func (b *bench) wait(d time.Duration) {
	b.t.Helper()
	if err := b.k.Run(b.k.Now().Add(d)); err != nil {
		b.t.Fatal(err)
	}
}

// end describes one termination of a stream as the controller orders it.
type end struct{ setup, remote, topo, more string }

// stream makes a context with an access and a core termination, ports 40000 each.
func (b *bench) stream(access, core end) string {
	b.t.Helper()
	return b.do("Context = $ { " + b.term("Add = ip/access/$", access) + ", " + b.term("Add = ip/core/$", core) + " }")
}

// term is a command for one termination.
func (b *bench) term(command string, e end) string {
	s := command + " { Media { Stream = 1 { LocalControl { Mode = SendReceive"
	if e.topo != "" {
		s += ", seplink/x_topo = \"" + e.topo + "\""
	}
	s += " }"
	setup := ""
	if e.setup != "" {
		setup = "a=setup:" + e.setup + "\n"
	}
	s += ", Local { v=0\nc=IN IP4 $\nm=message $ TCP -\n" + setup + "}"
	if e.remote != "" {
		a, port, _ := strings.Cut(e.remote, ":")
		s += ", Remote { v=0\nc=IN IP4 " + a + "\nm=message " + port + " TCP -\n}"
	}
	return s + " } }, Events = 7 { tcpbcc/BNCChange { Stream = 1 } }" + e.more + " }"
}

func (p *peer) addr() string { return p.local.String() }

// notified returns what the gateway has reported, as "access tcpbcc/BNCChange EstFail refused".
func (b *bench) notified() string { return strings.Join(b.reports, ", ") }

// report notes a Notify.
func (b *bench) report(c *h248.Command) {
	realm := "core"
	if strings.Contains(string(c.Termination), "access") {
		realm = "access"
	}
	for _, e := range c.ObservedEvents.List {
		w := realm + " " + e.Name
		for _, p := range e.Parms {
			w += " " + p.Value.Text
		}
		b.reports = append(b.reports, w)
	}
}
