package alg

import (
	"encoding/hex"
	"strings"

	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/sim"
)

// backhauled is the report of a message's head, and the order that returns it (H.248.78).
const backhauled = "simbha/msg"

// paths are those of both sides of a call whose messages are edited here: of the offerer's, 0, and the answerer's, 1.
type paths struct{ own, peer [2]string }

// backhauls reports a call whose gateway knows the application and leaves the editing of paths to its controller.
func (c *call) backhauls() bool { return c.aware && c.p.cfg.Awareness == "backhaul" }

// backhaul takes a message's head off a report; what it returns sends the head back, edited, behind the reply. Nil: it is another report.
func (c *call) backhaul(cmd *h248.Command) func(sim.Cause) {
	if c.paths == nil || cmd.ObservedEvents == nil || len(cmd.ObservedEvents.List) != 1 || cmd.ObservedEvents.List[0].Name != backhauled {
		return nil
	}
	l, other := &c.near, 1
	if c.far.id.Same(cmd.Termination) {
		l, other = &c.far, 0
	}
	head, err := hex.DecodeString(text(cmd.ObservedEvents.List[0].Parms, "head"))
	if err != nil {
		return func(sim.Cause) {} // not worth the call: the gateway waits, and its peer gives up
	}
	head = c.paths.edit(head, other)
	return func(why sim.Cause) {
		why = c.p.Mark(c.because(why), "", nodes.BackhaulReceived, l.realm())
		m := h248.Command{Verb: h248.Modify, Termination: l.id}
		m.Signals = &h248.Signals{List: []h248.Signal{{Name: backhauled, Stream: 1, Parms: []h248.Parm{h248.Set("head", h248.Word(hex.EncodeToString(head)))}}}}
		id := c.p.h248.Request([]h248.Action{{Context: c.context, Commands: []h248.Command{m}}}, c.p.Mark(why, "", nodes.ModifySent, l.realm()))
		c.p.orders[id] = &order{c: c, apart: true}
	}
}

// edit puts the paths of a side into a head (RFC 4975 §7.1: To-Path and From-Path are the first two headers).
func (x *paths) edit(head []byte, side int) []byte {
	lines := strings.SplitAfter(string(head), "\r\n")
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "To-Path: "):
			lines[i] = "To-Path: " + x.peer[side] + "\r\n"
		case strings.HasPrefix(line, "From-Path: "):
			lines[i] = "From-Path: " + x.own[side] + "\r\n"
		}
	}
	return []byte(strings.Join(lines, ""))
}
