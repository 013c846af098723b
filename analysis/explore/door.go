package explore

import (
	"slices"
	"strings"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/nodes/punch"
	"imsim/sim"
)

// door watches what passes the border before a UE: its NAT, or the router that is there instead. All that it tells has been
// seen on the wire.
type door struct {
	k        *sim.Kernel
	ue, from string // whose door it is, and whose SYNs come
	border   string
	peer     *punch.Peer
	left     packet.AddrPort // where the UE's latest SYN to its partner left from; zero: none yet
	arrivals []arrival
}

// arrival is a SYN of the partner, and what became of it.
type arrival struct {
	at       sim.Time
	src, dst packet.AddrPort
	early    bool // the UE had not opened yet
	stranger bool // not from where the partner was seen, so the UE has opened to somewhere else
	aside    bool // the UE's own SYN left from another endpoint than the one that this came to
	passed   bool // the border let it in
	said     said // what came back
	astray   bool // the UE's SYN,ACK left from another endpoint than the one that this came to
}

// said is an answer to a SYN.
type said uint8

const (
	nothing said = iota
	aReset
	anError
	aLateError // ICMP, after a while
	synAck
)

// watch looks at both sides of a border.
func (d *door) watch(inside, outside *netem.Interface, server uint16) {
	inside.AddTap(func(out bool, p *packet.Packet) {
		if out && p.Proto == packet.TCP && p.SrcPort != server && opening(p) && len(d.arrivals) > 0 {
			d.arrivals[len(d.arrivals)-1].passed = true
		}
	})
	outside.AddTap(func(out bool, p *packet.Packet) {
		if p.IsICMPError() {
			if out && len(d.arrivals) > 0 {
				d.refused()
			}
			return
		}
		if p.Proto != packet.TCP || p.SrcPort == server || p.DstPort == server {
			return
		}
		src, dst := packet.AddrPort{Addr: p.Src, Port: p.SrcPort}, packet.AddrPort{Addr: p.Dst, Port: p.DstPort}
		switch {
		case !out && opening(p):
			d.arrivals = append(d.arrivals, arrival{
				at: d.k.Now(), src: src, dst: dst, early: d.left.Port == 0,
				stranger: src != d.peer.Outcome.Partner, aside: d.left.Port != 0 && d.left != dst,
			})
		case out && opening(p):
			d.left = src
		case out && p.TCP.Flags.Has(packet.RST):
			d.answered(dst, src, aReset)
		case out && p.TCP.Flags.Has(packet.SYN|packet.ACK):
			d.answered(dst, src, synAck)
		}
	})
}

// opening reports whether a segment is a SYN without ACK.
func opening(p *packet.Packet) bool {
	return p.TCP.Flags.Has(packet.SYN) && !p.TCP.Flags.Has(packet.ACK)
}

// refused notes that an ICMP error went out.
func (d *door) refused() {
	a := &d.arrivals[len(d.arrivals)-1]
	if a.said = anError; a.at != d.k.Now() {
		a.said = aLateError
	}
}

// answered notes what went out to who has sent a SYN.
func (d *door) answered(to, by packet.AddrPort, what said) {
	for i := len(d.arrivals) - 1; i >= 0; i-- {
		if a := &d.arrivals[i]; a.src == to {
			if a.said == nothing {
				a.said, a.astray = what, by != a.dst
			}
			return
		}
	}
}

// story tells what became of the partner's SYNs, each kind of fate once; full is with the border's answers.
func (d *door) story(full bool) (out []string) {
	for i := range d.arrivals {
		if t := d.tell(&d.arrivals[i], full); !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

var answerTexts = [...]string{nothing: "says nothing", aReset: "answers RST", anError: "answers ICMP", aLateError: "answers ICMP in the end"}

func (d *door) tell(a *arrival, full bool) string {
	switch {
	case !a.passed && full:
		return d.border + " keeps " + d.from + "'s SYN out" + d.because(a) + " and " + answerTexts[a.said]
	case !a.passed:
		return d.border + " keeps " + d.from + "'s SYN out" + d.because(a)
	case a.said == aReset:
		return d.ue + " refuses " + d.from + "'s SYN" + d.because(a)
	case a.said == synAck && a.astray:
		return d.ue + " answers " + d.from + "'s SYN, by another port"
	case a.said == synAck:
		return d.ue + " answers " + d.from + "'s SYN"
	}
	return d.border + " lets " + d.from + "'s SYN in" + d.because(a)
}

// because says what does not fit about a SYN.
func (d *door) because(a *arrival) string {
	var why []string
	if a.early {
		why = append(why, d.ue+" has not opened yet")
	}
	if a.stranger {
		why = append(why, "it is not from the port seen before")
	}
	if a.aside {
		why = append(why, d.ue+" opened by another port")
	}
	if len(why) == 0 {
		return ""
	}
	return " (" + strings.Join(why, ", ") + ")"
}

// kind classifies a failure by what both doors have seen.
func kindOf(doors []*door) Kind {
	k := Shut
	for _, d := range doors {
		for i := range d.arrivals {
			a := &d.arrivals[i]
			switch {
			case a.passed && a.said != aReset:
				k = max(k, Ended)
			case a.early && !a.stranger:
				k = max(k, Early)
			case a.stranger || a.aside:
				k = max(k, Port)
			}
		}
	}
	return k
}

var endings = map[tcp.Reason]string{
	tcp.Refused: "was refused", tcp.Unreachable: "was told that nobody is there", tcp.TimedOut: "gave up", tcp.PeerReset: "was reset",
}

// ended tells how a UE's attempts ended other than by its own giving up.
func ended(ue string, o *punch.Outcome) (out []string) {
	for _, r := range o.Refused {
		if t, ok := endings[r]; ok && !slices.Contains(out, ue+" "+t) {
			out = append(out, ue+" "+t)
		}
	}
	return out
}
