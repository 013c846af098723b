package nat

import (
	"errors"
	"fmt"
	"time"

	"imsim/netem/packet"
)

// EndpointDependencyType says how mapping or filtering depends on the remote endpoint (RFC 4787 §4.1, §5). Names and
// numbers of the first three are those of pion/transport's vnet.
type EndpointDependencyType uint8

// The behaviours. ConnectionDependent is for TCP only: every connection has its own mapping, nothing that is no part of
// a connection comes in. For UDP and ICMP it is EndpointAddrPortDependent.
const (
	EndpointIndependent EndpointDependencyType = iota
	EndpointAddrDependent
	EndpointAddrPortDependent
	ConnectionDependent
)

// Mode is the basic behaviour; names and numbers are those of vnet.
type Mode uint8

// The modes: port translation (RFC 2663 NAPT), or a fixed external address for each internal one, ports kept.
const (
	NATModeNormal Mode = iota
	NATModeNAT1To1
)

// Allocation is how external ports are chosen (RFC 4787 §4.2, RFC 6056, RFC 7422).
type Allocation uint8

// The allocations.
const (
	Sequential Allocation = iota // counting up, by Step
	Random                       // drawn from the table's stream
	Block                        // blocks of ports for a subscriber
	Upwards                      // the internal port, or the next one above that is free
)

// Pooling is which of several external addresses a subscriber gets (RFC 4787 §4.1, RFC 7857 §4).
type Pooling uint8

// The poolings.
const (
	Paired    Pooling = iota // always the same
	Arbitrary                // in turn
	Soft                     // the same while it has ports
)

// Hairpin is what becomes of packets from inside to an external address of the NAT (RFC 4787 §6).
type Hairpin uint8

// The hairpinnings.
const (
	HairpinExternal Hairpin = iota // source translated, as RFC 4787 REQ-9a wants it
	HairpinInternal                // source left as it is
	HairpinNone
)

// Contest is what becomes of a SYN from outside that the filter of one mapping lets in while another mapping of the same
// internal endpoint has a session with the same remote one: inside, both sessions are one 5-tuple. It takes mapping that
// depends on the remote endpoint, and filtering that does not. RFC 4787 §5 wants the SYN let in; by which mapping the answer
// leaves is open.
type Contest uint8

// The outcomes.
const (
	ContestNewest   Contest = iota // by the one that the latest SYN came in by: RFC 5382 REQ-2, so that what is let in can open
	ContestMapping                 // by the one that mapping behaviour has for the remote endpoint: RFC 4787 §4.1 to the letter
	ContestFiltered                // the SYN is not let in: a session is a 5-tuple, and that is taken (RFC 2663 §2.3)
)

// Static is an internal address that has an external one to itself, ports kept (RFC 2663 §4.1.1).
type Static struct{ In, Ext packet.Addr }

// Answer is what is said to a packet that is not let through.
type Answer uint8

// The answers.
const (
	Silent            Answer = iota
	Reset                    // RST
	PortUnreachable          // ICMP type 3 code 3
	HostUnreachable          // ICMP type 3 code 1
	Prohibited               // ICMP type 3 code 13
	PortUnreachable6s        // RFC 5382 REQ-4: code 3 after six seconds unless an own SYN has crossed meanwhile
	Pickup                   // only for UnmatchedInside: a connection is taken up where it is, as Linux does
	numAnswers
)

// Fragments is what becomes of fragments (RFC 4787 §11).
type Fragments uint8

// The treatments.
const (
	FragmentsAnyOrder Fragments = iota // those that come before the first one wait for it
	FragmentsInOrder                   // those that come before the first one are dropped
	FragmentsNone
)

// SimOpen is what the NAT breaks of a simultaneous open (RFC 5382 REQ-2).
type SimOpen uint8

// The faults.
const (
	SimOpenWorks SimOpen = iota
	DropInboundSYN
	DropOutboundSYNACK
)

// ALG is what the NAT does to payloads. Names of the zero and the first follow RFC 2663 §2.9.
type ALG uint8

// The application layer gateways. RFC 4787 REQ-10 and RFC 5382 REQ-6 want none.
const (
	ALGNone    ALG = iota
	ALGSIP         // addresses in SIP and SDP are translated, and media that SDP announces let in
	ALGDropTLS     // TCP segments that begin with a TLS record are dropped: a middlebox that wants to read
	numALGs
)

// Timers are how long state is kept without traffic. A zero takes the value of preset rfc.
type Timers struct {
	UDP     time.Duration // RFC 4787 REQ-5: at least 2 min, 5 min recommended
	UDPInit time.Duration // until the first packet comes back; 0: UDP
	ICMP    time.Duration // RFC 5508 REQ-2: at least 60 s
	Opening time.Duration // RFC 5382 REQ-5: transitory, at least 4 min; RFC 7857 §2.1: separate timers
	Open    time.Duration // RFC 5382 REQ-5: established, at least 2 h 4 min
	Half    time.Duration // after one FIN; 0: Open
	Closing time.Duration // after both FINs
	Reset   time.Duration // after an RST; 0: Closing
	Rest    time.Duration // RFC 6888 REQ-8: before a port is used again; TCP ports do not rest
}

// Config is a NAT's behaviour. The zero value, with external addresses, is a NAT that follows the RFCs.
type Config struct {
	Mode              Mode
	MappingBehavior   EndpointDependencyType
	FilteringBehavior EndpointDependencyType
	Hairpinning       Hairpin

	TCP, UDP *Behavior // towards one transport; nil: as the fields of the same names here, and those of ICMP queries

	External []packet.Addr // in NATModeNAT1To1 the n-th belongs to the n-th of Internal
	Internal []packet.Addr
	Static   []Static    // addresses that are translated one to one beside the pool; nothing filters them
	DMZ      packet.Addr // who gets the TCP and UDP packets from outside that have no mapping; zero: nobody

	FirstPort, LastPort uint16 // of allocation; 0: 1024 and 65535
	PortPreservation    bool   // the internal port where it is free (RFC 4787 §4.2.1)
	PortOverloading     bool   // one external port for several internal endpoints, where remotes differ (RFC 7857 §3)
	PortReuse           bool   // the port of another mapping of the same internal endpoint where the remote one allows it, as nf_nat does
	PortParity          bool   // RFC 4787 REQ-4
	PortContiguity      bool   // the odd port behind the one of the even neighbour (RFC 4787 §4.2.3)
	Allocation          Allocation
	Step                uint16 // of Sequential; 0: 1
	BlockSize           int    // ports in a block; 0: 512
	MaxBlocks           int    // of a subscriber; 0: 4
	Pooling             Pooling

	MaxMappings   int    // 0: 1 million
	MaxSessions   int    // 0: 4 million
	PerSubscriber int    // mappings of an internal address (RFC 6888 REQ-4); 0: no limit
	OverQuota     Answer // to a packet for which there is no room (RFC 6888 REQ-11, RFC 5508 REQ-8)

	RefreshInbound  bool // let packets from outside keep UDP mappings (RFC 4787 REQ-6)
	RefreshSessions bool // a UDP session lives by its own packets, not by those of its mapping (RFC 4787 §4.3)

	Unsolicited      Answer // to a SYN from outside that is not let in
	UnsolicitedUDP   Answer // to a datagram from outside that is not let in
	UnmatchedOutside Answer // to other TCP packets from outside
	UnmatchedInside  Answer // to TCP packets from inside that belong to no connection and are no SYN
	SimOpen          SimOpen
	Contest          Contest
	ResetOnExpiry    bool // both ends get an RST when an open connection's state expires
	ResetCloses      bool // an RST removes the state at once (against RFC 7857 §2.2)
	ProbeOnExpiry    bool // RFC 7857 §2: an idle connection is transitory before it goes
	Fragments        Fragments
	ALG              ALG
	Timers           Timers
}

// held are limits of what waits in a table: peers could otherwise make it grow without end.
const (
	maxHeld      = 256
	maxFragments = 256
)

// sixSeconds is how long an unsolicited SYN waits (RFC 5382 REQ-4a).
const sixSeconds = 6 * time.Second

// fragmentWait is how long fragments of a packet are expected. RFC 4787 §11 leaves it open. [SIM]
const fragmentWait = 30 * time.Second

// Default values of preset rfc.
var rfcTimers = Timers{
	UDP: 5 * time.Minute, ICMP: time.Minute, Opening: 4 * time.Minute, Open: 2*time.Hour + 4*time.Minute, Closing: 4 * time.Minute,
}

// prepare checks c and fills in what is left out.
func (c *Config) prepare() error {
	if len(c.External) == 0 {
		return errors.New("nat: no external address: at least one is needed")
	}
	for i, a := range c.External {
		for _, b := range c.External[:i] {
			if a == b {
				return fmt.Errorf("nat: external address %v is there twice", a)
			}
		}
	}
	if c.Mode == NATModeNAT1To1 && len(c.Internal) != len(c.External) {
		return fmt.Errorf("nat: %d internal and %d external addresses: one to one means as many", len(c.Internal), len(c.External))
	}
	if c.Mode == NATModeNAT1To1 && c.ALG != ALGNone {
		return errors.New("nat: an ALG needs mappings: one to one has none")
	}
	def := func(p *uint16, v uint16) {
		if *p == 0 {
			*p = v
		}
	}
	def(&c.FirstPort, 1024)
	def(&c.LastPort, 65535)
	if c.FirstPort > c.LastPort {
		return fmt.Errorf("nat: ports from %d to %d: the first must not be above the last", c.FirstPort, c.LastPort)
	}
	for _, x := range []struct {
		p *int
		v int
	}{{&c.MaxMappings, 1 << 20}, {&c.MaxSessions, 4 << 20}, {&c.BlockSize, 512}, {&c.MaxBlocks, 4}} {
		if *x.p == 0 {
			*x.p = x.v
		}
		if *x.p < 0 {
			return errors.New("nat: limits and blocks must not be negative")
		}
	}
	for _, proto := range []packet.Proto{packet.TCP, packet.UDP, packet.ICMP} {
		if b := c.Of(proto); b.Allocation == Block && c.BlockSize > int(c.LastPort)-int(c.FirstPort)+1 {
			return fmt.Errorf("nat: blocks of %d ports do not fit into ports %d to %d", c.BlockSize, c.FirstPort, c.LastPort)
		}
	}
	if err := c.checkStatic(); err != nil {
		return err
	}
	if c.Contest > ContestFiltered || c.Unsolicited >= Pickup || c.UnsolicitedUDP >= PortUnreachable6s || c.UnsolicitedUDP == Reset || c.UnmatchedOutside >= PortUnreachable6s ||
		c.UnmatchedInside >= numAnswers || c.UnmatchedInside == PortUnreachable6s || c.OverQuota >= PortUnreachable6s || c.OverQuota == Reset || c.ALG >= numALGs {
		return errors.New("nat: a behaviour is not one of those that there are here")
	}
	t, d := &c.Timers, rfcTimers
	for _, x := range []struct{ p, v *time.Duration }{
		{&t.UDP, &d.UDP}, {&t.ICMP, &d.ICMP}, {&t.Opening, &d.Opening}, {&t.Open, &d.Open}, {&t.Closing, &d.Closing},
		{&t.UDPInit, &t.UDP}, {&t.Half, &t.Open}, {&t.Reset, &t.Closing},
	} {
		if *x.p == 0 {
			*x.p = *x.v
		}
		if *x.p < 0 {
			return errors.New("nat: timers must be positive")
		}
	}
	return nil
}
