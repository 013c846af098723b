package netem

import (
	"fmt"
	"testing"
	"time"

	"imsim/sim"
)

// TestManyHosts builds a star of hosts: the work must grow with their number, not with its square.
func TestManyHosts(t *testing.T) {
	const hosts = 5000
	n := New(sim.New(sim.Config{}), Config{Families: DualStack})
	hub, far, g := n.AddRouter("hub"), n.AddRouter("far"), n.AddHost("g")
	link := func(a, b Node) {
		if _, _, err := n.Connect(a, b, Symmetric(DirectionConfig{Delay: time.Millisecond})); err != nil {
			t.Fatal(err)
		}
	}
	link(hub, far)
	link(far, g)
	for i := range hosts {
		link(n.AddHost(fmt.Sprintf("ue%d", i)), hub)
	}
	if err := n.ComputeRoutes(); err != nil {
		t.Fatal(err)
	}
	last := n.Node(fmt.Sprintf("ue%d", hosts-1))
	if got := walk(g, last.core().Addr(false)); got != fmt.Sprintf("g far hub ue%d", hosts-1) {
		t.Error(got)
	}
	if got := hub.Interface("eth4000"); got == nil || got.Peer.Node().core().Name() != "ue3999" {
		t.Error(got)
	}
}
