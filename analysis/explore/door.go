package explore

import (
	"fmt"
	"slices"
	"strings"

	"imsim/netem"
	"imsim/netem/nat"
	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/nodes/punch"
	"imsim/sim"
)

// door watches what passes the border before a UE: its NAT, or the router that is there instead. All that it tells has been
// seen on the wire.
type door struct {
	k                 *sim.Kernel
	ue, from          string // whose door it is, and whose SYNs come
	border            string
	other             string // the border before the partner
	class, otherClass Class  // of both
	peer              *punch.Peer
	left              packet.AddrPort // where the UE's latest SYN to its partner left from; zero: none yet
	arrivals          []arrival
}

// arrival is a SYN of the partner, and what became of it.
type arrival struct {
	at       sim.Time
	src, dst packet.AddrPort
	early    bool     // the UE had not opened yet
	stranger bool     // not from where the partner was seen, so the UE has opened to somewhere else
	aside    bool     // the UE's own SYN left from another endpoint than the one that this came to
	passed   bool     // the border let it in
	why      string   // it did not, in the NAT's words
	code     [2]uint8 // of an ICMP error: type and code
	said     said     // what came back
	astray   bool     // the UE's SYN,ACK left from another endpoint than the one that this came to
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
				d.refused(p)
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
func (d *door) refused(p *packet.Packet) {
	a := &d.arrivals[len(d.arrivals)-1]
	a.code = [2]uint8{p.ICMP.Type, p.ICMP.Code}
	if a.said = anError; a.at != d.k.Now() {
		a.said = aLateError
	}
}

// kept hears from the NAT why it keeps a SYN out.
func (d *door) kept(p *packet.Packet, why string) {
	if p.Proto != packet.TCP || !opening(p) {
		return
	}
	a := &d.arrivals[len(d.arrivals)-1] // the tap outside has just seen it
	a.why = why
	for i := range d.arrivals {
		// A SYN that is sent again while the first is held is kept out for what that is held for.
		if o := &d.arrivals[i]; why == nat.SYNHeld && o.src == a.src && o.dst == a.dst {
			a.why = o.why
			return
		}
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
		text := d.keeper(a, full) + d.because(a, full) + " and " + answerTexts[a.said]
		if a.said == anError || a.said == aLateError {
			text += fmt.Sprintf(" (%d/%d)", a.code[0], a.code[1])
		}
		return text
	case !a.passed:
		return d.keeper(a, full) + d.because(a, full)
	case a.said == aReset:
		return d.ue + " refuses " + d.from + "'s SYN" + d.because(a, full)
	case a.said == synAck && a.astray:
		return d.ue + " answers " + d.from + "'s SYN, by another port"
	case a.said == synAck:
		return d.ue + " answers " + d.from + "'s SYN"
	}
	return d.border + " lets " + d.from + "'s SYN in" + d.because(a, full)
}

// keeper says which rule of which NAT keeps a SYN out. In full the rule has its name.
func (d *door) keeper(a *arrival, full bool) string {
	rule := d.border
	switch a.why {
	case "filtered":
		rule += "'s filter"
		if full {
			rule += " " + filters[d.class.Filtering]
		}
	case "no mapping":
		return rule + " has no mapping where " + d.from + "'s SYN goes"
	}
	return rule + " keeps " + d.from + "'s SYN out"
}

// because says what does not fit about a SYN, and whose mapping made it so.
func (d *door) because(a *arrival, full bool) string {
	rule := func(border string, c Class) string {
		if full {
			return border + "'s mapping " + mappings[c.Mapping]
		}
		return border + "'s mapping"
	}
	var why []string
	if a.early {
		why = append(why, d.ue+" has not opened yet")
	}
	if a.stranger {
		why = append(why, rule(d.other, d.otherClass)+" gave it a new port")
	}
	if a.aside {
		why = append(why, rule(d.border, d.class)+" gave "+d.ue+"'s a new one")
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
