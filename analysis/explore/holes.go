package explore

import (
	"strings"
	"time"

	"imsim/netem"
	"imsim/netem/nat"
	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/nodes/punch"
	"imsim/sim"
)

const serverPort = 3478

var (
	names   = [2]string{"UE-A", "UE-B"}
	borders = [2]string{"NAT A", "NAT B"}
)

// holes plays a cell without gateways: two hosts, each behind a NAT, and a server that tells each where the other was seen.
func holes(c Cell, seed uint64) (Result, error) {
	k := sim.New(sim.Config{Seed: seed})
	n := netem.New(k, netem.Config{})
	hosts := [2]*netem.Host{n.AddHost("ue-a"), n.AddHost("ue-b")}
	server, core := n.AddHost("server"), n.AddRouter("core")
	nats := [2]*nat.Node{} // nil where there is none
	var inside, outside [2]*netem.Interface
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
		if outside[i], _, err = link(border, core, Between/2); err != nil {
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
	if _, err := punch.NewServer(server, serverPort, tcp.ProfileLinux()); err != nil {
		return Result{}, err
	}
	var peers [2]*punch.Peer
	var doors []*door
	for i := range 2 {
		if nats[i] != nil {
			nats[i].RouteInside()
		}
		cfg := punch.Config{Name: hosts[i].Name(), Port: 40000, Deaf: c.Method == Open, RetryRefused: c.Method == Repunch, TCP: tcp.ProfileLinux()}
		if i == 1 {
			cfg.Delay = max(c.Offset, 0)
		} else {
			cfg.Delay = max(-c.Offset, 0)
		}
		if other := [2]Class{c.B, c.A}[i]; c.Method == Predict && other.Mapping != nat.EndpointIndependent {
			cfg.Predict = 1
		}
		peers[i] = punch.NewPeer(k, hosts[i], cfg)
		classes := [2]Class{c.A, c.B}
		d := &door{
			k: k, ue: names[i], from: names[1-i], border: borders[i], peer: peers[i], class: classes[i],
			other: borders[1-i], otherClass: classes[1-i],
		}
		d.watch(inside[i], outside[i], serverPort)
		if nats[i] != nil {
			nats[i].Kept = d.kept
		}
		doors = append(doors, d)
	}
	for i := range 2 {
		at := packet.AddrPort{Addr: server.Addr(true), Port: serverPort}
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
		r.Cause = r.Reason
		return r, nil
	}
	r.Kind = kindOf(doors)
	var short, long []string
	for i := range 2 { // UE-A's SYN first, which comes to UE-B's door
		short = append(short, doors[1-i].story(false)...)
		long = append(long, doors[1-i].story(true)...)
	}
	for i := range 2 {
		long = append(long, ended(names[i], &peers[i].Outcome)...)
	}
	r.Cause, r.Reason = strings.Join(short, "; "), strings.Join(long, "; ")
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
