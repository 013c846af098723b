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

// Capture says which interfaces a run captures, and to where: into one file that shows every packet once for each
// interface that it passes, or into one file a node as a sniffer there would write it. TCP analysis by readers wants the
// latter, since they take the second sight of a packet for a retransmission.
type Capture struct {
	Writer     *capture.Writer                   // of the one file, or
	Open       func(node string) *capture.Writer // of a node's file, asked for in the order of nodes; the caller closes it
	Interfaces []string                          // node.interface, a node for all of its interfaces, or "all"
	Packets    uint64                            // written so far

	files map[string]*capture.Writer // by node
	order []*capture.Writer
	plain map[string]capture.ID // upper-PDU interfaces by name
	seen  map[string]bool       // key-log lines that are in the file; membership only
	w     *world
}

// attach taps the interfaces. A tap sees packets and changes none.
func (c *Capture) attach(w *world) error {
	c.w, c.plain, c.seen, c.files = w, map[string]capture.ID{}, map[string]bool{}, map[string]*capture.Writer{}
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
		return c.Open == nil || !n.Forwards() // a router's file would show every packet twice
	}
	hit := false
	for j, want := range c.Interfaces {
		if want == "all" || want == i.String() || want == netem.CoreOf(n).Name() {
			used[j], hit = true, true
		}
	}
	return hit
}

// file returns the file that a node's packets go into.
func (c *Capture) file(node string) *capture.Writer {
	f := c.files[node]
	if f == nil {
		if f = c.Writer; f == nil {
			f = c.Open(node)
		}
		c.files[node] = f
		if !slices.Contains(c.order, f) {
			c.order = append(c.order, f)
			c.w.hosts(func(a netip.Addr, name string) { f.Name(packet.AddrFrom(a), name) })
		}
	}
	return f
}

func (c *Capture) tap(i *netem.Interface) {
	f := c.file(netem.CoreOf(i.Node()).Name())
	id := f.Interface(i.String(), capture.Raw, "")
	k := c.w.k
	i.AddTap(func(out bool, p *packet.Packet) {
		c.Packets++
		f.Packet(id, k.Now(), out, p, "")
	})
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
		id = c.file(node).Interface(name, capture.UpperPDU, comment)
		c.plain[name] = id
	}
	src, dst := local, remote
	if !out {
		src, dst = remote, local
	}
	c.file(node).UpperPDU(id, at, dissector, src, dst, pdu)
	o.Observer.UpperPDU(node, leg, dissector, at, out, local, remote, pdu)
}

// Secrets writes key-log lines that are new.
func (o *capturing) Secrets(lines string) {
	for line := range strings.Lines(lines) {
		if !o.c.seen[line] {
			o.c.seen[line] = true
			for _, f := range o.c.order {
				f.Secrets(line)
			}
		}
	}
	o.Observer.Secrets(lines)
}
