package nat

import (
	"errors"

	"imsim/netem/packet"
)

// Behavior is what may differ by transport: RFC 4787 speaks of UDP, RFC 5382 of TCP, and products treat them differently
// (Guha and Francis, IMC 2005, §4; Hätönen et al., IMC 2010, §4). Fields mean what those of Config mean.
type Behavior struct {
	MappingBehavior   EndpointDependencyType
	FilteringBehavior EndpointDependencyType
	Hairpinning       Hairpin
	PortPreservation  bool
	PortOverloading   bool
	PortReuse         bool
	Allocation        Allocation
	Step              uint16
	PerSubscriber     int // mappings of this transport, beside the limit of all (RFC 6888 REQ-4B); 0: no limit of its own
}

// Common is the behaviour that transports without one of their own have.
func (c *Config) Common() Behavior {
	return Behavior{
		MappingBehavior: c.MappingBehavior, FilteringBehavior: c.FilteringBehavior, Hairpinning: c.Hairpinning,
		PortPreservation: c.PortPreservation, PortOverloading: c.PortOverloading, PortReuse: c.PortReuse,
		Allocation: c.Allocation, Step: c.Step,
	}
}

// Of returns the behaviour towards a transport. ICMP queries have the common one.
func (c *Config) Of(proto packet.Proto) Behavior {
	own := [...]*Behavior{c.TCP, c.UDP, nil}[kindOf(proto)]
	if own == nil {
		return c.Common()
	}
	return *own
}

// of returns the behaviour towards a transport.
func (t *Table) of(proto packet.Proto) *Behavior { return &t.by[kindOf(proto)] }

// prepare checks b and fills in what is left out.
func (b *Behavior) prepare() error {
	if b.Step == 0 {
		b.Step = 1
	}
	if b.Allocation == Block {
		// A subscriber's blocks are all the ports it gets.
		b.PortPreservation = false
	}
	switch {
	case b.MappingBehavior > ConnectionDependent || b.FilteringBehavior > ConnectionDependent || b.Hairpinning > HairpinNone || b.Allocation > Upwards:
		return errors.New("nat: a behaviour is not one of those that there are here")
	case b.PerSubscriber < 0:
		return errors.New("nat: limits and blocks must not be negative")
	case b.PortOverloading && (b.MappingBehavior < EndpointAddrPortDependent || b.FilteringBehavior < EndpointAddrPortDependent):
		return errors.New("nat: port overloading needs mapping and filtering that depend on the remote address and port")
	case b.PortReuse && !b.PortOverloading:
		return errors.New("nat: reusing the port of another mapping needs port overloading")
	}
	return nil
}
