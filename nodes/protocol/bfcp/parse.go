package bfcp

import "encoding/binary"

// Malformed says why octets are no message, and which Error says so over an unreliable transport. Over a reliable one the
// connection is closed (RFC 8855 §6.1).
type Malformed struct {
	Code ErrorCode
	What string
}

func (e *Malformed) Error() string { return "bfcp: " + e.What }

var (
	errShort     = &Malformed{IncorrectLength, "shorter than its header"}
	errLength    = &Malformed{IncorrectLength, "payload length does not fit"}
	errVersion   = &Malformed{UnsupportedVersion, "version is neither 1 nor 2"}
	errFragment  = &Malformed{UnableToParse, "a fragment is not a message"}
	errAttribute = &Malformed{UnableToParse, "attribute does not fit"}
	errContents  = &Malformed{UnableToParse, "attribute has the wrong length"}
)

// Parse reads one whole message into m, whose memory it uses again; the header is read also where the rest is malformed.
// Texts are copied, contents of unknown attributes are not. The error is a *Malformed.
func Parse(b []byte, m *Message) error {
	m.clear()
	if len(b) < headerSize {
		return errShort
	}
	m.Version = b[0] >> 5
	m.Primitive = Primitive(b[1])
	m.Conference = binary.BigEndian.Uint32(b[4:])
	m.Transaction = binary.BigEndian.Uint16(b[8:])
	m.User = binary.BigEndian.Uint16(b[10:])
	switch {
	case m.Version == Reliable: // RFC 8855 §5.1: R and F mean nothing here
	case m.Version != Unreliable:
		return errVersion
	case b[0]&flagFragment != 0:
		return errFragment
	default:
		m.Response = b[0]&flagResponse != 0
	}
	if len(b) != Size(b) {
		return errLength
	}
	for b = b[headerSize:]; len(b) > 0; {
		a, rest, err := next(b)
		if err != nil {
			return err
		}
		if err := m.take(a); err != nil {
			return err
		}
		b = rest
	}
	return nil
}

// Size returns the length of the message that a header of 12 octets begins.
func Size(header []byte) int { return headerSize + 4*int(binary.BigEndian.Uint16(header[2:])) }

type attribute struct {
	kind      Attribute
	mandatory bool
	contents  []byte
}

// next takes an attribute with its padding off b (RFC 8855 §5.2).
func next(b []byte) (a attribute, rest []byte, err error) {
	if len(b) < 2 {
		return a, nil, errAttribute
	}
	n := int(b[1])
	padded := (n + 3) &^ 3
	if n < 2 || padded > len(b) {
		return a, nil, errAttribute
	}
	return attribute{Attribute(b[0] >> 1), b[0]&1 != 0, b[2:n]}, b[padded:], nil
}

// short reads an attribute of 16 bits.
func (a *attribute) short() (uint16, error) {
	if len(a.contents) != 2 {
		return 0, errContents
	}
	return binary.BigEndian.Uint16(a.contents), nil
}

// priority reads PRIORITY; more than the highest counts as that (RFC 8855 §5.2.4).
func (a *attribute) priority() (Priority, error) {
	v, err := a.short()
	return min(Priority(v>>13), Highest), err
}

func (m *Message) take(a attribute) (err error) {
	switch a.kind {
	case BeneficiaryID:
		m.Beneficiary, err = a.short()
	case FloorID:
		var f uint16
		f, err = a.short()
		m.Floors = append(m.Floors, f)
	case FloorRequestID:
		m.FloorRequest, err = a.short()
	case AttrPriority:
		m.Priority, err = a.priority()
	case AttrErrorCode:
		if len(a.contents) == 0 {
			return errContents
		}
		m.Code = ErrorCode(a.contents[0])
		m.Details = m.Details[:0]
		if m.Code == UnknownMandatory {
			m.Details = appendTypes(m.Details, a.contents[1:])
		}
	case ErrorInfo:
		m.ErrorInfo = string(a.contents)
	case ParticipantProvidedInfo:
		m.Info = string(a.contents)
	case SupportedAttributes:
		m.Attributes = appendTypes(m.Attributes[:0], a.contents)
	case SupportedPrimitives:
		m.Primitives = append(m.Primitives[:0], a.contents...)
	case BeneficiaryInformation:
		err = m.About.take(a)
	case FloorRequestInformation:
		var r Request
		if n := len(m.Requests); n < cap(m.Requests) {
			r.Floors = m.Requests[:n+1][n].Floors[:0]
		}
		err = r.take(a)
		m.Requests = append(m.Requests, r)
	default:
		m.Extensions = append(m.Extensions, Extended{a.kind, a.mandatory, a.contents})
		return nil
	}
	m.With(a.kind)
	return err
}

func appendTypes(dst, octets []byte) []byte {
	for _, o := range octets {
		dst = append(dst, o>>1)
	}
	return dst
}

// members goes through a group: an id and attributes. What the group has no place for is skipped.
func (a *attribute) members(take func(attribute) error) (id uint16, err error) {
	if len(a.contents) < 2 {
		return 0, errContents
	}
	for b := a.contents[2:]; len(b) > 0; {
		m, rest, err := next(b)
		if err != nil {
			return 0, err
		}
		if err := take(m); err != nil {
			return 0, err
		}
		b = rest
	}
	return binary.BigEndian.Uint16(a.contents), nil
}

func (u *UserInfo) take(a attribute) (err error) {
	*u = UserInfo{}
	u.ID, err = a.members(func(a attribute) error {
		switch a.kind {
		case UserDisplayName:
			u.Name = string(a.contents)
		case UserURI:
			u.URI = string(a.contents)
		default:
			return nil
		}
		u.Has = u.Has.With(a.kind)
		return nil
	})
	return err
}

func (s *State) take(a attribute) (err error) {
	*s = State{}
	s.ID, err = a.members(func(a attribute) error {
		switch a.kind {
		case RequestStatus:
			v, err := a.short()
			if err != nil {
				return err
			}
			s.Status, s.Position = Status(v>>8), uint8(v)
		case StatusInfo:
			s.Info = string(a.contents)
		default:
			return nil
		}
		s.Has = s.Has.With(a.kind)
		return nil
	})
	return err
}

func (r *Request) take(a attribute) (err error) {
	r.ID, err = a.members(func(a attribute) (err error) {
		switch a.kind {
		case OverallRequestStatus:
			err = r.Overall.take(a)
		case AttrFloorRequestStatus:
			r.Floors = append(r.Floors, State{})
			err = r.Floors[len(r.Floors)-1].take(a)
		case BeneficiaryInformation:
			err = r.Beneficiary.take(a)
		case RequestedByInformation:
			err = r.By.take(a)
		case AttrPriority:
			r.Priority, err = a.priority()
		case ParticipantProvidedInfo:
			r.Info = string(a.contents)
		default:
			return nil
		}
		r.Has = r.Has.With(a.kind)
		return err
	})
	return err
}
