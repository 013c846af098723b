package bfcp

import (
	"slices"

	"imsim/sim"
)

// request is an ongoing floor request.
type request struct {
	id       uint16
	user, by uint16
	priority Priority
	info     string
	hasInfo  bool
	floors   []wish
	status   Status
	position uint8
	told     Status // what its participant knows
	toldAt   uint8
}

// wish is one floor of a request: Pending until its chair, if it has one, has accepted.
type wish struct {
	id     uint16
	status Status
	place  uint8 // in the queue, as the chair wants it; 0: as it comes
}

func (r *request) of(floor uint16) *wish {
	for i := range r.floors {
		if r.floors[i].id == floor {
			return &r.floors[i]
		}
	}
	return nil
}

func (s *Server) request(id uint16) *request {
	for _, r := range s.requests {
		if r.id == id {
			return r
		}
	}
	return nil
}

// newID draws a floor request id that is not in use.
func (s *Server) newID() uint16 {
	for s.last++; s.last == 0 || s.request(s.last) != nil; s.last++ {
	}
	return s.last
}

// count returns the ongoing requests of a user for a floor.
func (s *Server) count(user, floor uint16) (n int) {
	for _, r := range s.requests {
		if r.user == user && r.of(floor) != nil {
			n++
		}
	}
	return n
}

// judge derives a request's status from its floors': it is accepted when every chair has.
func (s *Server) judge(r *request) {
	if r.status == Granted {
		return
	}
	r.status = Accepted
	for _, w := range r.floors {
		if w.status == Pending {
			r.status = Pending
		}
	}
}

// queue returns the requests that wait for their turn, in its order: where chairs have said so, then by priority, then as they
// came.
func (s *Server) queue() []*request {
	var q []*request
	for _, r := range s.requests {
		if r.status == Accepted {
			q = append(q, r)
		}
	}
	slices.SortStableFunc(q, func(a, b *request) int { return int(b.priority) - int(a.priority) })
	for i, r := range q {
		if at := int(r.place()); at > 0 && at-1 < i {
			copy(q[at:], q[at-1:i])
			q[at-1] = r
		}
	}
	return q
}

// place is where a chair wants a request in the queue: 0 for no wish.
func (r *request) place() (at uint8) {
	for _, w := range r.floors {
		at = max(at, w.place)
	}
	return at
}

// grant gives the floors that are free to those whose turn it is. A request for several floors gets all or none; while it waits
// nobody behind it overtakes it on one of them.
func (s *Server) grant() {
	waits := make([]uint8, len(s.floors)) // for each floor
	for _, r := range s.queue() {
		free := true
		for _, w := range r.floors {
			f := s.floor(w.id)
			if f.held >= f.Holders || waits[s.index(f)] > 0 {
				free = false
			}
		}
		r.position = 0
		for _, w := range r.floors {
			f := s.floor(w.id)
			if free {
				f.held++
				continue
			}
			i := s.index(f)
			waits[i]++
			r.position = max(r.position, waits[i])
		}
		if free {
			r.status = Granted
		}
	}
}

func (s *Server) index(f *floor) int {
	for i := range s.floors {
		if &s.floors[i] == f {
			return i
		}
	}
	panic("bfcp: a floor of another conference")
}

// drop takes a request out, with its last status.
func (s *Server) drop(r *request, status Status) {
	if r.status == Granted {
		for _, w := range r.floors {
			s.floor(w.id).held--
		}
	}
	r.status, r.position = status, 0
	s.requests = slices.DeleteFunc(s.requests, func(q *request) bool { return q == r })
}

// end ends a request by the server's or a chair's decision and tells who has asked. floor is the one that decided, 0 for none.
func (s *Server) end(r *request, status Status, floor uint16, why sim.Cause) {
	s.drop(r, status)
	for i := range r.floors {
		if r.floors[i].id == floor {
			r.floors[i].status = status
		}
	}
	s.decided(r, s.peer(r.by), 0, why)
	s.watched(r, why)
}

// settle grants what can be granted and tells everybody concerned.
func (s *Server) settle(why sim.Cause) {
	for _, r := range s.requests {
		s.judge(r)
	}
	s.grant()
	s.tell(why)
}

// tell tells those whose requests have another status or place than they know.
func (s *Server) tell(why sim.Cause) {
	for _, r := range s.requests {
		if r.status == r.told && r.position == r.toldAt {
			continue
		}
		changed := r.status != r.told
		r.told, r.toldAt = r.status, r.position
		s.decided(r, s.peer(r.by), 0, why)
		if changed {
			s.watched(r, why)
		}
	}
}

// decided reports a request's status to the owner and to its participant. A server's transaction over TCP has id 0 (RFC 8855 §8).
func (s *Server) decided(r *request, p *Peer, transaction uint16, why sim.Cause) {
	if p == nil {
		return
	}
	p.add(Output{Kind: OutStatus, Request: r.id, User: r.user, Floor: r.floors[0].id, Status: r.status, Position: r.position, Transaction: transaction, Why: why})
	p.report(r, transaction, why)
}

// report sends a FloorRequestStatus.
func (p *Peer) report(r *request, transaction uint16, why sim.Cause) {
	m := &p.s.status
	m.clear()
	m.Primitive, m.Transaction, m.User = FloorRequestStatus, transaction, p.user
	m.Requests = append(m.Requests, p.s.describe(r))
	p.send(m, why)
}

// watched sends a FloorStatus to those that watch a floor of the request (RFC 8855 §13.5.2).
func (s *Server) watched(r *request, why sim.Cause) {
	for _, p := range s.peers {
		for _, id := range p.watches {
			if r.of(id) != nil {
				p.floorStatus(id, 0, why)
			}
		}
	}
}

// floorStatus sends a FloorStatus: all ongoing requests for the floor.
func (p *Peer) floorStatus(floor, transaction uint16, why sim.Cause) {
	m := &p.s.status
	m.clear()
	m.Primitive, m.Transaction, m.User = FloorStatus, transaction, p.user
	m.Floors = append(m.Floors, floor)
	for _, r := range p.s.requests {
		if r.of(floor) != nil {
			m.Requests = append(m.Requests, p.s.describe(r))
		}
	}
	p.send(m, why)
}

// describe makes FLOOR-REQUEST-INFORMATION of a request.
func (s *Server) describe(r *request) Request {
	d := Request{ID: r.id, Overall: State{ID: r.id, Status: r.status, Position: r.position}, By: UserInfo{ID: r.by}, Info: r.info, Priority: r.priority}
	d.Overall.Has = d.Overall.Has.With(RequestStatus)
	d.Has = d.Has.With(OverallRequestStatus).With(AttrFloorRequestStatus).With(RequestedByInformation).With(AttrPriority)
	if r.hasInfo {
		d.Has = d.Has.With(ParticipantProvidedInfo)
	}
	if r.user != r.by {
		d.Beneficiary.ID = r.user
		d.Has = d.Has.With(BeneficiaryInformation)
	}
	for _, w := range r.floors {
		f := State{ID: w.id, Status: w.status}
		f.Has = f.Has.With(RequestStatus)
		if w.status != Pending && w.status.Ongoing() {
			f.Status = r.status
			if r.status == Pending {
				f.Status = Accepted // its chair has, another's has not
			}
		}
		d.Floors = append(d.Floors, f)
	}
	return d
}
