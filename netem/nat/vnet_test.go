package nat

import (
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/logging"
	"github.com/pion/transport/v2/vnet"

	"imsim/netem/packet"
	"imsim/sim"
)

// Numbers are vnet's.
func TestVocabulary(t *testing.T) {
	for our, theirs := range map[EndpointDependencyType]vnet.EndpointDependencyType{
		EndpointIndependent: vnet.EndpointIndependent, EndpointAddrDependent: vnet.EndpointAddrDependent, EndpointAddrPortDependent: vnet.EndpointAddrPortDependent,
	} {
		if uint8(our) != uint8(theirs) {
			t.Errorf("%d is %d in vnet", our, theirs)
		}
	}
	if uint8(NATModeNormal) != uint8(vnet.NATModeNormal) || uint8(NATModeNAT1To1) != uint8(vnet.NATModeNAT1To1) {
		t.Error("modes differ from vnet's")
	}
}

// The nine pairs of mapping and filtering do to the same datagrams, at the same times, what vnet's NAT does.
func TestAgainstVnet(t *testing.T) {
	for m := range 3 {
		for f := range 3 {
			t.Run(fmt.Sprintf("mapping %d filtering %d", m, f), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { compare(t, uint8(m), uint8(f)) })
			})
		}
	}
}

const vnetLifetime = 30 * time.Second

// peer is a vnet socket with what has arrived at it.
type peer struct {
	at   string
	conn net.PacketConn
	got  chan string // who sent it
}

func compare(t *testing.T, m, f uint8) {
	logs := logging.NewDefaultLoggerFactory()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	wan, err := vnet.NewRouter(&vnet.RouterConfig{CIDR: "0.0.0.0/0", LoggerFactory: logs})
	must(err)
	lan, err := vnet.NewRouter(&vnet.RouterConfig{
		CIDR: "10.0.0.0/24", StaticIPs: []string{"203.0.113.1"}, LoggerFactory: logs,
		NATType: &vnet.NATType{
			MappingBehavior: vnet.EndpointDependencyType(m), FilteringBehavior: vnet.EndpointDependencyType(f), MappingLifeTime: vnetLifetime,
		},
	})
	must(err)
	must(wan.AddRouter(lan))
	var all []*peer
	host := func(r *vnet.Router, name string, ports ...int) {
		ip := named[name].String()
		n, err := vnet.NewNet(&vnet.NetConfig{StaticIPs: []string{ip}})
		must(err)
		must(r.AddNet(n))
		for _, port := range ports {
			c, err := n.ListenPacket("udp4", fmt.Sprintf("%s:%d", ip, port))
			must(err)
			all = append(all, &peer{at: fmt.Sprintf("%s:%d", ip, port), conn: c, got: make(chan string, 10)})
		}
	}
	host(lan, "A", 1, 2)
	host(lan, "B", 1)
	host(wan, "P", 8, 9)
	host(wan, "Q", 8)
	must(wan.Start())
	for _, p := range all {
		go func() {
			b := make([]byte, 100)
			for {
				_, from, err := p.conn.ReadFrom(b)
				if err != nil {
					return
				}
				p.got <- from.String()
			}
		}()
	}
	x := table(t, Config{
		MappingBehavior: EndpointDependencyType(m), FilteringBehavior: EndpointDependencyType(f), Timers: Timers{UDP: vnetLifetime},
	})
	start := time.Now()
	draw := sim.New(sim.Config{Seed: uint64(m)*3 + uint64(f)}).Rand("operations")
	inside, outside := all[:3], all[3:]
	mapped := uint64(1)
	for op := range 360 {
		time.Sleep(time.Duration(draw.Below(4)) * time.Second)
		if draw.Below(20) == 0 {
			time.Sleep(25 * time.Second)
		}
		time.Sleep(time.Millisecond) // never at the very instant of expiry, where vnet still passes and we do not
		from, side := inside[draw.Below(3)], Inside
		to := outside[draw.Below(3)].at
		if draw.Below(2) == 0 {
			// Ports count up from 49152 in both.
			from, side, to = outside[draw.Below(3)], Outside, fmt.Sprintf("203.0.113.1:%d", 49152+draw.Below(mapped))
		}
		p := &packet.Packet{Proto: packet.UDP, TTL: 64}
		src, dst := packet.MustAddrPort(from.at), packet.MustAddrPort(to)
		p.Src, p.SrcPort, p.Dst, p.DstPort = src.Addr, src.Port, dst.Addr, dst.Port
		want := "nothing"
		if x.Input(sim.Time(time.Since(start)), side, p).Action == Forward {
			src, dst := sides(p)
			want = src.String() + " to " + dst.String()
		}
		mapped = max(1, x.Stats.Mappings)

		addr, _ := net.ResolveUDPAddr("udp4", to)
		if _, err := from.conn.WriteTo([]byte("x"), addr); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		time.Sleep(time.Microsecond)
		synctest.Wait()
		got := "nothing"
		for _, p := range all {
			select {
			case who := <-p.got:
				got = who + " to " + p.at
			default:
			}
		}
		if got != want {
			t.Fatalf("operation %d, %s to %s after %v: vnet has %s, we have %s", op, from.at, to, time.Since(start), got, want)
		}
	}
	for _, p := range all {
		p.conn.Close()
	}
	must(wan.Stop())
}
