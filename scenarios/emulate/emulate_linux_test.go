package emulate

import (
	"context"
	"errors"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"imsim/internal/oracle"
	"imsim/netem/attach"
	"imsim/scenarios"
	"imsim/scenarios/run"
)

func load(t *testing.T, set ...string) *scenarios.Scenario {
	t.Helper()
	sc, err := scenarios.Load("emulate-nat", scenarios.Options{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// play plays a scenario until the function returned is called, which returns how it ended.
func play(t *testing.T, s *Session, sc *scenarios.Scenario) error {
	t.Helper()
	_, err := run.Run(sc, run.Options{Started: s.Started, Drive: s.Drive})
	return err
}

// TestCurl has curl fetch from the simulated web server, through the simulated NAT and link: its times are round trips of
// the link, and a little more for the machine's being late.
func TestCurl(t *testing.T) {
	oracle.Need(t, "curl")
	oracle.InNamespace(t, func() {
		sc := load(t)
		ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
		s := New(ctx, sc)
		s.Limit = 15 * time.Second
		var page string
		var connect, total, bulk float64
		s.Ready = func(s *Session) {
			// On this thread, which is in the namespace; the network starts to live when Ready returns.
			small := curl(t, s.Servers[0].URL)
			large := curl(t, s.Servers[0].URL+"octets/2000000")
			go func() {
				defer stop()
				out := <-small
				f := strings.Fields(out[strings.LastIndex(out, "\n")+1:])
				page = out
				connect, total = number(t, f[0]), number(t, f[1])
				f = strings.Fields(<-large)
				bulk = number(t, f[len(f)-2])
				if f[len(f)-1] != "2000000" {
					t.Errorf("%s octets of 2000000", f[len(f)-1])
				}
			}()
		}
		if err := play(t, s, sc); err != nil {
			t.Fatal(err)
		}
		// A round trip is 2*(20+5) ms; HTTP takes two, and 2 MB at 75 Mbit/s 213 ms beside the slow start.
		const rtt, slack = 0.050, 1.0
		if connect < rtt || connect > rtt+slack || total < 2*rtt || total > 2*rtt+slack || bulk < 2*rtt+0.213 {
			t.Errorf("connected after %v s, page after %v s, 2 MB after %v s", connect, total, bulk)
		}
		nat := s.Hosts[hostIndex(t, s, "home")].Addrs
		if !strings.Contains(page, "You are "+nat[0].String()+":") && !strings.Contains(page, "You are "+nat[1].String()+":") {
			t.Errorf("the server does not see the NAT's address, one of %v:\n%s", nat, page)
		}
		l, st := s.Lateness(), s.Devices[0].Stats()
		t.Logf("connected after %.1f ms, page after %.1f ms, 2 MB after %.0f ms; %d instants, half within %v, latest %v; %+v",
			connect*1e3, total*1e3, bulk*1e3, l.Instants, l.Quantile(500), l.Max, st)
		if st.In == 0 || st.Out == 0 || st.Malformed+st.Checksum+st.Overflow+st.Failed > 0 {
			t.Errorf("packets went wrong: %+v", st)
		}
		if _, err := netlink.LinkByName("sim0"); err == nil {
			t.Error("the device is still there")
		}
	})
}

func hostIndex(t *testing.T, s *Session, name string) int {
	for i, h := range s.Hosts {
		if h.Name == name {
			return i
		}
	}
	t.Fatalf("no host %s", name)
	return 0
}

func number(t *testing.T, s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Error(err)
	}
	return v
}

// curl starts curl and returns where its output will be: the page, then a line with the times.
func curl(t *testing.T, url string) <-chan string {
	cmd := exec.Command("curl", "-s", "--noproxy", "*", "-m", "12", "-w", "\n%{time_connect} %{time_total} %{size_download}", url)
	out := make(chan string, 1)
	var b strings.Builder
	cmd.Stdout = &b
	if err := cmd.Start(); err != nil {
		t.Error(err)
	}
	go func() {
		if err := cmd.Wait(); err != nil {
			t.Errorf("curl %s: %v", url, err)
		}
		out <- b.String()
	}()
	return out
}

// TestRefused plays what cannot be: the error says what is to be done, and nothing is left.
func TestRefused(t *testing.T) {
	oracle.InNamespace(t, func() {
		dev, err := attach.OpenTUN("sim7", "", 1500, netip.MustParseAddr("192.0.2.1"))
		if err != nil {
			oracle.Missing(t, "TUN device", err)
		}
		defer dev.Close()
		for _, c := range []struct {
			set  []string
			want string
		}{
			{[]string{"nodes.laptop.device=sim7"}, "has a device sim7 already"},
			{[]string{"run.prefix=192.0.2.0/24"}, "which this machine has itself (set run.prefix"},
			{[]string{"nodes.laptop.namespace=nobody"}, "ip netns add nobody"},
		} {
			sc := load(t, c.set...)
			err := play(t, New(context.Background(), sc), sc)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "nodes.laptop") {
				t.Errorf("%v: %v, want %q", c.set, err, c.want)
			}
		}
		if _, err := netlink.LinkByName("sim0"); err == nil {
			t.Error("a device is left")
		}
	})
}

// TestVirtualTime: simulate run says who plays such a scenario.
func TestVirtualTime(t *testing.T) {
	_, err := run.Run(load(t), run.Options{})
	if !errors.Is(err, run.ErrBuild) || !strings.Contains(err.Error(), "simulate emulate emulate-nat") {
		t.Error(err)
	}
}
