package netem

import (
	"fmt"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// DirectionStats counts what became of the packets that were given to one direction of a link.
type DirectionStats struct {
	Packets, Octets          uint64 // accepted for transmission, lost ones included
	QueueDrops, LossDrops    uint64
	DownDrops, OversizeDrops uint64

	Duplicates, Corrupted, Overtook uint64 // by DirectionConfig.Medium
	Marked                          uint64 // by the medium instead of lost; see also the discipline's own count

	MaxQueuePackets int // most that waited at one instant
	MaxQueueOctets  int
}

// Drops returns the packets that did not arrive.
func (s *DirectionStats) Drops() uint64 {
	return s.QueueDrops + s.LossDrops + s.DownDrops + s.OversizeDrops
}

// Direction is one direction of a link at run time: a transmitter with a queue in front and a medium behind.
//
// Both are computed ahead: a packet's transmission and arrival are known when it is given to the direction, so that only
// the next arrival is a pending event, however many packets wait or are under way.
type Direction struct {
	Stats DirectionStats

	cfg     DirectionConfig
	net     *Network
	k       *sim.Kernel // net's
	self    sim.Entity
	arg     uint32 // of the events that are arrivals
	to      *Interface
	name    string
	draw    sim.Stream
	down    bool
	shunned bool // routers know that it is down
	timer   sim.Timer

	free    sim.Time // when the transmitter will have finished what it was given
	rest    uint64   // and the fraction of a nanosecond after that, in units of 1/Rate ns
	last    transmission
	arrival sim.Time // latest arrival so far

	service sim.Timer              // end of a transmission behind which packets wait in cfg.Discipline
	dropped func(p *packet.Packet) // for cfg.Discipline
	waiting backlog                // whose transmission has not begun
	flying  flight                 // given and not arrived, in order of arrival
	late    overtake               // the same where packets may overtake
	heap    bool                   // late is in use, not flying
	paced   Paced                  // cfg.Discipline, where it is one
	state   *passage               // of cfg.Medium, once it has been used
	crowd   *tcpHost               // of the host at the far end, where it has very many connections
}

// transmission is how long packets of a size take: ns and a fraction, as Direction.rest. No packet has size 0.
type transmission struct {
	size int
	ns   sim.Time
	rest uint64
}

// Name returns the direction's name, "from>to" with the names of the interfaces.
func (d *Direction) Name() string { return d.name }

// From returns the interface that the direction leads away from.
func (d *Direction) From() *Interface { return d.to.Peer }

// Config returns what the direction is configured to.
func (d *Direction) Config() DirectionConfig { return d.cfg }

// Entity returns the entity that the direction's events and records name.
func (d *Direction) Entity() sim.Entity { return d.self }

// MTU returns the largest IP packet in octets.
func (d *Direction) MTU() int { return d.cfg.MTU }

// Configure changes the direction at run time. Packets already given to it keep the times worked out for them.
func (d *Direction) Configure(c DirectionConfig) error {
	if err := c.Validate(); err != nil {
		return fmt.Errorf("netem: link %s: %w", d.name, err)
	}
	if c.MTU == 0 {
		c.MTU = DefaultMTU
	}
	if c.Discipline != d.cfg.Discipline {
		return fmt.Errorf("netem: link %s: the queue discipline cannot be changed", d.name)
	}
	if c.overtaking() != d.heap {
		d.heap = c.overtaking()
		d.moveFlight(d.heap)
	}
	if c.Rate != d.cfg.Rate {
		d.rest = 0
	}
	d.cfg = c
	d.last = transmission{}
	return nil
}

// Up reports whether the direction carries packets.
func (d *Direction) Up() bool { return !d.down }

// SetReachable says whether routers send packets into the direction: where they do not, they answer that the host is
// unreachable (RFC 1812 §4.3.3.1, §5.2.7.1), as those do that have noticed that a link is down.
func (d *Direction) SetReachable(yes bool) { d.shunned = !yes }

// SetUp switches the direction on or off. Switching off loses all packets that wait or are under way.
func (d *Direction) SetUp(up bool) {
	d.down = !up
	if up {
		return
	}
	for d.flying.n > 0 {
		p := d.flying.first().p
		d.flying.drop()
		d.lose(p, "down", &d.Stats.DownDrops)
	}
	for len(d.late.h) > 0 {
		e := d.late.pop()
		d.lose(e.p, "down", &d.Stats.DownDrops)
	}
	d.waiting.clear()
	if q := d.cfg.Discipline; q != nil {
		next := q.Dequeue
		if d.paced != nil {
			next = d.paced.Drain
		}
		for q.Len() > 0 {
			if p := next(d.k.Now(), d.dropped); p != nil {
				d.lose(p, "down", &d.Stats.DownDrops)
			}
		}
	}
	d.free, d.rest, d.arrival = d.k.Now(), 0, 0
}

// send takes over p, which is of the given size: queue, transmission, medium.
func (d *Direction) send(p *packet.Packet, size int) {
	now := d.k.Now()
	d.fingerprint(now, p, size)
	switch {
	case d.down:
		d.lose(p, "down", &d.Stats.DownDrops)
	case size > d.cfg.MTU:
		d.lose(p, "oversize", &d.Stats.OversizeDrops)
	case d.cfg.Discipline != nil && (d.cfg.Rate != 0 || d.paced != nil):
		d.enqueue(now, p)
	default:
		d.launch(now, now, p, size)
	}
}

// launch transmits a packet that was given to the direction now or earlier, and sends it on its way.
func (d *Direction) launch(now, given sim.Time, p *packet.Packet, size int) {
	start, done := now, now
	if d.cfg.Rate != 0 {
		if !d.admit(now, size) {
			d.lose(p, "queue", &d.Stats.QueueDrops)
			return
		}
		start, done = d.transmit(now, size)
	}
	d.Stats.Packets++
	d.Stats.Octets += uint64(size)
	if m := d.cfg.Medium; m != nil {
		d.through(m, p, size, inFlight{given: given, start: start, done: done})
		return
	}
	if d.loses() && d.lost(now, size) {
		d.lose(p, "loss", &d.Stats.LossDrops)
		return
	}
	at := done.Add(d.delay())
	if d.heap {
		d.fly(inFlight{p, at, given, start, done})
		return
	}
	at = max(at, d.arrival)
	d.arrival = at
	e := d.flying.add()
	e.p, e.at, e.given, e.start, e.done = p, at, given, start, done
	if d.flying.n == 1 { // otherwise the event of the first is pending
		d.k.Arm(&d.timer, d.self, d.arg, at)
	}
}

// fly puts a packet on its way whose arrival is known but for the order of packets.
func (d *Direction) fly(e inFlight) {
	if !d.cfg.Reorder {
		e.at = max(e.at, d.arrival)
		d.arrival = e.at
	}
	if d.heap {
		d.late.push(e)
		d.k.Arm(&d.timer, d.self, d.arg, d.late.h[0].at)
		return
	}
	*d.flying.add() = e
	if d.flying.n == 1 {
		d.k.Arm(&d.timer, d.self, d.arg, e.at)
	}
}

// admit applies the limits of the queue: drop tail.
func (d *Direction) admit(now sim.Time, size int) bool {
	q := &d.waiting
	if q.n > 0 {
		q.advance(now)
	}
	if now >= d.free && (now > d.free || d.rest == 0) {
		return true // the transmitter is idle
	}
	if d.cfg.QueuePackets > 0 && q.n >= d.cfg.QueuePackets || d.cfg.QueueOctets > 0 && q.octets+size > d.cfg.QueueOctets {
		return false
	}
	if d.free > now {
		q.push(waiter{start: d.free, size: int32(size)})
		d.Stats.MaxQueuePackets = max(d.Stats.MaxQueuePackets, q.n)
		d.Stats.MaxQueueOctets = max(d.Stats.MaxQueueOctets, q.octets)
	}
	return true
}

// transmit books the transmitter and returns when it begins and ends, the latter rounded down to the nanosecond. The
// remainder is carried over to a transmission that follows at once, so that long transfers do not drift.
func (d *Direction) transmit(now sim.Time, size int) (start, done sim.Time) {
	start = d.free
	if now > start {
		start, d.rest = now, 0
	}
	if size != d.last.size {
		d.divide(size)
	}
	done, rest := start+d.last.ns, d.rest+d.last.rest
	if rate := uint64(d.cfg.Rate); rest >= rate {
		done, rest = done+1, rest-rate
	}
	d.free, d.rest = done, rest
	return start, done
}

// divide works out how long packets of a size take. Sizes repeat, and a division costs as much as all the rest.
func (d *Direction) divide(size int) {
	work, rate := uint64(size+d.cfg.Overhead)*8e9, uint64(d.cfg.Rate)
	ns := work / rate
	d.last.size, d.last.ns, d.last.rest = size, sim.Time(ns), work-ns*rate
}

// loses reports whether the medium loses packets at all.
func (d *Direction) loses() bool { return d.cfg.Loss != 0 || d.cfg.Losses != nil }

// lost decides whether a medium that loses packets loses this one.
func (d *Direction) lost(now sim.Time, size int) bool {
	if d.cfg.Losses != nil {
		return d.cfg.Losses.Lost(now, size, &d.draw)
	}
	return d.draw.Happens(d.cfg.Loss)
}

// delay draws the propagation delay of a packet.
func (d *Direction) delay() time.Duration {
	if d.cfg.Jitter == 0 {
		return d.cfg.Delay
	}
	return d.jittered()
}

func (d *Direction) jittered() time.Duration {
	j := time.Duration(d.draw.Below(uint64(2*d.cfg.Jitter + 1)))
	return max(0, d.cfg.Delay-d.cfg.Jitter+j)
}

// Handle delivers what arrives now, or transmits the next packet of a queue discipline.
func (d *Direction) Handle(arg uint32) {
	k := d.k
	if arg != d.arg {
		d.serve()
		return
	}
	if !k.Due(&d.timer, d.self, d.arg) {
		return
	}
	if d.heap {
		d.handleLate(k)
		return
	}
	now, tracing := k.Now(), k.Tracing()
	// Not those that a delivery adds: a host may talk to itself over its loopback.
	for n := d.flying.n; n > 0; n-- {
		e := d.flying.first()
		if e.at > now {
			k.Arm(&d.timer, d.self, d.arg, e.at)
			return
		}
		p := e.p
		if tracing {
			d.record(k, e)
		}
		d.flying.drop()
		if d.crowd != nil && d.flying.head%foreseen == 0 {
			d.crowd.foresee(&d.flying)
		}
		d.deliver(p)
	}
	if d.flying.n > 0 {
		k.Arm(&d.timer, d.self, d.arg, d.flying.first().at)
	}
}

// handleLate delivers what arrives now at a direction that reorders.
func (d *Direction) handleLate(k *sim.Kernel) {
	for n := len(d.late.h); n > 0 && d.late.h[0].at <= k.Now(); n-- {
		e := d.late.pop()
		if k.Tracing() {
			d.record(k, &e)
		}
		d.deliver(e.p)
	}
	if len(d.late.h) > 0 {
		k.Arm(&d.timer, d.self, d.arg, d.late.h[0].at)
	}
}

// record writes the hop into the trace, and makes it the cause of what the packet brings about.
func (d *Direction) record(k *sim.Kernel, e *inFlight) {
	r := sim.Record{Cause: e.p.Cause, Node: d.self, Kind: "link.hop", Queueing: e.start.Sub(e.given), Serialisation: e.done.Sub(e.start)}
	if k.Now() != e.done {
		r.Rest = sim.Propagation
	}
	e.p.Cause = k.Record(r)
}

// deliver hands a packet to the node at the far end.
func (d *Direction) deliver(p *packet.Packet) {
	to := d.to
	if to.Tap != nil {
		to.Tap(false, p)
	}
	to.node.Receive(to, p)
}

// lose ends a packet's life on this direction.
func (d *Direction) lose(p *packet.Packet, why string, count *uint64) {
	*count++
	d.net.drop(d.self, "link.drop", why, p)
}

// fingerprint mixes a packet's departure into the run's fingerprint.
func (d *Direction) fingerprint(now sim.Time, p *packet.Packet, size int) {
	fp := d.k.Fingerprint()
	fp.Mix(sim.FpTime, uint64(now))
	fp.Mix(sim.FpNode, uint64(d.self))
	h := p.Src.Hash() ^ p.Dst.Hash()<<1 ^ uint64(p.SrcPort)<<48 ^ uint64(p.DstPort)<<32 ^ uint64(p.Proto)<<24 ^ uint64(size)
	if t := &p.TCP; p.Proto == packet.TCP {
		h += uint64(t.Seq)<<32 | uint64(t.Ack)
		h ^= uint64(t.Flags)<<56 | uint64(t.Window)<<40
	} else {
		h ^= uint64(p.ICMP.Type)<<8 | uint64(p.ICMP.Code)
	}
	h ^= uint64(p.Frag.Offset) << 20
	fp.Mix(sim.FpPacket, h)
}
