package netem

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// With a Discipline the choice of the next packet is made when the transmitter becomes free, which costs an event for
// each packet that has waited.

// serviceArg is the argument of such events.
const serviceArg = 1

// enqueue gives p to the discipline and sees to it that the transmitter serves it.
func (d *Direction) enqueue(now sim.Time, p *packet.Packet) {
	q := d.cfg.Discipline
	if d.dropped == nil {
		d.dropped = func(p *packet.Packet) { d.lose(p, "queue", &d.Stats.QueueDrops) }
	}
	p.Queued = now
	q.Enqueue(now, p, d.dropped)
	if !d.service.Armed() && d.free <= now {
		d.transmitNext(now)
	} else {
		d.k.Arm(&d.service, d.self, serviceArg, d.next(now))
	}
	d.Stats.MaxQueuePackets = max(d.Stats.MaxQueuePackets, q.Len())
}

// serve runs at the end of a transmission.
func (d *Direction) serve() {
	k := d.k
	if k.Due(&d.service, d.self, serviceArg) {
		d.transmitNext(k.Now())
	}
}

func (d *Direction) transmitNext(now sim.Time) {
	q := d.cfg.Discipline
	if p := q.Dequeue(now, d.dropped); p != nil {
		d.launch(now, p.Queued, p, p.Len())
	}
	if q.Len() > 0 {
		d.k.Arm(&d.service, d.self, serviceArg, d.next(now))
	}
}

// next returns when the discipline is served next, as something waits in it.
func (d *Direction) next(now sim.Time) sim.Time {
	at := max(now, d.free)
	if d.paced != nil {
		at = max(at, d.paced.Ready(at))
	}
	return at
}
