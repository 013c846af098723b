package linuxtcp

import (
	"sync"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/sim"
)

// wirePacket is a packet as a tap saw it.
type wirePacket struct {
	at   sim.Time
	out  bool // from the left
	p    packet.Packet
	data []byte
}

// recorder keeps what passes the left edge.
type recorder struct {
	mu   sync.Mutex
	list []wirePacket
	off  bool
	edge *netem.Interface
}

func (c *recorder) tap(k *sim.Kernel, i *netem.Interface) {
	i.AddTap(func(out bool, p *packet.Packet) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.off {
			w := wirePacket{at: k.Now(), out: out, p: *p, data: p.Payload.Bytes()}
			w.p.Payload = packet.PayloadOf(append([]byte(nil), w.data...))
			c.list = append(c.list, w)
		}
	})
}

// lost returns how many packets the link has lost, in both directions.
func (c *recorder) lost() uint64 {
	return c.edge.Out.Stats.LossDrops + c.edge.Peer.Out.Stats.LossDrops
}

func (c *recorder) end() []wirePacket {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off = true
	return c.list
}
