package bearer

import (
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

	base   *nodes.Base
	owner  LegOwner
	stream *netem.Stream
	tls    tls.Session

	plain     packet.Payload // decrypted, not yet read
	plainWhy  sim.Cause
	finWhy    sim.Cause       // of wantFIN
	endWhy    sim.Cause       // of sawFIN
	cnWhy     sim.Cause       // of sawCN
	frames    *frames         // between TCP and all else; nil but for ICE
	cipher    *packet.Payload // encrypted, not yet taken by TCP; nil for nothing
	working   bool            // the processor is at a TLS operation
	wantFIN   bool
	sawFIN    bool // the peer's FIN has been read off TCP
	finTold   bool
	sawCN     bool
	cnTold    bool
	short     bool // a Write was cut short
	suspended bool
	discard   bool
	gaveUp    bool // the handshake: what still comes of it counts no more
	secretsUp bool
	ended     bool
	up        bool // TCP has been established
	finDone   bool
	spoil     bool // the next record of user data gets a wrong bit: a fault
	pumping   bool
	closing   bool // close_notify is asked for and not yet on its way
	taking    bool // the reader is in Take

	Read, Written int64 // application octets
	Discarded     int64 // application octets dropped on order
}

// NewLeg makes a leg on a node, without a connection.
func NewLeg(base *nodes.Base, name string, owner LegOwner) *Leg {
	return &Leg{Name: name, base: base, owner: owner}
}

// Stream returns the leg's connection, or nil.
func (l *Leg) Stream() *netem.Stream { return l.stream }

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

// CloseTLS sends close_notify behind what was written.
func (l *Leg) CloseTLS(why sim.Cause) {
	if l.tls == nil || l.ended {
		return
	}
	l.tls.Close(l.base.K.Now(), why)
	l.closing = l.pumping // whoever pumps comes to it, and the FIN waits
	l.pull(why)
}

// FIN closes our direction behind what was written. A handshake that is still under way is given up: TCP may have to wait
// with the FIN, and the session must not come up meanwhile (E-31).
func (l *Leg) FIN(why sim.Cause) {
	if l.ended || l.wantFIN {
		return
	}
	l.wantFIN, l.finWhy = true, why
	l.gaveUp = l.tls != nil && l.tls.State() < tls.Open
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

// Up reports whether TCP has been established.
func (l *Leg) Up() bool { return l.up }

// Ended reports whether the connection is gone or was given up.
func (l *Leg) Ended() bool { return l.ended }
