package packet

import (
	"encoding/binary"
	"net/netip"
	"strconv"
)

// Addr is an IPv4 or IPv6 address without pointers, so that packets and tables hold nothing for the garbage
// collector to follow. IPv4 addresses are held in mapped form (RFC 4291 §2.5.5.2). The zero value is no address.
type Addr struct{ hi, lo uint64 }

const v4Mapped = 0xffff << 32

// AddrFrom converts a; an invalid or zoned address becomes the zero Addr with its zone dropped.
func AddrFrom(a netip.Addr) Addr {
	if !a.IsValid() {
		return Addr{}
	}
	b := a.As16()
	return Addr{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

// MustAddr parses s and panics when it is not an address; for constants and tests.
func MustAddr(s string) Addr { return AddrFrom(netip.MustParseAddr(s)) }

// IsValid reports whether a is an address at all.
func (a Addr) IsValid() bool { return a != Addr{} }

// Is4 reports whether a is an IPv4 address.
func (a Addr) Is4() bool { return a.hi == 0 && a.lo>>32 == 0xffff }

// Netip converts to the standard library's type, IPv4 unmapped.
func (a Addr) Netip() netip.Addr {
	if !a.IsValid() {
		return netip.Addr{}
	}
	b := a.As16()
	return netip.AddrFrom16(b).Unmap()
}

// As16 returns the address as sixteen octets, IPv4 in mapped form.
func (a Addr) As16() (b [16]byte) {
	binary.BigEndian.PutUint64(b[:8], a.hi)
	binary.BigEndian.PutUint64(b[8:], a.lo)
	return b
}

// Hash mixes the address into 64 bits, the same on every machine.
func (a Addr) Hash() uint64 { return a.hi*0x9e3779b97f4a7c15 ^ a.lo*0xd6e8feb86659fd93 }

// Compare orders addresses by their sixteen octets.
func (a Addr) Compare(b Addr) int {
	switch {
	case a.hi < b.hi || a.hi == b.hi && a.lo < b.lo:
		return -1
	case a == b:
		return 0
	}
	return 1
}

func (a Addr) String() string {
	if !a.IsValid() {
		return "-"
	}
	return a.Netip().String()
}

// AddrPort is a transport address.
type AddrPort struct {
	Addr Addr
	Port uint16
}

// MustAddrPort parses s, like "192.0.2.1:80" or "[2001:db8::1]:80", and panics when it is not a transport address.
func MustAddrPort(s string) AddrPort {
	ap := netip.MustParseAddrPort(s)
	return AddrPort{AddrFrom(ap.Addr()), ap.Port()}
}

func (a AddrPort) String() string {
	if a.Addr.Is4() || !a.Addr.IsValid() {
		return a.Addr.String() + ":" + strconv.Itoa(int(a.Port))
	}
	return "[" + a.Addr.String() + "]:" + strconv.Itoa(int(a.Port))
}

// Netip converts to the standard library's type.
func (a AddrPort) Netip() netip.AddrPort { return netip.AddrPortFrom(a.Addr.Netip(), a.Port) }
