package mediagw

import (
	"slices"

	"imsim/netem/packet"
)

// portPool gives out the ports of one address in turn, so that a port rests as long as possible before it is used again.
type portPool struct {
	first, last uint16
	next        uint16
	used        map[uint16]bool // membership only
}

func newPortPool(c Ports) *portPool {
	p := &portPool{first: c.First, last: c.Last, used: map[uint16]bool{}}
	if p.first == 0 {
		p.first = 40000
	}
	if p.last == 0 {
		p.last = 59999
	}
	p.next = p.first
	return p
}

// take returns a free port; false when there is none.
func (p *portPool) take() (uint16, bool) {
	n := int(p.last) - int(p.first) + 1
	for range n {
		port := p.next
		if p.next++; p.next > p.last || p.next < p.first {
			p.next = p.first
		}
		if !p.used[port] {
			p.used[port] = true
			return port, true
		}
	}
	return 0, false
}

func (p *portPool) put(port uint16) { delete(p.used, port) }

// local reserves a transport address in a realm.
func (g *Gateway) local(realm string) (packet.AddrPort, bool) {
	addr := g.realms[realm]
	pool := g.ports[addr]
	if pool == nil {
		pool = newPortPool(g.cfg.Ports)
		g.ports[addr] = pool
	}
	port, ok := pool.take()
	local := packet.AddrPort{Addr: addr, Port: port}
	g.Host.Relay(local, nil)
	g.newest[realm] = local
	return local, ok
}

// MediaAddress returns the address that was reserved last in a realm.
func (g *Gateway) MediaAddress(realm string) packet.AddrPort { return g.newest[realm] }

// late takes segments for a relayed stream that is gone: it was no end of their connection, so it has nothing to say
// . That lasts until the port is used again.
func (g *Gateway) late(p *packet.Packet) { g.Host.Discard(p, "stream is gone") }

// Ports returns the number of ports in use.
func (g *Gateway) Ports() (n int) {
	var seen []packet.Addr // realms may share an address
	for _, realm := range g.cfg.realmNames() {
		addr := g.realms[realm]
		if pool := g.ports[addr]; pool != nil && !slices.Contains(seen, addr) {
			n += len(pool.used)
		}
		seen = append(seen, addr)
	}
	return n
}
