package attach

import (
	"context"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/ice/v2"
	"github.com/pion/stun"
	"github.com/pion/transport/v2/test"
	"github.com/pion/turn/v2"

	"imsim/netem"
	"imsim/sim"
)

// iceRun is a topology with two ICE agents: alice and bob behind a node of their own each, and a TURN server. The nodes
// in between are routers here; a test of address translators puts those in their place.
type iceRun struct {
	between func(n *netem.Network, name string) netem.Node
	ready   func(n *netem.Network) // before routes are computed, once all links are there; may be nil
	routed  func(n *netem.Network) // after that; may be nil
	only    []ice.CandidateType
}

// times is what a run found, in virtual time.
type times struct {
	connected [2]time.Duration // of alice and bob
	echoed    time.Duration    // a message and its answer
	pair      string           // of alice
	other     string           // of bob
	events    uint64
}

func (x iceRun) run(t *testing.T) (found times) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := netem.New(sim.New(sim.Config{Seed: 1}), netem.Config{})
		core := n.AddRouter("core")
		link := netem.Symmetric(netem.DirectionConfig{Delay: oneWay / 5})
		for _, name := range []string{"alice", "bob", "turn"} {
			mid := x.between(n, name+"-access")
			connect(t, n, n.AddHost(name), mid, link)
			connect(t, n, mid, core, link)
		}
		if x.ready != nil {
			x.ready(n)
		}
		if err := n.ComputeRoutes(); err != nil {
			t.Fatal(err)
		}
		if x.routed != nil {
			x.routed(n)
		}
		d := Drive(n.K, synctest.Wait)
		a := New(n, d)
		defer end(t, a, d)
		defer turnServer(t, host(t, a, "turn"))()
		found = iceCall(t, host(t, a, "alice"), host(t, a, "bob"), x.only)
		time.Sleep(time.Second)
		a.Do(func() { found.events = n.K.Events() })
	})
	return found
}

func connect(t *testing.T, n *netem.Network, a, b netem.Node, l netem.LinkConfig) {
	t.Helper()
	if _, _, err := n.Connect(a, b, l); err != nil {
		t.Fatal(err)
	}
}

// turnServer runs a relay on a host and returns a function that ends it.
func turnServer(t *testing.T, h *Host) (stop func()) {
	t.Helper()
	sock, err := h.ListenPacket("udp4", "0.0.0.0:3478")
	if err != nil {
		t.Fatal(err)
	}
	own, err := h.ResolveIPAddr("ip4", "localhost")
	if err != nil {
		t.Fatal(err)
	}
	s, err := turn.NewServer(turn.ServerConfig{
		Realm: "sim",
		AuthHandler: func(user, realm string, _ net.Addr) ([]byte, bool) {
			return turn.GenerateAuthKey(user, realm, "secret"), true
		},
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn:            sock,
			RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{RelayAddress: own.IP, Address: own.IP.String(), Net: h},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// iceCall has two agents gather, connect, exchange a message and its answer, and close.
func iceCall(t *testing.T, alice, bob *Host, only []ice.CandidateType) (found times) {
	t.Helper()
	start := time.Now()
	var relay []*stun.URI
	if only[0] != ice.CandidateTypeHost {
		relay = []*stun.URI{{Scheme: stun.SchemeTypeTURN, Host: "turn", Port: 3478, Proto: stun.ProtoTypeUDP, Username: "u", Password: "secret"}}
	}
	var agents [2]*ice.Agent
	for i, h := range []*Host{alice, bob} {
		x, err := ice.NewAgent(&ice.AgentConfig{
			Net: h, NetworkTypes: []ice.NetworkType{ice.NetworkTypeUDP4}, CandidateTypes: only,
			MulticastDNSMode: ice.MulticastDNSModeDisabled, Urls: relay,
		})
		if err != nil {
			t.Fatal(err)
		}
		agents[i] = x
	}
	gathered := make(chan struct{})
	for i, x := range agents {
		gather(t, x, agents[1-i], gathered)
	}
	<-gathered
	<-gathered
	type end struct {
		i    int
		conn *ice.Conn
		at   time.Duration
	}
	ends := make(chan end)
	for i, x := range agents {
		user, pwd, err := agents[1-i].GetLocalUserCredentials()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			open := x.Dial
			if i == 1 {
				open = x.Accept
			}
			c, err := open(context.Background(), user, pwd)
			if err != nil {
				t.Error(err)
			}
			ends <- end{i, c, time.Since(start)}
		}()
	}
	var conns [2]*ice.Conn
	for range 2 {
		e := <-ends
		conns[e.i], found.connected[e.i] = e.conn, e.at
	}
	if t.Failed() {
		t.FailNow()
	}
	go func() {
		b := make([]byte, 100)
		n, err := conns[1].Read(b)
		if err != nil {
			t.Error(err)
		}
		conns[1].Write(b[:n])
	}()
	before := time.Now()
	conns[0].Write([]byte("hello"))
	b := make([]byte, 100)
	if n, err := conns[0].Read(b); err != nil || string(b[:n]) != "hello" {
		t.Errorf("%q came back, %v", b[:n], err)
	}
	found.echoed = time.Since(before)
	for i, to := range []*string{&found.pair, &found.other} {
		if p, err := agents[i].GetSelectedCandidatePair(); err != nil || p == nil {
			t.Errorf("no pair selected: %v", err)
		} else {
			*to = fmt.Sprintf("%v-%v", p.Local.Type(), p.Remote.Type())
		}
	}
	for _, x := range agents {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
	return found
}

// gather has an agent gather candidates and gives them to its peer.
func gather(t *testing.T, x, peer *ice.Agent, done chan<- struct{}) {
	t.Helper()
	err := x.OnCandidate(func(c ice.Candidate) {
		if c == nil {
			done <- struct{}{}
			return
		}
		copied, err := ice.UnmarshalCandidate(c.Marshal())
		if err != nil {
			t.Error(err)
			return
		}
		if err := peer.AddRemoteCandidate(copied); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.GatherCandidates(); err != nil {
		t.Fatal(err)
	}
}

func routerBetween(n *netem.Network, name string) netem.Node { return n.AddRouter(name) }

func TestICE(t *testing.T) {
	defer test.CheckRoutines(t)()
	for _, c := range []struct {
		name string
		run  iceRun
		pair string
		way  time.Duration // from alice to bob
	}{
		{"host", iceRun{between: routerBetween, only: []ice.CandidateType{ice.CandidateTypeHost}}, "host-host", 4 * oneWay / 5},
		{"relay", iceRun{between: routerBetween, only: []ice.CandidateType{ice.CandidateTypeRelay}}, "relay-relay", 2 * 4 * oneWay / 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			first := c.run.run(t)
			t.Logf("%+v", first)
			if first.pair != c.pair || first.echoed != 2*c.way {
				t.Errorf("%s, echo after %v; want %s, %v", first.pair, first.echoed, c.pair, 2*c.way)
			}
			// Host candidates: alice's check, bob's answer and nomination follow each other.
			if want := [2]time.Duration{4 * c.way, 3 * c.way}; c.name == "host" && first.connected != want {
				t.Errorf("connected at %v, want %v", first.connected, want)
			}
			for range 4 {
				if again := c.run.run(t); again != first && !raced {
					t.Errorf("another run differs: %+v", again)
				}
			}
		})
	}
}
