package attach

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"imsim/netem"
)

const oneWay = 25 * time.Millisecond

// pair returns the two ends of a connection: the client's and the server's.
func pair(t *testing.T, r *rig) (c, s *TCPConn) {
	t.Helper()
	l, err := r.server.Listen("tcp4", ":80")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn)
	go func() {
		s, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- s
	}()
	x, err := r.client.Dial("tcp", "server:80")
	if err != nil {
		t.Fatal(err)
	}
	return x.(*TCPConn), (<-accepted).(*TCPConn)
}

func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if want == nil || want == io.EOF {
		if err != want {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
		return
	}
	var op *net.OpError
	if !errors.As(err, &op) || !errors.Is(err, want) {
		t.Errorf("%s: %v (%T), want a net.OpError with %v", what, err, err, want)
	}
}

func wantAt(t *testing.T, r *rig, what string, want time.Duration) {
	t.Helper()
	if got := r.elapsed(); got != want {
		t.Errorf("%s at %v, want %v", what, got, want)
	}
}

func TestTCPTimesAreThoseOfTheLinks(t *testing.T) {
	bubble(t, oneWay, func(t *testing.T, r *rig) {
		c, s := pair(t, r)
		wantAt(t, r, "both ends open", 3*oneWay)
		if _, err := c.Write([]byte("ping")); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 100)
		n, err := s.Read(b[:3])
		wantErr(t, "read", err, nil)
		wantAt(t, r, "first octets", 4*oneWay)
		m, err := s.Read(b[n:])
		wantErr(t, "read of the rest", err, nil)
		if got := string(b[:n+m]); got != "ping" || n != 3 {
			t.Errorf("read %q, %d octets first", got, n)
		}
		if got, want := c.LocalAddr().String(), s.RemoteAddr().String(); got != want {
			t.Errorf("the client is %v, the server sees %v", got, want)
		}
		if got, want := c.RemoteAddr().String(), s.LocalAddr().String(); got != want {
			t.Errorf("the server is %v for the client, %v for itself", got, want)
		}
		c.Close()
		s.Close()
	})
}

func TestTCPHalfClose(t *testing.T) {
	bubble(t, oneWay, func(t *testing.T, r *rig) {
		c, s := pair(t, r)
		c.Write([]byte("question"))
		wantErr(t, "CloseWrite", c.CloseWrite(), nil)
		_, err := c.Write([]byte("more"))
		wantErr(t, "write after CloseWrite", err, syscall.EPIPE)
		got, err := io.ReadAll(s)
		if string(got) != "question" || err != nil {
			t.Errorf("server read %q, %v", got, err)
		}
		s.Write([]byte("answer"))
		s.Close()
		got, err = io.ReadAll(c)
		if string(got) != "answer" || err != nil {
			t.Errorf("client read %q, %v", got, err)
		}
		wantAt(t, r, "both directions closed", 5*oneWay)
		c.Close()
	})
	bubble(t, oneWay, func(t *testing.T, r *rig) {
		c, s := pair(t, r)
		go func() {
			time.Sleep(time.Second)
			wantErr(t, "CloseRead", c.CloseRead(), nil)
		}()
		_, err := c.Read(make([]byte, 1))
		wantErr(t, "read over CloseRead", err, io.EOF)
		wantAt(t, r, "end of the read", 3*oneWay+time.Second)
		for range 100 { // ten times the window: the reader that is gone does not block the writer
			if _, err := s.Write(make([]byte, 1<<15)); err != nil {
				t.Fatal(err)
			}
		}
		c.Close()
		s.Close()
	})
}

func TestTCPDeadlines(t *testing.T) {
	bubble(t, oneWay, func(t *testing.T, r *rig) {
		c, s := pair(t, r)
		b := make([]byte, 10)
		c.SetReadDeadline(time.Now().Add(time.Second))
		_, err := c.Read(b)
		wantErr(t, "read past the deadline", err, os.ErrDeadlineExceeded)
		if e, ok := err.(net.Error); !ok || !e.Timeout() {
			t.Errorf("%v is no timeout", err)
		}
		wantAt(t, r, "deadline", 3*oneWay+time.Second)
		_, err = c.Read(b)
		wantErr(t, "read after the deadline", err, os.ErrDeadlineExceeded)

		s.Write([]byte("x"))
		time.Sleep(2 * oneWay)
		_, err = c.Read(b)
		wantErr(t, "read of what is there, after the deadline", err, os.ErrDeadlineExceeded)
		c.SetReadDeadline(time.Time{})
		n, err := c.Read(b)
		wantErr(t, "read without a deadline", err, nil)
		if n != 1 {
			t.Errorf("read %d octets: the read that timed out must leave them", n)
		}

		go func() {
			time.Sleep(time.Second)
			c.SetReadDeadline(time.Now().Add(-time.Hour)) // the usual way to rouse a reader
		}()
		before := r.elapsed()
		_, err = c.Read(b)
		wantErr(t, "read with a deadline set into the past", err, os.ErrDeadlineExceeded)
		wantAt(t, r, "end of it", before+time.Second)
		c.Close()
		s.Close()
	})
}

func TestTCPBackPressure(t *testing.T) {
	bubble(t, oneWay, func(t *testing.T, r *rig) {
		c, s := pair(t, r)
		c.SetWriteDeadline(time.Now().Add(10 * time.Second))
		big := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB, twice both buffers
		n, err := c.Write(big)
		wantErr(t, "write to who does not read", err, os.ErrDeadlineExceeded)
		// The writer is not roused for less than a quarter of the send buffer.
		if buffers := 2 * 256 << 10; n < buffers-64<<10 || n > buffers {
			t.Errorf("%d octets taken, want the %d of both buffers or up to 64 KiB less", n, buffers)
		}
		c.SetWriteDeadline(time.Time{})
		go func() {
			if _, err := c.Write(big[n:]); err != nil {
				t.Error(err)
			}
			c.Close()
		}()
		got, err := io.ReadAll(s)
		if err != nil || !bytes.Equal(got, big) {
			t.Errorf("read %d octets of %d, %v: equal %v", len(got), len(big), err, bytes.Equal(got, big))
		}
		s.Close()
	})
}

func TestTCPCloseUnblocks(t *testing.T) {
	bubble(t, oneWay, func(t *testing.T, r *rig) {
		c, s := pair(t, r)
		l, err := r.server.Listen("tcp", ":81")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			time.Sleep(time.Second)
			c.Close()
			l.Close()
		}()
		_, err = c.Read(make([]byte, 1))
		wantErr(t, "read", err, net.ErrClosed)
		_, err = l.Accept()
		wantErr(t, "accept", err, net.ErrClosed)
		wantErr(t, "second close", c.Close(), net.ErrClosed)
		wantErr(t, "set", c.SetDeadline(time.Now()), net.ErrClosed)
		_, err = c.Write(nil)
		wantErr(t, "write", err, net.ErrClosed)
		wantErr(t, "CloseWrite", c.CloseWrite(), net.ErrClosed)
		_, err = s.Read(make([]byte, 1))
		wantErr(t, "read at the peer", err, io.EOF)
		wantAt(t, r, "end", 4*oneWay+time.Second)
		s.Close()
	})
}

func TestTCPResets(t *testing.T) {
	bubble(t, oneWay, func(t *testing.T, r *rig) {
		c, s := pair(t, r)
		s.SetLinger(0)
		s.Close()
		_, err := c.Read(make([]byte, 1))
		wantErr(t, "read", err, syscall.ECONNRESET)
		_, err = c.Write([]byte("x"))
		wantErr(t, "write", err, syscall.ECONNRESET)
		c.Close()
	})
	bubble(t, oneWay, func(t *testing.T, r *rig) { // RFC 2525 §2.17: close with octets unread
		c, s := pair(t, r)
		c.Write([]byte("unread"))
		time.Sleep(time.Second)
		s.Close()
		_, err := c.Read(make([]byte, 1))
		wantErr(t, "read", err, syscall.ECONNRESET)
		c.Close()
	})
}

func TestDialErrors(t *testing.T) {
	bubble(t, oneWay, func(t *testing.T, r *rig) {
		_, err := r.client.Dial("tcp", "server:80")
		wantErr(t, "closed port", err, syscall.ECONNREFUSED)
		wantAt(t, r, "refusal", 2*oneWay)
		_, err = r.client.Dial("tcp", "192.0.2.1:80")
		wantErr(t, "no route at the router", err, syscall.EHOSTUNREACH)
		_, err = r.client.Dial("tcp", "nobody:80")
		var dns *net.DNSError
		if !errors.As(err, &dns) || !dns.IsNotFound {
			t.Errorf("unknown name: %v", err)
		}
		_, err = r.client.DialTCP("tcp", &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7)}, tcpAddr(packetAddrPort(r, "server", 80)))
		wantErr(t, "somebody else's address", err, syscall.EADDRNOTAVAIL)
		_, err = r.client.Dial("sctp", "server:80")
		wantErr(t, "unknown network", err, net.UnknownNetworkError("sctp"))

		r.at.Do(func() { r.net.Node("server").(*netem.Host).Silent = true })
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		before := r.elapsed()
		_, err = r.client.DialContext(ctx, "tcp", "server:80")
		wantErr(t, "no answer", err, os.ErrDeadlineExceeded)
		wantAt(t, r, "timeout", before+2*time.Second)
		_, err = r.client.CreateDialer(&net.Dialer{Timeout: time.Second}).Dial("tcp6", "server:80")
		wantErr(t, "no answer to a dialer", err, os.ErrDeadlineExceeded)
		wantAt(t, r, "timeout", before+3*time.Second)
		_, err = r.client.Dial("tcp", "server:80")
		wantErr(t, "no answer at all", err, syscall.ETIMEDOUT)
	})
}

func TestListen(t *testing.T) {
	bubble(t, oneWay, func(t *testing.T, r *rig) {
		l, err := r.server.ListenTCP("tcp", nil)
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		if port < firstPort {
			t.Errorf("port %d was chosen", port)
		}
		_, err = r.server.ListenTCP("tcp", &net.TCPAddr{Port: port})
		wantErr(t, "port in use", err, syscall.EADDRINUSE)
		_, err = r.server.Listen("tcp", "client:80")
		wantErr(t, "somebody else's address", err, syscall.EADDRNOTAVAIL)
		l.SetDeadline(time.Now().Add(time.Second))
		_, err = l.Accept()
		wantErr(t, "accept", err, os.ErrDeadlineExceeded)
		wantAt(t, r, "deadline", time.Second)
		l.SetDeadline(time.Time{})

		_, err = r.client.Dial("tcp6", "[::]:80")
		wantErr(t, "dial to ::, which is oneself", err, syscall.ECONNREFUSED)
		c, err := r.client.DialTCP("tcp6", nil, &net.TCPAddr{IP: ipOf(netem.CoreOf(r.net.Node("server")).Addr(false)), Port: port})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		l.Close() // before Accept
		_, err = c.Read(make([]byte, 1))
		wantErr(t, "read of a connection that nobody accepted", err, syscall.ECONNRESET)
		c.Close()
		l, err = r.server.ListenTCP("tcp", &net.TCPAddr{Port: port})
		wantErr(t, "listen again", err, nil)
		self, err := r.server.Dial("tcp", net.JoinHostPort("localhost", itoa(port)))
		wantErr(t, "dial to oneself", err, nil)
		self.Close()
		l.Close()
	})
}
