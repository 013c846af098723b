package attach

import (
	"net"
	"testing"
	"time"

	"github.com/pion/transport/v2/test"
	"golang.org/x/net/nettest"

	"imsim/sim"
)

// paced runs a rig in real time until stop is called.
func paced(t *testing.T, delay time.Duration) (r *rig, p *sim.Pacer, stop func()) {
	t.Helper()
	r = newRig(t, delay/2)
	p = sim.NewPacer(r.k, sim.NewWallClock(), 5*time.Millisecond)
	r.attach(t, p)
	done := make(chan error)
	go func() { done <- p.Run(sim.Never) }()
	return r, p, func() {
		p.Inject(r.k.Stop)
		if err := <-done; err != nil {
			t.Error(err)
		}
		r.at.Close()
	}
}

// TestConformance has the test of package nettest, to which net.TCPConn itself is held, try our connections, in real
// time since it runs subtests of its own.
func TestConformance(t *testing.T) {
	defer test.CheckRoutines(t)()
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		r, _, end := paced(t, 200*time.Microsecond)
		c, s := pair(t, r)
		return c, s, func() {
			c.Close()
			s.Close()
			end()
		}, nil
	})
}

// TestRealTime runs for about a second of real time: exchanges take at least as long as their links, and the pacer
// counts how late it was.
func TestRealTime(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second of real time")
	}
	defer test.CheckRoutines(t)()
	r, p, stop := paced(t, oneWay)
	l, err := r.server.Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		s, err := l.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		defer s.Close()
		s.(*TCPConn).ReadFrom(s)
	}()
	c, err := r.client.Dial("tcp", "server:80")
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	trips := 1 // that of the connection
	var least, most time.Duration
	for ; time.Since(r.start) < time.Second; trips++ {
		before := time.Now()
		if _, err := c.Write([]byte("ping")); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(b); err != nil {
			t.Fatal(err)
		}
		took := time.Since(before)
		if most = max(most, took); least == 0 || took < least {
			least = took
		}
	}
	if least < 2*oneWay {
		t.Errorf("an exchange took %v, less than %v", least, 2*oneWay)
	}
	c.Close()
	l.Close()
	stop()
	late := p.Lateness
	t.Logf("%d round trips of %v in %v to %v; %d instants, %d more than %v late, at most %v, %v on average",
		trips, 2*oneWay, least, most, late.Instants, late.Late, late.Threshold, late.Max, late.Total/time.Duration(max(late.Instants, 1)))
	if late.Instants == 0 {
		t.Error("no instant was booked")
	}
}
