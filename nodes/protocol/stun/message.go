package stun

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"net/netip"
)

// Type is a message's method and class, as on the wire (RFC 8489 §5).
type Type uint16

// The types of the method Binding.
const (
	Request    Type = 0x0001
	Indication Type = 0x0011
	Success    Type = 0x0101
	Error      Type = 0x0111
)

func (t Type) String() string {
	switch t {
	case Request:
		return "Binding Request"
	case Indication:
		return "Binding Indication"
	case Success:
		return "Binding Success Response"
	case Error:
		return "Binding Error Response"
	}
	return "another method"
}

// TransactionID pairs a request with its response.
type TransactionID [12]byte

// Role is what a sender of a check takes itself for (RFC 8445 §7.1.3).
type Role uint8

// The roles.
const (
	NoRole Role = iota
	Controlling
	Controlled
)

func (r Role) String() string { return [...]string{"none", "controlling", "controlled"}[r] }

// Error codes (RFC 8489 §14.8, RFC 8445 §7.3.1.1).
const (
	BadRequest       = 400
	Unauthenticated  = 401
	UnknownAttribute = 420
	RoleConflict     = 487
)

// Message is one STUN message. What has its zero value is absent.
type Message struct {
	Type         Type
	ID           TransactionID
	Username     string
	Software     string
	Mapped       netip.AddrPort // XOR-MAPPED-ADDRESS
	Priority     uint32
	UseCandidate bool
	Role         Role
	TieBreaker   uint64 // with Role
	Code         int    // ERROR-CODE, 300 to 699
	Reason       string
	Unknown      []uint16 // UNKNOWN-ATTRIBUTES

	NotUnderstood []uint16 // parsed: attributes that must be understood and are not
	signed        bool     // parsed: MESSAGE-INTEGRITY is there
	printed       bool     // parsed: FINGERPRINT is there, and right
}

// Signed reports whether a parsed message has MESSAGE-INTEGRITY; Verify tells whether it is right.
func (m *Message) Signed() bool { return m.signed }

// Fingerprinted reports whether a parsed message has a FINGERPRINT, which then is right.
func (m *Message) Fingerprinted() bool { return m.printed }

const (
	headerLen = 20
	cookie    = 0x2112a442
	printXOR  = 0x5354554e
)

// Attribute types (RFC 8489 §18.3, RFC 8445 §20.1).
const (
	attrUsername     = 0x0006
	attrIntegrity    = 0x0008
	attrErrorCode    = 0x0009
	attrUnknown      = 0x000a
	attrRealm        = 0x0014
	attrNonce        = 0x0015
	attrXORMapped    = 0x0020
	attrPriority     = 0x0024
	attrUseCandidate = 0x0025
	attrSoftware     = 0x8022
	attrFingerprint  = 0x8028
	attrControlled   = 0x8029
	attrControlling  = 0x802a
)

// mandatory reports an attribute that must be understood (RFC 8489 §14).
func mandatory(t uint16) bool { return t < 0x8000 }

// IsMessage reports whether a frame is STUN and nothing that shares the connection with it: the first two bits are zero, the
// cookie is in its place, and the length fits (RFC 8489 §6.3). A TLS record begins with other octets than the cookie there.
func IsMessage(b []byte) bool {
	return len(b) >= headerLen && Begins(b, len(b))
}

// Begins tells what IsMessage does from the first eight octets of a frame and its length.
func Begins(b []byte, length int) bool {
	return b[0]&0xc0 == 0 && binary.BigEndian.Uint32(b[4:]) == cookie &&
		int(binary.BigEndian.Uint16(b[2:])) == length-headerLen && length%4 == 0
}

// TypeOf returns the type of a whole message.
func TypeOf(b []byte) Type { return Type(binary.BigEndian.Uint16(b)) }

// Errors of Parse.
var (
	ErrNotSTUN     = errors.New("stun: no STUN message (want two zero bits, a length that fits, and the magic cookie)")
	ErrAttribute   = errors.New("stun: attribute goes beyond the message, or has another length than its type")
	ErrFingerprint = errors.New("stun: FINGERPRINT does not match, or is not the last attribute")
)

// Parse reads a whole message. Attributes behind MESSAGE-INTEGRITY are ignored but for FINGERPRINT (RFC 8489 §14.5); of
// several of a type the first counts (§14).
func Parse(b []byte) (m Message, err error) {
	if !IsMessage(b) {
		return m, ErrNotSTUN
	}
	m.Type = Type(binary.BigEndian.Uint16(b))
	copy(m.ID[:], b[8:headerLen])
	for at := headerLen; at < len(b); {
		if m.printed {
			return m, ErrFingerprint // RFC 8489 §14.7: the last attribute
		}
		t, v, next := attribute(b, at)
		if next == 0 {
			return m, ErrAttribute
		}
		switch {
		case t == attrFingerprint:
			if len(v) != 4 {
				return m, ErrAttribute
			}
			if binary.BigEndian.Uint32(v) != crc32.ChecksumIEEE(b[:at])^printXOR {
				return m, ErrFingerprint
			}
			m.printed = true
		case m.signed:
		case t == attrIntegrity:
			if len(v) != 20 {
				return m, ErrAttribute
			}
			m.signed = true
		case !m.take(t, v):
			return m, ErrAttribute
		}
		at = next
	}
	return m, nil
}

// attribute returns the attribute at an offset and the offset of the next, 0 when it does not fit.
func attribute(b []byte, at int) (t uint16, v []byte, next int) {
	if len(b)-at < 4 {
		return 0, nil, 0
	}
	n := int(binary.BigEndian.Uint16(b[at+2:]))
	next = at + 4 + (n+3)&^3
	if next > len(b) {
		return 0, nil, 0
	}
	return binary.BigEndian.Uint16(b[at:]), b[at+4 : at+4+n], next
}

// take reads one attribute; false when its length is wrong.
func (m *Message) take(t uint16, v []byte) bool {
	switch t {
	case attrUsername:
		if m.Username == "" {
			m.Username = string(v)
		}
		return len(v) <= 513 // RFC 8489 §14.3
	case attrSoftware:
		if m.Software == "" {
			m.Software = string(v)
		}
	case attrXORMapped:
		return m.takeMapped(v)
	case attrPriority:
		if len(v) != 4 {
			return false
		}
		if m.Priority == 0 {
			m.Priority = binary.BigEndian.Uint32(v)
		}
	case attrUseCandidate:
		m.UseCandidate = true
		return len(v) == 0
	case attrControlled, attrControlling:
		if len(v) != 8 {
			return false
		}
		if m.Role == NoRole {
			m.Role, m.TieBreaker = Controlling, binary.BigEndian.Uint64(v)
			if t == attrControlled {
				m.Role = Controlled
			}
		}
	case attrErrorCode:
		if len(v) < 4 || v[2]&7 < 3 || v[2]&7 > 6 || v[3] > 99 {
			return false
		}
		if m.Code == 0 {
			m.Code, m.Reason = int(v[2]&7)*100+int(v[3]), string(v[4:])
		}
	case attrUnknown:
		if len(v)%2 != 0 {
			return false
		}
		for ; len(v) > 0; v = v[2:] {
			m.Unknown = append(m.Unknown, binary.BigEndian.Uint16(v))
		}
	case attrRealm, attrNonce: // of long-term credentials, which ICE does not have
	default:
		if mandatory(t) {
			m.NotUnderstood = append(m.NotUnderstood, t)
		}
	}
	return true
}

// takeMapped reads XOR-MAPPED-ADDRESS (RFC 8489 §14.2).
func (m *Message) takeMapped(v []byte) bool {
	var a netip.Addr
	var mask [16]byte
	binary.BigEndian.PutUint32(mask[:], cookie)
	copy(mask[4:], m.ID[:])
	switch {
	case len(v) == 8 && v[1] == 1:
		var ip [4]byte
		for i := range ip {
			ip[i] = v[4+i] ^ mask[i]
		}
		a = netip.AddrFrom4(ip)
	case len(v) == 20 && v[1] == 2:
		var ip [16]byte
		for i := range ip {
			ip[i] = v[4+i] ^ mask[i]
		}
		a = netip.AddrFrom16(ip)
	default:
		return false
	}
	if !m.Mapped.IsValid() {
		m.Mapped = netip.AddrPortFrom(a, binary.BigEndian.Uint16(v[2:])^cookie>>16)
	}
	return true
}
