package bfcp

import (
	"slices"

	"imsim/sim"
)

// primitivesOfServer is what HelloAck says over a reliable transport.
var primitivesOfServer = []byte{
	byte(FloorRequest), byte(FloorRelease), byte(FloorRequestQuery), byte(FloorRequestStatus), byte(UserQuery), byte(UserStatus),
	byte(FloorQuery), byte(FloorStatus), byte(ChairAction), byte(ChairActionAck), byte(Hello), byte(HelloAck), byte(Error),
}

var attributesOfServer = func() (all []byte) {
	for a := BeneficiaryID; a <= OverallRequestStatus; a++ {
		all = append(all, byte(a))
	}
	return all
}()

// take answers one request (RFC 8855 §13). The checks go from the header inwards.
func (p *Peer) take(now sim.Time, why sim.Cause) {
	s, m := p.s, &p.message
	p.add(Output{Kind: OutReceived, Primitive: m.Primitive, Transaction: m.Transaction, User: m.User, Why: why})
	switch {
	case !known(m.Primitive):
		p.refuse(UnknownPrimitive, why)
	case m.Conference != s.cfg.Conference:
		p.refuse(NoConference, why)
	case s.cfg.TLSOnly && !p.secure:
		p.refuse(UseTLS, why) // RFC 8855 §9
	case s.cfg.Users != nil && !slices.Contains(s.cfg.Users, m.User):
		p.refuse(NoUser, why)
	case p.user != 0 && m.User != p.user:
		p.refuse(Unauthorized, why) // RFC 8855 §9.1: a user ID is who the connection was made for
	case p.unknownMandatory():
		p.refuse(UnknownMandatory, why)
	default:
		p.back(m.User)
		p.serve(why)
	}
}

// back notes whose connection it is: who comes back has everything still.
func (p *Peer) back(user uint16) {
	p.user = user
	p.s.away = slices.DeleteFunc(p.s.away, func(a absence) bool { return a.user == user })
}

// known reports whether a client may send a primitive over a reliable transport.
func known(p Primitive) bool {
	switch p {
	case FloorRequest, FloorRelease, FloorRequestQuery, UserQuery, FloorQuery, ChairAction, Hello:
		return true
	}
	return false
}

func (p *Peer) unknownMandatory() bool {
	return slices.ContainsFunc(p.message.Extensions, func(x Extended) bool { return x.Mandatory })
}

// answer begins the response to the request at hand (RFC 8855 §8.2: ids are copied).
func (p *Peer) answer(primitive Primitive) *Message {
	m := &p.s.status
	m.clear()
	m.Primitive, m.Transaction, m.User = primitive, p.message.Transaction, p.message.User
	return m
}

// refuse answers the request at hand by Error (RFC 8855 §13.8).
func (p *Peer) refuse(code ErrorCode, why sim.Cause) {
	m := p.answer(Error)
	m.Conference, m.Code = p.s.cfg.Conference, code
	m.With(AttrErrorCode)
	if code == UnknownMandatory {
		for _, x := range p.message.Extensions {
			if x.Mandatory {
				m.Details = append(m.Details, byte(x.Type))
			}
		}
	}
	p.send(m, why)
}

// serve does what a request that has passed the checks asks for.
func (p *Peer) serve(why sim.Cause) {
	switch p.message.Primitive {
	case Hello:
		m := p.answer(HelloAck)
		m.Primitives = append(m.Primitives, primitivesOfServer...)
		m.Attributes = append(m.Attributes, attributesOfServer...)
		m.With(SupportedPrimitives)
		m.With(SupportedAttributes)
		p.send(m, why)
	case FloorRequest:
		p.request(why)
	case FloorRelease:
		p.release(why)
	case FloorRequestQuery:
		if r := p.s.request(p.message.FloorRequest); r == nil {
			p.refuse(NoFloorRequest, why)
		} else {
			p.report(r, p.message.Transaction, why)
		}
	case UserQuery:
		p.queryUser(why)
	case FloorQuery:
		p.queryFloors(why)
	case ChairAction:
		p.chairAction(why)
	}
}

// request takes a FloorRequest (RFC 8855 §13.1).
func (p *Peer) request(why sim.Cause) {
	s, m := p.s, &p.message
	if len(m.Floors) == 0 {
		p.refuse(InvalidFloor, why)
		return
	}
	user := m.User
	if m.Has.Has(BeneficiaryID) {
		user = m.Beneficiary
	}
	for i, id := range m.Floors {
		f := s.floor(id)
		switch {
		case f == nil || slices.Contains(m.Floors[:i], id):
			p.refuse(InvalidFloor, why)
			return
		case user != m.User && f.Chair != m.User:
			p.refuse(Unauthorized, why) // only a chair asks for others [SIM]
			return
		case f.PerUser > 0 && s.count(user, id) >= f.PerUser:
			p.refuse(TooManyRequests, why)
			return
		}
	}
	if user != m.User && s.cfg.Users != nil && !slices.Contains(s.cfg.Users, user) {
		p.refuse(NoUser, why)
		return
	}
	r := &request{id: s.newID(), user: user, by: m.User, priority: Normal, info: m.Info, hasInfo: m.Has.Has(ParticipantProvidedInfo)}
	if m.Has.Has(AttrPriority) {
		r.priority = m.Priority
	}
	for _, id := range m.Floors {
		r.floors = append(r.floors, wish{id: id, status: Accepted})
		if f := s.floor(id); f.Policy == Chaired && f.Chair != m.User {
			r.floors[len(r.floors)-1].status = Pending
		}
	}
	s.requests = append(s.requests, r)
	s.judge(r)
	s.grant()
	// RFC 8855 §13.1.1: the first status answers the request, later ones are notifications.
	r.told, r.toldAt = r.status, r.position
	s.decided(r, p, m.Transaction, why)
	s.watched(r, why)
	s.tell(why)
}

// release takes a FloorRelease (RFC 8855 §13.4).
func (p *Peer) release(why sim.Cause) {
	s, m := p.s, &p.message
	r := s.request(m.FloorRequest)
	switch {
	case r == nil:
		p.refuse(NoFloorRequest, why)
	case r.by != m.User && r.user != m.User:
		p.refuse(Unauthorized, why)
	default:
		s.drop(r, ended(r.status))
		s.decided(r, p, m.Transaction, why)
		if other := s.peer(r.by); other != nil && other != p {
			other.report(r, 0, why)
		}
		s.watched(r, why)
		s.settle(why)
	}
}

// chairAction takes what a chair has decided (RFC 8855 §13.6).
func (p *Peer) chairAction(why sim.Cause) {
	s, m := p.s, &p.message
	if len(m.Requests) != 1 || len(m.Requests[0].Floors) == 0 {
		p.refuse(Generic, why)
		return
	}
	want := &m.Requests[0]
	r := s.request(want.ID)
	if r == nil {
		p.refuse(NoFloorRequest, why)
		return
	}
	for i := range want.Floors {
		w := &want.Floors[i]
		f := s.floor(w.ID)
		switch {
		case f == nil || r.of(w.ID) == nil:
			p.refuse(InvalidFloor, why)
			return
		case f.Policy != Chaired || f.Chair != m.User:
			p.refuse(Unauthorized, why)
			return
		case w.Status != Accepted && w.Status != Granted && w.Status != Denied && w.Status != Revoked,
			(r.status == Granted) != (w.Status == Revoked):
			p.refuse(Generic, why) // RFC 8855 §11: Revoked is for what is granted, and only that
			return
		}
	}
	p.send(p.answer(ChairActionAck), why)
	for i := range want.Floors {
		w := &want.Floors[i]
		switch w.Status {
		case Denied, Revoked: // one denial denies all
			if r.status.Ongoing() {
				s.end(r, w.Status, w.ID, why)
			}
		case Granted:
			r.of(w.ID).status, r.of(w.ID).place = Accepted, 1
		default:
			r.of(w.ID).status, r.of(w.ID).place = Accepted, w.Position
		}
	}
	s.settle(why)
}

// queryUser takes a UserQuery (RFC 8855 §13.3).
func (p *Peer) queryUser(why sim.Cause) {
	s := p.s
	user := p.message.User
	m := p.answer(UserStatus)
	if p.message.Has.Has(BeneficiaryID) {
		user = p.message.Beneficiary
		if s.cfg.Users != nil && !slices.Contains(s.cfg.Users, user) {
			p.refuse(NoUser, why)
			return
		}
		m.About.ID = user
		m.With(BeneficiaryInformation)
	}
	for _, r := range s.requests {
		if r.user == user || r.by == user {
			m.Requests = append(m.Requests, s.describe(r))
		}
	}
	p.send(m, why)
}

// queryFloors takes a FloorQuery: the floors in it are those that the client wants to hear of from now on (RFC 8855 §13.5).
func (p *Peer) queryFloors(why sim.Cause) {
	floors := p.message.Floors
	for _, id := range floors {
		if p.s.floor(id) == nil {
			p.refuse(InvalidFloor, why)
			return
		}
	}
	p.watches = append(p.watches[:0], floors...)
	if len(floors) == 0 {
		p.send(p.answer(FloorStatus), why)
		return
	}
	transaction := p.message.Transaction
	for _, id := range p.watches {
		p.floorStatus(id, transaction, why)
		transaction = 0 // RFC 8855 §13.5.1: the first answers, the others notify
	}
}
