package ue

import (
	"iter"

	"imsim/netem/tls"
	"imsim/nodes"
	"imsim/nodes/protocol/sdp"
	"imsim/sim"
)

// A call has a media for each message line, in their order. Where an offer and its answer agree on a new connection for a line
// (RFC 4145 §5), that has a media of its own, next, until it is up and takes the place of the one before.

// maxLines is how many message lines a UE takes.
const maxLines = 8

// lines goes through the media of the call's lines.
func (c *call) lines() iter.Seq[*media] {
	return func(yield func(*media) bool) {
		if c.media == nil || !yield(c.media) {
			return
		}
		for _, m := range c.more {
			if !yield(m) {
				return
			}
		}
	}
}

// at returns line i, from 0, or nil.
func (c *call) at(i int) *media {
	switch {
	case i == 0:
		return c.media
	case i <= len(c.more):
		return c.more[i-1]
	}
	return nil
}

func (c *call) place(m *media) {
	if m.line == 0 {
		c.media = m
	} else {
		c.more[m.line-1] = m
	}
}

// stream returns the line that a message goes over: number n from 1, or with 0 the first that there still is; nil for none.
func (c *call) stream(n int) *media {
	if n > 0 {
		return c.at(n - 1)
	}
	for m := range c.lines() {
		if !m.gone && m.audio == nil {
			return m
		}
	}
	return nil
}

// addLine makes the media of a further line.
func (c *call) addLine() *media {
	m := &media{c: c, line: int8(len(c.more) + 1), connection: sdp.NewConnection}
	c.more = append(c.more, m)
	return m
}

// successor makes the media of the line's next connection.
func (m *media) successor() *media {
	n := &media{
		c: m.c, line: m.line, gen: m.gen + 1, before: m, connection: sdp.NewConnection,
		secure: m.secure, e2ae: m.e2ae, cema: m.cema, dir: m.dir, wish: m.wish, cert: m.cert,
	}
	m.next = n
	return n
}

// name is the line's leg in milestones.
func (m *media) name() string { return nodes.LegName("", int(m.line)+1, int(m.gen)) }

func (m *media) certificate() *tls.Certificate {
	if m.cert != nil {
		return m.cert
	}
	return m.c.u.cert
}

// says is the direction that we write.
func (m *media) says(offer bool) sdp.Direction {
	if offer {
		return m.ask
	}
	return m.dir
}

// speaks reports whether a message may go out now.
func (m *media) speaks() bool {
	return m.usable && m.conn != nil && !m.dead && !m.gone && (m.dir == sdp.SendRecv || m.dir == sdp.SendOnly)
}

// ready is the moment from which on the connection can be used.
func (m *media) ready(why sim.Cause) {
	m.usable = true
	m.takeOver(why)
	m.c.mediaUp(why)
}

// takeOver puts the connection in the place of the one before, which is closed (RFC 4145 §5). A message that has not been
// confirmed there is sent again, under its name: the peer knows one that it has had.
func (m *media) takeOver(why sim.Cause) {
	old := m.before
	if old == nil {
		return
	}
	c := m.c
	m.before, old.next = nil, nil
	c.place(m)
	c.grace = deadline{} // the old one's end is no end of the call
	why = c.u.Mark(why, "", nodes.MediaMoved, m.name())
	saying := old.saying
	old.close(why)
	if old.leg != nil && !old.leg.Ended() {
		old.leg.DiscardInput(why)
	}
	if saying != "" && c.line < len(c.script.Lines) {
		l := &c.script.Lines[c.line]
		if m.say(saying, l.Type, l.Body, why); m.conn == nil {
			m.saying = saying // on hold: the connection that follows says it
		}
	}
	c.pending(why)
}

// giveUp leaves the line to the connection that there was: the new one has failed. Where that is gone too, so is the call.
func (m *media) giveUp(cause string, why sim.Cause) {
	old := m.before
	m.before, old.next = nil, nil
	m.close(why)
	if old.dead {
		old.failed(cause, why)
	}
	m.c.pending(why)
}

// remove takes the line out of the call (RFC 3264 §8.2). Who has nothing left to speak over, and something to say or to hear,
// hangs up. [SIM]
func (m *media) remove(why sim.Cause) {
	if m.gone {
		return
	}
	c := m.c
	m.gone, m.removing = true, false
	why = c.u.Mark(why, "", nodes.MediaRemoved, m.name())
	lost := m.saying != ""
	m.close(why)
	if lost || c.silent() && (!c.began || c.line < len(c.script.Lines)) {
		c.mediaLost("removed", why)
	}
}

// silent reports that all lines have been taken out.
func (c *call) silent() bool {
	for m := range c.lines() {
		if !m.gone {
			return false
		}
	}
	return true
}
