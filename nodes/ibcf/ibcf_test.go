package ibcf

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"imsim/internal/nodetest"
	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/alg"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// border is an IBCF between an S-CSCF of its network, the IBCF of another and a TrGW, all three played by the test.
type border struct {
	*nodetest.World
	t         *testing.T
	b         *IBCF
	home, far *nodetest.Peer
	gw        *gateway
	n         int
}

// gateway grants whatever it is asked for, and keeps what that was.
type gateway struct {
	t        *testing.T
	udp      *netem.UDPSocket
	at       packet.AddrPort
	n        int
	commands []string          // verb and realm
	setup    map[string]string // a=setup of Local by realm, the last one counting
	proto    map[string]string
	saf      map[string]bool // filter for the source address
	signals  []string
}

func newBorder(t *testing.T, cfg Config) *border {
	t.Helper()
	w := nodetest.New(t, "ibcf1", "home", "far", "trgw1")
	cfg.Home, cfg.Peer, cfg.Gateway = "home", "far", "trgw1"
	b, err := New(w.Env, w.Host("ibcf1"), cfg)
	if err != nil {
		t.Fatal(err)
	}
	x := &border{World: w, t: t, b: b, home: w.Peer("home"), far: w.Peer("far")}
	x.gw = &gateway{t: t, setup: map[string]string{}, proto: map[string]string{}, saf: map[string]bool{}, at: packet.AddrPort{Addr: w.Host("trgw1").Addr(true), Port: 2944}}
	if x.gw.udp, err = w.Host("trgw1").BindUDP(x.gw.at, x.gw); err != nil {
		t.Fatal(err)
	}
	return x
}

// Unreachable does nothing.
func (g *gateway) Unreachable(*netem.UDPSocket, packet.AddrPort, sim.Cause) {}

// Datagram grants a transaction.
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
		var out []string
		for _, c := range it.Actions[0].Commands {
			id := string(c.Termination)
			realm := strings.Split(id, "/")[1]
			g.commands = append(g.commands, c.Verb.String()+" "+realm)
			if c.Signals != nil {
				for _, s := range c.Signals.List {
					g.signals = append(g.signals, realm+" "+s.Name)
				}
			}
			if c.Verb == h248.Subtract {
				out = append(out, "Subtract = "+id)
				continue
			}
			st := c.Media.Streams[0]
			if st.Control != nil && h248.Find(st.Control.Properties, "gm/saf") != nil {
				g.saf[realm] = true
			}
			local := string(st.Local)
			if local != "" {
				g.n++
				g.setup[realm] = attribute(local, "a=setup:")
				g.proto[realm] = strings.Fields(attribute(local, "m="))[2]
				local = strings.NewReplacer("$ TCP", fmt.Sprint(7000+g.n)+" TCP", "IP4 $", "IP4 192.0.2."+map[string]string{"internal": "1", "external": "2"}[realm]).Replace(local)
				local = " { Media { Stream = 1 { Local {\n" + local + "\n} } } }"
			}
			out = append(out, c.Verb.String()+" = "+strings.Replace(id, "$", fmt.Sprint(g.n), 1)+local)
		}
		g.udp.Send(from, packet.PayloadOf([]byte(fmt.Sprintf("MEGACO/3 [%s]:2944\nReply = %d { Context = 1 { %s } }", g.at.Addr, it.ID, strings.Join(out, ", ")))), sim.Cause{Session: 1})
	}
}

// attribute returns the rest of the line that begins so, "" where there is none.
func attribute(text, begin string) string {
	for line := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(line, begin); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// sides returns who sends and who receives a request of the given direction, by name.
func (x *border) sides(outgoing bool) (from, to *nodetest.Peer, fromName string) {
	if outgoing {
		return x.home, x.far, "home"
	}
	return x.far, x.home, "far"
}

const inner = "10.9.9.9" // an address within whatever network the request comes from

// request sends a request as its network's last hop does; more are header lines with their ends.
func (x *border) request(outgoing bool, method, uri, more, body string) {
	x.n++
	from, _, name := x.sides(outgoing)
	if body != "" {
		more += "Content-Type: application/sdp\n"
	}
	from.Send("ibcf1", fmt.Sprintf("%s %s SIP/2.0\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%d\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bKin%d;received=%s\nMax-Forwards: 60\nFrom: <sip:a@y.example>;tag=f\nCSeq: %d %s\n%s\n%s",
		method, uri, x.Addr(name), x.n, inner, x.n, inner, 100+x.n, method, more, body))
	x.Run(60 * time.Millisecond)
}

func description(proto, setup string, more ...string) string {
	s := "v=0\no=- 7 1 IN IP4 " + inner + "\ns=-\nc=IN IP4 " + inner + "\nt=0 0\nm=message 20000 " + proto + " *\na=path:msrp://" + inner + ":20000/s;tcp\n"
	if setup != "" {
		s += "a=setup:" + setup + "\n"
	}
	return s + strings.Join(more, "")
}

// invite begins a call and returns the INVITE as it went on.
func (x *border) invite(outgoing bool, body string) *sip.Message {
	x.request(outgoing, "INVITE", "sip:b@z.example", "To: <sip:b@z.example>\nCall-ID: call@"+inner+"\nContact: <sip:a@"+inner+":5060>\nRecord-Route: <sip:"+inner+":5060;lr>, <sip:10.9.9.8:5060;lr>\n", body)
	_, to, _ := x.sides(outgoing)
	return to.Find(sip.INVITE)
}

// answer accepts it, with more of the other network in Record-Route, and returns the 200 as it came back.
func (x *border) answer(outgoing bool, on *sip.Message, body string) *sip.Message {
	from, to, _ := x.sides(outgoing)
	text := nodetest.Reply(on, "200 OK", "Contact: <sip:b@"+inner+":5060>\nContent-Type: application/sdp\n", body)
	text = strings.Replace(text, "Record-Route:", "Record-Route: <sip:10.8.8.8:5060;lr>\nRecord-Route: <sip:10.8.8.7:5060;lr>\nRecord-Route:", 1)
	to.Send("ibcf1", text)
	x.Run(60 * time.Millisecond)
	return from.Find("200")
}

func values(m *sip.Message, id sip.HeaderID) []string { return slices.Collect(m.Values(id)) }

// TS 24.229 cl. 5.10.4: what of the own network a request and its answer show outside, and that all is back inside.
func TestHiding(t *testing.T) {
	x := newBorder(t, Config{Domain: "one.example"})
	own, ownHost := x.b.own, x.Addr("ibcf1").String()
	on := x.invite(true, description("TCP/MSRP", "actpass"))
	if on == nil {
		t.Fatal("not passed on")
	}
	if strings.Contains(strings.ReplaceAll(on.String(), "msrp://"+inner, ""), inner) || strings.Contains(on.String(), "10.9.9.8") || strings.Contains(on.String(), x.Addr("home").Addr.String()+":") {
		t.Errorf("the INVITE shows the inside:\n%s", on)
	}
	// Item 3: one token for consecutive entries; our own stay in clear.
	if via := values(on, sip.HVia); len(via) != 2 || !strings.Contains(via[0], ownHost) || !strings.HasPrefix(via[1], "SIP/2.0/UDP t") || !strings.HasSuffix(via[1], ";tokenized-by=one.example") {
		t.Errorf("Via %q", via)
	}
	if rr := values(on, sip.HRecordRoute); len(rr) != 2 || rr[0] != own || !strings.HasPrefix(rr[1], "<sip:t") || !strings.HasSuffix(rr[1], ";tokenized-by=one.example;lr>") {
		t.Errorf("Record-Route %q", rr)
	}
	back := x.answer(true, on, description("TCP/MSRP", "passive"))
	if back == nil {
		t.Fatal("no 200")
	}
	if via := values(back, sip.HVia); len(via) != 2 || !strings.HasPrefix(via[0], "SIP/2.0/UDP "+x.Addr("home").String()) || via[1] != "SIP/2.0/UDP "+inner+":5060;branch=z9hG4bKin1;received="+inner {
		t.Errorf("Via comes back as %q", via)
	}
	if rr := values(back, sip.HRecordRoute); !slices.Equal(rr, []string{"<sip:10.8.8.8:5060;lr>", "<sip:10.8.8.7:5060;lr>", own, "<sip:" + inner + ":5060;lr>", "<sip:10.9.9.8:5060;lr>"}) {
		t.Errorf("Record-Route comes back as %q", rr)
	}
	if back.CallID() != "call@"+inner {
		t.Errorf("Call-ID comes back as %q", back.CallID())
	}
	// The called sends a BYE by what it has been shown: the Contact, and Record-Route as it stands.
	route := "Route: " + strings.Join(values(on, sip.HRecordRoute), ", ") + "\n"
	x.request(false, "BYE", sip.AddressURI(on.First(sip.HContact)), route+"To: <sip:a@y.example>;tag=f\nCall-ID: "+on.CallID()+"\n", "")
	bye := x.far.Find("404")
	if bye != nil {
		t.Fatalf("BYE refused:\n%s", bye)
	}
	// Where it goes next is nobody here; the gateway has been told.
	if got := x.gw.commands[len(x.gw.commands)-2:]; !slices.Equal(got, []string{"Subtract internal", "Subtract external"}) || x.b.Calls() != 0 {
		t.Errorf("%v, %d calls left", got, x.b.Calls())
	}
}

// A call that enters: the answer hides what is above our entry, and the caller's Route brings the entries back in the order in
// which they are passed (RFC 3261 §12.1.2).
func TestHidingTheCalled(t *testing.T) {
	x := newBorder(t, Config{})
	on := x.invite(false, description("TCP/MSRP", "actpass"))
	if on == nil {
		t.Fatal("not passed on")
	}
	if rr := values(on, sip.HRecordRoute); !slices.Equal(rr, []string{x.b.own, "<sip:" + inner + ":5060;lr>", "<sip:10.9.9.8:5060;lr>"}) || on.CallID() != "call@"+inner {
		t.Errorf("what is the other network's was changed: %q, Call-ID %q", rr, on.CallID())
	}
	back := x.answer(false, on, description("TCP/MSRP", "passive"))
	if back == nil {
		t.Fatal("no 200")
	}
	rr := values(back, sip.HRecordRoute)
	if len(rr) != 4 || !strings.Contains(rr[0], ";tokenized-by=home1.example") || rr[1] != x.b.own || rr[2] != "<sip:"+inner+":5060;lr>" {
		t.Fatalf("Record-Route of the 200 %q", rr)
	}
	if c := back.First(sip.HContact); !strings.Contains(c, "@"+x.Addr("ibcf1").String()) || strings.Contains(c, inner) {
		t.Errorf("Contact %q", c)
	}
	if strings.Contains(back.Body, "o=- 7 1 IN IP4 "+inner) || !strings.Contains(back.Body, "c=IN IP4 192.0.2.2") {
		t.Errorf("body\n%s", back.Body)
	}
	slices.Reverse(rr)
	to := "To: <sip:b@z.example>;tag=answer\nCall-ID: call@" + inner + "\nRoute: " + strings.Join(rr[2:], ", ") + "\n"
	m := parse(t, "BYE "+sip.AddressURI(back.First(sip.HContact))+" SIP/2.0\n"+to)
	x.b.thig.reveal(m)
	next := values(m, sip.HRoute)
	if !slices.Equal(next, []string{x.b.own, "<sip:10.8.8.7:5060;lr>", "<sip:10.8.8.8:5060;lr>"}) || m.URI != "sip:b@"+inner+":5060" {
		t.Errorf("Route %q to %s", next, m.URI)
	}
}

// parse makes a request of its first lines.
func parse(t *testing.T, head string) *sip.Message {
	t.Helper()
	m, err := sip.Parse([]byte(strings.ReplaceAll(head+"Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\nMax-Forwards: 7\nFrom: <sip:a@b.c>;tag=1\nCSeq: 1 BYE\nContent-Length: 0\n\n", "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Path and Service-Route of a registration across the border (TS 24.229 cl. 5.10.2.1, 5.10.4), whose Contact the registrar
// needs.
func TestHidingRegistration(t *testing.T) {
	x := newBorder(t, Config{})
	x.request(true, "REGISTER", "sip:z.example", "To: <sip:a@z.example>\nCall-ID: r@"+inner+"\nContact: <sip:a@"+inner+":5060>\nPath: <sip:10.9.9.8:5060;lr>\n", "")
	on := x.far.Find(sip.REGISTER)
	if on == nil {
		t.Fatal("not passed on")
	}
	if path := values(on, sip.HPath); len(path) != 2 || path[0] != x.b.own || !strings.Contains(path[1], ";tokenized-by=home1.example;lr>") || !strings.Contains(on.First(sip.HContact), inner) {
		t.Errorf("Path %q, Contact %q", path, on.First(sip.HContact))
	}
	// A request for the registered user comes by that Path.
	m := parse(t, "BYE sip:a@"+inner+" SIP/2.0\nRoute: "+strings.Join(values(on, sip.HPath), ", ")+"\nTo: <sip:a@b.c>\nCall-ID: x\n")
	x.b.thig.reveal(m)
	if r := values(m, sip.HRoute); !slices.Equal(r, []string{x.b.own, "<sip:10.9.9.8:5060;lr>"}) {
		t.Errorf("Route %q", r)
	}
	// The other way round: the Service-Route that our registrar gives.
	x.request(false, "REGISTER", "sip:home1.example", "To: <sip:c@home1.example>\nCall-ID: q\nContact: <sip:c@10.7.7.7>\n", "")
	in := x.home.Find(sip.REGISTER)
	x.home.Send("ibcf1", nodetest.Reply(in, "200 OK", "Service-Route: <sip:10.9.9.7:5060;lr>\n", ""))
	x.Run(60 * time.Millisecond)
	if sr := values(x.far.Find("200"), sip.HServiceRoute); len(sr) != 2 || sr[0] != x.b.own || strings.Contains(sr[1], "10.9.9.7") {
		t.Errorf("Service-Route %q", sr)
	}
}

// A proxy within the network that refuses names itself in Warning; outside that is us.
func TestHidingWarning(t *testing.T) {
	x := newBorder(t, Config{})
	on := x.invite(false, description("TCP/MSRP", "active"))
	x.home.Send("ibcf1", nodetest.Reply(on, "488 Not Acceptable Here", "Warning: 399 10.9.9.8:5060 \"no\"\n", ""))
	x.Run(60 * time.Millisecond)
	if w := x.far.Find("488").Get(sip.HWarning); w != "399 "+x.Addr("ibcf1").String()+` "no"` {
		t.Errorf("Warning %q", w)
	}
}

// Without hiding only the description speaks for the TrGW.
func TestShownTopology(t *testing.T) {
	no := false
	x := newBorder(t, Config{Hiding: &no})
	on := x.invite(true, description("TCP/MSRP", "actpass"))
	if len(values(on, sip.HVia)) != 3 || len(values(on, sip.HRecordRoute)) != 3 || on.CallID() != "call@"+inner || !strings.Contains(on.First(sip.HContact), inner) || !strings.Contains(on.Body, "o=- 7 1 IN IP4 "+inner) {
		t.Errorf("changed:\n%s", on)
	}
	if !strings.Contains(on.Body, "c=IN IP4 192.0.2.2") {
		t.Errorf("the TrGW is not shown:\n%s", on.Body)
	}
}

// The rows without NAT of the decision table on Ix, both ways across the border, with the orders that go with them.
func TestSetupOnIx(t *testing.T) {
	for _, c := range []struct {
		name                     string
		cfg                      alg.Config
		outgoing                 bool
		offer, onward, ans, back string
		internal, external       string // the TrGW's roles
		signals                  string
	}{
		{"O1", alg.Config{}, true, "actpass", "actpass", "passive", "passive", "passive", "active", ""},
		{"O2", alg.Config{}, true, "actpass", "actpass", "active", "active", "active", "passive", ""},
		{"O2, offered passive", alg.Config{}, true, "passive", "passive", "active", "active", "active", "passive", ""},
		{"T1", alg.Config{}, false, "active", "active", "passive", "passive", "active", "passive", ""},
		{"T2", alg.Config{}, false, "passive", "passive", "active", "active", "passive", "active", ""},
		{"T3", alg.Config{}, false, "actpass", "actpass", "active", "active", "passive", "active", ""},
		{"M1", alg.Config{}, false, "", "", "passive", "passive", "active", "passive", ""},
		{"H1", alg.Config{}, true, "holdconn", "holdconn", "holdconn", "holdconn", "holdconn", "holdconn", ""},
		{"merge, as T4", alg.Config{TCPMode: "merge"}, false, "active", "passive", "active", "passive", "passive", "passive", ""},
		{"merge, as T5", alg.Config{TCPMode: "merge"}, false, "passive", "passive", "active", "active", "passive", "active", ""},
		{"merge, as T6", alg.Config{TCPMode: "merge"}, false, "actpass", "passive", "active", "passive", "passive", "passive", ""},
		{"merge, outgoing, offered active", alg.Config{TCPMode: "merge"}, true, "active", "passive", "active", "passive", "passive", "passive", ""},
		{"merge, outgoing, offered actpass", alg.Config{TCPMode: "merge"}, true, "actpass", "passive", "active", "passive", "passive", "passive", ""},
		{"merge, outgoing, offered passive", alg.Config{TCPMode: "merge"}, true, "passive", "passive", "active", "active", "active", "passive", ""},
		{"merge, H1", alg.Config{TCPMode: "merge"}, true, "holdconn", "holdconn", "holdconn", "holdconn", "holdconn", "holdconn", ""},
		{"relay", alg.Config{TCPMode: "relay"}, true, "actpass", "actpass", "passive", "passive", "", "", ""},
		{"strict", alg.Config{ControlModel: "strict"}, true, "actpass", "actpass", "passive", "passive", "passive", "active", "external tcpbcc/EstBNC"},
		{"proxy, active on both", alg.Config{TCPMode: "proxy", ProxySetup: "active"}, true, "passive", "active", "passive", "active", "active", "active", "external tcpbcc/EstBNC, internal tcpbcc/EstBNC"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newBorder(t, Config{Config: c.cfg})
			on := x.invite(c.outgoing, description("TCP/MSRP", c.offer))
			if on == nil {
				t.Fatal("not passed on")
			}
			if got := attribute(on.Body, "a=setup:"); got != c.onward {
				t.Errorf("offered on as %q, want %q", got, c.onward)
			}
			back := x.answer(c.outgoing, on, description("TCP/MSRP", c.ans))
			if back == nil || attribute(back.Body, "a=setup:") != c.back {
				t.Fatalf("answered\n%v", back)
			}
			if in, out := x.gw.setup["internal"], x.gw.setup["external"]; in != c.internal || out != c.external {
				t.Errorf("TrGW is %q inside and %q outside, want %q and %q", in, out, c.internal, c.external)
			}
			far, near := "external", "internal"
			if !c.outgoing {
				far, near = near, far
			}
			if want := []string{"Add " + far, "Modify " + far, "Add " + near}; !slices.Equal(x.gw.commands, want) {
				t.Errorf("commands %v, want %v", x.gw.commands, want)
			}
			if got := strings.Join(x.gw.signals, ", "); got != c.signals {
				t.Errorf("signals %q, want %q", got, c.signals)
			}
			// The source filter is towards the other network, never towards the own one, and there is no latching.
			if x.gw.saf["internal"] || x.gw.saf["external"] == c.outgoing {
				t.Errorf("source filter %v", x.gw.saf)
			}
		})
	}
}

// e2ae is no function of Ix: TLS passes from end to end with all its attributes, whoever asked for what.
func TestTLSPasses(t *testing.T) {
	const fp = "a=fingerprint:SHA-256 AB:CD\n"
	for _, more := range []string{fp, "a=3ge2ae:requested\n" + fp, "a=3ge2ae:applied\n" + fp, "a=key-mgmt:mikey AQAB\n"} {
		for _, outgoing := range []bool{true, false} {
			x := newBorder(t, Config{})
			on := x.invite(outgoing, description("TCP/TLS/MSRP", "actpass", more))
			if on == nil || !strings.Contains(strings.ReplaceAll(on.Body, "\r\n", "\n"), more) || !strings.Contains(on.Body, " TCP/TLS/MSRP *") {
				t.Fatalf("outgoing %v, %q: offered on as\n%v", outgoing, more, on)
			}
			back := x.answer(outgoing, on, description("TCP/TLS/MSRP", "passive", more))
			if back == nil || !strings.Contains(strings.ReplaceAll(back.Body, "\r\n", "\n"), more) {
				t.Errorf("outgoing %v, %q: answered\n%v", outgoing, more, back)
			}
			if x.gw.proto["internal"] != "TCP" || x.gw.proto["external"] != "TCP" {
				t.Errorf("the TrGW is told %v", x.gw.proto)
			}
		}
	}
}

// TLS from end to end does not go through merge, where both ends would be clients (§2.6): the direction is kept where the offer
// leaves it open, and the call refused where it does not.
func TestTLSNeverMerges(t *testing.T) {
	x := newBorder(t, Config{Config: alg.Config{TCPMode: "merge"}})
	if on := x.invite(true, description("TCP/TLS/MSRP", "active")); on != nil || x.home.Find("488") == nil {
		t.Errorf("offered on\n%v", on)
	}
	x = newBorder(t, Config{Config: alg.Config{TCPMode: "merge"}})
	on := x.invite(true, description("TCP/TLS/MSRP", "actpass"))
	back := x.answer(true, on, description("TCP/TLS/MSRP", "active"))
	if back == nil || attribute(on.Body, "a=setup:") != "passive" || attribute(back.Body, "a=setup:") != "active" {
		t.Errorf("answered\n%v", back)
	}
}

// Call-IDs that have been made up outside are forgotten some time after their call.
func TestForgetting(t *testing.T) {
	x := newBorder(t, Config{})
	x.Env.Scripts["call@"+inner] = &nodes.Script{Session: 1}
	on := x.invite(true, description("TCP/MSRP", "active"))
	if x.Env.Scripts[on.CallID()] == nil {
		t.Error("the far end does not find its part")
	}
	x.far.Send("ibcf1", nodetest.Reply(on, "486 Busy Here", "", ""))
	x.Run(10 * time.Minute)
	x.b.thig.ended("another")
	if len(x.b.thig.begun) != 0 || len(x.b.thig.gone) != 0 || x.Env.Scripts[on.CallID()] != nil {
		t.Errorf("%v, %v", x.b.thig.begun, x.b.thig.gone)
	}
}
