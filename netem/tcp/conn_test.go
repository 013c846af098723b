package tcp

import (
	"testing"

	"imsim/sim"
)

func TestHandshakeDataClose(t *testing.T) {
	p := newPair(t, 10*ms)
	p.open()
	p.advance(35 * ms)
	p.want(0, Established)
	p.want(1, Established)
	p.write(0, 3000)
	p.advance(100 * ms)
	p.a().CloseWrite(p.now, p.cause())
	p.drain(0)
	p.advance(100 * ms)
	p.want(0, FinWait2)
	p.want(1, CloseWait)
	p.write(1, 100)
	p.b().CloseWrite(p.now, p.cause())
	p.drain(1)
	p.advance(100 * ms)
	p.want(0, TimeWait)
	p.want(1, Closed)
	p.advance(sim.Time(61e9))
	p.want(0, Closed)
	t.Log("\n" + p.trace())
	t.Log(p.a().events, p.b().events)
}
