package run

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"imsim/netem"
	"imsim/netem/capture"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/sim"
)

// Capture says which interfaces a run captures, and to where.
type Capture struct {
	Writer     *capture.Writer
	Interfaces []string // node.interface, a node for all of its interfaces, or "all"; none means all
	Packets    uint64   // written so far

	plain map[string]capture.ID // upper-PDU interfaces by name
	seen  map[string]bool       // key-log lines that are in the file; membership only
	w     *world
}

// attach taps the interfaces. A tap sees packets and changes none.
func (c *Capture) attach(w *world) error {
	c.w, c.plain, c.seen = w, map[string]capture.ID{}, map[string]bool{}
	w.hosts(func(a netip.Addr, name string) { c.Writer.Name(packet.AddrFrom(a), name) })
	used := make([]bool, len(c.Interfaces))
	for _, n := range w.net.Nodes() {
		for _, i := range netem.CoreOf(n).Interfaces() {
			if c.wants(n, i, used) {
				c.tap(i)
			}
		}
	}
	for i, u := range used {
		if !u {
			return fmt.Errorf("capture.interfaces[%d]: no interface %q (interfaces are called node.link)", i, c.Interfaces[i])
		}
	}
	return nil
}

func (c *Capture) wants(n netem.Node, i *netem.Interface, used []bool) bool {
	if len(c.Interfaces) == 0 {
		return true
	}
	hit := false
	for j, want := range c.Interfaces {
		if want == "all" || want == i.String() || want == netem.CoreOf(n).Name() {
			used[j], hit = true, true
		}
	}
	return hit
}

func (c *Capture) tap(i *netem.Interface) {
	id := c.Writer.Interface(i.String(), capture.Raw, "")
	k := c.w.k
	i.Tap = func(out bool, p *packet.Packet) {
		c.Packets++
		c.Writer.Packet(id, k.Now(), out, p, "")
	}
}

// capturing passes on what nodes report, and writes what belongs into the capture.
type capturing struct {
	nodes.Observer
	c *Capture
}

// WantsPDUs is true: a capture shows what travels encrypted.
func (o *capturing) WantsPDUs() bool { return true }

// UpperPDU writes one message on the plain twin of the interface that it travels on encrypted.
func (o *capturing) UpperPDU(node, leg, dissector string, at sim.Time, out bool, local, remote packet.AddrPort, pdu []byte) {
	c := o.c
	name := node
	if leg != "" {
		name += "." + leg
	}
	name += "/plain"
	id, ok := c.plain[name]
	if !ok {
		if len(c.Interfaces) > 0 && !slices.ContainsFunc(c.Interfaces, func(s string) bool {
			return s == "all" || s == node || strings.HasPrefix(s, node+".")
		}) {
			return
		}
		comment := "messages that travel in TLS on this node's media leg, in clear"
		if c.w.env.Engine == nodes.EngineModel {
			comment += "; TLS engine model masks application data, so the packets themselves cannot be decrypted"
		}
		id = c.Writer.Interface(name, capture.UpperPDU, comment)
		c.plain[name] = id
	}
	src, dst := local, remote
	if !out {
		src, dst = remote, local
	}
	c.Writer.UpperPDU(id, at, dissector, src, dst, pdu)
	o.Observer.UpperPDU(node, leg, dissector, at, out, local, remote, pdu)
}

// Secrets writes key-log lines that are new.
func (o *capturing) Secrets(lines string) {
	for line := range strings.Lines(lines) {
		if !o.c.seen[line] {
			o.c.seen[line] = true
			o.c.Writer.Secrets(line)
		}
	}
	o.Observer.Secrets(lines)
}
