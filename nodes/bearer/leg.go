package bearer

import (
	"slices"
	"strconv"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/netem/tls"
	"imsim/nodes"
	"imsim/sim"
)

// LegOwner is who decides about a leg: a gateway's stream, by the correlation machine, or an endpoint's session.
type LegOwner interface {
	// LegEvent reports an event of the leg. Those that end a direction (FinIn, CNIn) come when everything before them has
	// been read.
	LegEvent(l *Leg, ev Event, cause string, why sim.Cause)
	// LegReadable reports that application octets wait in the leg.
	LegReadable(l *Leg, why sim.Cause)
	// LegWritable reports that a Write that was cut short may go on.
	LegWritable(l *Leg, why sim.Cause)
}

// Leg is one end of a media connection: a TCP connection and at most one TLS session on it, as one object. It carries
// out what its owner decides and reports what happens; it decides nothing itself.
//
// TLS role and TCP role are independent: StartTLS says who is client.
type Leg struct {
	Name  string // e.g. "access"; "" at an endpoint
	Proto string // dissector name of the application protocol, for the upper-PDU interface
	Tag   int    // the owner's

	base   *nodes.Base
	owner  LegOwner
	stream *netem.Stream
	tls    tls.Session

	plain     packet.Payload // decrypted, not yet read
	plainWhy  sim.Cause
	cipher    packet.Payload // encrypted, not yet taken by TCP
	working   bool           // the processor is at a TLS operation
	wantFIN   bool
	finWhy    sim.Cause
	sawFIN    bool // the peer's FIN has been read off TCP
	finTold   bool
	endWhy    sim.Cause
	sawCN     bool
	cnTold    bool
	cnWhy     sim.Cause
	short     bool // a Write was cut short
	suspended bool
	discard   bool
	secretsUp bool
	ended     bool
	up        bool // TCP has been established
	finDone   bool
	pumping   bool
	taking    bool // the reader is in Take

	Read, Written int64 // application octets
	Discarded     int64 // application octets dropped on order
}

// plainLimit bounds the decrypted octets that a leg holds for a reader that is not ready; ciphertext beyond it stays in
// TCP, whose window closes (§2.6 mergeBuf, §3.7).
const plainLimit = 64 << 10

// NewLeg makes a leg on a node, without a connection.
func NewLeg(base *nodes.Base, name string, owner LegOwner) *Leg {
	return &Leg{Name: name, base: base, owner: owner}
}

// Stream returns the leg's connection, or nil.
func (l *Leg) Stream() *netem.Stream { return l.stream }

// TLS returns the leg's TLS session, or nil.
func (l *Leg) TLS() tls.Session { return l.tls }

// Dial opens the connection from local to remote.
func (l *Leg) Dial(local, remote packet.AddrPort, cfg tcp.Config, why sim.Cause) error {
	s, err := l.base.Host.Dial(local, remote, cfg, l, why)
	if err != nil {
		return err
	}
	l.stream = s
	return nil
}

// Accept answers a SYN. With hold the answer waits for ReleaseSYN.
func (l *Leg) Accept(o tcp.Opening, cfg tcp.Config, hold bool) {
	why := l.base.Mark(o.Why, l.Name, nodes.SYNReceived, o.Remote.String())
	if hold {
		why = l.base.Mark(why, l.Name, nodes.SYNHeld, "")
	}
	o.Why = why
	l.stream = l.base.Host.Accept(o, cfg, l, hold)
}

// ReleaseSYN answers the held SYN.
func (l *Leg) ReleaseSYN(why sim.Cause) { l.stream.Release(why) }

// RefuseSYN answers the held SYN with RST,ACK.
func (l *Leg) RefuseSYN(why sim.Cause) {
	l.ended = true
	l.stream.Abort(why)
}

// Forget drops the connection, or the held SYN, without a segment.
func (l *Leg) Forget(why sim.Cause) {
	l.ended = true
	if l.stream != nil {
		l.stream.Forget()
	}
	l.dropTLS()
}

// dropTLS lets go of the session once the connection is gone: at once, or when the call under way returns.
func (l *Leg) dropTLS() {
	if l.tls == nil || l.pumping || l.working {
		return
	}
	l.tls.Discard()
	l.tls = nil
	l.plain = packet.Payload{}
}

// AttachTLS gives the leg its TLS session, to be started by StartTLS.
func (l *Leg) AttachTLS(s tls.Session) { l.tls = s }

// StartTLS starts the attached session: a client says hello, a server waits for one.
func (l *Leg) StartTLS(why sim.Cause) {
	l.tls.Start(l.base.K.Now(), why)
	l.pull(why)
}

// SetFingerprints tells the session what the peer's certificate must match.
func (l *Leg) SetFingerprints(fps []tls.Fingerprint, why sim.Cause) {
	l.tls.SetFingerprints(l.base.K.Now(), why, fps)
	l.pull(why)
}

// Space returns how many application octets Write takes now.
func (l *Leg) Space() int {
	if l.stream == nil || l.ended || l.wantFIN || l.cipher.Len > 0 {
		return 0
	}
	if l.tls != nil && l.tls.State() != tls.Open && l.tls.State() != tls.CloseReceived {
		return 0
	}
	return l.stream.WriteSpace()
}

// Write sends application octets, as many as there is space for, and returns how many.
func (l *Leg) Write(p packet.Payload, why sim.Cause) int {
	n := min(p.Len, l.Space())
	if n < p.Len {
		l.WantSpace()
	}
	if n == 0 {
		return 0
	}
	if n < p.Len {
		var part packet.Payload
		part.AppendRange(p, 0, n)
		p = part
	}
	l.Written += int64(n)
	if l.tls == nil {
		if got := l.stream.Write(p, why); got != n {
			panic("bearer: TCP took less than it offered")
		}
		return n
	}
	// The session may keep what it is given; the array of spans is the caller's.
	l.tls.Write(l.base.K.Now(), why, packet.Payload{Spans: slices.Clone(p.Spans), Len: p.Len})
	l.pull(why)
	return n
}

// Readable returns how many application octets wait.
func (l *Leg) Readable() int {
	if l.tls != nil {
		return l.plain.Len
	}
	if l.stream == nil || l.ended {
		return 0
	}
	return l.stream.Readable()
}

// Take moves up to limit application octets to the end of into and returns how many, with the cause of the last of them.
// reading is the cause of taking them now, which a window update carries on.
func (l *Leg) Take(limit int, into *packet.Payload, reading sim.Cause) (int, sim.Cause) {
	if l.suspended {
		return 0, sim.Cause{}
	}
	var n int
	why := l.plainWhy
	if l.tls == nil {
		n, why = l.stream.Read(limit, into, reading)
	} else if n = min(limit, l.plain.Len); n > 0 {
		if n == l.plain.Len && into.Spans == nil {
			*into, l.plain = l.plain, packet.Payload{}
		} else {
			into.AppendRange(l.plain, 0, n)
			l.plain.Drop(n)
		}
		if l.plain.Len < plainLimit {
			// The reader holds octets that come before those that are pulled now: it is told of nothing until it is back.
			l.taking = true
			l.pull(reading)
			l.taking = false
		}
	}
	l.Read += int64(n)
	return n, why
}

// Settled tells the leg that its reader has taken what it wants for now, so that an end of the stream that stands at the
// front can be reported.
func (l *Leg) Settled() { l.tellEnd() }

// CloseTLS sends close_notify behind what was written.
func (l *Leg) CloseTLS(why sim.Cause) {
	if l.tls == nil || l.ended {
		return
	}
	l.tls.Close(l.base.K.Now(), why)
	l.pull(why)
}

// FIN closes our direction behind what was written.
func (l *Leg) FIN(why sim.Cause) {
	if l.ended || l.wantFIN {
		return
	}
	l.wantFIN, l.finWhy = true, why
	l.push(why)
}

// Reset ends the connection with RST; where alert is set and the handshake has begun, a fatal internal_error(80) goes
// before it.
func (l *Leg) Reset(alert bool, why sim.Cause) {
	if l.ended || l.stream == nil {
		return
	}
	if alert && l.tls != nil {
		l.tls.Fail(l.base.K.Now(), why, tls.InternalError)
		l.drainTLS()
		l.push(why)
	}
	l.ended = true
	l.stream.Abort(why)
}

// FailTLS ends the TLS session with a fatal alert; the connection stays for its owner to close.
func (l *Leg) FailTLS(a tls.Alert, why sim.Cause) {
	if l.tls != nil && !l.ended {
		l.tls.Fail(l.base.K.Now(), why, a)
		l.pull(why)
	}
}

// Suspend stops reading: the window closes, probes are answered. Resume goes on.
func (l *Leg) Suspend() { l.suspended = true }

// Resume ends a Suspend.
func (l *Leg) Resume(why sim.Cause) {
	if !l.suspended {
		return
	}
	l.suspended = false
	if l.Readable() > 0 {
		l.owner.LegReadable(l, why)
	}
	l.tellEnd()
}

// DiscardInput throws away what the peer has sent and still sends, and counts it.
func (l *Leg) DiscardInput(why sim.Cause) {
	l.discard = true
	l.dropInput(why)
	l.tellEnd()
}

func (l *Leg) dropInput(why sim.Cause) {
	var junk packet.Payload
	for l.Readable() > 0 && !l.suspended {
		n, _ := l.Take(plainLimit, &junk, why)
		l.Discarded += int64(n)
		junk.Reset()
	}
}

// Ended reports whether the connection is gone or was given up.
func (l *Leg) Ended() bool { return l.ended }

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

// Up reports whether TCP has been established.
func (l *Leg) Up() bool { return l.up }

// WantSpace asks for LegWritable as soon as Space is not 0.
func (l *Leg) WantSpace() {
	l.short = true
	if l.stream != nil {
		l.stream.WantSpace()
	}
}
