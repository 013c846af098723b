package bfcp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"imsim/sim"
)

var conference = ServerConfig{
	Conference: 4321, Users: []uint16{1, 2, 3, 9},
	Floors: []FloorConfig{{ID: 1}, {ID: 2, Policy: Chaired, Chair: 9}, {ID: 3, PerUser: 1}, {ID: 4, Holders: 2}},
}

// room is clients and a server that talk over streams without delay; log is what the clients get to know of one step, client by client.
type room struct {
	t       *testing.T
	s       *Server
	clients map[uint16]*Client
	peers   map[uint16]*Peer
	order   []uint16
	now     sim.Time
	log     []string
	last    map[uint16]uint16 // request id by user
}

func newRoom(t *testing.T, cfg ServerConfig, users ...uint16) *room {
	r := &room{t: t, s: NewServer(cfg), clients: map[uint16]*Client{}, peers: map[uint16]*Peer{}, last: map[uint16]uint16{}}
	for _, u := range users {
		r.join(u)
	}
	return r
}

func (r *room) join(u uint16) {
	r.clients[u] = NewClient(ClientConfig{Conference: r.s.cfg.Conference, User: u})
	r.peers[u] = r.s.Connect(u, true)
	r.order = append(r.order, u)
}

func (r *room) leave(u uint16) {
	r.peers[u].Lost(r.now, sim.Cause{})
	delete(r.clients, u)
	r.run()
}

// run carries messages until all is quiet.
func (r *room) run() {
	for busy := true; busy; {
		busy = false
		for _, u := range r.order {
			c := r.clients[u]
			if c == nil {
				continue
			}
			for o, ok := c.Next(); ok; o, ok = c.Next() {
				busy = true
				switch o.Kind {
				case OutSend:
					r.peers[u].Input(r.now, o.Why, o.Octets)
				case OutStatus:
					r.last[u] = o.Request
					if o.Position > 0 {
						r.note("%d:%v/%d", u, o.Status, o.Position)
					} else {
						r.note("%d:%v", u, o.Status)
					}
				case OutFloor:
					r.note("%d:floor%d=%d", u, o.Floor, o.User)
				case OutError:
					r.note("%d:error%d", u, o.Code)
				case OutClose:
					r.note("%d:%s", u, o.Name)
				}
			}
		}
		for p, o, ok := r.s.Next(); ok; p, o, ok = r.s.Next() {
			busy = true
			if o.Kind != OutSend {
				continue
			}
			for u, q := range r.peers {
				if c := r.clients[u]; q == p && c != nil {
					c.Input(r.now, o.Why, o.Octets)
				}
			}
		}
	}
}

func (r *room) note(format string, a ...any) { r.log = append(r.log, fmt.Sprintf(format, a...)) }

func (r *room) ask(u uint16, ask Ask, floors ...uint16) {
	r.clients[u].Request(r.now, sim.Cause{}, floors, ask)
	r.run()
}

func (r *room) release(u uint16) {
	r.clients[u].Release(r.now, sim.Cause{}, r.last[u])
	r.run()
}

func (r *room) decide(request uint16, s Status, at uint8, floors ...uint16) {
	r.clients[9].Decide(r.now, sim.Cause{}, request, s, at, floors...)
	r.run()
}

func (r *room) want(log string) {
	r.t.Helper()
	if got := strings.Join(r.log, " "); got != log {
		r.t.Errorf("got  %s\nwant %s", got, log)
	}
	r.log = nil
}

func TestRFC8855FCFS(t *testing.T) {
	r := newRoom(t, conference, 1, 2, 3)
	r.ask(1, Ask{}, 1)
	r.ask(2, Ask{}, 1)
	r.ask(3, Ask{}, 1)
	r.want("1:granted 2:accepted/1 3:accepted/2")
	r.release(1)
	r.want("1:released 2:granted 3:accepted/1")
	r.release(3)
	r.release(2)
	r.want("3:cancelled 2:released")
}

// RFC 8855 §5.2.4: a higher priority goes before a lower, and takes nothing away.
func TestRFC8855Priority(t *testing.T) {
	r := newRoom(t, conference, 1, 2, 3)
	r.ask(1, Ask{}, 1)
	r.ask(2, Ask{}, 1)
	r.ask(3, Ask{Priority: Highest, Prioritised: true}, 1)
	r.want("1:granted 2:accepted/1 2:accepted/2 3:accepted/1")
	r.release(1)
	r.want("1:released 2:accepted/1 3:granted")
}

func TestRFC8855SeveralFloors(t *testing.T) {
	r := newRoom(t, conference, 1, 2, 3)
	r.ask(1, Ask{}, 1)
	r.ask(2, Ask{}, 1, 4) // all or none
	r.ask(3, Ask{}, 4)    // has two holders, and one in the queue before
	r.want("1:granted 2:accepted/1 3:accepted/2")
	r.release(1)
	r.want("1:released 2:granted 3:granted")
}

// RFC 8855 §11, §13.6: a moderated floor goes to nobody that its chair has not accepted.
func TestRFC8855Chair(t *testing.T) {
	r := newRoom(t, conference, 1, 2, 3, 9)
	r.ask(1, Ask{}, 2)
	r.ask(2, Ask{}, 2)
	r.ask(3, Ask{}, 1, 2)
	r.want("1:pending 2:pending 3:pending")
	r.decide(r.last[2], Granted, 0, 2)
	r.decide(r.last[1], Accepted, 0, 2)
	r.decide(r.last[3], Denied, 0, 2)
	r.want("2:granted 1:accepted/1 3:denied")
	r.decide(r.last[2], Denied, 0, 2)
	r.decide(r.last[2], Revoked, 0, 2)
	r.want("9:error14 1:granted 2:revoked")
	r.ask(3, Ask{}, 2)
	r.ask(2, Ask{}, 2)
	r.decide(r.last[3], Accepted, 0, 2)
	r.decide(r.last[2], Accepted, 1, 2) // the chair puts it before
	r.want("3:pending 2:pending 3:accepted/1 2:accepted/1 3:accepted/2")
	r.clients[1].Decide(0, sim.Cause{}, r.last[2], Denied, 0, 2)
	r.run()
	r.want("1:error5")
}

func TestRFC8855Queries(t *testing.T) {
	r := newRoom(t, conference, 1, 2)
	r.clients[2].QueryFloors(0, sim.Cause{}, 1, 2)
	r.clients[2].QueryUser(0, sim.Cause{}, 0)
	r.clients[2].Hello(0, sim.Cause{})
	r.run()
	r.want("2:floor1=0 2:floor2=0")
	r.ask(1, Ask{}, 1)
	r.want("1:granted 2:floor1=1")
	r.clients[2].QueryRequest(0, sim.Cause{}, r.last[1])
	r.run()
	r.clients[2].QueryFloors(0, sim.Cause{})
	r.run()
	r.release(1)
	r.want("2:granted 1:released")
	if n := r.clients[2].Waiting(); n != 0 {
		t.Errorf("%d transactions without a response", n)
	}
}

// RFC 8855 §13.8: each error where it belongs.
func TestRFC8855Errors(t *testing.T) {
	clear, cfg := conference, conference
	clear.TLSOnly = true
	m := func(p Primitive, change func(*Message)) Message {
		x := Message{Version: Reliable, Primitive: p, Conference: 4321, User: 1, Transaction: 5}
		change(&x)
		return x
	}
	held := func(s *Server) {
		for _, f := range []uint16{1, 3} {
			p := s.Connect(2, true)
			x := m(FloorRequest, func(x *Message) { x.User, x.Floors = 2, []uint16{f} })
			b, _ := x.AppendTo(nil)
			p.Input(0, sim.Cause{}, b)
		}
	}
	for _, x := range []struct {
		cfg    ServerConfig
		secure bool
		m      Message
		want   ErrorCode
	}{
		{cfg, true, m(Hello, func(x *Message) { x.Conference = 1 }), NoConference},
		{cfg, true, m(Hello, func(x *Message) { x.User = 77 }), NoUser},
		{cfg, true, m(FloorStatus, func(x *Message) {}), UnknownPrimitive},
		{cfg, true, m(Goodbye, func(x *Message) {}), UnknownPrimitive},
		{cfg, true, m(Hello, func(x *Message) { x.Extensions = []Extended{{90, true, []byte("xx")}} }), UnknownMandatory},
		{cfg, true, m(Hello, func(x *Message) { x.Extensions = []Extended{{90, false, []byte("xx")}} }), 0},
		{cfg, true, m(FloorRequest, func(x *Message) { x.Floors = []uint16{1}; x.Beneficiary = 3; x.With(BeneficiaryID) }), Unauthorized},
		{cfg, true, m(FloorRelease, func(x *Message) { x.FloorRequest = 1; x.With(FloorRequestID) }), Unauthorized},
		{cfg, true, m(FloorRequest, func(x *Message) { x.Floors = []uint16{8} }), InvalidFloor},
		{cfg, true, m(FloorQuery, func(x *Message) { x.Floors = []uint16{8} }), InvalidFloor},
		{cfg, true, m(FloorRelease, func(x *Message) { x.FloorRequest = 9; x.With(FloorRequestID) }), NoFloorRequest},
		{cfg, true, m(FloorRequestQuery, func(x *Message) {}), NoFloorRequest},
		{cfg, true, m(FloorRequest, func(x *Message) { x.User = 2; x.Floors = []uint16{3} }), TooManyRequests},
		{clear, false, m(Hello, func(x *Message) {}), UseTLS},
		{cfg, true, m(ChairAction, func(x *Message) {}), Generic},
	} {
		s := NewServer(x.cfg)
		held(s)
		for _, _, ok := s.Next(); ok; _, _, ok = s.Next() {
		}
		b, _ := x.m.AppendTo(nil)
		s.Connect(0, x.secure).Input(0, sim.Cause{}, b)
		var got ErrorCode
		for _, o, ok := s.Next(); ok; _, o, ok = s.Next() {
			if o.Kind == OutSend && o.Primitive == Error {
				got = o.Code
				if o.Transaction != 5 {
					t.Errorf("%v: transaction %d", x.want, o.Transaction)
				}
			}
		}
		if got != x.want {
			t.Errorf("%v: %v, want %v", x.m.Primitive, got, x.want)
		}
	}
}

// RFC 8855 §13: a user whose connection is gone keeps what it has for the grace, and loses it then.
func TestRFC8855Disconnect(t *testing.T) {
	r := newRoom(t, conference, 1, 2)
	r.ask(1, Ask{}, 1)
	r.ask(2, Ask{}, 1)
	r.want("1:granted 2:accepted/1")
	r.leave(1)
	if at := r.s.Deadline(); at != sim.Time(0).Add(DefaultGrace) {
		t.Fatalf("deadline %v", at)
	}
	r.join(1)
	r.clients[1].Hello(r.now, sim.Cause{})
	r.run()
	if r.s.Deadline() != sim.Never {
		t.Error("who is back is still counted out")
	}
	r.leave(1)
	r.now = r.s.Deadline()
	r.s.Tick(r.now)
	r.run()
	r.want("2:granted")
	r.s.Revoke(1, sim.Cause{})
	r.run()
	r.want("2:revoked")
}

// A client whose request has no response in time gives the connection up.
func TestClientTimeout(t *testing.T) {
	c := NewClient(ClientConfig{Conference: 1, User: 1})
	c.Hello(0, sim.Cause{Session: 7})
	c.Next()
	c.Tick(c.Deadline())
	if o, _ := c.Next(); o.Kind != OutClose || o.Name != "no_response" || o.Why.Session != 7 || c.Deadline() != sim.Never {
		t.Errorf("%+v", o)
	}
	if at := sim.Time(0).Add(10 * time.Second); at != sim.Time(0).Add(DefaultTimeout) {
		t.Error("default")
	}
}
