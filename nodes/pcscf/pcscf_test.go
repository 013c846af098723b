package pcscf

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"imsim/internal/nodetest"
	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes/alg"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sdp"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// edge is a P-CSCF between a UE, the home network and a gateway, all three played by the test.
type edge struct {
	*nodetest.World
	t         *testing.T
	ue, home  *nodetest.Peer
	mg        *gateway
	contact   string // address in the UE's Contact, where it is not its own
	registers int    // sent by try
}

// gateway grants whatever it is asked for, and keeps what that was.
type gateway struct {
	t    *testing.T
	udp  *netem.UDPSocket
	from packet.AddrPort
	n    int
	// setup is a=setup of the Local descriptors so far by realm, the last one counting; fingerprint says who was asked for one.
	setup       map[string]string
	fingerprint map[string]bool
	latch       bool // the access leg was told to
	commands    []string
	orders      []string // but for latches
	remote      map[string]string
	reply       *h248.Item
	locals      []string // of Modify commands, where they have one
	modes       []string // of Modify commands
	last        int
	holds       string // what it answers to an audit
}

func newEdge(t *testing.T, cfg Config) *edge {
	t.Helper()
	w := nodetest.New(t, "pcscf1", "ue", "home", "agw1")
	cfg.Home, cfg.Gateway = "home", "agw1"
	if _, err := New(w.Env, w.Host("pcscf1"), cfg); err != nil {
		t.Fatal(err)
	}
	e := &edge{World: w, t: t, ue: w.Peer("ue"), home: w.Peer("home")}
	e.mg = &gateway{t: t, remote: map[string]string{}, setup: map[string]string{}, fingerprint: map[string]bool{}, from: packet.AddrPort{Addr: w.Host("agw1").Addr(true), Port: 2944}}
	var err error
	if e.mg.udp, err = w.Host("agw1").BindUDP(e.mg.from, e.mg); err != nil {
		t.Fatal(err)
	}
	e.home.Answer = func(m *sip.Message) string {
		if m.Method == sip.REGISTER {
			return nodetest.Reply(m, "200 OK", "Contact: "+m.Get(sip.HContact)+"\n", "")
		}
		return ""
	}
	return e
}

// Unreachable does nothing.
func (g *gateway) Unreachable(*netem.UDPSocket, packet.AddrPort, sim.Cause) {}

// fingerprintOfGateway is what the gateway says where it is asked for one.
var fingerprintOfGateway = "SHA-256 " + strings.Repeat("AB:", 31) + "AB"

// Datagram grants a transaction.
func (g *gateway) Datagram(_ *netem.UDPSocket, from, _ packet.AddrPort, b packet.Payload, _ sim.Cause) {
	m, err := h248.Parse(b.Bytes())
	if err != nil {
		g.t.Fatalf("%v in\n%s", err, b.Bytes())
	}
	for i := range m.Items {
		it := &m.Items[i]
		if it.Kind == h248.Reply {
			g.reply = it
		}
		if it.Kind != h248.Request {
			continue
		}
		if g.general(it, from) {
			continue
		}
		var out []string
		for _, c := range it.Actions[0].Commands {
			id := string(c.Termination)
			realm := "core"
			if strings.Contains(id, "access") {
				realm = "access"
			}
			g.commands = append(g.commands, c.Verb.String()+" "+realm)
			if c.Verb == h248.Subtract {
				out = append(out, "Subtract = "+id)
				continue
			}
			if c.Signals != nil {
				for _, sg := range c.Signals.List {
					if sg.Name != "ipnapt/latch" {
						g.orders = append(g.orders, realm+" "+sg.Name)
					}
				}
			}
			if m := c.Media; m != nil && len(m.Streams[0].Remote) > 0 {
				g.remote[realm] = strings.TrimSpace(between(string(m.Streams[0].Remote), "IP4 ", "\n"))
			}
			if c.Signals != nil && realm == "access" {
				g.latch = g.latch || slices.ContainsFunc(c.Signals.List, func(s h248.Signal) bool { return s.Name == "ipnapt/latch" })
			}
			local := string(c.Media.Streams[0].Local)
			if c.Verb == h248.Modify {
				g.note(c.Media.Streams[0])
			}
			if local != "" {
				g.n++
				g.setup[realm] = strings.TrimSpace(between(local, "a=setup:", "\n"))
				g.fingerprint[realm] = strings.Contains(local, "a=fingerprint:")
				local = strings.NewReplacer("$ TCP", fmt.Sprint(7000+g.n)+" TCP", "SHA-256 $", fingerprintOfGateway, "IP4 $", "IP4 192.0.2."+map[string]string{"access": "1", "core": "2"}[realm]).Replace(local)
				local = fmt.Sprintf(" { Media { Stream = %d { Local {\n%s\n} } } }", c.Media.Streams[0].ID, local)
			}
			out = append(out, c.Verb.String()+" = "+strings.Replace(id, "$", fmt.Sprint(g.n), 1)+local)
		}
		g.udp.Send(from, packet.PayloadOf([]byte(fmt.Sprintf("MEGACO/3 [%s]:2944\nReply = %d { Context = 1 { %s } }", g.from.Addr, it.ID, strings.Join(out, ", ")))), sim.Cause{Session: 1})
	}
}

// note keeps what a Modify says of a stream.
func (g *gateway) note(s h248.Stream) {
	if s.Local != nil {
		g.locals = append(g.locals, string(s.Local))
	}
	mode := ""
	if s.Control != nil {
		mode = s.Control.Mode.String()
	}
	g.modes = append(g.modes, mode)
}

// refuse answers what went on to the home network.
func (e *edge) refuse(on *sip.Message, status string) {
	e.t.Helper()
	if on == nil {
		e.t.Fatal("did not go on")
	}
	e.home.Send("pcscf1", nodetest.Reply(on, status, "", ""))
	e.Run(100 * time.Millisecond)
}

// between returns what stands between two texts, "" where they do not.
func between(s, from, to string) string {
	_, s, ok := strings.Cut(s, from)
	if !ok {
		return ""
	}
	s, _, _ = strings.Cut(s, to)
	return s
}

// register has the UE register with its media security.
func (e *edge) register(client string) {
	more := ""
	if client != "" {
		more = "Security-Client: " + client + "\n"
	}
	e.ue.Send("pcscf1", "REGISTER sip:home1.example SIP/2.0\nVia: SIP/2.0/UDP "+e.Addr("ue").String()+";branch=z9hG4bKr\nMax-Forwards: 70\nFrom: <sip:a@home1.example>;tag=r\nTo: <sip:a@home1.example>\nCall-ID: r\nCSeq: 1 REGISTER\nContact: <sip:ue@"+cmp.Or(e.contact, e.Addr("ue").String())+">\nExpires: 600\n"+more)
	e.Run(50 * time.Millisecond)
	if e.ue.Find("200") == nil {
		e.t.Fatal("not registered")
	}
}

// body is a description with the given line and attributes.
func body(proto, attributes string) string {
	return "v=0\no=- 1 1 IN IP4 10.9.9.9\ns=-\nc=IN IP4 10.9.9.9\nt=0 0\nm=message 20000 " + proto + " *\n" + attributes
}

// invite sends an INVITE of the UE, or of the home network to the UE, and returns it as it went on; nil where it did not.
func (e *edge) invite(originating bool, description string) *sip.Message {
	who, to, from := e.ue, e.home, "ue"
	contact := cmp.Or(e.contact, e.Addr("ue").String())
	uri := "sip:b@" + e.Addr("home").String()
	if !originating {
		who, to, from = e.home, e.ue, "home"
		uri, contact = "sip:ue@"+contact, e.Addr("home").String()
	}
	who.Send("pcscf1", "INVITE "+uri+" SIP/2.0\nVia: SIP/2.0/UDP "+e.Addr(from).String()+";branch=z9hG4bKi\nMax-Forwards: 70\nFrom: <sip:x@y.example>;tag=i\nTo: <sip:z@y.example>\nCall-ID: i\nCSeq: 1 INVITE\nContact: <sip:"+from+"@"+contact+">\nContent-Type: application/sdp\n\n"+description)
	e.Run(100 * time.Millisecond)
	return to.Find(sip.INVITE)
}

// answer answers the INVITE as it went on, and returns the 200 as it came back; nil where it did not.
func (e *edge) answer(originating bool, on *sip.Message, description string) *sip.Message {
	who, back, name := e.home, e.ue, "home"
	if !originating {
		who, back, name = e.ue, e.home, "ue"
	}
	who.Send("pcscf1", nodetest.Reply(on, "200 OK", "Contact: <sip:"+name+"@"+e.Addr(name).String()+">\nContent-Type: application/sdp\n", description))
	e.Run(100 * time.Millisecond)
	if m := back.Find("200"); m != nil && m.Method == "" && strings.Contains(m.Get(sip.HCSeq), "INVITE") {
		return m
	}
	return nil
}

// The decision table of the spec reference §2.6: which a=setup the ALG offers and answers, and which role each of the
// gateway's legs gets.
func TestSetupDecisions(t *testing.T) {
	merge := Config{Access: alg.Access{NATTermActPass: "merge"}}
	for _, c := range []struct {
		row              string
		nat, originating bool
		cfg              Config
		proto            string // TCP/MSRP unless said otherwise
		offer, onward    string // a=setup of the offer as it comes and as it goes on; "" for none, "488" for refused
		answer, back     string // and of the answer
		access, core     string // the gateway's role in the end
	}{
		{"T1", false, false, Config{}, "", "active", "active", "passive", "passive", "active", "passive"},
		{"T2", false, false, Config{}, "", "passive", "passive", "active", "active", "passive", "active"},
		{"T3, answered active", false, false, Config{}, "", "actpass", "actpass", "active", "active", "passive", "active"},
		{"T3, answered passive", false, false, Config{}, "", "actpass", "actpass", "passive", "passive", "active", "passive"},
		{"O1, offered active", false, true, Config{}, "", "active", "active", "passive", "passive", "passive", "active"},
		{"O1, offered actpass", false, true, Config{}, "", "actpass", "actpass", "passive", "passive", "passive", "active"},
		{"O2, offered passive", false, true, Config{}, "", "passive", "passive", "active", "active", "active", "passive"},
		{"O2, offered actpass", false, true, Config{}, "", "actpass", "actpass", "active", "active", "active", "passive"},
		{"M1 without NAT", false, false, Config{}, "", "", "", "passive", "passive", "active", "passive"},

		{"T4", true, false, Config{}, "", "active", "passive", "active", "passive", "passive", "passive"},
		{"M1 as T4", true, false, Config{}, "", "", "passive", "active", "passive", "passive", "passive"},
		{"T5", true, false, Config{}, "", "passive", "passive", "active", "active", "passive", "active"},
		{"T6", true, false, Config{}, "", "actpass", "passive", "active", "active", "passive", "active"},
		{"T6, merge", true, false, merge, "", "actpass", "passive", "active", "passive", "passive", "passive"},
		{"O3, offered active", true, true, Config{}, "", "active", "actpass", "passive", "passive", "passive", "active"},
		{"O3, offered actpass", true, true, Config{}, "", "actpass", "actpass", "passive", "passive", "passive", "active"},
		{"O3 for certain", true, true, Config{Access: alg.Access{NATOrigOffer: "active"}}, "", "actpass", "active", "passive", "passive", "passive", "active"},
		{"O4", true, true, Config{}, "", "actpass", "actpass", "active", "passive", "passive", "passive"},
		{"O4, offered active", true, true, Config{}, "", "active", "actpass", "active", "passive", "passive", "passive"},
		{"O4 for certain", true, true, Config{Access: alg.Access{NATOrigOffer: "passive"}}, "", "actpass", "passive", "active", "passive", "passive", "passive"},
		{"O5", true, true, Config{}, "", "passive", "488", "", "", "", ""},
		{"O5, try", true, true, Config{Access: alg.Access{NATPassiveOffer: "try"}}, "", "passive", "passive", "active", "active", "active", "passive"},
		{"O5, punch", true, true, Config{Access: alg.Access{NATPassiveOffer: "punch"}}, "", "passive", "passive", "active", "active", "active", "passive"},
		{"proxy keeps", false, true, Config{Config: alg.Config{TCPMode: "proxy"}}, "", "actpass", "actpass", "passive", "passive", "passive", "active"},
		{"proxy, active on both", false, true, Config{Config: alg.Config{TCPMode: "proxy", ProxySetup: "active"}}, "", "passive", "active", "passive", "active", "active", "active"},
		{"proxy, active on both, terminating", false, false, Config{Config: alg.Config{TCPMode: "proxy", ProxySetup: "active"}}, "", "actpass", "active", "passive", "active", "active", "active"},
		{"proxy, one opens anyway", false, true, Config{Config: alg.Config{TCPMode: "proxy", ProxySetup: "active"}}, "", "active", "active", "passive", "passive", "passive", "active"},
		{"H1, offered", true, true, Config{}, "", "holdconn", "holdconn", "holdconn", "holdconn", "holdconn", "holdconn"},
		{"H1, answered", true, true, Config{}, "", "actpass", "actpass", "holdconn", "holdconn", "holdconn", "holdconn"},
		{"T4, kept", true, false, Config{Access: alg.Access{NATSetup: "keep"}}, "", "active", "active", "passive", "passive", "active", "passive"},
		{"relay keeps a=setup", true, false, Config{Config: alg.Config{TCPMode: "relay"}}, "", "active", "active", "passive", "passive", "", ""},

		{"O3 as O4 would collide", true, true, Config{}, "TCP/TLS/MSRP", "actpass", "active", "passive", "passive", "passive", "active"},
		{"T4 would collide", true, false, Config{}, "TCP/TLS/MSRP", "active", "488", "", "", "", ""},
		{"T6, merge would collide", true, false, merge, "TCP/TLS/MSRP", "actpass", "passive", "active", "active", "passive", "active"},
		{"T4 may collide", true, false, Config{Access: alg.Access{MergeE2ETLS: "collide"}}, "TCP/TLS/MSRP", "active", "passive", "active", "passive", "passive", "passive"},
		{"O4 may collide", true, true, Config{Access: alg.Access{MergeE2ETLS: "collide"}}, "TCP/TLS/MSRP", "actpass", "actpass", "active", "passive", "passive", "passive"},
	} {
		t.Run(c.row, func(t *testing.T) {
			e := newEdge(t, c.cfg)
			if c.nat {
				e.contact = "10.9.9.9:5060"
			}
			e.register("")
			proto := cmp.Or(c.proto, "TCP/MSRP")
			setup := func(s string) string {
				if s == "" {
					return ""
				}
				return "a=setup:" + s + "\n"
			}
			on := e.invite(c.originating, body(proto, "a=path:msrp://10.9.9.9:20000/s;tcp\n"+setup(c.offer)))
			if c.onward == "488" {
				back := e.ue
				if !c.originating {
					back = e.home
				}
				if on != nil || back.Find("488") == nil || len(e.mg.commands) > 0 {
					t.Error("not refused")
				}
				return
			}
			if on == nil {
				t.Fatal("the offer did not go on")
			}
			if got := between(on.Body, "a=setup:", "\r\n"); got != c.onward {
				t.Errorf("offered on as %q, want %q", got, c.onward)
			}
			back := e.answer(c.originating, on, body(proto, "a=path:msrp://10.9.9.9:20000/t;tcp\n"+setup(c.answer)))
			if back == nil {
				t.Fatal("the answer did not come back")
			}
			if got := between(back.Body, "a=setup:", "\r\n"); got != c.back {
				t.Errorf("answered %q, want %q", got, c.back)
			}
			if e.mg.setup["access"] != c.access || e.mg.setup["core"] != c.core {
				t.Errorf("the gateway is %v, want access %s, core %s", e.mg.setup, c.access, c.core)
			}
			// Who is active gets an order where nothing else makes it open (§2.7, §8.5).
			wantOrders := ""
			switch {
			case c.cfg.NATPassiveOffer == "punch":
				if e.mg.remote["access"] != e.Addr("ue").Addr.String() {
					t.Errorf("punches towards %s", e.mg.remote["access"])
				}
				wantOrders = "access tcphp/punch"
			case c.cfg.TCPMode == "proxy":
				for _, realm := range []string{"access", "core"} {
					if e.mg.setup[realm] == "active" {
						wantOrders += realm + " tcpbcc/EstBNC "
					}
				}
			}
			slices.Sort(e.mg.orders)
			if got := strings.Join(e.mg.orders, " "); got != strings.TrimSpace(wantOrders) {
				t.Errorf("orders %q, want %q", got, wantOrders)
			}
			// The address that the UE signals leads nowhere: the gateway latches, but where it opens itself (§8.2).
			if want := c.nat && (c.access == "passive" || c.cfg.TCPMode == "relay"); want != e.mg.latch {
				t.Errorf("latch is %v", e.mg.latch)
			}
		})
	}
}

// An answer that the offer as it went on does not allow ends the call (spec reference §2.6: a far answer of active that
// slips through).
func TestAnswerAgainstOurOffer(t *testing.T) {
	e := newEdge(t, Config{Access: alg.Access{NATOrigOffer: "active"}})
	e.contact = "10.9.9.9:5060"
	e.register("")
	on := e.invite(true, body("TCP/MSRP", "a=path:msrp://10.9.9.9:20000/s;tcp\na=setup:actpass\n"))
	if e.answer(true, on, body("TCP/MSRP", "a=path:msrp://10.9.9.9:20000/t;tcp\na=setup:active\n")) != nil || e.ue.Find("488") == nil || e.home.Find(sip.BYE) == nil {
		t.Error("an answer of active to an offer of active passed")
	}
}

// Only what the ALG has to say is changed in a description: address and port, and where it ends TLS protocol, fingerprint
// and 3ge2ae. Everything else is left as it is, in its order.
func TestRewriting(t *testing.T) {
	own := "a=fingerprint:SHA-256 " + strings.Repeat("12:", 31) + "12\n"
	const head, tail = "a=x-before:1\na=accept-types:text/plain\na=path:msrps://10.9.9.9:20000/s;tcp\na=msrp-cema\n", "a=x-after\na=setup:actpass\n"
	for _, c := range []struct {
		name, proto, attributes string
		wantProto, want         string // attributes of the offer as it goes on
	}{
		{"in clear", "TCP/MSRP", head + tail, "TCP/MSRP", head + tail},
		{"e2ae ends here", "TCP/TLS/MSRP", head + own + "a=3ge2ae:requested\na=tls-id:abc\n" + tail, "TCP/MSRP", head + tail},
		{"end to end passes (E8)", "TCP/TLS/MSRP", head + own + "a=tls-id:abc\n" + tail, "TCP/TLS/MSRP", head + own + "a=tls-id:abc\n" + tail},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEdge(t, Config{})
			e.register("msrp-tls;mediasec")
			on := e.invite(true, body(c.proto, c.attributes))
			if on == nil {
				t.Fatal("the offer did not go on")
			}
			want := strings.ReplaceAll(strings.NewReplacer("20000 "+c.proto, "7001 "+c.wantProto, "c=IN IP4 10.9.9.9", "c=IN IP4 192.0.2.2").Replace(body(c.proto, "")+c.want), "\n", "\r\n")
			if on.Body != want {
				t.Errorf("got\n%s\nwant\n%s", on.Body, want)
			}
		})
	}
}

// What an offerer says at session level (RFC 4566 §5.7, RFC 8122 §5) does not get past the ALG where the line's does not, nor
// does it in an answer: octet for octet.
func TestRewritingSession(t *testing.T) {
	const own = "a=fingerprint:SHA-256 12:12:12:12:12:12:12:12:12:12:12:12:12:12:12:12:12:12:12:12:12:12:12:12:12:12:12:12:12:12:12:12\r\n"
	const path = "a=path:msrps://10.9.9.9:20000/s;tcp\r\n"
	const head, here, gw = "v=0\r\no=- 1 1 IN IP4 10.9.9.9\r\ns=-\r\n", "c=IN IP4 10.9.9.9\r\n", "c=IN IP4 192.0.2.2\r\n"
	for _, c := range []struct{ name, offer, onward string }{
		{"c= of the session",
			head + here + "t=0 0\r\nm=message 20000 TCP/MSRP *\r\n" + path,
			head + gw + "t=0 0\r\nm=message 7001 TCP/MSRP *\r\n" + path},
		{"c= of the line",
			head + "t=0 0\r\nm=message 20000 TCP/MSRP *\r\n" + here + path,
			head + "t=0 0\r\nm=message 7001 TCP/MSRP *\r\n" + gw + path},
		{"both, and they differ",
			head + "c=IN IP4 10.1.1.1\r\nt=0 0\r\nm=message 20000 TCP/MSRP *\r\n" + here + path,
			head + "t=0 0\r\nm=message 7001 TCP/MSRP *\r\n" + gw + path},
		{"TLS of the session that ends here",
			head + here + "t=0 0\r\na=x-kept:1\r\n" + own + "a=tls-id:abc\r\nm=message 20000 TCP/TLS/MSRP *\r\na=3ge2ae:requested\r\n" + path,
			head + gw + "t=0 0\r\na=x-kept:1\r\nm=message 7001 TCP/MSRP *\r\n" + path},
		{"TLS of the session that passes (E8)",
			head + here + "t=0 0\r\n" + own + "m=message 20000 TCP/TLS/MSRP *\r\n" + path,
			head + gw + "t=0 0\r\n" + own + "m=message 7001 TCP/TLS/MSRP *\r\n" + path},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEdge(t, Config{})
			e.register("msrp-tls;mediasec")
			lf := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
			on := e.invite(true, lf(c.offer))
			if on == nil {
				t.Fatal("the offer did not go on")
			}
			if on.Body != c.onward {
				t.Errorf("got\n%s\nwant\n%s", on.Body, c.onward)
			}
			// The answer comes back the same way, on the access leg.
			back := e.answer(true, on, lf(c.onward)+"a=setup:passive\n")
			if back == nil {
				t.Fatal("the answer did not come back")
			}
			if strings.Contains(back.Body, "192.0.2.2") || !strings.Contains(back.Body, "c=IN IP4 192.0.2.1\r\n") || strings.Count(back.Body, "c=") != 1 {
				t.Errorf("answered\n%s", back.Body)
			}
		})
	}
}

// Rows E7 to E9 and E11 of the spec reference §3.8: protection that cannot be given, that is not ours to give, and without the
// fingerprint that it takes.
func TestProtection(t *testing.T) {
	own := "a=fingerprint:SHA-256 " + strings.Repeat("12:", 31) + "12\n"
	for _, c := range []struct {
		name, client, unsupported, attributes string
		refused                               string
		proto                                 string // of the offer as it goes on
		e2ae                                  bool   // 3ge2ae:requested is still there
		protects                              bool   // the gateway is asked for a fingerprint
	}{
		{"agreed", "msrp-tls;mediasec", "", own + "a=3ge2ae:requested\n", "", "TCP/MSRP", false, true},
		{"E7: refused", "", "", own + "a=3ge2ae:requested\n", "488", "", false, false},
		{"E7: strip", "", "strip", own + "a=3ge2ae:requested\n", "", "TCP/MSRP", false, false},
		{"E7: transparent", "", "transparent", own + "a=3ge2ae:requested\n", "", "TCP/TLS/MSRP", true, false},
		{"E7: announced for BFCP only", "bfcp-tls;mediasec", "", own + "a=3ge2ae:requested\n", "488", "", false, false},
		{"E8: end to end", "msrp-tls;mediasec", "", own, "", "TCP/TLS/MSRP", false, false},
		{"E9: no fingerprint", "msrp-tls;mediasec", "", "a=3ge2ae:requested\n", "488", "", false, false},
		{"E11: MD5 alone", "msrp-tls;mediasec", "", "a=fingerprint:md5 " + strings.Repeat("12:", 15) + "12\na=3ge2ae:requested\n", "488", "", false, false},
		{"E11: SHA-1 alone", "msrp-tls;mediasec", "", "a=fingerprint:sha-1 " + strings.Repeat("12:", 19) + "12\na=3ge2ae:requested\n", "488", "", false, false},
		{"MD5 beside SHA-256", "msrp-tls;mediasec", "", "a=fingerprint:md5 " + strings.Repeat("12:", 15) + "12\n" + own + "a=3ge2ae:requested\n", "", "TCP/MSRP", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEdge(t, Config{Access: alg.Access{Unsupported: c.unsupported}})
			e.register(c.client)
			on := e.invite(true, body("TCP/TLS/MSRP", c.attributes+"a=path:msrps://10.9.9.9:20000/s;tcp\na=setup:active\n"))
			if c.refused != "" {
				if on != nil || e.ue.Find(c.refused) == nil || len(e.mg.commands) != 0 {
					t.Errorf("not refused with %s; gateway: %v", c.refused, e.mg.commands)
				}
				return
			}
			if on == nil {
				t.Fatal("the offer did not go on")
			}
			d, err := sdp.Parse([]byte(on.Body))
			if err != nil {
				t.Fatal(err)
			}
			if got := d.Line(0).Proto().String(); got != c.proto || strings.Contains(on.Body, "3ge2ae:requested") != c.e2ae {
				t.Errorf("went on as %s:\n%s", got, on.Body)
			}
			if e.answer(true, on, body(c.proto, own+"a=path:msrp://10.9.9.9:20000/t;tcp\na=setup:passive\n")) == nil {
				t.Fatal("the answer did not come back")
			}
			if e.mg.fingerprint["access"] != c.protects || e.mg.fingerprint["core"] {
				t.Errorf("asked for fingerprints: %v", e.mg.fingerprint)
			}
		})
	}
}

// request has the gateway send a request of its own, and returns the reply.
func (e *edge) request(action string) *h248.Item {
	e.mg.reply = nil
	e.mg.last++
	e.mg.udp.Send(packet.AddrPort{Addr: e.Addr("pcscf1").Addr, Port: 2944}, packet.PayloadOf([]byte("MEGACO/3 ["+e.mg.from.Addr.String()+"]:2944\nTransaction = "+fmt.Sprint(e.mg.last)+" { "+action+" }")), sim.Cause{Session: 1})
	e.Run(100 * time.Millisecond)
	return e.mg.reply
}

// firstError returns the error of a reply's first command.
func firstError(r *h248.Item) *h248.ErrorDescriptor { return r.Actions[0].Commands[0].Error }

// a report of a context that is subtracted meanwhile gets Error 411. R-22: a gateway that restarts has lost its
// contexts, so the calls on it end on both sides, and nothing is subtracted.
func TestReleaseRows(t *testing.T) {
	const boot = "Context = - { ServiceChange = ROOT { Services { Method = Restart, Reason = \"902 Warm Boot\", Profile = simiq/1, Version = 3 } } }"
	up := func(t *testing.T) *edge {
		e := newEdge(t, Config{})
		e.request(boot)
		e.register("")
		on := e.invite(true, body("TCP/MSRP", "a=path:msrp://10.9.9.9:20000/s;tcp\na=setup:active\n"))
		if on == nil || e.answer(true, on, body("TCP/MSRP", "a=path:msrp://10.9.9.9:20000/t;tcp\na=setup:passive\n")) == nil {
			t.Fatal("no call")
		}
		return e
	}
	const report = "Notify = ip/core/1 { ObservedEvents = 1 { tcpbcc/BNCChange { Stream = 1, Type = Rel, x_cause = \"reset\" } } }"
	t.Run("R-16", func(t *testing.T) {
		e := up(t)
		r := e.request("Context = 8 { " + report + " }")
		if r == nil || r.FirstError() == nil || r.FirstError().Code != h248.ErrUnknownContext || e.ue.Find(sip.BYE) != nil {
			t.Errorf("%+v", r)
		}
	})
	t.Run("a report of a call that is there", func(t *testing.T) {
		e := up(t)
		if r := e.request("Context = 1 { " + report + " }"); r == nil || r.FirstError() != nil || e.ue.Find(sip.BYE) == nil {
			t.Errorf("%+v", r)
		}
	})
	t.Run("R-22", func(t *testing.T) {
		e := up(t)
		n := len(e.mg.commands)
		r := e.request(boot)
		if r == nil || r.FirstError() != nil || e.ue.Find(sip.BYE) == nil || e.home.Find(sip.BYE) == nil || len(e.mg.commands) != n {
			t.Errorf("%+v; %v", r, e.mg.commands[n:])
		}
	})
}
