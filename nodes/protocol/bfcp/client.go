package bfcp

import (
	"time"

	"imsim/sim"
)

// DefaultTimeout is how long a client waits for a response over TCP, where the protocol itself has no timer. [SIM]
const DefaultTimeout = 10 * time.Second

// ClientConfig describes one user of one conference.
type ClientConfig struct {
	Conference uint32
	User       uint16
	Timeout    time.Duration // 0: DefaultTimeout
}

// Client is a floor control client, participant or chair, on one connection.
type Client struct {
	cfg     ClientConfig
	framer  Framer
	out     outputs
	waiting []transaction // in the order of their deadlines
	last    uint16        // transaction
	message Message
	lost    bool
}

type transaction struct {
	id        uint16
	primitive Primitive
	deadline  sim.Time
	why       sim.Cause
}

// NewClient makes a client.
func NewClient(cfg ClientConfig) *Client {
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	return &Client{cfg: cfg}
}

// Hello asks what the server supports; over TCP it may be left out (RFC 8855 §12.4).
func (c *Client) Hello(now sim.Time, why sim.Cause) uint16 {
	return c.send(now, why, &Message{Primitive: Hello})
}

// Ask is what a floor request says beside its floors. Its zero value is a request for oneself of normal priority.
type Ask struct {
	Beneficiary uint16 // 0: the client itself
	Priority    Priority
	Prioritised bool // Priority counts
	Info        string
}

// Request asks for floors, all or none (RFC 8855 §10.1).
func (c *Client) Request(now sim.Time, why sim.Cause, floors []uint16, ask Ask) uint16 {
	m := Message{Primitive: FloorRequest, Floors: floors}
	if ask.Beneficiary != 0 {
		m.Beneficiary = ask.Beneficiary
		m.With(BeneficiaryID)
	}
	if ask.Prioritised {
		m.Priority = ask.Priority
		m.With(AttrPriority)
	}
	if ask.Info != "" {
		m.Info = ask.Info
		m.With(ParticipantProvidedInfo)
	}
	return c.send(now, why, &m)
}

// Release gives the floors of a request back, or takes the request back (RFC 8855 §10.2).
func (c *Client) Release(now sim.Time, why sim.Cause, request uint16) uint16 {
	m := Message{Primitive: FloorRelease, FloorRequest: request}
	m.With(FloorRequestID)
	return c.send(now, why, &m)
}

// QueryRequest asks for the state of a request (RFC 8855 §12.2).
func (c *Client) QueryRequest(now sim.Time, why sim.Cause, request uint16) uint16 {
	m := Message{Primitive: FloorRequestQuery, FloorRequest: request}
	m.With(FloorRequestID)
	return c.send(now, why, &m)
}

// QueryUser asks for what there is of a user; 0 is the client itself (RFC 8855 §12.3).
func (c *Client) QueryUser(now sim.Time, why sim.Cause, user uint16) uint16 {
	m := Message{Primitive: UserQuery}
	if user != 0 {
		m.Beneficiary = user
		m.With(BeneficiaryID)
	}
	return c.send(now, why, &m)
}

// QueryFloors asks for the state of floors from now on; none ends that (RFC 8855 §12.1).
func (c *Client) QueryFloors(now sim.Time, why sim.Cause, floors ...uint16) uint16 {
	return c.send(now, why, &Message{Primitive: FloorQuery, Floors: floors})
}

// Decide tells the server what a chair wants of a request for its floors (RFC 8855 §11): Accepted with a position in the queue
// or 0 for one that the server chooses, Granted, Denied or Revoked.
func (c *Client) Decide(now sim.Time, why sim.Cause, request uint16, status Status, position uint8, floors ...uint16) uint16 {
	r := Request{ID: request}
	for _, f := range floors {
		s := State{ID: f, Status: status, Position: position}
		s.Has = s.Has.With(RequestStatus)
		r.Floors = append(r.Floors, s)
	}
	return c.send(now, why, &Message{Primitive: ChairAction, Requests: []Request{r}})
}

// send begins a transaction and returns its id (RFC 8855 §8.1: not 0, and not one that is outstanding).
func (c *Client) send(now sim.Time, why sim.Cause, m *Message) uint16 {
	if c.lost {
		return 0
	}
	for c.last++; c.last == 0 || c.outstanding(c.last) >= 0; c.last++ {
	}
	m.Version, m.Conference, m.User, m.Transaction = Reliable, c.cfg.Conference, c.cfg.User, c.last
	octets, err := m.AppendTo(nil)
	if err != nil {
		panic(err) // what we ask for fits
	}
	c.waiting = append(c.waiting, transaction{c.last, m.Primitive, now.Add(c.cfg.Timeout), why})
	c.out.add(Output{Kind: OutSend, Primitive: m.Primitive, Transaction: c.last, Octets: octets, Why: why})
	return c.last
}

func (c *Client) outstanding(id uint16) int {
	for i := range c.waiting {
		if c.waiting[i].id == id {
			return i
		}
	}
	return -1
}

// Input takes octets that the server sent.
func (c *Client) Input(now sim.Time, why sim.Cause, octets []byte) {
	if c.lost {
		return
	}
	c.framer.Push(octets)
	for !c.lost {
		b, ok := c.framer.Next()
		if !ok {
			return
		}
		if err := Parse(b, &c.message); err != nil || c.message.Version != Reliable {
			c.close("malformed", why) // RFC 8855 §6.1
			return
		}
		c.take(&c.message, why)
	}
}

func (c *Client) take(m *Message, why sim.Cause) {
	c.out.add(Output{Kind: OutReceived, Primitive: m.Primitive, Code: m.Code, Transaction: m.Transaction, Why: why})
	if m.Conference != c.cfg.Conference || m.User != c.cfg.User {
		return // RFC 8855 §8: it is no message of ours
	}
	id := m.Transaction
	if id != 0 {
		i := c.outstanding(id)
		if i < 0 {
			return // too late
		}
		c.waiting = append(c.waiting[:i], c.waiting[i+1:]...)
	}
	switch m.Primitive {
	case FloorRequestStatus:
		for i := range m.Requests {
			r := &m.Requests[i]
			c.out.add(Output{
				Kind: OutStatus, Request: r.ID, Status: r.Overall.Status, Position: r.Overall.Position, User: c.cfg.User,
				Floor: firstFloor(r), Transaction: id, Why: why,
			})
		}
	case FloorStatus:
		if len(m.Floors) > 0 {
			c.out.add(Output{Kind: OutFloor, Floor: m.Floors[0], User: holder(m), Transaction: id, Why: why})
		}
	case Error:
		c.out.add(Output{Kind: OutError, Code: m.Code, Transaction: id, Why: why})
		return
	}
	if id != 0 {
		c.out.add(Output{Kind: OutDone, Primitive: m.Primitive, Transaction: id, Why: why})
	}
}

func firstFloor(r *Request) uint16 {
	if len(r.Floors) == 0 {
		return 0
	}
	return r.Floors[0].ID
}

// holder returns who has been granted the floor that a FloorStatus is about.
func holder(m *Message) uint16 {
	for i := range m.Requests {
		r := &m.Requests[i]
		if r.Overall.Status != Granted {
			continue
		}
		if r.Has.Has(BeneficiaryInformation) {
			return r.Beneficiary.ID
		}
		return r.By.ID
	}
	return 0
}

func (c *Client) close(name string, why sim.Cause) {
	c.lost, c.waiting = true, nil
	c.out.add(Output{Kind: OutClose, Name: name, Why: why})
}

// Lost tells the client that its connection is gone: nothing is awaited any more.
func (c *Client) Lost() { c.lost, c.waiting = true, nil }

// Waiting returns how many transactions have no response yet.
func (c *Client) Waiting() int { return len(c.waiting) }

// Deadline returns when Tick is due.
func (c *Client) Deadline() sim.Time {
	if len(c.waiting) == 0 {
		return sim.Never
	}
	return c.waiting[0].deadline
}

// Tick takes the passing of time: without a response in time the connection is given up.
func (c *Client) Tick(now sim.Time) {
	if len(c.waiting) > 0 && c.waiting[0].deadline <= now {
		c.close("no_response", c.waiting[0].why)
	}
}

// TimerCause returns what armed the deadline.
func (c *Client) TimerCause() sim.Cause {
	if len(c.waiting) == 0 {
		return sim.Cause{}
	}
	return c.waiting[0].why
}

// Next returns the next output.
func (c *Client) Next() (Output, bool) { return c.out.next() }
