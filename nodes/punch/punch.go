package punch

import (
	"net/netip"
	"strings"
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

// Config is how a peer goes about it.
type Config struct {
	Name  string
	Port  uint16        // local port of everything
	Delay time.Duration // between hearing of the partner and the first SYN
	Limit time.Duration // give up so long after the first SYN (hpTimer); 0: 10 s
	Retry time.Duration // after a refusal, where RetryRefused; 0: 1 s
	// RetryRefused opens again after an RST or an ICMP error, as Ford's procedure does; without it a refusal is final.
	RetryRefused bool
	// Deaf leaves out listening: only a SYN from where the partner was seen finds the connection that is being opened.
	Deaf bool
	// Predict is added to the port that the partner was seen with: what its NAT will choose next.
	Predict int
	TCP     tcp.Config
}

// Outcome is how it ended for a peer. The zero value says that it has not begun.
type Outcome struct {
	Open     bool            // the partner has named itself over a connection
	At       sim.Time        // when
	How      How             // by what connection
	Attempts int             // opened actively
	Started  sim.Time        // first SYN
	Refused  []tcp.Reason    // how attempts ended, in order
	Partner  packet.AddrPort // what it opened to
}

// How says what connection a peer and its partner found each other by.
type How uint8

// The ways.
const (
	Nohow    How = iota
	Dialed       // its own SYN was answered, by SYN,ACK or by a crossing SYN
	Accepted     // the partner's SYN came to the listening port
)

func (h How) String() string { return [...]string{"not", "dialed", "accepted"}[h] }

// Peer is one of the two.
type Peer struct {
	Outcome Outcome

	cfg     Config
	host    *netem.Host
	self    sim.Entity
	timer   sim.Timer
	next    sim.Time // opens then
	why     sim.Cause
	end     sim.Time // gives up then
	local   packet.AddrPort
	partner string
	server  *netem.Stream
	heard   []byte // from the server
	links   []*link
}

// link is a connection that may be the one.
type link struct {
	p    *Peer
	s    *netem.Stream
	how  How
	told []byte
	over bool
}

// NewPeer makes a peer on a host; Start lets it go.
func NewPeer(k *sim.Kernel, host *netem.Host, cfg Config) *Peer {
	if cfg.Limit == 0 {
		cfg.Limit = 10 * time.Second
	}
	if cfg.Retry == 0 {
		cfg.Retry = time.Second
	}
	p := &Peer{cfg: cfg, host: host, next: sim.Never, end: sim.Never}
	p.self = k.Add(host.Name()+".punch", p)
	p.local = packet.AddrPort{Addr: host.Addr(true), Port: cfg.Port}
	return p
}

// Start registers with the server and listens.
func (p *Peer) Start(server packet.AddrPort, partner string, why sim.Cause) error {
	p.partner = partner
	if !p.cfg.Deaf {
		if err := p.host.Listen(p.local, p); err != nil {
			return err
		}
	}
	s, err := p.host.Dial(p.local, server, p.cfg.TCP, p, why)
	if err != nil {
		return err
	}
	p.server = s
	s.Write(packet.PayloadOf([]byte(p.cfg.Name+"\n")), why)
	return nil
}

// StreamEvent hears of the connection to the server.
func (p *Peer) StreamEvent(s *netem.Stream, ev tcp.Event) {
	if ev.Kind != tcp.EvReadable || p.Outcome.Partner.Port != 0 {
		return
	}
	p.heard = read(s, p.heard, ev.Why)
	line, _, ok := strings.Cut(string(p.heard), "\n")
	if !ok {
		return
	}
	seen, err := netip.ParseAddrPort(line)
	if err != nil {
		return
	}
	at := packet.AddrPort{Addr: packet.AddrFrom(seen.Addr()), Port: seen.Port() + uint16(p.cfg.Predict)}
	p.Outcome.Partner = at
	now := p.host.Network().K.Now()
	p.next, p.why = now.Add(p.cfg.Delay), ev.Why
	p.end = p.next.Add(p.cfg.Limit)
	p.arm()
}

// Incoming takes a SYN to the listening port: whose it is, the connection will say.
func (p *Peer) Incoming(o tcp.Opening) {
	l := &link{p: p, how: Accepted}
	if l.s = p.host.Accept(o, p.cfg.TCP, l, false); l.s != nil {
		p.links = append(p.links, l)
	}
}

// Handle opens when it is time, and gives up when it is.
func (p *Peer) Handle(arg uint32) {
	k := p.host.Network().K
	if !k.Due(&p.timer, p.self, arg) {
		return
	}
	now := k.Now()
	switch {
	case p.Outcome.Open:
	case p.next <= now && p.next < p.end:
		p.next = sim.Never
		p.open(p.why)
	case p.end <= now:
		p.giveUp()
	}
	p.arm()
}

func (p *Peer) arm() {
	at := min(p.next, p.end)
	if p.Outcome.Open {
		at = sim.Never
	}
	p.host.Network().K.Arm(&p.timer, p.self, 0, at)
}

// open sends a SYN to where the partner was seen.
func (p *Peer) open(why sim.Cause) {
	l := &link{p: p, how: Dialed}
	s, err := p.host.Dial(p.local, p.Outcome.Partner, p.cfg.TCP, l, why)
	if err != nil {
		return // the partner's SYN has made this connection already
	}
	l.s = s
	p.links = append(p.links, l)
	if p.Outcome.Attempts++; p.Outcome.Attempts == 1 {
		p.Outcome.Started = p.host.Network().K.Now()
	}
}

// giveUp ends all attempts.
func (p *Peer) giveUp() {
	p.next, p.end = sim.Never, sim.Never
	p.host.Unlisten(p.local)
	for _, l := range p.links {
		if !l.over {
			l.s.Abort(p.why)
		}
	}
	p.server.Close(p.why)
}

// StreamEvent hears of a connection that may be the one.
func (l *link) StreamEvent(s *netem.Stream, ev tcp.Event) {
	p := l.p
	switch ev.Kind {
	case tcp.EvEstablished:
		s.Write(packet.PayloadOf([]byte(p.cfg.Name+"\n")), ev.Why)
	case tcp.EvReadable:
		l.told = read(s, l.told, ev.Why)
		if who, _, ok := strings.Cut(string(l.told), "\n"); ok && who == p.partner {
			p.won(l)
		}
	case tcp.EvReset:
		l.over = true
		if l.how == Dialed {
			p.Outcome.Refused = append(p.Outcome.Refused, ev.Reason)
			if p.cfg.RetryRefused && !p.Outcome.Open {
				p.next, p.why = p.host.Network().K.Now().Add(p.cfg.Retry), ev.Why
				p.arm()
			}
		}
	case tcp.EvFINReceived:
		s.Close(ev.Why)
	case tcp.EvClosed:
		l.over = true
	}
}

// won ends the search.
func (p *Peer) won(l *link) {
	if p.Outcome.Open {
		return
	}
	p.Outcome.Open, p.Outcome.How, p.Outcome.At = true, l.how, p.host.Network().K.Now()
	p.arm()
}

func read(s *netem.Stream, into []byte, why sim.Cause) []byte {
	var b packet.Payload
	s.Read(1<<10, &b, why)
	return append(into, b.Bytes()...)
}

// Server is the rendezvous: who registers with it hears where its partner's packets come from, both at one time.
type Server struct {
	host  *netem.Host
	cfg   tcp.Config
	seats []*seat
}

// seat is a registration.
type seat struct {
	v    *Server
	s    *netem.Stream
	name []byte
}

// NewServer makes a rendezvous on a port of a host.
func NewServer(host *netem.Host, port uint16, cfg tcp.Config) (*Server, error) {
	v := &Server{host: host, cfg: cfg}
	return v, host.Listen(packet.AddrPort{Port: port}, v)
}

// Incoming takes a registration.
func (v *Server) Incoming(o tcp.Opening) {
	t := &seat{v: v}
	if t.s = v.host.Accept(o, v.cfg, t, false); t.s != nil {
		v.seats = append(v.seats, t)
	}
}

// StreamEvent introduces the two as soon as both have named themselves.
func (t *seat) StreamEvent(s *netem.Stream, ev tcp.Event) {
	switch ev.Kind {
	case tcp.EvReadable:
		t.name = read(s, t.name, ev.Why)
		named := 0
		for _, o := range t.v.seats {
			if len(o.name) > 0 {
				named++
			}
		}
		if named != 2 || len(t.v.seats) != 2 {
			return
		}
		for i, o := range t.v.seats {
			at := t.v.seats[1-i].s.Remote()
			o.s.Write(packet.PayloadOf([]byte(at.String()+"\n")), ev.Why)
		}
	case tcp.EvFINReceived:
		s.Close(ev.Why)
	}
}
