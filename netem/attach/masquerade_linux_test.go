package attach

import (
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"imsim/internal/oracle"
	"imsim/netem/nat"
	"imsim/netem/packet"
)

// kernelNAT is the masquerade of the Linux kernel between two TUN devices.
type kernelNAT struct {
	t    *testing.T
	devs [2]Device
	got  [2]chan *packet.Packet
	mark time.Time
}

// rules is a masquerade of nftables as anybody has it at home.
const rules = `table ip nat {
	chain post {
		type nat hook postrouting priority srcnat;
		oifname "out0" masquerade
	}
}`

// newKernelNAT makes the devices and rules in the namespace of the calling thread.
func newKernelNAT(t *testing.T) (*kernelNAT, error) {
	x := &kernelNAT{t: t}
	for side, c := range [2]struct{ name, addr, route string }{{"in0", "10.0.0.254", "10.0.0.0/24"}, {"out0", probeExt.String(), "192.0.2.0/24"}} {
		d, err := OpenTUN(c.name, "", 1500, netip.MustParseAddr(c.addr), netip.MustParsePrefix(c.route))
		if err != nil {
			return x, err
		}
		x.devs[side], x.got[side] = d, make(chan *packet.Packet, 100)
		go x.read(d, x.got[side])
	}
	cmd := exec.Command("nft", "-f", "-")
	cmd.Stdin = strings.NewReader(rules)
	if out, err := cmd.CombinedOutput(); err != nil {
		return x, errors.New("nft: " + string(out))
	}
	for path, value := range map[string]string{ //tidy:order settings of their own
		"net/ipv4/ip_forward": "1", "net/ipv4/icmp_ratelimit": "0",
		"net/netfilter/nf_conntrack_udp_timeout": "2", "net/netfilter/nf_conntrack_udp_timeout_stream": "4",
	} {
		if err := os.WriteFile("/proc/sys/"+path, []byte(value), 0); err != nil {
			return x, err
		}
	}
	return x, nil
}

func (x *kernelNAT) read(d Device, to chan<- *packet.Packet) {
	bufs, sizes := make([][]byte, d.BatchSize()), make([]int, d.BatchSize())
	for i := range bufs {
		bufs[i] = make([]byte, 2000)
	}
	for {
		n, err := d.Read(bufs, sizes, 16)
		if err != nil {
			return
		}
		for i := range n {
			p := &packet.Packet{}
			if p.Unmarshal(append([]byte(nil), bufs[i][16:16+sizes[i]]...)) == nil && p.Src.Is4() {
				select {
				case to <- p:
				default:
				}
			}
		}
	}
}

func (x *kernelNAT) exchange(from nat.Side, p *packet.Packet) (out [2][]*packet.Packet) {
	for side := range x.got {
		for len(x.got[side]) > 0 {
			<-x.got[side]
		}
	}
	if _, err := x.devs[from].Write([][]byte{p.Marshal(make([]byte, 16))}, 16); err != nil {
		x.t.Error(err)
	}
	quiet := time.NewTimer(60 * time.Millisecond)
	defer quiet.Stop()
	for {
		select {
		case p := <-x.got[nat.Inside]:
			out[nat.Inside] = append(out[nat.Inside], p)
		case p := <-x.got[nat.Outside]:
			out[nat.Outside] = append(out[nat.Outside], p)
		case <-quiet.C:
			return out
		}
		quiet.Reset(10 * time.Millisecond)
	}
}

func (x *kernelNAT) wait(d time.Duration) {
	if d == 0 {
		x.mark = time.Now()
	}
	x.mark = x.mark.Add(d)
	time.Sleep(time.Until(x.mark))
}

// The masquerade of the kernel that runs the test and our preset for it are one class of NAT: the same probe finds the same.
// The kernel's part is in real time, in windows of some 10 ms and against expiry with 0.4 s to spare: where the machine was
// too busy for that, the probe is made again in another namespace. A difference that is there is there every time.
func TestMasquerade(t *testing.T) {
	oracle.Need(t, "nft")
	for _, proto := range []packet.Proto{packet.UDP, packet.TCP} {
		cfg, _ := nat.Preset("linux-masquerade")
		cfg.Timers.UDPInit, cfg.Timers.UDP = probeInit, probeBoth
		own := (&prober{newOurs(t, cfg), proto}).classify()
		for try := 1; ; try++ {
			kernel, ok := classifyKernel(t, proto)
			if !ok {
				return
			}
			t.Logf("protocol %d: %+v", proto, kernel)
			if kernel == own {
				break
			}
			if try == 3 {
				t.Errorf("protocol %d:\nkernel %+v\nours   %+v", proto, kernel, own)
				break
			}
			t.Logf("ours differs, %+v: once more", own)
		}
	}
}

// classifyKernel probes the kernel in a namespace made for that. It is not ok where there is no masquerade.
func classifyKernel(t *testing.T, proto packet.Proto) (c classification, ok bool) {
	oracle.InNamespace(t, func() {
		k, err := newKernelNAT(t)
		defer func() {
			for _, d := range k.devs {
				if d != nil {
					d.Close()
				}
			}
		}()
		switch {
		case err == nil:
			c, ok = (&prober{k, proto}).classify(), true
		case os.Getenv("IMSIM_ORACLES") == "require":
			t.Error(err)
		default:
			t.Logf("no masquerade: %v (it needs root, /dev/net/tun and nftables)", err)
		}
	})
	return c, ok
}
