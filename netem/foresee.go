package netem

import "imsim/sim/prefetch"

// A host with very many connections asks for memory ahead of what is about to happen (see package prefetch): for what
// packets are about when they are next to arrive, for what timers are about when the kernel says that they come up soon.
const (
	crowd    = 4096 // connections from which on it does; caches hold fewer
	foreseen = 16   // packets or streams that are asked for at a time
)

// crowded begins with it.
func (h *Host) crowded() {
	h.net.K.Foresee(h.self, h)
	for _, i := range h.ifaces {
		i.Peer.Out.crowd = &h.tcp
	}
}

// Foresee asks for what an event of the host's is about.
func (h *Host) Foresee(arg uint32, again bool) {
	if arg&7 != evStream {
		return
	}
	switch sl := &h.tcp.slots[arg>>3]; {
	case !again:
		prefetch.Of(sl)
	case sl.s != nil && sl.timer.Armed():
		prefetch.Of(sl.s)
	}
}

// foresee asks for what the packets are about that arrive next. Those behind them have the table's entries fetched, which
// say what to ask for the next time.
func (t *tcpHost) foresee(f *flight) {
	if t.flows.n == 0 {
		return
	}
	for i := foreseen; i < min(2*foreseen, f.n); i++ {
		prefetch.Of(t.flows.place(arrivalHash(f.at(i).p)))
	}
	var next [foreseen]*Stream
	n := 0
	for i := range min(foreseen, f.n) {
		if s := t.flows.guess(arrivalHash(f.at(i).p)).s; s != nil {
			next[n] = s
			n++
		}
	}
	Expect(next[:n]...)
}

// Expect asks for what some streams, at best about sixteen, keep in memory: for an owner who knows beforehand that it will
// call them next. Among very many streams that saves waits; it changes nothing else.
func Expect(streams ...*Stream) {
	for _, s := range streams {
		prefetch.First(s)
	}
	for _, s := range streams {
		prefetch.Of(s)
		prefetch.Of(&s.host.tcp.slots[s.slot])
	}
}
