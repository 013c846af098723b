package explore

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"imsim/netem"
	"imsim/netem/nat"
	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/nodes/punch"
	"imsim/sim"
)

// holes plays a cell without gateways: two hosts, each behind a NAT, and a server that tells each where the other was seen.
func holes(c Cell, seed uint64) (Result, error) {
	var seen refusals
	k := sim.New(sim.Config{Seed: seed, Trace: seen.record})
	n := netem.New(k, netem.Config{})
	hosts := [2]*netem.Host{n.AddHost("ue-a"), n.AddHost("ue-b")}
	server, core := n.AddHost("server"), n.AddRouter("core")
	nats := [2]*nat.Node{} // nil where there is none
	var inside [2]*netem.Interface
	link := func(a, b netem.Node, d time.Duration) (*netem.Interface, *netem.Interface, error) {
		return n.Connect(a, b, netem.Symmetric(netem.DirectionConfig{Delay: d}))
	}
	for i, class := range [2]Class{c.A, c.B} {
		var border netem.Node
		if class.Public {
			border = n.AddRouter([2]string{"edge-a", "edge-b"}[i])
		} else {
			nats[i] = nat.Add(n, [2]string{"nat-a", "nat-b"}[i])
			border = nats[i]
		}
		var err error
		if _, inside[i], err = link(hosts[i], border, time.Millisecond); err != nil {
			return Result{}, err
		}
		if _, _, err = link(border, core, Between/2); err != nil {
			return Result{}, err
		}
	}
	if _, _, err := link(core, server, 5*time.Millisecond); err != nil {
		return Result{}, err
	}
	for i, class := range [2]Class{c.A, c.B} {
		if nats[i] == nil {
			continue
		}
		if err := nats[i].Setup(class.config(c.Method == Predict), inside[i]); err != nil {
			return Result{}, err
		}
	}
	if err := n.ComputeRoutes(); err != nil {
		return Result{}, err
	}
	if _, err := punch.NewServer(server, 3478, tcp.ProfileLinux()); err != nil {
		return Result{}, err
	}
	seen.names = map[sim.Entity]string{}
	var peers [2]*punch.Peer
	for i := range 2 {
		if nats[i] != nil {
			nats[i].RouteInside()
			seen.names[nats[i].Entity()] = [2]string{"NAT A", "NAT B"}[i]
		}
		cfg := punch.Config{Name: hosts[i].Name(), Port: 40000, Deaf: c.Method == Open, TCP: tcp.ProfileLinux()}
		if i == 1 {
			cfg.Delay = max(c.Offset, 0)
		} else {
			cfg.Delay = max(-c.Offset, 0)
		}
		if other := [2]Class{c.B, c.A}[i]; c.Method == Predict && other.Mapping != nat.EndpointIndependent {
			cfg.Predict = 1
		}
		peers[i] = punch.NewPeer(k, hosts[i], cfg)
	}
	for i := range 2 {
		at := packet.AddrPort{Addr: server.Addr(true), Port: 3478}
		if err := peers[i].Start(at, hosts[1-i].Name(), sim.Cause{}); err != nil {
			return Result{}, err
		}
	}
	if err := k.Run(sim.Time(time.Minute)); err != nil {
		return Result{}, err
	}
	a, b := &peers[0].Outcome, &peers[1].Outcome
	r := Result{Cell: c, OK: a.Open && b.Open}
	if r.OK {
		r.Reason = way(a.How, b.How)
		return r, nil
	}
	var parts []string
	for i, o := range []*punch.Outcome{a, b} {
		if len(o.Refused) > 0 && o.Refused[0] != tcp.Aborted {
			parts = append(parts, fmt.Sprintf("UE-%c %s", 'A'+rune(i), ended[o.Refused[0]]))
		}
	}
	r.Reason = strings.Join(append(seen.told(), parts...), "; ")
	return r, nil
}

// way is how a connection came about.
func way(a, b punch.How) string {
	switch {
	case a == punch.Dialed && b == punch.Dialed:
		return "both opened"
	case a == punch.Dialed:
		return "UE-A opened, UE-B accepted"
	case b == punch.Dialed:
		return "UE-B opened, UE-A accepted"
	}
	return "over two connections"
}

var ended = map[tcp.Reason]string{
	tcp.Refused: "was refused", tcp.Unreachable: "was refused", tcp.TimedOut: "gave up", tcp.PeerReset: "was reset",
}

// refusals notes what NATs did not let through, each kind once.
type refusals struct {
	names map[sim.Entity]string
	list  []string
}

// texts say what a NAT's reason means here.
var texts = map[string]string{
	"filtered":      "filters the partner's SYN",
	"no mapping":    "has no mapping at the port that the partner opened to",
	"no connection": "knows no such connection",
}

func (f *refusals) record(_ sim.RecordID, r *sim.Record) {
	who, ok := f.names[r.Node]
	why, known := texts[r.Text]
	if !ok || !known {
		return
	}
	if t := who + " " + why; !slices.Contains(f.list, t) {
		f.list = append(f.list, t)
	}
}

// told returns the reasons in order of the NATs.
func (f *refusals) told() []string {
	slices.Sort(f.list)
	return f.list
}
