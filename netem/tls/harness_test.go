package tls

import (
	"fmt"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// wire joins two sessions and writes down all that they say, in order.
type wire struct {
	t      testing.TB
	ends   [2]Session // client, server
	data   [2]packet.Payload
	sent   [2][]byte // octets, for looking at them
	failed [2]*Output
	log    []string
	now    sim.Time
	cut    int                                     // octets of a segment; 0: whole outputs
	tamper func(from int, o Output) packet.Payload // nil: none
	hold   bool                                    // do not answer OutWork
}

func newWire(t testing.TB, e Engine, client, server Config) *wire {
	client.Role, server.Role = Client, Server
	client.Unique, server.Unique = 1, 2
	w := &wire{t: t, ends: [2]Session{New(e, client), New(e, server)}}
	t.Cleanup(func() {
		for _, s := range w.ends {
			s.Discard()
		}
	})
	return w
}

var who = [2]string{"C", "S"}

func (w *wire) start() *wire {
	w.ends[1].Start(w.now, sim.Cause{})
	w.ends[0].Start(w.now, sim.Cause{})
	return w.pump()
}

// pump carries octets until both ends are quiet.
func (w *wire) pump() *wire {
	for moved := true; moved; {
		moved = false
		for i := range w.ends {
			for {
				o, ok := w.ends[i].Next()
				if !ok {
					break
				}
				moved = true
				w.take(i, o)
			}
		}
	}
	return w
}

func (w *wire) take(i int, o Output) {
	line := who[i] + " "
	switch o.Kind {
	case OutSend:
		line += fmt.Sprintf("send %s %d", o.Name, o.Payload.Len)
	case OutData:
		line += fmt.Sprintf("data %d", o.Payload.Len)
		w.data[i].AppendPayload(o.Payload)
	case OutWork:
		line += fmt.Sprintf("work %v", o.Cost)
	case OutClientHello:
		line += "clienthello"
	case OutPeerCert:
		line += "peercert"
	case OutHandshakeEnd:
		line += "handshake end"
	case OutVerified:
		line += "verified"
	case OutEstablished:
		line += "established"
	case OutCloseNotify:
		line += "close_notify"
	case OutFailed:
		line += fmt.Sprintf("failed %d %v %s", o.Alert, o.Sent, o.Name)
		w.failed[i] = &o
	}
	if w.log = append(w.log, line); len(w.log) > 5000 {
		w.t.Fatal("the sessions do not come to rest")
	}
	switch {
	case o.Kind == OutWork && !w.hold:
		w.now = w.now.Add(o.Cost)
		w.ends[i].WorkDone(w.now, sim.Cause{})
	case o.Kind == OutSend:
		p := o.Payload
		if w.tamper != nil {
			p = w.tamper(i, o)
		}
		w.sent[i] = p.AppendTo(w.sent[i])
		w.deliver(1-i, p)
	}
}

func (w *wire) deliver(to int, p packet.Payload) {
	for p.Len > 0 {
		n := p.Len
		if w.cut > 0 {
			n = min(n, w.cut)
		}
		var part packet.Payload
		part.AppendRange(p, 0, n)
		p.Drop(n)
		w.ends[to].Receive(w.now, sim.Cause{}, part)
	}
}

func (w *wire) write(i int, p packet.Payload) *wire {
	w.ends[i].Write(w.now, sim.Cause{}, p)
	return w.pump()
}

func (w *wire) close(i int) *wire {
	w.ends[i].Close(w.now, sim.Cause{})
	return w.pump()
}

func (w *wire) fin(i int) *wire {
	w.ends[i].PeerClosed(w.now, sim.Cause{})
	return w.pump()
}

// mutual returns the configurations of two ends that know each other.
func mutual(v Version, client, server KeyType) (c, s Config) {
	cc, sc := Pool(client, 1), Pool(server, 2)
	c = Config{MinVersion: TLS12, MaxVersion: v, Certificate: cc, Fingerprints: []Fingerprint{sc.Fingerprint("sha-256")}, Costs: &ZeroCosts}
	s = Config{MinVersion: TLS12, MaxVersion: v, Certificate: sc, Fingerprints: []Fingerprint{cc.Fingerprint("sha-256")}, Costs: &ZeroCosts}
	return c, s
}

func text(n int) packet.Payload {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('A' + i%26)
	}
	return packet.PayloadOf(b)
}

var versions = []Version{TLS12, TLS13}
var keyTypes = []KeyType{ECDSAP256, Ed25519, RSA2048}

const us = time.Microsecond

var noCause sim.Cause
