package transport_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"imsim/internal/nodetest"
	"imsim/netem"
	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/nodes"
	"imsim/nodes/protocol/sip"
	"imsim/nodes/transport"
	"imsim/sim"
)

// entity is a SIP entity that answers every request with 200 and notes what it is told.
type entity struct {
	nodes.Base
	sip *transport.SIP
	log []string
}

func (e *entity) Handle(uint32) {}

func (e *entity) SIPRequest(tx sip.TxID, m *sip.Message, from sip.Flow, why sim.Cause) {
	e.log = append(e.log, fmt.Sprintf("%s over %v", m.Method, from.Transport))
	e.sip.Respond(tx, sip.NewResponse(m, 200, "", "t"), why)
}

func (e *entity) SIPResponse(_ sip.TxID, m *sip.Message, _ sim.Cause) {
	e.log = append(e.log, fmt.Sprint(m.Status))
}
func (e *entity) SIPAck(*sip.Message, sip.Flow, sim.Cause)    {}
func (e *entity) SIPCancel(sip.TxID, *sip.Message, sim.Cause) {}
func (e *entity) SIPFailed(_ sip.TxID, status int, _ sim.Cause) {
	e.log = append(e.log, fmt.Sprint("failed ", status))
}

func newEntity(t *testing.T, w *nodetest.World, name string, cfg transport.SIPConfig) *entity {
	t.Helper()
	e := &entity{}
	cfg.Session = func(string) sim.SessionID { return 1 }
	e.Base = nodes.NewBase(w.K, w.Host(name), 1, nodes.Unobserved{}, e)
	var err error
	if e.sip, err = transport.NewSIP(&e.Base, cfg, e); err != nil {
		t.Fatal(err)
	}
	return e
}

// request sends an OPTIONS of exactly the given number of octets, its Via included.
func (e *entity) request(to packet.AddrPort, octets, n int) {
	m := sip.NewRequest(sip.OPTIONS, "sip:"+to.String())
	m.Add(sip.HFrom, "<sip:x@y.example>;tag=1")
	m.Add(sip.HTo, "<sip:z@y.example>")
	m.Add(sip.HCallID, fmt.Sprint("call", n))
	m.Add(sip.HCSeq, "1 OPTIONS")
	m.SetBody("text/plain", "-")
	// The layer puts a Via on top, of the same length for every request.
	via := len("Via: SIP/2.0/UDP "+e.sip.Local.String()+";branch=z9hG4bK\r\n") + 12
	m.SetBody("text/plain", strings.Repeat("x", octets-m.Len()-via-len("100")))
	e.sip.Request(m, e.sip.FlowTo(to), sim.Cause{})
}

// opened counts the connections that are opened from a host.
func opened(w *nodetest.World, host string) *int {
	n := new(int)
	for _, i := range w.Host(host).Interfaces() {
		i.AddTap(func(out bool, p *packet.Packet) {
			if out && p.Proto == packet.TCP && p.TCP.Flags&packet.SYN != 0 && p.TCP.Flags&packet.ACK == 0 {
				*n++
			}
		})
	}
	return n
}

// RFC 3261 §18.1.1: what is larger than 1300 octets goes over TCP, unless the transport is fixed.
func TestLargeRequestsGoOverTCP(t *testing.T) {
	for _, c := range []struct {
		transport string
		octets    int
		want      string
	}{
		{"auto", 500, "UDP"}, {"auto", 1290, "UDP"}, {"auto", 1310, "TCP"}, {"udp", 3000, "UDP"}, {"tcp", 500, "TCP"},
	} {
		w := nodetest.New(t, "a", "b")
		a, b := newEntity(t, w, "a", transport.SIPConfig{Transport: c.transport}), newEntity(t, w, "b", transport.SIPConfig{})
		a.request(w.Addr("b"), c.octets, 1)
		w.Run(time.Second)
		if got := fmt.Sprint(b.log, a.log); got != "[OPTIONS over "+c.want+"] [200]" {
			t.Errorf("%s, %d octets: %s, want %s", c.transport, c.octets, got, c.want)
		}
	}
}

// RFC 3261 §18: one connection carries all requests to an address, and the responses on it; what is sent while it is being
// opened waits for it.
func TestConnectionReuse(t *testing.T) {
	w := nodetest.New(t, "a", "b")
	a, b := newEntity(t, w, "a", transport.SIPConfig{Transport: "tcp"}), newEntity(t, w, "b", transport.SIPConfig{})
	there, back := opened(w, "a"), opened(w, "b")
	a.request(w.Addr("b"), 500, 1)
	a.request(w.Addr("b"), 500, 2)
	w.Run(time.Second)
	a.request(w.Addr("b"), 500, 3)
	w.Run(time.Second)
	if len(b.log) != 3 || len(a.log) != 3 || *there != 1 || *back != 0 {
		t.Errorf("requests %q, responses %q, %d and %d connections", b.log, a.log, *there, *back)
	}
}

// RFC 3261 §18.4, §8.1.3.1: a refused connection counts as 503 for every request that waited for it.
func TestRefusedConnection(t *testing.T) {
	w := nodetest.New(t, "a", "b")
	a := newEntity(t, w, "a", transport.SIPConfig{Transport: "tcp"})
	a.request(w.Addr("b"), 500, 1)
	a.request(w.Addr("b"), 500, 2)
	w.Run(time.Second)
	if got := fmt.Sprint(a.log); got != "[failed 503 failed 503]" {
		t.Error(got)
	}
}

// raw is a TCP client that sends octets as they are.
type raw struct {
	text string
	log  []string
	s    *netem.Stream
}

func (r *raw) StreamEvent(s *netem.Stream, ev tcp.Event) {
	switch ev.Kind {
	case tcp.EvEstablished:
		s.Write(packet.PayloadOf([]byte(r.text)), sim.Cause{})
	case tcp.EvReset:
		r.log = append(r.log, "reset")
	case tcp.EvReadable:
		r.log = append(r.log, "answer")
	}
}

// RFC 3261 §18.3: without a usable Content-Length nobody knows where the next message begins, so the connection is closed.
func TestMalformedStream(t *testing.T) {
	good := "OPTIONS sip:b SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:x@y.example>;tag=1\r\nTo: <sip:z@y.example>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
	for _, c := range []struct{ name, text, want string }{
		{"well-formed", good, "[answer]"},
		{"after empty lines", "\r\n\r\n" + good, "[answer]"}, // RFC 3261 §7.5
		{"bad length", strings.Replace(good, "Length: 0", "Length: many", 1), "[reset]"},
		{"no length", strings.Replace(good, "Content-Length: 0\r\n", "", 1), "[reset]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := nodetest.New(t, "a", "b")
			newEntity(t, w, "b", transport.SIPConfig{})
			r := &raw{text: c.text}
			var err error
			if r.s, err = w.Host("a").Dial(packet.AddrPort{Addr: w.Host("a").Addr(true)}, w.Addr("b"), tcp.Config{}, r, sim.Cause{}); err != nil {
				t.Fatal(err)
			}
			w.Run(time.Second)
			if got := fmt.Sprint(r.log); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}
