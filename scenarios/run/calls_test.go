package run_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"imsim/netem"
	"imsim/netem/capture"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/scenarios"
	"imsim/scenarios/run"
	"imsim/sim"
)

// call is one run of a scenario, with all that independent programs are asked about it.
type call struct {
	name     string // scenario, engine, variant
	scenario *scenarios.Scenario
	engine   nodes.Engine

	all     file              // one file for all interfaces
	files   map[string]file   // one file a host
	h248    [][]byte          // messages, as their sender sent them
	secured []*secured        // legs whose messages travel in TLS, as their UE saw them
	sent    map[string]int    // MSRP requests by UE
	owner   map[string]string // node by address
}

// file is a capture and the number of packets that were written into it.
type file struct {
	octets  []byte
	packets int
}

// secured is what a UE has sent and received on one TLS connection, in clear.
type secured struct {
	node          string
	local, remote packet.AddrPort
	out, in       []byte
	messages      int
}

// watcher collects what nodes report.
type watcher struct {
	nodes.Unobserved
	c *call
}

func (w watcher) WantsPDUs() bool { return true }

func (w watcher) Milestone(m nodes.Milestone) {
	if m.Name == "msrp.send.sent" {
		w.c.sent[m.Node]++
	}
}

func (w watcher) UpperPDU(node, _, _ string, _ sim.Time, out bool, local, remote packet.AddrPort, pdu []byte) {
	i := slices.IndexFunc(w.c.secured, func(s *secured) bool { return s.node == node && s.local == local && s.remote == remote })
	if i < 0 {
		i = len(w.c.secured)
		w.c.secured = append(w.c.secured, &secured{node: node, local: local, remote: remote})
	}
	s := w.c.secured[i]
	s.messages++
	if out {
		s.out = append(s.out, pdu...)
	} else {
		s.in = append(s.in, pdu...)
	}
}

// writer makes a capture in memory.
func writer(b *bytes.Buffer) *capture.Writer {
	return capture.NewWriter(b, capture.Options{
		Application: "imsim", Wire: func(p *packet.Packet, dst []byte) []byte { return p.Marshal(dst) },
	})
}

// play runs a scenario twice, captured into one file and into one a host. Every run has its own seed, so that captures
// that are read one behind the other share neither sequence numbers nor client randoms.
func play(t *testing.T, name string, engine nodes.Engine, seed uint64, set ...string) *call {
	t.Helper()
	sc, err := scenarios.Load(name, scenarios.Options{Set: set, Seed: &seed})
	if err != nil {
		t.Fatal(err)
	}
	c := &call{name: name, scenario: sc, engine: engine, files: map[string]file{}, sent: map[string]int{}, owner: map[string]string{}}
	if engine == nodes.EngineReal {
		c.name += ", engine real"
	}
	if len(set) > 0 {
		c.name += " with " + strings.Join(set, " ")
	}

	var one bytes.Buffer
	whole := &run.Capture{Writer: writer(&one)}
	st, err := run.Run(sc, run.Options{Engine: engine, Observer: watcher{c: c}, Capture: whole, Started: c.listen})
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	if err := whole.Writer.Close(); err != nil {
		t.Fatal(err)
	}
	c.all = file{octets: one.Bytes(), packets: int(whole.Packets)}
	for _, s := range c.secured {
		c.all.packets += s.messages
	}

	buffers, writers := map[string]*bytes.Buffer{}, map[string]*capture.Writer{}
	var hosts []string
	each := &run.Capture{Open: func(node string) *capture.Writer {
		b := &bytes.Buffer{}
		buffers[node], writers[node] = b, writer(b)
		hosts = append(hosts, node)
		return writers[node]
	}}
	again, err := run.Run(sc, run.Options{Engine: engine, Capture: each})
	if err != nil || again.Fingerprint != st.Fingerprint {
		t.Fatalf("%s: captured into files by host: %v, fingerprint %s instead of %s", c.name, err, again.Fingerprint, st.Fingerprint)
	}
	for _, n := range hosts {
		if err := writers[n].Close(); err != nil {
			t.Fatal(err)
		}
		c.files[n] = file{octets: buffers[n].Bytes()}
	}
	return c
}

// listen collects addresses, and H.248 messages where they are sent.
func (c *call) listen(_ *sim.Kernel, n *netem.Network) {
	for _, node := range n.Nodes() {
		if node.Forwards() {
			continue
		}
		for _, i := range netem.CoreOf(node).Interfaces() {
			for _, a := range i.Addrs {
				c.owner[a.String()] = netem.CoreOf(node).Name()
			}
			i.AddTap(func(out bool, p *packet.Packet) {
				if out && p.Proto == packet.UDP && (p.SrcPort == 2944 || p.DstPort == 2944) { // gateways of one node have a port each
					c.h248 = append(c.h248, p.Payload.AppendTo(nil))
				}
			})
		}
	}
}

var played []*call // by the first test that asked

// calls are all embedded scenarios: with engine model, with engine real where there is TLS, and with compact H.248. They
// are played once for all tests.
func calls(t *testing.T) []*call {
	t.Helper()
	if played == nil {
		played = playAll(t)
	}
	return played
}

func playAll(t *testing.T) []*call {
	t.Helper()
	var all []*call
	seed := uint64(100)
	add := func(name string, e nodes.Engine, set ...string) *call {
		seed++
		c := play(t, name, e, seed, set...)
		all = append(all, c)
		return c
	}
	for _, e := range scenarios.List() {
		if sc, err := scenarios.Load(e.Name, scenarios.Options{}); err == nil && len(sc.File.Live()) > 0 {
			continue // played in real time only
		}
		c := add(e.Name, nodes.EngineModel)
		if len(c.secured) > 0 && c.scenario.File.Plays("real") {
			add(e.Name, nodes.EngineReal)
		}
		compact := append(c.each("pcscf", "h248-encoding=compact"), c.each("ibcf", "h248-encoding=compact")...)
		compact = append(compact, c.each("mgc", "h248.encoding=compact")...)
		if compact = append(compact, c.each("mg", "h248.encoding=compact")...); compact != nil {
			add(e.Name, nodes.EngineModel, compact...)
		}
	}
	first := "e2ae-msrp-orig-agnostic"
	c := all[slices.IndexFunc(all, func(c *call) bool { return c.name == first })]
	tls13 := append(c.each("ue", "tls.max=1.3", "tls.min=1.3"), c.each("mediagw", "tls.max=1.3", "tls.min=1.3")...)
	add(first, nodes.EngineModel, tls13...)
	add(first, nodes.EngineReal, tls13...)
	add(first, nodes.EngineModel, "run.family=ipv6")
	return all
}

// each returns settings for every node of a kind.
func (c *call) each(kind string, settings ...string) []string {
	var set []string
	for _, n := range scenarios.Names(c.scenario.File.Nodes) {
		if c.scenario.File.Nodes[n].Kind == kind {
			for _, s := range settings {
				set = append(set, "nodes."+n+"."+s)
			}
		}
	}
	return set
}

// series is several captures in one file, section behind section, so that TShark starts once.
type series struct {
	name  string
	at    []int // first frame of each capture, from 1
	calls []*call
	nodes []string
}

func join(t *testing.T, calls []*call, pick func(*call) []string) *series {
	t.Helper()
	s := &series{name: filepath.Join(t.TempDir(), "joined.pcapng")}
	out, err := os.Create(s.name)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	frames := 1
	for _, c := range calls {
		for _, node := range pick(c) {
			f := c.all
			if node != "" {
				f = c.files[node]
			}
			if _, err := out.Write(f.octets); err != nil {
				t.Fatal(err)
			}
			s.at, s.calls, s.nodes = append(s.at, frames), append(s.calls, c), append(s.nodes, node)
			frames += packetBlocks(f.octets)
		}
	}
	return s
}

// of returns which capture a frame is from, and says so for people.
func (s *series) of(t *testing.T, frame string) (int, string) {
	n, err := strconv.Atoi(frame)
	if err != nil {
		t.Fatalf("frame number %q", frame)
	}
	i := len(s.at) - 1
	for s.at[i] > n {
		i--
	}
	return i, strings.TrimSpace(fmt.Sprintf("%s %s", s.calls[i].name, s.nodes[i])) + fmt.Sprintf(" frame %d", n-s.at[i]+1)
}

// everything is the one file of a call.
func everything(*call) []string { return []string{""} }

// ofKind returns the files of the nodes of a kind.
func ofKind(kind string) func(*call) []string {
	return func(c *call) []string {
		var names []string
		for _, n := range scenarios.Names(c.scenario.File.Nodes) {
			if _, ok := c.files[n]; ok && c.scenario.File.Nodes[n].Kind == kind {
				names = append(names, n)
			}
		}
		return names
	}
}
