package netem

import "imsim/netem/packet"

// Refusal is what the ICMP error says with which a node of another package refuses a packet.
type Refusal = icmpError

// The refusals, in the words of IPv4.
const (
	RefuseTTL        Refusal = icmpTTL        // time exceeded
	RefuseNoRoute    Refusal = icmpNoRoute    // host unreachable
	RefusePort       Refusal = icmpPort       // port unreachable
	RefuseProhibited Refusal = icmpProhibited // communication administratively prohibited
	RefuseTooBig     Refusal = icmpTooBig     // fragmentation needed
)

// Refuse drops p and, unless silent, tells its sender why. mtu counts for RefuseTooBig; text is for the trace.
func (c *Core) Refuse(p *packet.Packet, r Refusal, mtu int, silent bool, text string) {
	c.refuse(p, r, mtu, silent, text)
}

// Echo answers an echo request by turning it round, and reports whether p was one.
func (c *Core) Echo(p *packet.Packet) bool { return c.echo(p) }
