package netem

import (
	"fmt"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// BitRate is a rate in bits per second; 0 means unlimited.
type BitRate uint64

// DirectionConfig describes one direction of a link. The zero value is a perfect medium: no delay, no limit of rate or
// queue, no loss, an MTU of 1500 octets.
type DirectionConfig struct {
	Rate     BitRate
	Overhead int           // octets of framing that each packet takes on the medium beside its own
	Delay    time.Duration // propagation, one way
	Jitter   time.Duration // the delay varies evenly by up to this, both ways, but never below zero
	Reorder  bool          // jitter may let packets overtake; otherwise a packet arrives no earlier than the one before
	Loss     sim.Prob      // of each packet, independently
	Losses   LossModel     // instead of Loss, when not nil; of this direction alone, for it may have a state

	// Limits of the packets that wait for transmission (not the one under transmission); 0: none. A packet that
	// would exceed one is dropped.
	QueuePackets int
	QueueOctets  int
	Discipline   Discipline // instead of drop tail, when not nil and Rate is limited; of this direction alone

	MTU int // octets of the IP packet; 0: 1500

	Medium *Medium // what else the medium does; nil: nothing
}

// overtaking reports whether packets may arrive in another order than they were given in.
func (c *DirectionConfig) overtaking() bool {
	return c.Reorder || c.Medium != nil && c.Medium.Overtake.P > 0
}

// LossModel decides which packets a medium loses.
type LossModel interface {
	// Lost reports whether the next packet, of the given octets, is lost; draw is the direction's own stream.
	Lost(now sim.Time, octets int, draw *sim.Stream) bool
}

// Discipline is a queue that decides itself which packet goes next and which are dropped.
type Discipline interface {
	// Enqueue takes over p, whose Queued is now, and calls drop for every packet that it gives up, p or others.
	Enqueue(now sim.Time, p *packet.Packet, drop func(*packet.Packet))
	// Dequeue returns the packet to transmit now, or nil. It may call drop too.
	Dequeue(now sim.Time, drop func(*packet.Packet)) *packet.Packet
	// Len returns how many packets wait.
	Len() int
}

// Paced is a Discipline that holds packets back although the transmitter is free. It works without a limited Rate, too.
type Paced interface {
	Discipline
	// Ready returns from when on Dequeue will return the next packet, now where it does already. Len is not 0.
	Ready(now sim.Time) sim.Time
	// Drain returns the next packet whether its time has come or not, as the link goes down. It may call drop too.
	Drain(now sim.Time, drop func(*packet.Packet)) *packet.Packet
}

// DefaultMTU is the MTU of a link that says nothing else.
const DefaultMTU = 1500

// Validate says what is impossible about a configuration.
func (c *DirectionConfig) Validate() error {
	switch {
	case c.Delay < 0 || c.Jitter < 0:
		return fmt.Errorf("delay %v, jitter %v: must not be negative", c.Delay, c.Jitter)
	case c.Loss > sim.Certain:
		return fmt.Errorf("loss %d: at most %d parts per billion", c.Loss, sim.Certain)
	case c.Overhead < 0 || c.QueuePackets < 0 || c.QueueOctets < 0:
		return fmt.Errorf("overhead %d, queue %d packets, %d octets: must not be negative", c.Overhead, c.QueuePackets, c.QueueOctets)
	case c.MTU != 0 && (c.MTU < 68 || c.MTU > 65535):
		return fmt.Errorf("MTU %d: must be 68 (RFC 791) to 65535", c.MTU)
	}
	if v, ok := c.Losses.(interface{ validate() error }); ok {
		if err := v.validate(); err != nil {
			return err
		}
	}
	if c.Medium != nil {
		return c.Medium.validate(c.Reorder)
	}
	return nil
}
