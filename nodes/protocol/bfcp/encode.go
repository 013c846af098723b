package bfcp

import (
	"encoding/binary"
	"errors"
)

// ErrTooLong says that an attribute or a message does not fit its length field.
var ErrTooLong = errors.New("bfcp: too long for its length field")

const (
	headerSize   = 12
	fragmentSize = headerSize + 4

	flagResponse = 1 << 4
	flagFragment = 1 << 3
)

// AppendTo appends the message's octets. Attributes come in the order of RFC 8855 §5.3.
func (m *Message) AppendTo(dst []byte) ([]byte, error) {
	e := encoder{b: dst}
	start := len(dst)
	first := m.Version << 5
	if m.Response && m.Version == Unreliable {
		first |= flagResponse // RFC 8855 §5.1: 0 over reliable transports
	}
	e.b = append(e.b, first, byte(m.Primitive), 0, 0)
	e.b = binary.BigEndian.AppendUint32(e.b, m.Conference)
	e.b = binary.BigEndian.AppendUint16(e.b, m.Transaction)
	e.b = binary.BigEndian.AppendUint16(e.b, m.User)
	e.attributes(m)
	words := (len(e.b) - start - headerSize) / 4
	if words > 0xffff || e.long {
		return dst, ErrTooLong
	}
	binary.BigEndian.PutUint16(e.b[start+2:], uint16(words))
	return e.b, nil
}

type encoder struct {
	b    []byte
	long bool
}

func (e *encoder) attributes(m *Message) {
	if m.Has.Has(FloorRequestID) {
		e.short(FloorRequestID, m.FloorRequest)
	}
	for _, f := range m.Floors {
		e.short(FloorID, f)
	}
	if m.Has.Has(BeneficiaryID) {
		e.short(BeneficiaryID, m.Beneficiary)
	}
	if m.Has.Has(ParticipantProvidedInfo) {
		e.text(ParticipantProvidedInfo, m.Info)
	}
	if m.Has.Has(AttrPriority) {
		e.short(AttrPriority, uint16(m.Priority)<<13)
	}
	if m.Has.Has(SupportedPrimitives) {
		e.octets(SupportedPrimitives, m.Primitives)
	}
	if m.Has.Has(SupportedAttributes) {
		at := e.begin(SupportedAttributes, true)
		for _, a := range m.Attributes {
			e.b = append(e.b, a<<1) // RFC 8855 §5.2.10: 7 bits and a reserved one
		}
		e.end(at)
	}
	if m.Has.Has(AttrErrorCode) {
		at := e.begin(AttrErrorCode, true)
		e.b = append(e.b, byte(m.Code))
		if m.Code == UnknownMandatory {
			for _, a := range m.Details {
				e.b = append(e.b, a<<1)
			}
		}
		e.end(at)
	}
	if m.Has.Has(ErrorInfo) {
		e.text(ErrorInfo, m.ErrorInfo)
	}
	if m.Has.Has(BeneficiaryInformation) {
		e.user(BeneficiaryInformation, &m.About)
	}
	for i := range m.Requests {
		e.request(&m.Requests[i])
	}
	for _, x := range m.Extensions {
		at := e.begin(x.Type, x.Mandatory)
		e.b = append(e.b, x.Contents...)
		e.end(at)
	}
}

// begin starts an attribute: type, M, and the length that end fills in.
func (e *encoder) begin(a Attribute, mandatory bool) int {
	first := byte(a) << 1
	if mandatory {
		first |= 1
	}
	e.b = append(e.b, first, 0)
	return len(e.b) - 2
}

// end writes the length and pads (RFC 8855 §5.2: the length leaves out the padding).
func (e *encoder) end(at int) {
	n := len(e.b) - at
	if n > 255 {
		e.long = true
	}
	e.b[at+1] = byte(n)
	for ; n%4 != 0; n++ {
		e.b = append(e.b, 0)
	}
}

func (e *encoder) short(a Attribute, v uint16) {
	e.b = append(e.b, byte(a)<<1|1, 4, byte(v>>8), byte(v))
}

func (e *encoder) text(a Attribute, s string) {
	at := e.begin(a, true)
	e.b = append(e.b, s...)
	e.end(at)
}

func (e *encoder) octets(a Attribute, s []byte) {
	at := e.begin(a, true)
	e.b = append(e.b, s...)
	e.end(at)
}

func (e *encoder) group(a Attribute, id uint16) int {
	at := e.begin(a, true)
	e.b = binary.BigEndian.AppendUint16(e.b, id)
	return at
}

func (e *encoder) user(a Attribute, u *UserInfo) {
	at := e.group(a, u.ID)
	if u.Has.Has(UserDisplayName) {
		e.text(UserDisplayName, u.Name)
	}
	if u.Has.Has(UserURI) {
		e.text(UserURI, u.URI)
	}
	e.end(at)
}

func (e *encoder) state(a Attribute, s *State) {
	at := e.group(a, s.ID)
	if s.Has.Has(RequestStatus) {
		e.short(RequestStatus, uint16(s.Status)<<8|uint16(s.Position))
	}
	if s.Has.Has(StatusInfo) {
		e.text(StatusInfo, s.Info)
	}
	e.end(at)
}

func (e *encoder) request(r *Request) {
	at := e.group(FloorRequestInformation, r.ID)
	if r.Has.Has(OverallRequestStatus) {
		e.state(OverallRequestStatus, &r.Overall)
	}
	for i := range r.Floors {
		e.state(AttrFloorRequestStatus, &r.Floors[i])
	}
	if r.Has.Has(BeneficiaryInformation) {
		e.user(BeneficiaryInformation, &r.Beneficiary)
	}
	if r.Has.Has(RequestedByInformation) {
		e.user(RequestedByInformation, &r.By)
	}
	if r.Has.Has(AttrPriority) {
		e.short(AttrPriority, uint16(r.Priority)<<13)
	}
	if r.Has.Has(ParticipantProvidedInfo) {
		e.text(ParticipantProvidedInfo, r.Info)
	}
	e.end(at)
}
