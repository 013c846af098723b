package transport

import (
	"strconv"
	"time"

	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// Forwarder is the transaction-stateful core of a SIP proxy (RFC 3261 §16): it joins the server transaction of a request
// with the client transaction that the request goes on with, and takes responses back.
type Forwarder struct {
	SIP     *SIP
	route   string                // our entry in Record-Route
	clients map[sip.TxID]sip.TxID // client → server; never ranged over
	servers map[sip.TxID]sip.TxID // server → client

	accepted map[sip.TxID]sip.TxID // as clients, of INVITEs that a 2xx has answered; never ranged over
	order    []sip.TxID            // their clients, oldest first
}

// TimerC is how long a proxy waits for the final response of an INVITE behind a provisional one: more than three minutes
// (RFC 3261 §16.6 step 11, TS 24.229 table 7.7.1).
const TimerC = 3*time.Minute + time.Second

// NewForwarder makes a proxy core on a SIP stack.
func NewForwarder(s *SIP) *Forwarder {
	return &Forwarder{
		SIP: s, route: "<sip:" + s.Local.String() + ";lr>",
		clients: map[sip.TxID]sip.TxID{}, servers: map[sip.TxID]sip.TxID{}, accepted: map[sip.TxID]sip.TxID{},
	}
}

// Own reports whether a Route value, or the value of a Path, names this entity.
func (f *Forwarder) Own(value string) bool {
	flow, err := f.SIP.FlowToURI(sip.AddressURI(value))
	return err == nil && fromNetip(flow.Remote) == f.SIP.Local
}

// Enter does what a proxy does first: a topmost Route of our own is taken off, the hop is counted (RFC 3261 §16.3, §16.4).
// It answers what must not go on and reports whether the request may.
func (f *Forwarder) Enter(tx sip.TxID, m *sip.Message, why sim.Cause) bool {
	for m.Has(sip.HRoute) && f.Own(m.First(sip.HRoute)) {
		m.PopFirst(sip.HRoute)
	}
	hops, there, err := m.MaxForwards()
	switch {
	case err != nil:
		f.Refuse(tx, m, 400, why)
		return false
	case there && hops == 0:
		f.Refuse(tx, m, 483, why)
		return false
	case there:
		m.Set(sip.HMaxForwards, strconv.Itoa(hops-1))
	}
	return true
}

// Refuse answers a request; an ACK is never answered.
func (f *Forwarder) Refuse(tx sip.TxID, m *sip.Message, status int, why sim.Cause) {
	if m.Method != sip.ACK {
		f.SIP.Respond(tx, f.Response(m, status), why)
	}
}

// Response makes a response of our own to a request, whether or not it has gone on already: then it has our Via on top,
// which what goes back has not (RFC 3261 §16.7).
func (f *Forwarder) Response(m *sip.Message, status int) *sip.Message {
	r := sip.NewResponse(m, status, "", f.SIP.IDs.Tag())
	if v, err := r.Via(); err == nil && v.Host+":"+strconv.Itoa(int(v.Port)) == f.SIP.Local.String() {
		r.PopFirst(sip.HVia)
	}
	return r
}

// NextHop returns where a request goes: its topmost Route, or its Request-URI (RFC 3261 §16.6).
func (f *Forwarder) NextHop(m *sip.Message) (sip.Flow, error) {
	next := m.URI
	if m.Has(sip.HRoute) {
		next = sip.AddressURI(m.First(sip.HRoute))
	}
	return f.SIP.FlowToURI(next)
}

// RecordRoute puts our URI on top of Record-Route, so that the dialog's requests come through us.
func (f *Forwarder) RecordRoute(m *sip.Message) {
	m.Prepend(sip.HRecordRoute, f.route)
}

// Forward sends a request on. An ACK has no transaction; tx is then 0.
func (f *Forwarder) Forward(tx sip.TxID, m *sip.Message, to sip.Flow, why sim.Cause) {
	client := f.SIP.Request(m, to, why)
	if tx != 0 && client != 0 {
		f.clients[client] = tx
		f.servers[tx] = client
	}
}

// Back takes a response to a forwarded request: our Via comes off (RFC 3261 §16.7). ok is false for a response that is
// not to be passed on: a 100, one that belongs to nobody, or a repeated 2xx to an INVITE, for which what was passed on
// before has been sent again (RFC 6026 §7.2).
func (f *Forwarder) Back(client sip.TxID, m *sip.Message, why sim.Cause) (server sip.TxID, ok bool) {
	server, ok = f.clients[client]
	if !ok {
		f.again(client, m, why)
	}
	if !ok || m.Status == 100 {
		return server, false
	}
	m.PopFirst(sip.HVia)
	if m.Status >= 200 {
		delete(f.clients, client)
		delete(f.servers, server)
		if c, err := m.CSeq(); err == nil && c.Method == sip.INVITE && m.Status < 300 {
			f.accept(client, server)
		}
	}
	return server, true
}

// accept remembers a pair of transactions until the one towards the called is over.
func (f *Forwarder) accept(client, server sip.TxID) {
	for len(f.order) > 0 && f.SIP.Layer.State(f.order[0]) == sip.Terminated {
		delete(f.accepted, f.order[0])
		f.order = f.order[1:]
	}
	f.accepted[client] = server
	f.order = append(f.order, client)
}

// again sends a 2xx again that has been sent on before; while it is still being worked on, it is not late yet.
func (f *Forwarder) again(client sip.TxID, m *sip.Message, why sim.Cause) {
	if server, ok := f.accepted[client]; ok && m.Status >= 200 && m.Status < 300 {
		if last := f.SIP.Layer.ResponseOf(server); last != nil && last.Status >= 200 {
			f.SIP.Respond(server, last, why)
		}
	}
}

// Failed turns the failure of a forwarded request into the response that it counts as.
func (f *Forwarder) Failed(client sip.TxID, status int, why sim.Cause) {
	server, ok := f.clients[client]
	if !ok {
		return
	}
	delete(f.clients, client)
	delete(f.servers, server)
	if m := f.SIP.Layer.RequestOf(server); m != nil {
		f.Refuse(server, m, status, why)
	}
}

// Cancel passes a CANCEL on to the transaction that the cancelled request went on with.
func (f *Forwarder) Cancel(server sip.TxID, m *sip.Message, why sim.Cause) {
	if client, ok := f.servers[server]; ok {
		f.SIP.Cancel(client, m.Get(sip.HReason), why)
	}
}

// Client returns the transaction that a request went on with, 0 when it has not.
func (f *Forwarder) Client(server sip.TxID) sip.TxID { return f.servers[server] }
