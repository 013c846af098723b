package sdp

import (
	"errors"
	"net/netip"

	pion "github.com/pion/sdp/v3"
)

// Description is a whole session description. The embedded value is the codec's; the methods keep it consistent.
type Description struct{ pion.SessionDescription }

// Parse parses a body. Lines may end in CRLF or LF.
func Parse(b []byte) (*Description, error) {
	text := string(b)
	d := &Description{}
	if scan(&d.SessionDescription, text) {
		return d, nil
	}
	d.SessionDescription = pion.SessionDescription{}
	if err := d.UnmarshalString(text); err != nil {
		return nil, errors.Join(errBody, err)
	}
	return d, nil
}

var errBody = errors.New("sdp: malformed description")

// Bytes writes the description out, lines ended by CRLF.
func (d *Description) Bytes() []byte {
	b, err := d.Marshal()
	if err != nil {
		panic("sdp: " + err.Error()) // the codec has no case that fails
	}
	return b
}

// Clone returns a copy that shares nothing that a method of this package changes.
func (d *Description) Clone() *Description {
	c := &Description{d.SessionDescription}
	c.ConnectionInformation = cloneConnection(d.ConnectionInformation)
	c.Attributes = append([]pion.Attribute(nil), d.Attributes...)
	c.MediaDescriptions = make([]*pion.MediaDescription, len(d.MediaDescriptions))
	for i, m := range d.MediaDescriptions {
		n := *m
		n.MediaName.Protos = append([]string(nil), m.MediaName.Protos...)
		n.MediaName.Formats = append([]string(nil), m.MediaName.Formats...)
		n.ConnectionInformation = cloneConnection(m.ConnectionInformation)
		n.Attributes = append([]pion.Attribute(nil), m.Attributes...)
		c.MediaDescriptions[i] = &n
	}
	return c
}

func cloneConnection(c *pion.ConnectionInformation) *pion.ConnectionInformation {
	if c == nil {
		return nil
	}
	n := *c
	if c.Address != nil {
		a := *c.Address
		n.Address = &a
	}
	return &n
}

// Lines returns the number of m-lines.
func (d *Description) Lines() int { return len(d.MediaDescriptions) }

// Line returns the view of m-line i, from 0.
func (d *Description) Line(i int) Line { return Line{d, d.MediaDescriptions[i]} }

// MoveTo gives the only line of a description another address: in the place of the c= that counted for it, while any other
// c= goes (RFC 4566 §5.7: the line's overrides the session's), so that the old address is in no c= any more.
func (d *Description) MoveTo(ap netip.AddrPort) {
	l := d.Line(0)
	l.SetPort(ap.Port())
	if l.m.ConnectionInformation == nil && d.ConnectionInformation != nil {
		d.ConnectionInformation = connection(ap.Addr())
		return
	}
	d.ConnectionInformation, l.m.ConnectionInformation = nil, connection(ap.Addr())
}

// Only returns the description as if it had line i alone; the line is shared.
func (d *Description) Only(i int) *Description {
	one := &Description{d.SessionDescription}
	one.MediaDescriptions = d.MediaDescriptions[i : i+1]
	return one
}

// DropConnection drops c= of the session: every line has its own.
func (d *Description) DropConnection() { d.ConnectionInformation = nil }

// RemoveSession drops an attribute of the session.
func (d *Description) RemoveSession(key string) { d.Attributes = dropped(d.Attributes, key) }

// Remove drops an attribute of the session and of every line.
func (d *Description) Remove(key string) {
	d.Attributes = dropped(d.Attributes, key)
	for i := range d.Lines() {
		d.Line(i).Remove(key)
	}
}

// AddLine appends an m-line and returns its view.
func (d *Description) AddLine(media string, port uint16, proto Proto, formats ...string) Line {
	m := &pion.MediaDescription{MediaName: pion.MediaName{
		Media: media, Port: pion.RangedPort{Value: int(port)}, Protos: proto.parts(), Formats: formats,
	}}
	d.MediaDescriptions = append(d.MediaDescriptions, m)
	return Line{d, m}
}

// New makes a description with its mandatory lines: origin "-", the given id and version, and one address for all.
func New(id, version uint64, a netip.Addr) *Description {
	d := &Description{}
	d.Origin = pion.Origin{
		Username: "-", SessionID: id, SessionVersion: version, NetworkType: "IN", AddressType: family(a), UnicastAddress: a.String(),
	}
	d.SessionName = "-"
	d.ConnectionInformation = connection(a)
	d.TimeDescriptions = []pion.TimeDescription{{}}
	return d
}

func connection(a netip.Addr) *pion.ConnectionInformation {
	return &pion.ConnectionInformation{NetworkType: "IN", AddressType: family(a), Address: &pion.Address{Address: a.String()}}
}

func family(a netip.Addr) string {
	if a.Is4() {
		return "IP4"
	}
	return "IP6"
}
