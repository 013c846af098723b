package attach

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/sim"
)

// rig is a client and a server behind a router, each over a link of the same one-way delay.
type rig struct {
	k              *sim.Kernel
	net            *netem.Network
	at             *Network
	client, server *Host
	start          time.Time
}

// elapsed returns the time since the rig began to run.
func (r *rig) elapsed() time.Duration { return time.Since(r.start) }

func newRig(t *testing.T, delay time.Duration) *rig {
	t.Helper()
	r := &rig{k: sim.New(sim.Config{Seed: 1}), start: time.Now()}
	r.net = netem.New(r.k, netem.Config{Families: netem.DualStack})
	mid := r.net.AddRouter("router")
	for _, name := range []string{"client", "server"} {
		link := netem.Symmetric(netem.DirectionConfig{Delay: delay})
		if _, _, err := r.net.Connect(r.net.AddHost(name), mid, link); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.net.ComputeRoutes(); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) attach(t *testing.T, in Inbox) {
	t.Helper()
	r.at = New(r.net, in)
	r.client, r.server = host(t, r.at, "client"), host(t, r.at, "server")
}

func host(t *testing.T, a *Network, name string) *Host {
	t.Helper()
	h, err := a.Host(name)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// bubble runs f in virtual time, with half of delay on either link between client and server.
func bubble(t *testing.T, delay time.Duration, f func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, delay/2)
		d := Drive(r.k, synctest.Wait)
		r.attach(t, d)
		defer end(t, r.at, d)
		f(t, r)
	})
}

// end ends a run, so that nobody is left in the bubble.
func end(t *testing.T, a *Network, d *Driver) {
	a.Close()
	if err := d.Stop(); err != nil {
		t.Error(err)
	}
}

// addr4 returns the IPv4 address of a node.
func (r *rig) addr4(name string) packet.Addr { return netem.CoreOf(r.net.Node(name)).Addr(true) }

func packetAddrPort(r *rig, name string, port uint16) packet.AddrPort {
	return packet.AddrPort{Addr: r.addr4(name), Port: port}
}

func itoa(n int) string { return strconv.Itoa(n) }
