package sip

import "slices"

// Dialog is the state of RFC 3261 §12 at one end. Fields may be read; its methods change them.
type Dialog struct {
	CallID    string
	LocalTag  string
	RemoteTag string // "" from a peer older than RFC 3261
	Local     string // our From value in requests, without tag
	Remote    string // our To value in requests, without tag
	Contact   string // our Contact value, put into requests that refresh the target; "" for none
	Target    string // remote target: the URI that requests go to
	Routes    []string
	LocalSeq  uint32 // CSeq number of our last request; 0: none yet
	RemoteSeq uint32 // CSeq number of the peer's last request; 0: none yet
	InviteSeq uint32 // CSeq number of the INVITE that set the dialog up
	Confirmed bool   // a 2xx has been received or sent
	UAC       bool   // we sent the INVITE
}

// NewUACDialog makes the dialog of a response with To tag, 101 to 299, to our request (RFC 3261 §12.1.2).
func NewUACDialog(request, response *Message) (*Dialog, error) {
	c, err := request.CSeq()
	if err != nil {
		return nil, err
	}
	d := &Dialog{
		CallID:   request.CallID(),
		LocalTag: request.FromTag(), RemoteTag: response.ToTag(),
		Contact:  request.First(HContact),
		LocalSeq: c.Seq, InviteSeq: c.Seq,
		UAC: true,
	}
	if d.Local, err = withoutTag(request.Get(HFrom)); err != nil {
		return nil, err
	}
	if d.Remote, err = withoutTag(response.Get(HTo)); err != nil {
		return nil, err
	}
	d.Target = AddressURI(response.First(HContact))
	if d.Target == "" { // a provisional response may come without; until one has it, the Request-URI is all we know [I]
		d.Target = request.URI
	}
	d.routesFrom(response)
	d.Confirmed = response.Status >= 200
	return d, nil
}

// NewUASDialog makes the dialog of a request that we answer with the given tag and Contact (RFC 3261 §12.1.1).
func NewUASDialog(request *Message, tag, contact string) (*Dialog, error) {
	c, err := request.CSeq()
	if err != nil {
		return nil, err
	}
	d := &Dialog{
		CallID:   request.CallID(),
		LocalTag: tag, RemoteTag: request.FromTag(),
		Contact:   contact,
		Target:    AddressURI(request.First(HContact)),
		Routes:    slices.Collect(request.Values(HRecordRoute)),
		RemoteSeq: c.Seq, InviteSeq: c.Seq,
	}
	if d.Target == "" {
		return nil, wrong(0, "request", "", "a Contact with a URI, since the request sets up a dialog")
	}
	if d.Local, err = withoutTag(request.Get(HTo)); err != nil {
		return nil, err
	}
	d.Remote, err = withoutTag(request.Get(HFrom))
	return d, err
}

func withoutTag(value string) (string, error) {
	a, err := ParseAddress(value)
	a.Params = a.Params.Without("tag")
	return a.String(), err
}

// routesFrom takes the route set from a response: Record-Route in reverse order (RFC 3261 §12.1.2).
func (d *Dialog) routesFrom(response *Message) {
	d.Routes = slices.Collect(response.Values(HRecordRoute))
	slices.Reverse(d.Routes)
}

// Matches reports whether a message from the peer belongs to the dialog.
func (d *Dialog) Matches(m *Message) bool {
	local, remote := m.ToTag(), m.FromTag()
	if !m.IsRequest() {
		local, remote = remote, local
	}
	return local == d.LocalTag && remote == d.RemoteTag && m.CallID() == d.CallID
}

// Confirm says that we sent a 2xx as UAS.
func (d *Dialog) Confirm() { d.Confirmed = true }

// ReceiveResponse takes a response to a request of ours inside the dialog, or a further one to the request that set it up.
func (d *Dialog) ReceiveResponse(m *Message) {
	c, err := m.CSeq()
	if err != nil || m.Status <= 100 || m.Status >= 300 {
		return
	}
	// RFC 3261 §12.2.1.2: a 2xx to a target refresh request renews the remote target; so does a provisional response while
	// the dialog is early.
	if refreshes(c.Method) && (m.Status >= 200 || !d.Confirmed) {
		if u := AddressURI(m.First(HContact)); u != "" {
			d.Target = u
		}
	}
	if d.UAC && !d.Confirmed && m.Status >= 200 && c.Seq == d.InviteSeq {
		d.routesFrom(m) // RFC 3261 §13.2.2.4: the 2xx has the last word on the route set
		d.Confirmed = true
	}
}

// ReceiveRequest takes a request of the peer inside the dialog and returns 0, or the status with which to refuse it.
func (d *Dialog) ReceiveRequest(m *Message) (status int) {
	c, err := m.CSeq()
	switch {
	case err != nil:
		return 400
	case m.Method == ACK || m.Method == CANCEL:
		return 0 // they carry the number of the INVITE
	case d.RemoteSeq != 0 && c.Seq < d.RemoteSeq:
		return 500 // RFC 3261 §12.2.2: out of order
	}
	d.RemoteSeq = c.Seq
	if refreshes(m.Method) {
		if u := AddressURI(m.First(HContact)); u != "" {
			d.Target = u
		}
	}
	return 0
}

// refreshes reports whether a method refreshes the target (RFC 3261 §12.2, RFC 3311 §5.1, RFC 6665).
func refreshes(method string) bool {
	return method == INVITE || method == UPDATE || method == SUBSCRIBE
}

// Request makes the next request inside the dialog: BYE, UPDATE, INVITE, INFO… The caller adds what the method needs.
func (d *Dialog) Request(method string) *Message {
	d.LocalSeq++
	m := d.request(method, d.LocalSeq)
	if refreshes(method) && d.Contact != "" {
		m.Add(HContact, d.Contact)
	}
	return m
}

func (d *Dialog) request(method string, seq uint32) *Message {
	m := NewRequest(method, d.Target)
	routes := d.Routes
	if len(routes) > 0 {
		u, err := ParseURI(AddressURI(routes[0]))
		if err == nil && !u.Params.Has("lr") {
			// RFC 3261 §12.2.1.1: a strict router gets its own URI as the Request-URI, and the target goes last.
			m.URI = AddressURI(routes[0])
			routes = append(slices.Clone(routes[1:]), "<"+d.Target+">")
		}
	}
	for _, r := range routes {
		m.Add(HRoute, r)
	}
	m.Add(HFrom, tagged(d.Local, d.LocalTag))
	m.Add(HTo, tagged(d.Remote, d.RemoteTag))
	m.Add(HCallID, d.CallID)
	m.Add(HCSeq, CSeq{seq, method}.String())
	return m
}

func tagged(value, tag string) string {
	if tag == "" {
		return value
	}
	return value + ";tag=" + tag
}

// Ack makes the ACK of a 2xx to our INVITE, with its credentials if it had any (RFC 3261 §13.2.2.4).
func (d *Dialog) Ack(invite *Message) *Message {
	c, _ := invite.CSeq()
	m := d.request(ACK, c.Seq)
	m.Copy(invite, HAuthorization, HProxyAuthorization)
	return m
}

// Prack makes the PRACK of a reliable provisional response to our INVITE (RFC 3262 §4, §7.2).
func (d *Dialog) Prack(response *Message) *Message {
	c, _ := response.CSeq()
	r, _ := response.RSeq()
	m := d.Request(PRACK)
	m.Add(HRAck, RAck{r, c.Seq, c.Method}.String())
	return m
}
