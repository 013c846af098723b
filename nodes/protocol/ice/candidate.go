package ice

import (
	"net/netip"
	"strconv"
	"strings"
)

// Kind is the type of a candidate.
type Kind uint8

// The kinds.
const (
	Host Kind = iota
	ServerReflexive
	PeerReflexive
	Relayed
)

var kinds = [...]string{"host", "srflx", "prflx", "relay"}

func (k Kind) String() string { return kinds[k] }

// TCPType says how a connection comes about at a candidate (RFC 6544 §4.1).
type TCPType uint8

// The TCP types.
const (
	Active  TCPType = iota // opens
	Passive                // is opened to
	SO                     // both open at once
)

var tcpTypes = [...]string{"active", "passive", "so"}

func (t TCPType) String() string { return tcpTypes[t] }

// Candidate is a transport address that a connection may use.
type Candidate struct {
	Foundation string
	Component  int
	Priority   uint32
	Addr       netip.AddrPort // port 9 for an active one
	Kind       Kind
	Type       TCPType
	Related    netip.AddrPort // of those that are not host; may be invalid
}

// discard is the port that active candidates are announced with (RFC 6544 §4.5).
const discard = 9

// typePreference is RFC 8445 §5.1.2.2, and directionPreference RFC 6544 §4.2: what opens outwards goes through most NATs.
var (
	typePreference      = [...]uint32{Host: 126, ServerReflexive: 100, PeerReflexive: 110, Relayed: 0}
	directionPreference = [...]uint32{Active: 6, Passive: 4, SO: 2}
	reflexivePreference = [...]uint32{Active: 4, Passive: 2, SO: 6}
)

// MaxOther is the other-preference of a host's only address.
const MaxOther = 8191

// Priority returns a candidate's priority for component 1 (RFC 6544 §4.2, RFC 8445 §5.1.2.1).
func Priority(k Kind, t TCPType, other uint32) uint32 {
	direction := directionPreference[t]
	if k == ServerReflexive {
		direction = reflexivePreference[t]
	}
	return typePreference[k]<<24 | (direction<<13|other&MaxOther)<<8 | (256 - 1)
}

// Hosts returns the host candidates of a full agent at the given addresses, best first, each of which has the port of its
// passive candidate; the simultaneous-open one has the port behind it.
func Hosts(addrs ...netip.AddrPort) (list []Candidate) {
	for i, at := range addrs {
		for _, t := range []TCPType{Active, Passive, SO} {
			c := Candidate{Component: 1, Priority: Priority(Host, t, MaxOther-uint32(i)), Addr: at, Type: t}
			switch t {
			case Active:
				c.Addr = netip.AddrPortFrom(at.Addr(), discard)
			case SO:
				if at.Port() == 65535 {
					continue
				}
				c.Addr = netip.AddrPortFrom(at.Addr(), at.Port()+1)
			}
			c.Foundation = strconv.Itoa(len(list) + 1)
			list = append(list, c)
		}
	}
	return list
}

// LiteHost returns the candidate of a lite agent (RFC 6544 §4.1: a lite agent has passive ones only).
func LiteHost(at netip.AddrPort) Candidate {
	return Candidate{Foundation: "1", Component: 1, Priority: Priority(Host, Passive, MaxOther), Addr: at, Type: Passive}
}

// Append appends the value of a=candidate (RFC 6544 §4.5, RFC 8839 §5.1).
func (c Candidate) Append(dst []byte) []byte {
	dst = append(append(dst, c.Foundation...), ' ')
	dst = append(strconv.AppendInt(dst, int64(c.Component), 10), " TCP "...)
	dst = append(strconv.AppendUint(dst, uint64(c.Priority), 10), ' ')
	dst = append(c.Addr.Addr().AppendTo(dst), ' ')
	dst = strconv.AppendUint(dst, uint64(c.Addr.Port()), 10)
	dst = append(append(dst, " typ "...), kinds[c.Kind]...)
	if c.Related.IsValid() {
		dst = c.Related.Addr().AppendTo(append(dst, " raddr "...))
		dst = strconv.AppendUint(append(dst, " rport "...), uint64(c.Related.Port()), 10)
	}
	return append(append(dst, " tcptype "...), tcpTypes[c.Type]...)
}

func (c Candidate) String() string { return string(c.Append(nil)) }

// ParseCandidate reads the value of a=candidate; ok is false for what is malformed, not for TCP, not of component 1, or has a
// name for an address: such candidates are ignored (RFC 8839 §5.1).
func ParseCandidate(v string) (c Candidate, ok bool) {
	f := strings.Fields(v)
	if len(f) < 8 || !strings.EqualFold(f[2], "TCP") || f[1] != "1" || f[6] != "typ" || len(f[0]) > 32 || len(f)%2 != 0 {
		return c, false
	}
	prio, err1 := strconv.ParseUint(f[3], 10, 31)
	addr, err2 := netip.ParseAddr(f[4])
	port, err3 := strconv.ParseUint(f[5], 10, 16)
	if err1 != nil || err2 != nil || err3 != nil || prio == 0 || addr.Zone() != "" {
		return c, false
	}
	c = Candidate{Foundation: f[0], Component: 1, Priority: uint32(prio), Addr: netip.AddrPortFrom(addr, uint16(port))}
	kind, typed := named(kinds[:], f[7]), -1
	for i := 8; i < len(f); i += 2 {
		switch f[i] {
		case "raddr":
			if a, err := netip.ParseAddr(f[i+1]); err == nil && a.Zone() == "" {
				c.Related = netip.AddrPortFrom(a, c.Related.Port())
			}
		case "rport":
			n, _ := strconv.ParseUint(f[i+1], 10, 16)
			c.Related = netip.AddrPortFrom(c.Related.Addr(), uint16(n))
		case "tcptype":
			typed = named(tcpTypes[:], f[i+1])
		}
	}
	if kind < 0 || typed < 0 || port == 0 {
		return c, false
	}
	c.Kind, c.Type = Kind(kind), TCPType(typed)
	return c, true
}

func named(names []string, s string) int {
	for i, n := range names {
		if n == s {
			return i
		}
	}
	return -1
}

// Mismatch reports that the default destination of c= and m= is none of the candidates: somebody on the way has changed it, and
// knows nothing of ICE (RFC 8839 §4.2.5). An active candidate stands for any port, since IMS announces the real one there (D15).
func Mismatch(at netip.AddrPort, list []Candidate) bool {
	for _, c := range list {
		if c.Addr == at || c.Type == Active && c.Addr.Addr() == at.Addr() {
			return false
		}
	}
	return true
}
