package attach

import (
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

func TestUDP(t *testing.T) {
	bubble(t, oneWay, func(t *testing.T, r *rig) {
		s, err := r.server.ListenUDP("udp", &net.UDPAddr{Port: 5000})
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.server.ListenPacket("udp", ":5000")
		wantErr(t, "port in use", err, syscall.EADDRINUSE)
		c, err := r.client.Dial("udp", "server:5000")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []string{"one", "", "three"} {
			if n, err := c.Write([]byte(m)); n != len(m) || err != nil {
				t.Errorf("sent %d octets of %q, %v", n, m, err)
			}
		}
		b := make([]byte, 4)
		for _, want := range []string{"one", "", "thre"} {
			n, from, err := s.ReadFrom(b)
			if err != nil || string(b[:n]) != want || from.String() != c.LocalAddr().String() {
				t.Errorf("%q from %v, %v; want %q from %v", b[:n], from, err, want, c.LocalAddr())
			}
			wantAt(t, r, "arrival", oneWay)
		}
		other, err := r.server.ListenPacket("udp4", ":0")
		if err != nil {
			t.Fatal(err)
		}
		other.WriteTo([]byte("stranger"), c.LocalAddr())
		s.WriteTo([]byte("peer"), c.LocalAddr())
		n, err := c.Read(b)
		if string(b[:n]) != "peer" || err != nil {
			t.Errorf("a connected socket read %q, %v", b[:n], err)
		}
		c.SetReadDeadline(time.Now().Add(time.Second))
		_, err = c.Read(b)
		wantErr(t, "read", err, os.ErrDeadlineExceeded)
		wantAt(t, r, "deadline", 2*oneWay+time.Second)
		s.Close()
		go func() {
			time.Sleep(time.Second)
			other.Close()
		}()
		_, _, err = other.ReadFrom(b)
		wantErr(t, "read over Close", err, net.ErrClosed)

		c.SetDeadline(time.Time{})
		c.Write([]byte("to a port that is closed"))
		_, err = c.Read(b)
		wantErr(t, "read after port unreachable", err, syscall.ECONNREFUSED)
		_, err = c.Write(make([]byte, maxDatagram+1))
		wantErr(t, "too long", err, syscall.EMSGSIZE)
		_, err = c.(net.PacketConn).WriteTo(b, c.RemoteAddr())
		wantErr(t, "WriteTo on a connected socket", err, net.ErrWriteToConnected)
		c.Close()
		_, err = c.Write(b)
		wantErr(t, "write after Close", err, net.ErrClosed)
	})
}

func TestUDPQueueIsLimited(t *testing.T) {
	bubble(t, oneWay, func(t *testing.T, r *rig) {
		s, err := r.server.ListenUDP("udp4", &net.UDPAddr{Port: 5000})
		if err != nil {
			t.Fatal(err)
		}
		c, err := r.client.Dial("udp4", "server:5000")
		if err != nil {
			t.Fatal(err)
		}
		const sent, fit = 300, receiveOctets / (1000 + datagramOctets)
		for range sent {
			c.Write(make([]byte, 1000))
		}
		time.Sleep(time.Second)
		if got := s.(*UDPConn).Dropped(); got != sent-fit {
			t.Errorf("%d datagrams dropped of %d, %d fit", got, sent, fit)
		}
		s.Close()
		c.Close()
	})
}

func TestResolverKnowsTheNetwork(t *testing.T) {
	bubble(t, oneWay, func(t *testing.T, r *rig) {
		for _, c := range []struct{ network, name, want string }{
			{"tcp", "server:80", tcpAddr(packetAddrPort(r, "server", 80)).String()},
			{"tcp4", "localhost:http", tcpAddr(packetAddrPort(r, "client", 80)).String()},
			{"tcp6", "[2001:db8::1]:1", "[2001:db8::1]:1"},
			{"tcp", ":7", ":7"},
			{"tcp6", "192.0.2.1:1", ""},
			{"tcp", "nobody:1", ""},
			{"tcp", "server:70000", ""},
			{"tcp", "server", ""},
			{"udp", "server:80", ""},
		} {
			a, err := r.client.ResolveTCPAddr(c.network, c.name)
			switch {
			case c.want == "" && err == nil:
				t.Errorf("%s %s: %v, want an error", c.network, c.name, a)
			case c.want != "" && (err != nil || a.String() != c.want):
				t.Errorf("%s %s: %v, %v, want %v", c.network, c.name, a, err, c.want)
			}
		}
		if a, err := r.client.ResolveIPAddr("ip6", "server"); err != nil || a.IP.To4() != nil {
			t.Errorf("ip6 server: %v, %v", a, err)
		}
		all, err := r.client.Interfaces()
		if err != nil || len(all) != 1 {
			t.Fatalf("interfaces %v, %v", all, err)
		}
		if addrs, err := all[0].Addrs(); err != nil || len(addrs) != 2 || all[0].MTU != 1500 {
			t.Errorf("addresses %v, %v, MTU %d", addrs, err, all[0].MTU)
		}
		if i, err := r.client.InterfaceByName("eth0"); err != nil || i.Index != 1 {
			t.Errorf("eth0: %v, %v", i, err)
		}
	})
}
