package sip

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"imsim/sim"
)

// Config is what a Layer is made with.
type Config struct {
	SentBy   string        // host or host:port that goes into Via
	Timers   Timers        // zero: CoreTimers
	UDPLimit int           // a request with more octets goes over TCP (RFC 3261 §18.1.1); 0: 1300, below 0: no limit
	Trying   time.Duration // when the layer answers an INVITE with 100 by itself; 0: at once, below 0: never
	TimerC   time.Duration // limit between a provisional and the final response of an INVITE, more than 3 min at proxies; 0: none
}

// Layer is the transaction and transport-framing layer of one side of an entity. See the package comment for its use.
// Messages given to it must not be changed afterwards.
type Layer struct {
	cfg    Config
	host   string // of SentBy
	port   uint16
	ids    *IDs
	txs    map[TxID]*transaction
	keys   map[string]*transaction // see clientKey and serverKey
	key    []byte                  // scratch for keys
	last   TxID
	agenda agenda
	out    []Output
	head   int
}

// State is a transaction's state, named as in RFC 3261 §17 and RFC 6026 §7.
type State uint8

// The states.
const (
	Terminated State = iota
	Calling
	Trying
	Proceeding
	Completed
	Confirmed
	Accepted
)

var stateNames = [...]string{"terminated", "calling", "trying", "proceeding", "completed", "confirmed", "accepted"}

// String returns the state's name.
func (s State) String() string { return stateNames[s] }

// transaction is one of either side. Most of its life it only absorbs what comes again, and then it holds no more than
// that takes.
type transaction struct {
	id         TxID
	key        string
	state      State
	server     bool
	invite     bool
	internal   bool // a CANCEL of ours: the user hears nothing of it
	cancel     bool // client INVITE: CANCEL wanted or sent
	clock      *Timers
	flow       Flow
	request    *Message // nil once it is of no use any more
	message    *Message // what wire encodes: the request, or the last response, or the ACK of a client INVITE; nil: see wire
	wire       []byte   // what is sent again; nil when nothing is
	started    sim.Time
	interval   time.Duration
	text       string   // client: Reason of a CANCEL that waits; server: To tag of the final response to an INVITE
	retransmit deadline // A, E, G, trying
	timeout    deadline // the others
}

// New makes a layer. ids is the entity's generator.
func New(cfg Config, ids *IDs) *Layer {
	cfg.Timers = cfg.Timers.orCore()
	if cfg.UDPLimit == 0 {
		cfg.UDPLimit = 1300
	}
	l := &Layer{cfg: cfg, ids: ids, txs: map[TxID]*transaction{}, keys: map[string]*transaction{}}
	var err error
	if l.host, l.port, err = parseHostPort(cfg.SentBy, cfg.SentBy); err != nil {
		panic("sip: our own sent-by: " + err.Error())
	}
	return l
}

// Timers returns the timer set toward a flow.
func (l *Layer) Timers(f Flow) Timers { return *l.timers(f) }

func (l *Layer) timers(f Flow) *Timers {
	switch {
	case f.Timers == nil:
		return &l.cfg.Timers
	case *f.Timers == Timers{}:
		return &CoreTimers
	}
	return f.Timers
}

// State returns the state of a transaction; Terminated for one that is over or never was.
func (l *Layer) State(id TxID) State {
	if t := l.txs[id]; t != nil {
		return t.state
	}
	return Terminated
}

// RequestOf returns the request of a transaction, nil when it has been answered for good.
func (l *Layer) RequestOf(id TxID) *Message {
	if t := l.txs[id]; t != nil {
		return t.request
	}
	return nil
}

// FlowOf returns the flow of a transaction; ok is false when it is over.
func (l *Layer) FlowOf(id TxID) (f Flow, ok bool) {
	if t := l.txs[id]; t != nil {
		return t.flow, true
	}
	return Flow{}, false
}

// ResponseOf returns the last response of a server transaction, nil when there is none or the transaction is over.
func (l *Layer) ResponseOf(id TxID) *Message {
	t := l.txs[id]
	if t == nil || !t.server || t.wire == nil {
		return nil
	}
	return t.last()
}

// Len returns the number of transactions that are not over.
func (l *Layer) Len() int { return len(l.txs) }

// Next returns the next output, in order.
func (l *Layer) Next() (Output, bool) {
	if l.head == len(l.out) {
		l.out, l.head = l.out[:0], 0
		return Output{}, false
	}
	o := l.out[l.head]
	l.out[l.head] = Output{}
	l.head++
	return o, true
}

// Deadline returns when Tick is due, Never when nothing is awaited.
func (l *Layer) Deadline() sim.Time {
	return l.agenda.next()
}

// TimerCause returns the cause with which the earliest deadline was armed.
func (l *Layer) TimerCause() sim.Cause {
	if d := l.agenda.first(); d != nil {
		return d.why
	}
	return sim.Cause{}
}

// TimerName returns which timer the earliest deadline is.
func (l *Layer) TimerName() Timer {
	if d := l.agenda.first(); d != nil {
		return d.name
	}
	return NoTimer
}

// Tick deals with the earliest deadline if it has come, and with no other: call it while Deadline is not in the future.
// why is the record of the wait, made from TimerCause.
func (l *Layer) Tick(now sim.Time, why sim.Cause) {
	d := l.agenda.first()
	if d == nil || l.agenda.next() > now {
		return
	}
	l.agenda.disarm(d)
	if d.tx.server {
		l.serverTimer(now, why, d.tx, d.name)
	} else {
		l.clientTimer(now, why, d.tx, d.name)
	}
}

// Receive takes a message that arrived over a flow. The layer completes the top Via of a request (received, rport) and takes
// the message over.
func (l *Layer) Receive(now sim.Time, why sim.Cause, m *Message, from Flow) {
	if err := m.Validate(); err != nil {
		l.refuse(now, why, m, from, err)
		return
	}
	if m.IsRequest() {
		l.receiveRequest(now, why, m, from)
	} else {
		l.receiveResponse(now, why, m, from)
	}
}

// refuse deals with a message that no transaction can be made of. RFC 3261 §8.2: a request is answered with 400 if it can be.
func (l *Layer) refuse(now sim.Time, why sim.Cause, m *Message, from Flow, err error) {
	l.discard(why, m, from, err.Error())
	via, bad := m.Via()
	if !m.IsRequest() || m.Method == ACK || bad != nil {
		return
	}
	back := l.receivedFrom(m, via, from)
	r := NewResponse(m, 400, "Bad Request", l.ids.Tag())
	r.Set(HContentLength, "0")
	l.send(why, 0, r, r.Append(nil), back, false, NoTimer)
}

func (l *Layer) discard(why sim.Cause, m *Message, from Flow, text string) {
	l.emit(Output{Kind: OutDiscarded, Message: m, Flow: from, Text: text, Why: why})
}

// Failed tells the layer that a transaction's message could not be sent, or its connection was refused (RFC 3261 §17.1.4, §17.2.4).
func (l *Layer) Failed(now sim.Time, why sim.Cause, id TxID) {
	t := l.txs[id]
	if t == nil {
		return
	}
	if !t.internal {
		l.emit(Output{Kind: OutTransportError, Tx: t.id, Message: t.request, Flow: t.flow, Why: why})
	}
	l.terminate(why, t)
}

// ConnFailed tells the layer that a connection is gone. Client transactions on it that await a response fail, in order of
// their ids; server transactions keep their state and their owner chooses where responses go (RFC 3261 §18.2.2).
func (l *Layer) ConnFailed(now sim.Time, why sim.Cause, conn uint32) {
	var ids []TxID
	for id, t := range l.txs { //tidy:order the ids are sorted below
		if t.flow.Conn == conn && conn != 0 && !t.server && t.state != Completed && t.state != Accepted {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		l.Failed(now, why, id)
	}
}

// Bind tells the layer which connection now carries a transaction whose flow named none.
func (l *Layer) Bind(id TxID, conn uint32) {
	if t := l.txs[id]; t != nil {
		t.flow.Conn = conn
	}
}

func (l *Layer) emit(o Output) { l.out = append(l.out, o) }

func (l *Layer) send(why sim.Cause, id TxID, m *Message, wire []byte, f Flow, again bool, timer Timer) {
	l.emit(Output{Kind: OutSend, Tx: id, Message: m, Wire: wire, Flow: f, Again: again, Timer: timer, Why: why})
}

// resend sends a transaction's last message once more.
func (l *Layer) resend(why sim.Cause, t *transaction, timer Timer) {
	if t.wire != nil {
		l.send(why, t.id, t.last(), t.wire, t.flow, true, timer)
	}
}

// last returns the message that wire encodes.
func (t *transaction) last() *Message {
	if t.message != nil {
		return t.message
	}
	m, _ := ParseShared(t.wire)
	return m
}

func (l *Layer) add(t *transaction) {
	l.last++
	t.id = l.last
	t.retransmit.tx, t.timeout.tx = t, t
	l.txs[t.id], l.keys[t.key] = t, t
}

func (l *Layer) terminate(why sim.Cause, t *transaction) {
	l.agenda.disarm(&t.retransmit)
	l.agenda.disarm(&t.timeout)
	t.state = Terminated
	delete(l.txs, t.id)
	delete(l.keys, t.key)
	t.request, t.message, t.wire = nil, nil, nil
	if !t.internal {
		l.emit(Output{Kind: OutTerminated, Tx: t.id, Flow: t.flow, Why: why})
	}
}

// finish enters a state that only absorbs retransmissions for a while, or ends the transaction when the while is zero. What
// is answered with something keeps the octets of that.
func (l *Layer) finish(now sim.Time, why sim.Cause, t *transaction, s State, name Timer, d time.Duration) {
	l.agenda.disarm(&t.retransmit)
	t.state = s
	t.request, t.message = nil, nil
	if t.server && s == Confirmed || !t.server && !(t.invite && s == Completed) {
		t.wire = nil
	}
	if d == 0 {
		l.terminate(why, t)
		return
	}
	l.agenda.arm(&t.timeout, name, now.Add(d), why)
}

// backOff arms the next retransmission at twice the interval, at most limit; 0 is no limit.
func (l *Layer) backOff(now sim.Time, why sim.Cause, t *transaction, name Timer, limit time.Duration) {
	t.interval *= 2
	if limit > 0 {
		t.interval = min(t.interval, limit)
	}
	l.agenda.arm(&t.retransmit, name, now.Add(t.interval), why)
}

var errNoTransaction = errors.New("sip: no such transaction: it has ended or its id is wrong")

// complete makes sure that a message says how long its body is, as streams need it (RFC 3261 §20.14).
func complete(m *Message) {
	if !m.Has(HContentLength) {
		m.Add(HContentLength, strconv.Itoa(len(m.Body)))
	}
}
