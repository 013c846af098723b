package attach

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/pion/transport/v2/test"
	"imsim/internal/oracle"
	"imsim/sim"
)

const tunDelay = 15 * time.Millisecond

// TestLinuxThroughTUN lets the TCP of the Linux kernel that runs the test talk to ours, through a TUN device and a link
// of 15 ms: handshake, a transfer each way, close.
func TestLinuxThroughTUN(t *testing.T) {
	defer test.CheckRoutines(t)()
	oracle.InNamespace(t, func() {
		dev, err := OpenTUN("sim0", "", 1500, netip.MustParseAddr("10.9.0.1"), netip.MustParsePrefix("10.8.0.0/16"))
		if err != nil {
			oracle.Missing(t, "TUN device", err)
		}
		n, g := gatewayNetwork(t, tunDelay)
		p := sim.NewPacer(n.K, sim.NewWallClock(), 5*time.Millisecond)
		a := New(n, p)
		g.Start(p, dev)
		done := make(chan error)
		go func() { done <- p.Run(sim.Never) }()
		talk(t, host(t, a, "server"))
		p.Inject(n.K.Stop)
		if err := <-done; err != nil {
			t.Error(err)
		}
		a.Close()
		if err := g.Close(); err != nil {
			t.Error(err)
		}
		s := g.Stats()
		t.Logf("%+v; %d instants, %d late, at most %v", s, p.Lateness.Instants, p.Lateness.Late, p.Lateness.Max)
		if s.Malformed+s.Checksum+s.Overflow+s.Failed != 0 || s.In == 0 || s.Out == 0 {
			t.Errorf("packets went wrong: %+v", s)
		}
	})
}

// talk has the kernel's TCP send a quarter of a mebibyte to an echo server on a simulated host and read it back.
func talk(t *testing.T, h *Host) {
	l, err := h.Listen("tcp4", ":7")
	if err != nil {
		t.Error(err)
		return
	}
	defer l.Close()
	go func() {
		s, err := l.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := s.(*TCPConn).ReadFrom(s); err != nil {
			t.Error(err)
		}
		s.Close()
	}()
	start := time.Now()
	c, err := (&net.Dialer{Timeout: 10 * time.Second}).Dial("tcp4", "10.8.0.1:7")
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	if took := time.Since(start); took < 2*tunDelay {
		t.Errorf("a handshake in %v, less than %v", took, 2*tunDelay)
	} else {
		t.Logf("handshake in %v", took)
	}
	c.SetDeadline(time.Now().Add(20 * time.Second))
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<14)
	go func() {
		if _, err := c.Write(sent); err != nil {
			t.Error(err)
		}
		c.(*net.TCPConn).CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d octets came back of %d, %v", len(got), len(sent), err)
	}
	t.Logf("%d octets both ways in %v", len(got), time.Since(start))
	start = time.Now()
	if _, err := net.DialTimeout("tcp4", "10.8.0.1:8", 10*time.Second); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a closed port: %v", err)
	}
	t.Logf("refused after %v", time.Since(start))
}
