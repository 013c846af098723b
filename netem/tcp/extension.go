package tcp

import "imsim/sim"

// extension is what only some connections need, so that an idle one is small: it comes from the Pool when it is first wanted. A
// connection with RACK, CUBIC, keepalive or quick acknowledgements has one for its life, another while losses are repaired.
type extension struct {
	board  board  // sender's view of selective acknowledgements
	blocks blocks // receiver's selective acknowledgements
	prr    prr
	rack   rack
	tlp    tailProbe
	cubic  cubic
	quick  quick
	undo   undo

	hystart   hystart
	retriedAt sim.Time // when the first repetition after a timeout went, since something new was acknowledged; 0: none
	unheard   uint8    // window probes without an answer
	heard     sim.Time // when the last segment came, for keepalive
	probes    uint8    // keepalive probes without an answer
	rtoAt     sim.Time // when the retransmission timer expires, while a shorter timer runs in its place
}

// extend returns the connection's extension and makes it if there is none.
func (c *Conn) extend() *extension {
	if c.x == nil {
		c.x = c.cfg.Pool.getExtension()
	}
	return c.x
}

// extendForLife gives a connection whose configuration wants it an extension.
func (c *Conn) extendForLife() {
	if c.lasting = c.cfg.Congestion == CUBIC || c.cfg.QuickACK || c.cfg.KeepAlive > 0 || c.cfg.Undo || c.cfg.Retries > 0 || c.useRACK(); c.lasting {
		x := c.extend()
		x.heard = c.now
		x.quick.start(c)
	}
}

// retire gives the extension back where nothing needs it any more.
func (c *Conn) retire() {
	if c.lasting || c.cfg.Pool == nil || c.x.board.on || c.x.blocks.n > 0 || c.x.blocks.repeated {
		return
	}
	c.dropExtension()
}

func (c *Conn) dropExtension() {
	if c.x != nil {
		c.cfg.Pool.putExtension(c.x)
		c.x = nil
	}
	c.lasting, c.resend, c.tailDue, c.keepDue = false, false, false, false
}

func (p *Pool) getExtension() *extension {
	if p != nil {
		if l := len(p.extensions); l > 0 {
			x := p.extensions[l-1]
			p.extensions = p.extensions[:l-1]
			return x
		}
	}
	return &extension{}
}

func (p *Pool) putExtension(x *extension) {
	if p == nil {
		return
	}
	runs := x.board.runs[:0]
	*x = extension{}
	x.board.runs = runs
	p.extensions = append(p.extensions, x)
}
