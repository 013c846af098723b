package netem

import (
	"fmt"
	"time"

	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

// tcpHost is a host's TCP: its connections, those in TIME-WAIT, and who listens.
type tcpHost struct {
	flows     flowTable
	slots     []tcpSlot
	free      []uint32
	spare     []*Stream // recycled
	waits     timeWaits
	listeners map[packet.AddrPort]Acceptor
	called    packet.AddrPort // the address that was looked up last among the listeners, and
	answers   Acceptor        // who listens to it
	latest    *Stream         // that received a segment
	secret    uint64          // for initial sequence numbers
	seeded    bool
}

// tcpSlot is a place for a connection. Its timer outlives the connection, so that an entry left in the queue is never
// taken for another's.
type tcpSlot struct {
	timer sim.Timer
	s     *Stream
}

// find returns the reference of the connection with these addresses, or 0, and where it is no TIME-WAIT the connection.
func (t *tcpHost) find(local, remote *packet.AddrPort) (flowRef, *Stream) {
	f := &t.flows
	if f.n == 0 {
		return 0, nil
	}
	hash := flowHash(local, remote)
	mask := uint32(len(f.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		e := &f.slots[i]
		switch {
		case e.ref == 0:
			return 0, nil
		case e.hash != hash:
		case e.s != nil:
			if e.s.conn.Between(local, remote) {
				return e.ref, e.s
			}
		default:
			if w := &t.waits.all[e.ref.index()]; w.remote == *remote && w.local == *local {
				return e.ref, nil
			}
		}
	}
}

func (t *tcpHost) has(local, remote *packet.AddrPort) bool {
	ref, _ := t.find(local, remote)
	return ref != 0
}

// Connections returns how many TCP connections the host has, and how many more are in TIME-WAIT.
func (h *Host) Connections() (live, timeWait int) {
	t := &h.tcp
	live = len(t.slots) - len(t.free)
	return live, t.flows.n - live
}

// ConnectionsAt returns how many of its live TCP connections have the port at one of their ends.
func (h *Host) ConnectionsAt(port uint16) (n int) {
	for i := range h.tcp.slots {
		if s := h.tcp.slots[i].s; s != nil && (s.Local().Port == port || s.Remote().Port == port) {
			n++
		}
	}
	return n
}

// Dial opens a connection actively. A zero local address is chosen by the route to remote, a zero local port from the
// ephemeral ones. The SYN leaves at once; all events reach the owner after Dial has returned.
func (h *Host) Dial(local, remote packet.AddrPort, cfg tcp.Config, owner StreamOwner, why sim.Cause) (*Stream, error) {
	if !local.Addr.IsValid() {
		local.Addr = h.sourceFor(remote.Addr)
	}
	switch {
	case !remote.Addr.IsValid() || remote.Port == 0:
		return nil, fmt.Errorf("netem: %s: cannot connect to %v", h.name, remote)
	case !local.Addr.IsValid():
		return nil, fmt.Errorf("netem: %s: no route to %v", h.name, remote.Addr)
	case h.own[local.Addr] == nil && h.middle == nil:
		return nil, fmt.Errorf("netem: %s: %v is not an address of this host", h.name, local.Addr)
	case local.Addr.Is4() != remote.Addr.Is4():
		return nil, fmt.Errorf("netem: %s: %v and %v are of different IP versions", h.name, local.Addr, remote.Addr)
	}
	if local.Port == 0 {
		free := func(port uint16) bool {
			l := packet.AddrPort{Addr: local.Addr, Port: port}
			return h.listener(l) == nil && !h.tcp.has(&l, &remote)
		}
		if local.Port = h.ephemeral(free); local.Port == 0 {
			return nil, fmt.Errorf("netem: %s: all ports from %v to %v are in use", h.name, local.Addr, remote)
		}
	} else if h.tcp.has(&local, &remote) {
		return nil, fmt.Errorf("netem: %s: a connection from %v to %v exists or is in TIME-WAIT", h.name, local, remote)
	}
	s := h.newStream(local, remote, owner)
	s.conn.OpenActive(h.net.K.Now(), why, h.config(cfg, remote.Addr), local, remote, h.initialSeq(local, remote))
	s.settle()
	return s, nil
}

// initialSeq makes an initial sequence number: a clock of 4 µs and a keyed hash of the addresses (RFC 9293 §3.4.1).
func (h *Host) initialSeq(local, remote packet.AddrPort) uint32 {
	t := &h.tcp
	if !t.seeded {
		draw := h.net.K.Rand("tcp " + h.name)
		t.secret, t.seeded = draw.Uint64(), true
	}
	x := (t.secret ^ local.Addr.Hash() + remote.Addr.Hash()*5 ^ uint64(local.Port)<<16 ^ uint64(remote.Port)) * 0x9e3779b97f4a7c15
	x ^= x >> 32
	return uint32(x*0xbf58476d1ce4e5b9>>32) + uint32(h.net.K.Now()/sim.Time(4*time.Microsecond))
}

// config returns the shared copy of a configuration, with the segment size that the path allows and the run's buffers.
func (h *Host) config(cfg tcp.Config, remote packet.Addr) *tcp.Config {
	n := h.net
	if cfg.MSS == 0 {
		cfg.MSS = h.PathMTU(remote) - packet.IPv4HeaderLen - packet.TCPHeaderLen
		if !remote.Is4() {
			cfg.MSS -= packet.IPv6HeaderLen - packet.IPv4HeaderLen
		}
		cfg.MSS = max(cfg.MSS, 48)
	}
	if cfg.Pool == nil {
		cfg.Pool = &n.buffers
	}
	if n.lastConfig != nil && *n.lastConfig == cfg {
		return n.lastConfig
	}
	c := n.configs[cfg]
	if c == nil {
		if n.configs == nil {
			n.configs = map[tcp.Config]*tcp.Config{}
		}
		c = new(tcp.Config) // not &cfg, which would be allocated in every call
		*c = cfg
		n.configs[cfg] = c
	}
	n.lastConfig = c
	return c
}

func (h *Host) receiveTCP(p *packet.Packet) {
	local, remote := packet.AddrPort{Addr: p.Dst, Port: p.DstPort}, packet.AddrPort{Addr: p.Src, Port: p.SrcPort}
	s := h.tcp.latest // segments come in runs
	if s == nil || !s.conn.Between(&local, &remote) {
		ref, found := h.tcp.find(&local, &remote)
		switch {
		case ref == 0:
			h.opening(p)
			return
		case found == nil:
			h.receiveWaiting(ref, p)
			return
		}
		s = found
		h.tcp.latest = s
	}
	if p.TOS&3 == tcp.CE {
		s.conn.CongestionExperienced()
	}
	s.conn.Segment(h.net.K.Now(), p.Cause, &p.TCP, &p.Payload)
	h.net.Pool.Put(p)
	s.pump()
}

// tcpICMP brings an ICMP error to the connection that sent the quoted segment.
func (h *Host) tcpICMP(p *packet.Packet) {
	_, s := h.tcp.find(&p.ICMP.Quoted.Src, &p.ICMP.Quoted.Dst)
	if s == nil {
		return
	}
	s.conn.Unreachable(h.net.K.Now(), p.Cause, &p.ICMP)
	s.pump()
}

// streamDue runs a connection's deadline.
func (h *Host) streamDue(slot uint32) {
	k, sl := h.net.K, &h.tcp.slots[slot]
	if !k.Due(&sl.timer, h.self, slot<<3|evStream) || sl.s == nil {
		return
	}
	s := sl.s
	s.due = sim.Never
	if s.conn.Deadline() > k.Now() {
		s.arm()
		return
	}
	why := s.conn.TimerCause()
	if k.Tracing() {
		why = k.Record(sim.Record{Cause: why, Node: h.self, Kind: "tcp.timer", Rest: sim.TimerWait})
	}
	s.conn.Tick(k.Now(), why)
	s.pump()
}

// streamReports delivers the reports that calls of the owner's own brought about.
func (h *Host) streamReports(slot uint32) {
	if s := h.tcp.slots[slot].s; s != nil && s.reporting {
		s.reporting = false
		s.pump()
	}
}
