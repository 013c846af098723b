package transport

import (
	"strconv"
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// SIPPort is the port that SIP entities listen on (RFC 3261 §19.1.2).
const SIPPort = 5060

// SIPUser is the core of a SIP entity, above its transactions (RFC 3261 §17: the TU).
type SIPUser interface {
	// SIPRequest hands over a new request; it is answered with SIP.Respond.
	SIPRequest(tx sip.TxID, m *sip.Message, from sip.Flow, why sim.Cause)
	// SIPResponse hands over a response to the request sent as tx.
	SIPResponse(tx sip.TxID, m *sip.Message, why sim.Cause)
	// SIPAck hands over the ACK of a 2xx.
	SIPAck(m *sip.Message, from sip.Flow, why sim.Cause)
	// SIPCancel says that the INVITE tx was cancelled and still lacks a final response.
	SIPCancel(tx sip.TxID, m *sip.Message, why sim.Cause)
	// SIPFailed says that the request sent as tx got no answer, status says as what that counts: 408 or 503; or, with 0, that
	// a response sent on tx was never acknowledged.
	SIPFailed(tx sip.TxID, status int, why sim.Cause)
}

// SIPEnder is a SIPUser that wants to know when a transaction is over and nothing more will come of it.
type SIPEnder interface {
	SIPEnded(tx sip.TxID)
}

// Border sees the messages of a node at the edge of a network, where some are changed as they come in or go out.
type Border interface {
	// Comes may change a message that has arrived, before transactions see it.
	Comes(m *sip.Message, from sip.Flow)
	// Goes returns a message as it is to leave: m itself, or a copy with changes.
	Goes(m *sip.Message, to sip.Flow) *sip.Message
}

// SIP is the SIP stack of one node: a transaction layer bound to the node's host.
type SIP struct {
	Layer *sip.Layer
	IDs   *sip.IDs
	Local packet.AddrPort

	base    *nodes.Base
	user    SIPUser
	cost    time.Duration
	session func(callID string) sim.SessionID
	border  Border
	self    sim.Entity
	timer   sim.Timer
	udp     *netem.UDPSocket
	conns   []*sipConn // by number minus one; nil: gone
	dialled map[packet.AddrPort]*sipConn
	tcpOnly bool
	waiting []arrival // messages the processor has not dealt with, by slot
	free    []uint64
	busy    bool
}

type arrival struct {
	m    *sip.Message
	from sip.Flow
}

// SIPConfig is what a node's SIP stack is made with.
type SIPConfig struct {
	Core      bool          // core timers (TS 24.229 table 7.7.1); otherwise the UE's
	Transport string        // "auto", "udp" or "tcp"
	Cost      time.Duration // processor time of a received message
	TimerC    time.Duration // of a proxy: longest wait for the final response behind a provisional one; 0: none
	// Session tells which session a Call-ID belongs to, for the label of causes.
	Session func(callID string) sim.SessionID
	Border  Border // nil: none
}

// NewSIP binds a SIP stack to the node's primary address, for UDP and TCP.
func NewSIP(base *nodes.Base, cfg SIPConfig, user SIPUser) (*SIP, error) {
	timers := sip.UETimers
	if cfg.Core {
		timers = sip.CoreTimers
	}
	t := &SIP{base: base, user: user, cost: cfg.Cost, session: cfg.Session, border: cfg.Border, dialled: map[packet.AddrPort]*sipConn{}}
	t.IDs = sip.NewIDs(base.K.Rand(base.Name + ".sip"))
	t.Local = packet.AddrPort{Addr: base.Addr, Port: SIPPort}
	limit := 0
	switch cfg.Transport {
	case "udp":
		limit = -1
	case "tcp":
		t.tcpOnly = true
	}
	t.Layer = sip.New(sip.Config{SentBy: t.Local.String(), Timers: timers, UDPLimit: limit, TimerC: cfg.TimerC}, t.IDs)
	t.self = base.K.Add(base.Name+".sip", t)
	var err error
	if t.udp, err = base.Host.BindUDP(t.Local, t); err != nil {
		return nil, err
	}
	return t, base.Host.Listen(t.Local, t)
}

// Request sends a request and returns its transaction.
func (t *SIP) Request(m *sip.Message, to sip.Flow, why sim.Cause) sip.TxID {
	if t.border != nil {
		m = t.border.Goes(m, to)
	}
	id, err := t.Layer.Request(t.base.K.Now(), why, m, to)
	if err != nil {
		panic("transport: our own request is wrong: " + err.Error())
	}
	t.pump()
	return id
}

// Respond sends a response on a server transaction. A transaction that is over swallows it.
func (t *SIP) Respond(tx sip.TxID, m *sip.Message, why sim.Cause) {
	if t.border != nil {
		if to, ok := t.Layer.FlowOf(tx); ok {
			m = t.border.Goes(m, to)
		}
	}
	if err := t.Layer.Respond(t.base.K.Now(), why, tx, m); err == nil {
		t.pump()
	}
}

// Cancel cancels the INVITE tx.
func (t *SIP) Cancel(tx sip.TxID, reason string, why sim.Cause) {
	t.Layer.Cancel(t.base.K.Now(), why, tx, reason)
	t.pump()
}

// pump carries out what the layer wants.
func (t *SIP) pump() {
	if t.busy {
		return
	}
	t.busy = true
	for {
		o, ok := t.Layer.Next()
		if !ok {
			break
		}
		if o.Message != nil {
			// What brought it about may be a segment or a connection that several sessions share.
			o.Why.Session = t.session(o.Message.CallID())
		}
		switch o.Kind {
		case sip.OutSend:
			t.send(o)
		case sip.OutRequest:
			t.user.SIPRequest(o.Tx, o.Message, o.Flow, o.Why)
		case sip.OutResponse:
			t.user.SIPResponse(o.Tx, o.Message, o.Why)
		case sip.OutAck:
			t.user.SIPAck(o.Message, o.Flow, o.Why)
		case sip.OutCancel:
			t.user.SIPCancel(o.Tx, o.Message, o.Why)
		case sip.OutTimeout:
			switch o.Timer {
			case sip.TimerC:
				// RFC 3261 §16.8: what has had a provisional response is cancelled; the final response, or none, follows.
				t.Layer.Cancel(t.base.K.Now(), o.Why, o.Tx, "")
			case sip.TimerH:
				t.user.SIPFailed(o.Tx, 0, o.Why)
			default:
				t.user.SIPFailed(o.Tx, 408, o.Why)
			}
		case sip.OutTerminated:
			if u, ok := t.user.(SIPEnder); ok {
				u.SIPEnded(o.Tx)
			}
		case sip.OutTransportError:
			t.user.SIPFailed(o.Tx, 503, o.Why)
		}
	}
	t.busy = false
	t.base.K.Arm(&t.timer, t.self, 0, t.Layer.Deadline())
}

// Handle runs the layer's timers.
func (t *SIP) Handle(uint32) {
	if !t.base.K.Due(&t.timer, t.self, 0) {
		return
	}
	now := t.base.K.Now()
	for t.Layer.Deadline() <= now {
		t.Layer.Tick(now, t.base.Waited(t.Layer.TimerCause(), "sip.timer"))
		t.pump()
	}
	t.pump()
}

func (t *SIP) send(o sip.Output) {
	why := o.Why
	if k := t.base.K; k.Tracing() {
		text := name(o.Message)
		if o.Again {
			text += " again"
		}
		why = k.Record(sim.Record{Cause: why, Node: t.base.Entity, Kind: "sip.sent", Text: text})
	}
	to := fromNetip(o.Flow.Remote)
	if o.Flow.Transport == sip.UDP {
		t.udp.Send(to, packet.PayloadOf(o.Wire), why)
		return
	}
	c := t.conn(o.Flow.Conn, to, why)
	if c == nil {
		t.Layer.Failed(t.base.K.Now(), why, o.Tx)
		return
	}
	t.Layer.Bind(o.Tx, c.number)
	c.tx = append(c.tx, o.Tx)
	c.why = why
	c.out.Append(packet.Bytes(o.Wire))
	c.flush(why)
}

// Datagram takes one message that came over UDP.
func (t *SIP) Datagram(_ *netem.UDPSocket, from, _ packet.AddrPort, p packet.Payload, why sim.Cause) {
	m, err := sip.ParseShared(p.Bytes()) // octets of a payload never change
	if err != nil {
		return // RFC 3261 §18.3: what is no SIP message is dropped
	}
	t.arrived(m, sip.Flow{Transport: sip.UDP, Remote: from.Netip()}, why)
}

// Unreachable ignores ICMP errors: transactions have their own timers (RFC 3261 §18.4).
func (t *SIP) Unreachable(*netem.UDPSocket, packet.AddrPort, sim.Cause) {}

func (t *SIP) arrived(m *sip.Message, from sip.Flow, why sim.Cause) {
	if t.border != nil {
		t.border.Comes(m, from)
	}
	why.Session = t.session(m.CallID())
	if k := t.base.K; k.Tracing() {
		why = k.Record(sim.Record{Cause: why, Node: t.base.Entity, Kind: "sip.received", Text: name(m)})
	}
	slot := uint64(len(t.waiting))
	if n := len(t.free); n > 0 {
		slot, t.free = t.free[n-1], t.free[:n-1]
	} else {
		t.waiting = append(t.waiting, arrival{})
	}
	t.waiting[slot] = arrival{m, from}
	t.base.Work(t, slot, t.cost, sim.Processing, why)
}

// WorkDone gives a message to the layer once the processor has dealt with it.
func (t *SIP) WorkDone(slot uint64, why sim.Cause) {
	a := t.waiting[slot]
	t.waiting[slot] = arrival{}
	t.free = append(t.free, slot)
	t.Layer.Receive(t.base.K.Now(), why, a.m, a.from)
	t.pump()
}

// name is what the ladder shows of a message.
func name(m *sip.Message) string {
	if m.IsRequest() {
		return m.Method
	}
	return strconv.Itoa(m.Status) + " " + m.Phrase
}
