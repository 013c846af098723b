package attach

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"imsim/netem/packet"
)

// Names are those of the network's nodes; "localhost" is the host itself [SIM], since simulated hosts have no 127.0.0.1.
// A name with addresses of both families stands for IPv4 where the caller does not say.

// lookup returns the addresses of a name or a literal that a network ("tcp", "udp4", "ip6", …) admits.
func (h *Host) lookup(network, name string) ([]packet.Addr, error) {
	if a, err := netip.ParseAddr(name); err == nil {
		if x := packet.AddrFrom(a.WithZone("")); admits(network, x) {
			return []packet.Addr{x}, nil
		}
		return nil, &net.AddrError{Err: "no suitable address found", Addr: name}
	}
	key := strings.TrimSuffix(name, ".")
	if key == "localhost" {
		key = h.name
	}
	all, ok := h.attached.names[key]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: name, Server: "simulated network", IsNotFound: true}
	}
	var found []packet.Addr
	for _, is4 := range []bool{true, false} {
		for _, a := range all {
			if a.Is4() == is4 && admits(network, a) {
				found = append(found, a)
			}
		}
	}
	if len(found) == 0 {
		return nil, &net.AddrError{Err: "no suitable address found", Addr: name}
	}
	return found, nil
}

func admits(network string, a packet.Addr) bool {
	switch network[len(network)-1] {
	case '4':
		return a.Is4()
	case '6':
		return !a.Is4()
	}
	return true
}

// resolve splits and resolves "host:port". Without a host the address is zero.
func (h *Host) resolve(network, address string) (packet.AddrPort, error) {
	name, service, err := net.SplitHostPort(address)
	if err != nil {
		return packet.AddrPort{}, err
	}
	port, err := portOf(network, service)
	if err != nil || name == "" {
		return packet.AddrPort{Port: port}, err
	}
	a, err := h.lookup(network, name)
	if err != nil {
		return packet.AddrPort{}, err
	}
	return packet.AddrPort{Addr: a[0], Port: port}, nil
}

// portOf reads a port number, or the few services that programs name.
func portOf(network, service string) (uint16, error) {
	switch service {
	case "":
		return 0, nil
	case "http":
		return 80, nil
	case "https":
		return 443, nil
	}
	n, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return 0, &net.DNSError{Err: "unknown port", Name: network + "/" + service, IsNotFound: true}
	}
	return uint16(n), nil
}

// family checks that a network is proto, proto4 or proto6.
func family(network, proto string) error {
	if network == proto || network == proto+"4" || network == proto+"6" {
		return nil
	}
	return net.UnknownNetworkError(network)
}

// ResolveIPAddr implements transport.Net.
func (h *Host) ResolveIPAddr(network, address string) (*net.IPAddr, error) {
	if base, _, _ := strings.Cut(network, ":"); family(base, "ip") != nil {
		return nil, net.UnknownNetworkError(network)
	}
	a, err := h.lookup(strings.SplitN(network, ":", 2)[0], address)
	if err != nil {
		return nil, err
	}
	return &net.IPAddr{IP: ipOf(a[0])}, nil
}

// ResolveUDPAddr implements transport.Net.
func (h *Host) ResolveUDPAddr(network, address string) (*net.UDPAddr, error) {
	if err := family(network, "udp"); err != nil {
		return nil, err
	}
	a, err := h.resolve(network, address)
	if err != nil {
		return nil, err
	}
	return udpAddr(a), nil
}

// ResolveTCPAddr implements transport.Net.
func (h *Host) ResolveTCPAddr(network, address string) (*net.TCPAddr, error) {
	if err := family(network, "tcp"); err != nil {
		return nil, err
	}
	a, err := h.resolve(network, address)
	if err != nil {
		return nil, err
	}
	return tcpAddr(a), nil
}

func ipOf(a packet.Addr) net.IP {
	if !a.IsValid() {
		return nil
	}
	return a.Netip().AsSlice()
}

func udpAddr(a packet.AddrPort) *net.UDPAddr {
	return &net.UDPAddr{IP: ipOf(a.Addr), Port: int(a.Port)}
}
func tcpAddr(a packet.AddrPort) *net.TCPAddr {
	return &net.TCPAddr{IP: ipOf(a.Addr), Port: int(a.Port)}
}

// addrPort converts the addresses of package net; the unspecified ones become zero.
func addrPort(ip net.IP, port int) packet.AddrPort {
	a, ok := netip.AddrFromSlice(ip)
	if !ok || a.IsUnspecified() || a.Unmap().IsUnspecified() {
		return packet.AddrPort{Port: uint16(port)}
	}
	return packet.AddrPort{Addr: packet.AddrFrom(a), Port: uint16(port)}
}

func fromUDP(a *net.UDPAddr) packet.AddrPort {
	if a == nil {
		return packet.AddrPort{}
	}
	return addrPort(a.IP, a.Port)
}

func fromTCP(a *net.TCPAddr) packet.AddrPort {
	if a == nil {
		return packet.AddrPort{}
	}
	return addrPort(a.IP, a.Port)
}

// bound is how a socket's own address is shown: all addresses as package net shows them.
func bound(network string, a packet.AddrPort) (net.IP, int) {
	switch {
	case a.Addr.IsValid():
		return ipOf(a.Addr), int(a.Port)
	case network[len(network)-1] == '4':
		return net.IPv4zero.To4(), int(a.Port)
	}
	return net.IPv6zero, int(a.Port)
}
