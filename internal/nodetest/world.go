// Package nodetest is a network in which a test plays the neighbours of the node under test: SIP entities that are nothing
// but a UDP socket, so that what they send and expect is written out and shares no code with the node.
package nodetest

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// World is a star of hosts, each a millisecond from the router in the middle.
type World struct {
	K   *sim.Kernel
	Net *netem.Network
	Env *nodes.Env
	// Marks are the milestones so far, as "node name detail".
	Marks []string

	t testing.TB
}

// New makes a world with hosts of the given names.
func New(t testing.TB, hosts ...string) *World {
	t.Helper()
	w := &World{K: sim.New(sim.Config{Seed: 1}), t: t}
	w.Net = netem.New(w.K, netem.Config{})
	middle := w.Net.AddRouter("middle")
	for _, name := range hosts {
		link := netem.Symmetric(netem.DirectionConfig{Delay: time.Millisecond})
		link.AName, link.BName = name, name
		if _, _, err := w.Net.Connect(w.Net.AddHost(name), middle, link); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Net.ComputeRoutes(); err != nil {
		t.Fatal(err)
	}
	w.Env = &nodes.Env{
		K: w.K, Net: w.Net, Obs: marks{w: w}, Domain: "home1.example", Addr: w.Addr, Ready: func(sim.Cause) {},
		Secret: func(identity string) string { return "secret of " + identity }, Scripts: map[string]*nodes.Script{},
	}
	return w
}

// marks notes milestones.
type marks struct {
	nodes.Unobserved
	w *World
}

func (m marks) Milestone(x nodes.Milestone) {
	m.w.Marks = append(m.w.Marks, strings.TrimSpace(x.Node+" "+x.Name+" "+x.Detail))
}

// Host returns a host.
func (w *World) Host(name string) *netem.Host { return w.Net.Node(name).(*netem.Host) }

// Addr returns a host's address with the SIP port.
func (w *World) Addr(name string) packet.AddrPort {
	return packet.AddrPort{Addr: w.Host(name).Addr(true), Port: 5060}
}

// Run goes on for d.
func (w *World) Run(d time.Duration) {
	w.t.Helper()
	if err := w.K.Run(w.K.Now().Add(d)); err != nil {
		w.t.Fatal(err)
	}
}

// Peer is a SIP entity that the test plays, over UDP.
type Peer struct {
	In     []*sip.Message              // what came, in order
	Answer func(m *sip.Message) string // what goes back for a request at once; "" or nil: nothing

	w   *World
	udp *netem.UDPSocket
}

// Peer makes one on a host.
func (w *World) Peer(host string) *Peer {
	w.t.Helper()
	p := &Peer{w: w}
	var err error
	if p.udp, err = w.Host(host).BindUDP(w.Addr(host), p); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// Datagram takes a message.
func (p *Peer) Datagram(_ *netem.UDPSocket, from, _ packet.AddrPort, b packet.Payload, _ sim.Cause) {
	m, err := sip.Parse(b.Bytes())
	if err != nil {
		p.w.t.Fatalf("%v in\n%s", err, b.Bytes())
	}
	p.In = append(p.In, m)
	if m.IsRequest() && p.Answer != nil {
		if text := p.Answer(m); text != "" {
			p.send(from, text)
		}
	}
}

// Unreachable does nothing.
func (p *Peer) Unreachable(*netem.UDPSocket, packet.AddrPort, sim.Cause) {}

// Send sends a message to a host: its head in lines, and after an empty line its body. Content-Length is added.
func (p *Peer) Send(to, text string) { p.send(p.w.Addr(to), text) }

func (p *Peer) send(to packet.AddrPort, text string) {
	head, body, _ := strings.Cut(strings.ReplaceAll(text, "\n", "\r\n"), "\r\n\r\n")
	wire := strings.TrimRight(head, "\r\n") + "\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	p.udp.Send(to, packet.PayloadOf([]byte(wire)), sim.Cause{Session: 1})
}

// Reply writes a response to a request, with more header lines and a body; a tag is added to To where there is none.
func Reply(m *sip.Message, status, more, body string) string {
	var b strings.Builder
	b.WriteString("SIP/2.0 " + status + "\n")
	for _, id := range []sip.HeaderID{sip.HVia, sip.HRecordRoute, sip.HFrom, sip.HTo, sip.HCallID, sip.HCSeq} {
		name := map[sip.HeaderID]string{sip.HVia: "Via", sip.HRecordRoute: "Record-Route", sip.HFrom: "From", sip.HTo: "To", sip.HCallID: "Call-ID", sip.HCSeq: "CSeq"}[id]
		for v := range m.Values(id) {
			if id == sip.HTo && m.ToTag() == "" {
				v += ";tag=answer"
			}
			b.WriteString(name + ": " + v + "\n")
		}
	}
	return b.String() + more + "\n" + body
}

// Last returns the last message that came, or fails the test.
func (p *Peer) Last() *sip.Message {
	p.w.t.Helper()
	if len(p.In) == 0 {
		p.w.t.Fatal("nothing came")
	}
	return p.In[len(p.In)-1]
}

// Find returns the last request of a method, or response of a status, that came; nil where there is none.
func (p *Peer) Find(what string) *sip.Message {
	for i := len(p.In) - 1; i >= 0; i-- {
		if m := p.In[i]; m.IsRequest() && m.Method == what || !m.IsRequest() && strconv.Itoa(m.Status) == what {
			return m
		}
	}
	return nil
}
