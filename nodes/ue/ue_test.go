package ue

import (
	"strings"
	"testing"
	"time"

	"imsim/internal/nodetest"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// phone is a UE; the test plays the network, and the host far away that media come from.
type phone struct {
	*nodetest.World
	u    *UE
	net  *nodetest.Peer
	syns *[]packet.AddrPort // where the UE dials
}

func newPhone(t *testing.T, cfg Config) *phone {
	t.Helper()
	w := nodetest.New(t, "ue-a", "net", "far")
	cfg.Proxy, cfg.Transport = "net", "udp"
	u, err := New(w.Env, w.Host("ue-a"), cfg, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{World: w, u: u, net: w.Peer("net"), syns: &[]packet.AddrPort{}}
	w.Host("ue-a").Interfaces()[0].AddTap(func(out bool, x *packet.Packet) {
		if out && x.Proto == packet.TCP && x.TCP.Flags&packet.SYN != 0 {
			*p.syns = append(*p.syns, packet.AddrPort{Addr: x.Dst, Port: x.DstPort})
		}
	})
	return p
}

// line is a description whose media are on host far, port 9000.
func (p *phone) line(proto, attributes string) string {
	far := p.Addr("far").Addr.String()
	return "v=0\no=- 1 1 IN IP4 " + far + "\ns=-\nc=IN IP4 " + far + "\nt=0 0\nm=message 9000 " + proto + " *\na=accept-types:*\n" + strings.ReplaceAll(attributes, "FAR", far)
}

// offer calls the UE and returns the final response.
func (p *phone) offer(t *testing.T, description string) *sip.Message {
	t.Helper()
	p.Env.Scripts["c"] = &nodes.Script{Session: 1, From: "x", To: "ue-a"}
	p.net.Send("ue-a", "INVITE sip:ue-a@"+p.Addr("ue-a").String()+" SIP/2.0\nVia: SIP/2.0/UDP "+p.Addr("net").String()+";branch=z9hG4bKi\nMax-Forwards: 70\nFrom: <sip:x@y.example>;tag=i\nTo: <sip:ue-a@home1.example>\nCall-ID: c\nCSeq: 1 INVITE\nContact: <sip:x@"+p.Addr("net").String()+">\nContent-Type: application/sdp\n\n"+description)
	p.Run(100 * time.Millisecond)
	for _, m := range p.net.In {
		if m.Status >= 200 {
			return m
		}
	}
	t.Fatal("no final response")
	return nil
}

func attribute(m *sip.Message, name string) string {
	_, after, ok := strings.Cut(m.Body, "a="+name+":")
	if !ok {
		return ""
	}
	value, _, _ := strings.Cut(after, "\r\n")
	return value
}

const path = "a=path:msrp://FAR:9000/s;tcp\n"

// RFC 4145 §4.1: how an answer follows from the offer and from what the UE would rather do; whoever is active dials, to
// c= and m= of the peer.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		prefer, offered string
		status          int
		answer          string
		dials           bool
	}{
		{"passive", "actpass", 200, "passive", false},
		{"active", "actpass", 200, "active", true},
		{"passive", "active", 200, "passive", false},
		{"active", "active", 200, "passive", false},
		{"passive", "passive", 200, "active", true},
		{"active", "passive", 200, "active", true},
		{"passive", "", 200, "passive", false}, // RFC 4975 §5.4, M1: the offerer opens
	} {
		t.Run(c.prefer+" to "+c.offered, func(t *testing.T) {
			p := newPhone(t, Config{Register: "none", Answer: c.prefer})
			setup := ""
			if c.offered != "" {
				setup = "a=setup:" + c.offered + "\n"
			}
			m := p.offer(t, p.line("TCP/MSRP", path+setup))
			if m.Status != c.status || attribute(m, "setup") != c.answer {
				t.Errorf("%d, answered %q, want %d, %q", m.Status, attribute(m, "setup"), c.status, c.answer)
			}
			want := packet.AddrPort{Addr: p.Addr("far").Addr, Port: 9000}
			if got := len(*p.syns) > 0; got != c.dials || got && (*p.syns)[0] != want {
				t.Errorf("dials %v, want %v to %v", *p.syns, c.dials, want)
			}
		})
	}
}

// What cannot be answered is refused, and leaves nothing behind.
func TestRefusals(t *testing.T) {
	fingerprint := "a=fingerprint:SHA-256 " + strings.Repeat("12:", 31) + "12\n"
	for _, c := range []struct {
		name, proto, attributes string
		status                  int
	}{
		{"TLS", "TCP/TLS/MSRP", path + fingerprint + "a=setup:active\n", 200},
		{"TLS without fingerprint (RFC 8122 §5)", "TCP/TLS/MSRP", path + "a=setup:active\n", 488},
		{"3ge2ae that was never agreed (TS 24.229 cl. 6.1.3)", "TCP/TLS/MSRP", path + fingerprint + "a=3ge2ae:applied\na=setup:active\n", 488},
		// RFC 6714 §4.3: a path that is not where c= and m= lead wants a=msrp-cema.
		{"path elsewhere, with CEMA", "TCP/MSRP", "a=path:msrp://10.8.8.8:8888/s;tcp\na=msrp-cema\na=setup:active\n", 200},
		{"path elsewhere, without", "TCP/MSRP", "a=path:msrp://10.8.8.8:8888/s;tcp\na=setup:passive\n", 488},
		{"no description", "", "", 488},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPhone(t, Config{Register: "none"})
			description := ""
			if c.proto != "" {
				description = p.line(c.proto, c.attributes)
			}
			m := p.offer(t, description)
			if m.Status != c.status {
				t.Errorf("%d, want %d", m.Status, c.status)
			}
			if c.status >= 300 && len(p.u.byID) != 0 {
				t.Error("the call is still there")
			}
		})
	}
}

// RFC 6714 §4.3: msrp-cema is answered where it was offered, and where the UE has it.
func TestCEMAInAnswers(t *testing.T) {
	off := false
	for _, c := range []struct {
		own           *bool
		offered, want bool
	}{{nil, true, true}, {nil, false, false}, {&off, true, false}} {
		p := newPhone(t, Config{Register: "none", CEMA: c.own})
		more := ""
		if c.offered {
			more = "a=msrp-cema\n"
		}
		if m := p.offer(t, p.line("TCP/MSRP", path+more+"a=setup:active\n")); strings.Contains(m.Body, "a=msrp-cema") != c.want {
			t.Errorf("own %v, offered %v: %d\n%s", c.own == nil, c.offered, m.Status, m.Body)
		}
	}
}

// call has the UE call and returns the INVITE, nil where there is none.
func (p *phone) call(s nodes.Security) *sip.Message {
	p.u.Call(&nodes.Script{Session: 1, From: "ue-a", To: "x", Target: "sip:x@home1.example", Security: s}, sim.Cause{Session: 1})
	p.Run(20 * time.Millisecond)
	return p.net.Find(sip.INVITE)
}

// TS 24.229 cl. 6.1.2: protection to the access edge is asked for only where both sides announced it.
func TestNoOfferWithoutAgreement(t *testing.T) {
	p := newPhone(t, Config{Register: "none", MediaSec: []string{"msrp-tls"}})
	if m := p.call(nodes.SecurityE2AE); m != nil {
		t.Errorf("offered all the same:\n%s", m.Body)
	}
	if len(p.Marks) == 0 || !strings.Contains(strings.Join(p.Marks, "\n"), "msrp-tls not agreed at registration") {
		t.Errorf("marks: %q", p.Marks)
	}
}

// An answer that cannot be used is acknowledged, and the call ended by BYE with the reason (RFC 3261 §13.2.2.4).
func TestUnusableAnswers(t *testing.T) {
	for _, c := range []struct{ name, offer, proto, attributes, want string }{
		{"good", "actpass", "TCP/MSRP", path + "a=setup:passive\n", ""},
		{"active to active", "active", "TCP/MSRP", path + "a=setup:active\n", "setup"},
		{"actpass in an answer", "actpass", "TCP/MSRP", path + "a=setup:actpass\n", "setup"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPhone(t, Config{Register: "none", Offer: c.offer})
			on := p.call(nodes.SecurityNone)
			if on == nil || attribute(on, "setup") != c.offer {
				t.Fatalf("no offer of %s", c.offer)
			}
			p.net.Send("ue-a", nodetest.Reply(on, "200 OK", "Contact: <sip:x@"+p.Addr("net").String()+">\nContent-Type: application/sdp\n", p.line(c.proto, c.attributes)))
			p.Run(50 * time.Millisecond)
			if p.net.Find(sip.ACK) == nil {
				t.Error("no ACK")
			}
			bye := p.net.Find(sip.BYE)
			switch {
			case c.want == "" && (bye != nil && bye.Has(sip.HReason) || len(*p.syns) == 0): // where nobody listens, the call ends all the same
				t.Errorf("BYE %v, dials %v", bye, *p.syns)
			case c.want != "" && (bye == nil || !strings.Contains(bye.Get(sip.HReason), "cause=488") || len(*p.syns) != 0):
				t.Errorf("no BYE with a reason: %v; dials %v", bye, *p.syns)
			}
		})
	}
}
