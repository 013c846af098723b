package sdp

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	pion "github.com/pion/sdp/v3"
)

// Names of the attributes that the package gives a meaning to.
const (
	AttrSetup       = "setup"        // RFC 4145
	AttrConnection  = "connection"   // RFC 4145
	AttrFingerprint = "fingerprint"  // RFC 8122
	AttrTLSID       = "tls-id"       // RFC 8842
	AttrPath        = "path"         // RFC 4975
	AttrAcceptTypes = "accept-types" // RFC 4975
	AttrMaxSize     = "max-size"     // RFC 4975
	AttrCEMA        = "msrp-cema"    // RFC 6714
	AttrE2AE        = "3ge2ae"       // TS 24.229 7.5.2
	AttrKeyMgmt     = "key-mgmt"     // RFC 4567
)

// Values of a=3ge2ae: what the UE puts in its offer, and the network in its own.
const (
	E2AERequested = "requested"
	E2AEApplied   = "applied"
)

// Line is a view of one m-line and its attributes. Where an attribute may stand at session level, a getter falls back
// to that (RFC 4145 §4, RFC 8122 §5: the media level overrides). Setters write the media level only.
type Line struct {
	d *Description
	m *pion.MediaDescription
}

// Media returns the media type: "message", "application", "audio", …
func (l Line) Media() string { return l.m.MediaName.Media }

// Proto returns the m-line's protocol stack.
func (l Line) Proto() Proto { return protoOf(l.m.MediaName.Protos) }

// SetProto replaces the protocol stack.
func (l Line) SetProto(p Proto) { l.m.MediaName.Protos = p.parts() }

// Port returns the m-line's port; 0 means that the line is rejected.
func (l Line) Port() uint16 { return uint16(l.m.MediaName.Port.Value) }

// SetPort replaces the port.
func (l Line) SetPort(p uint16) { l.m.MediaName.Port = pion.RangedPort{Value: int(p)} }

// Reject refuses the line in an answer (RFC 3264 §6: port zero, the rest may stay).
func (l Line) Reject() { l.SetPort(0) }

// Rejected reports whether the line is refused or removed.
func (l Line) Rejected() bool { return l.m.MediaName.Port.Value == 0 }

// Address returns the transport address of c= and m=; ok is false when c= is missing or holds a name.
func (l Line) Address() (ap netip.AddrPort, ok bool) {
	c := l.m.ConnectionInformation
	if c == nil {
		c = l.d.ConnectionInformation
	}
	if c == nil || c.Address == nil || c.NetworkType != "IN" {
		return ap, false
	}
	a, err := netip.ParseAddr(c.Address.Address)
	if err != nil || a.Zone() != "" || family(a) != c.AddressType {
		return ap, false
	}
	return netip.AddrPortFrom(a, l.Port()), true
}

// SetAddress writes port and address; c= goes to the line only when the session's does not say the same.
func (l Line) SetAddress(ap netip.AddrPort) {
	l.SetPort(ap.Port())
	l.m.ConnectionInformation = nil
	if cur, ok := l.Address(); !ok || cur.Addr() != ap.Addr() {
		l.m.ConnectionInformation = connection(ap.Addr())
	}
}

// SetPlace writes the line's own c=.
func (l Line) SetPlace(a netip.Addr) { l.m.ConnectionInformation = connection(a) }

// Attr returns the first value of an attribute of the line itself.
func (l Line) Attr(key string) (string, bool) { return first(l.m.Attributes, key) }

// Has reports whether the line itself has an attribute.
func (l Line) Has(key string) bool {
	_, ok := first(l.m.Attributes, key)
	return ok
}

// Set gives an attribute one value, in the place of its first line or at the end. An empty value makes a flag, "a=key".
func (l Line) Set(key, value string) {
	done := false
	keep := l.m.Attributes[:0]
	for _, a := range l.m.Attributes {
		if a.Key == key {
			if done {
				continue
			}
			a.Value, done = value, true
		}
		keep = append(keep, a)
	}
	if !done {
		keep = append(keep, pion.Attribute{Key: key, Value: value})
	}
	l.m.Attributes = keep
}

// Add appends an attribute line.
func (l Line) Add(key, value string) {
	l.m.Attributes = append(l.m.Attributes, pion.Attribute{Key: key, Value: value})
}

// Remove drops all lines of an attribute.
func (l Line) Remove(key string) { l.m.Attributes = dropped(l.m.Attributes, key) }

func dropped(as []pion.Attribute, key string) []pion.Attribute {
	return slices.DeleteFunc(as, func(a pion.Attribute) bool { return a.Key == key })
}

func first(as []pion.Attribute, key string) (string, bool) {
	for i := range as {
		if as[i].Key == key {
			return as[i].Value, true
		}
	}
	return "", false
}

// inherited returns the line's value of an attribute, or the session's.
func (l Line) inherited(key string) (string, bool) {
	if v, ok := first(l.m.Attributes, key); ok {
		return v, true
	}
	return first(l.d.Attributes, key)
}

// Setup returns a=setup; NoSetup when it is absent, BadSetup when it is nonsense.
func (l Line) Setup() Setup {
	v, ok := l.inherited(AttrSetup)
	if !ok {
		return NoSetup
	}
	return ParseSetup(v)
}

// SetSetup writes a=setup; NoSetup removes it.
func (l Line) SetSetup(s Setup) {
	if s == NoSetup {
		l.Remove(AttrSetup)
		return
	}
	l.Set(AttrSetup, s.String())
}

// Connection returns a=connection; NoConnection when it is absent or nonsense.
func (l Line) Connection() Connection {
	v, _ := l.inherited(AttrConnection)
	return ParseConnection(v)
}

// Path returns the URIs of a=path.
func (l Line) Path() []string {
	v, _ := l.Attr(AttrPath)
	return strings.Fields(v)
}

// CEMA reports whether a=msrp-cema is present (RFC 6714 §4: media level).
func (l Line) CEMA() bool { return l.Has(AttrCEMA) }

// E2AE returns the value of a=3ge2ae, "" when absent.
func (l Line) E2AE() string {
	v, _ := l.Attr(AttrE2AE)
	return v
}

// AcceptTypes returns the media types of a=accept-types.
func (l Line) AcceptTypes() []string {
	v, _ := l.Attr(AttrAcceptTypes)
	return strings.Fields(v)
}

// MaxSize returns a=max-size in octets, 0 when there is none.
func (l Line) MaxSize() int64 {
	v, _ := l.Attr(AttrMaxSize)
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// Direction is the direction of media (RFC 8866 §6.7). It never affects the connection (RFC 4145 §8).
type Direction uint8

// Directions.
const (
	SendRecv Direction = iota // the default
	SendOnly
	RecvOnly
	Inactive
)

var directions = [...]string{"sendrecv", "sendonly", "recvonly", "inactive"}

// ParseDirection returns the direction of a word, SendRecv for any other.
func ParseDirection(s string) Direction { return Direction(max(slices.Index(directions[:], s), 0)) }

func (d Direction) String() string { return directions[d] }

// Reversed returns the direction as the other side says it.
func (d Direction) Reversed() Direction {
	switch d {
	case SendOnly:
		return RecvOnly
	case RecvOnly:
		return SendOnly
	}
	return d
}

// Direction returns the line's direction.
func (l Line) Direction() Direction {
	for _, as := range [2][]pion.Attribute{l.m.Attributes, l.d.Attributes} {
		for i := range as {
			for d, name := range directions {
				if as[i].Key == name {
					return Direction(d)
				}
			}
		}
	}
	return SendRecv
}

// SetDirection writes the line's direction, always explicitly.
func (l Line) SetDirection(d Direction) {
	for _, name := range directions {
		if name != d.String() {
			l.Remove(name)
		}
	}
	l.Set(d.String(), "")
}
