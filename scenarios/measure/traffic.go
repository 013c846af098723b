package measure

import (
	"strconv"
	"strings"
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/scenarios/rundir"
	"imsim/sim"
)

// Ports that tell signalling from media, as IANA assigns them.
const (
	sipPort  = 5060
	h248Port = 2944
)

// Traffic counts what hosts put on their links, once each, as captures there would show it: what routers and NATs pass on is
// not counted again. It changes nothing.
type Traffic struct {
	kinds [len(trafficKinds)]volume
	flows map[flow]uint32 // one past the highest sequence number seen
	k     *sim.Kernel
}

type volume struct{ packets, octets, again uint64 }

// trafficKinds are what is told apart, in the order of kpis.csv.
var trafficKinds = [...]string{"sip", "h248", "media"}

type flow struct{ from, to packet.AddrPort }

// Watch counts the traffic of a network from now on.
func (t *Traffic) Watch(k *sim.Kernel, n *netem.Network) {
	t.flows, t.k = map[flow]uint32{}, k
	for _, d := range n.Directions() {
		from := d.From()
		if _, ok := from.Node().(*netem.Host); ok {
			from.AddTap(t.tap)
		}
	}
}

func (t *Traffic) tap(out bool, p *packet.Packet) {
	if !out || p.Frag.Offset != 0 {
		return
	}
	kind := 2
	switch {
	case p.SrcPort == sipPort || p.DstPort == sipPort:
		kind = 0
	case p.SrcPort == h248Port || p.DstPort == h248Port:
		kind = 1
	case p.Proto != packet.TCP && p.Proto != packet.UDP:
		return
	}
	v := &t.kinds[kind]
	v.packets++
	v.octets += uint64(p.Len())
	if p.Proto != packet.TCP {
		return
	}
	// Sent again is what occupies sequence numbers below the highest seen, as a protocol analyser has it; keep-alives do not.
	n := uint32(p.Payload.Len)
	if p.TCP.Flags.Has(packet.SYN) || p.TCP.Flags.Has(packet.FIN) {
		n++
	}
	if n == 0 {
		return
	}
	f := flow{packet.AddrPort{Addr: p.Src, Port: p.SrcPort}, packet.AddrPort{Addr: p.Dst, Port: p.DstPort}}
	end := p.TCP.Seq + n
	highest, known := t.flows[f]
	switch {
	case !known || p.TCP.Flags.Has(packet.SYN) && end != highest:
		t.flows[f] = end
	case int32(end-highest) > 0:
		t.flows[f] = end
	default:
		v.again++
	}
}

// kpis lists traffic and processor time of the whole run, the latter by node, with their mean by session attempted.
func (t *Traffic) kpis(attempted int) (out []rundir.KPI) {
	if t.k == nil {
		return nil // nobody watched
	}
	add := func(metric string, n uint64, unit string) {
		out = append(out, rundir.KPI{Metric: metric, Stat: "total", Value: strconv.FormatUint(n, 10), Unit: unit})
		if attempted > 0 {
			out = append(out, rundir.KPI{Metric: metric, Stat: "mean", Value: strconv.FormatFloat(float64(n)/float64(attempted), 'f', 3, 64), Unit: unit})
		}
	}
	for i, kind := range trafficKinds {
		v := &t.kinds[i]
		add(kind+"-packets", v.packets, "1")
		add(kind+"-octets", v.octets, "octets")
		add(kind+"-retransmissions", v.again, "1")
	}
	var used, crypto time.Duration
	t.k.Work(func(_ string, w *sim.Work) { used, crypto = used+w.Used, crypto+w.Crypto })
	add("cpu-time", uint64(used), "ns")
	add("tls-cpu-time", uint64(crypto), "ns")
	t.k.Work(func(name string, w *sim.Work) {
		if w.Used > 0 {
			name, _ = strings.CutSuffix(name, ".cpu")
			add("cpu-time."+name, uint64(w.Used), "ns")
		}
	})
	return out
}

// trafficNames lists the quantities of traffic but for those by node.
func trafficNames() (names []string) {
	for _, kind := range trafficKinds {
		names = append(names, kind+"-packets", kind+"-octets", kind+"-retransmissions")
	}
	return append(names, "cpu-time", "tls-cpu-time")
}
