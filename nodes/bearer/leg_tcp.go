package bearer

import (
	"strconv"

	"imsim/netem"
	"imsim/netem/tcp"
	"imsim/nodes"
)

// StreamEvent takes a report of the TCP connection.
func (l *Leg) StreamEvent(s *netem.Stream, ev tcp.Event) {
	if s != l.stream && l.stream != nil {
		return
	}
	if l.stream == nil {
		l.stream = s
	}
	b, why := l.base, ev.Why
	switch ev.Kind {
	case tcp.EvSYNSent:
		b.Mark(why, l.Name, nodes.SYNSent, nth(ev.N))
	case tcp.EvSYNReceived:
		if s.State() == tcp.Established || s.State() == tcp.SynSent {
			b.Mark(why, l.Name, nodes.SYNACKReceived, "")
		}
	case tcp.EvSYNACKSent:
		b.Mark(why, l.Name, nodes.SYNACKSent, nth(ev.N))
	case tcp.EvEstablished:
		l.up = true
		l.owner.LegEvent(l, TCPUp, "", b.Mark(why, l.Name, nodes.TCPEstablished, ""))
		if !l.ended {
			l.pull(why)
		}
	case tcp.EvReadable:
		l.pull(why)
	case tcp.EvWritable:
		l.push(why)
	case tcp.EvFINSent:
		b.Mark(why, l.Name, nodes.FINSent, "")
	case tcp.EvFINReceived:
		l.sawFIN, l.endWhy = true, b.Mark(why, l.Name, nodes.FINReceived, "")
		l.pull(l.endWhy)
	case tcp.EvRSTSent:
		b.Mark(why, l.Name, nodes.RSTSent, "")
	case tcp.EvReset:
		l.lost(ev)
	case tcp.EvClosed:
		was := l.ended
		l.ended = true
		why = b.Mark(why, l.Name, nodes.TCPClosed, "")
		if !was {
			l.owner.LegEvent(l, TCPGone, "", why)
		}
		l.dropTLS()
	}
}

// lost turns the end of a connection before its time into the event that it is.
func (l *Leg) lost(ev tcp.Event) {
	if l.ended {
		return
	}
	l.ended = true
	why, cause := ev.Why, reasonNames[ev.Reason]
	if ev.Reason == tcp.PeerReset || ev.Reason == tcp.Refused {
		why = l.base.Mark(why, l.Name, nodes.RSTReceived, "")
	}
	// A passive connection that never came up ends with PeerReset too (E-29); the machine tells by its own state.
	switch ev.Reason {
	case tcp.Refused, tcp.Unreachable:
		l.owner.LegEvent(l, TCPFail, cause, l.base.Mark(why, l.Name, nodes.TCPFailed, cause))
	case tcp.TimedOut:
		e := TCPFail
		if l.up {
			e = TCPLost
		}
		l.owner.LegEvent(l, e, cause, l.base.Mark(why, l.Name, nodes.TCPFailed, cause))
	default:
		l.owner.LegEvent(l, RstIn, cause, why)
	}
}

var reasonNames = map[tcp.Reason]string{
	tcp.Refused: "refused", tcp.Unreachable: "unreachable", tcp.TimedOut: "timeout", tcp.PeerReset: "reset", tcp.Aborted: "aborted",
}

func nth(n int) string {
	if n <= 1 {
		return ""
	}
	return "#" + strconv.Itoa(n)
}
