package run_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"imsim/internal/oracle"
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
				if out && p.Proto == packet.UDP && p.SrcPort == 2944 {
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
		c := add(e.Name, nodes.EngineModel)
		if len(c.secured) > 0 {
			add(e.Name, nodes.EngineReal)
		}
		if compact := c.each("pcscf", "h248-encoding=compact"); compact != nil {
			add(e.Name, nodes.EngineModel, compact...)
		}
	}
	first := "e2ae-msrp-orig-agnostic"
	c := all[slices.IndexFunc(all, func(c *call) bool { return c.name == first })]
	tls13 := append(c.each("ue", "tls.max=1.3", "tls.min=1.3"), c.each("mediagw", "tls.max=1.3", "tls.min=1.3")...)
	add(first, nodes.EngineModel, tls13...)
	add(first, nodes.EngineReal, tls13...)
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

// TestCaptures asks TShark about every capture: all frames are whole, checksums right, protocols found where they should
// be, and there is nothing that its experts take for an error.
func TestCaptures(t *testing.T) {
	oracle.Need(t, "tshark", "capinfos")
	all := calls(t)
	s := join(t, all, everything)
	shark := oracle.NewTShark(t, s.name)
	seen := make([]map[string]int, len(s.at))
	for i := range seen {
		seen[i] = map[string]int{}
	}
	frames := 0
	for _, r := range shark.Fields("", "frame.number", "frame.protocols", "udp.port", "_ws.malformed", "ip.checksum.status",
		"tcp.checksum.status", "udp.checksum.status", "_ws.expert.severity", "_ws.expert.message", "frame.interface_name") {
		i, where := s.of(t, r[0])
		frames++
		protocols := strings.Split(r[1], ":")
		for _, p := range protocols {
			seen[i][p]++
		}
		if r[3] != "" {
			t.Errorf("%s is malformed: %s", where, r[1])
		}
		// TShark's 1 is good; 0 is bad, 2 not verified.
		for _, status := range r[4:7] {
			if strings.Trim(status, "1,") != "" {
				t.Errorf("%s: checksum status %s of ip, tcp, udp: %q", where, status, r[4:7])
			}
		}
		for _, v := range strings.Split(r[7], ",") {
			if n, _ := strconv.Atoi(v); n >= severityError {
				t.Errorf("%s (%s): expert error: %s", where, r[1], r[8])
			}
		}
		if slices.Contains(strings.Split(r[2], ","), "2944") && !slices.Contains(protocols, "megaco") {
			t.Errorf("%s on port 2944 is not H.248: %s", where, r[1])
		}
		if slices.Contains(strings.Split(r[2], ","), "5060") && !slices.Contains(protocols, "sip") {
			t.Errorf("%s on port 5060 is not SIP: %s", where, r[1])
		}
		if strings.HasSuffix(r[9], "/plain") && !slices.Contains(protocols, "msrp") {
			t.Errorf("%s on %s is not MSRP: %s", where, r[9], r[1])
		}
	}
	want := 0
	for i, c := range s.calls {
		want += c.all.packets
		need := []string{"ip", "udp", "sip"}
		if c.scenario.File.Run.Family == "ipv6" {
			need[0] = "ipv6"
		}
		if len(c.h248) > 1 {
			need = append(need, "megaco")
		}
		if len(c.secured) > 0 {
			need = append(need, "sdp", "tls", "msrp")
		}
		for _, p := range need {
			if seen[i][p] == 0 {
				t.Errorf("%s: TShark finds no %s in %v", c.name, p, seen[i])
			}
		}
	}
	if frames != want {
		t.Errorf("TShark read %d frames, %d were written", frames, want)
	}
	if out, err := exec.Command("capinfos", "-c", s.name).Output(); err != nil || !strings.Contains(string(out), strconv.Itoa(want)) && want < 1000 {
		t.Errorf("capinfos: %v: %s", err, out)
	}
	t.Logf("%d runs of %d scenarios, %d frames", len(all), len(scenarios.List()), frames)
}

// TShark's severities of expert findings.
const (
	severityNote    = 0x400000
	severityWarning = 0x600000
	severityError   = 0x800000
)

// explained are the findings of TShark's experts, of severity note and above, that a correct capture of one host may hold.
var explained = map[string]string{
	"This frame initiates the connection closing": "a FIN is noted",
	"This frame undergoes the connection closing": "a FIN is noted",
	"TCP Port numbers reused":                     "runs are read one behind the other and have the same ports",
}

// TestTCPAnalysis asks TShark's TCP experts about what each gateway and each UE has seen. A lossless run holds no
// retransmission, no gap and no duplicate.
func TestTCPAnalysis(t *testing.T) {
	oracle.Need(t, "tshark")
	all := calls(t)
	for _, kind := range []string{"mediagw", "ue"} {
		s := join(t, all, ofKind(kind))
		for _, r := range oracle.NewTShark(t, s.name).Fields("_ws.expert.severity >= 0x400000", "frame.number", "_ws.expert.severity", "_ws.expert.message", "_ws.col.Info") {
			i, where := s.of(t, r[0])
			for _, m := range strings.Split(r[2], ",") {
				if explained[m] != "" || strings.HasPrefix(m, "Connection ") || strings.HasPrefix(m, "A new tcp session") {
					continue
				}
				if reason := expected(s.calls[i], m); reason == "" {
					t.Errorf("%s: %s: %s", where, m, r[3])
				}
			}
		}
	}
}

// expected returns why a scenario's captures may hold a finding, "" when they may not.
func expected(c *call, finding string) string {
	return ""
}

// TestDecryption has TShark decrypt TLS with nothing but the secrets in the file: the octets of every UE's TLS
// connections are the messages that the UE sent and received.
func TestDecryption(t *testing.T) {
	oracle.Need(t, "tshark")
	var with []*call
	for _, c := range calls(t) {
		if c.engine == nodes.EngineReal {
			with = append(with, c)
		}
	}
	s := join(t, with, ofKind("ue"))
	shark := oracle.NewTShark(t, s.name)
	streams := map[*secured]string{}
	versions := map[string]int{}
	args := []string{"-q"}
	for _, r := range shark.Fields("tls.handshake.type == 2", "frame.number", "tcp.stream", "ip.src", "tcp.srcport", "ip.dst", "tcp.dstport", "tls.handshake.extensions.supported_version") {
		i, _ := s.of(t, r[0])
		for _, x := range s.calls[i].secured {
			ends := []string{x.local.String(), x.remote.String()}
			if x.node == s.nodes[i] && slices.Contains(ends, r[2]+":"+r[3]) && slices.Contains(ends, r[4]+":"+r[5]) {
				streams[x] = r[1]
				versions[r[6]]++
				args = append(args, "-z", "follow,tls,raw,"+r[1])
			}
		}
	}
	follows := parseFollows(t, shark.Run(args...))
	n := 0
	for _, c := range with {
		for _, x := range c.secured {
			f := follows[streams[x]]
			if f == nil {
				t.Errorf("%s: %s: TShark finds no TLS connection %v to %v", c.name, x.node, x.local, x.remote)
				continue
			}
			got := [2][]byte{f.data[0], f.data[1]} // from the first node, from the second
			if f.first != x.local.String() {
				got[0], got[1] = got[1], got[0]
			}
			if !bytes.Equal(got[0], x.out) || !bytes.Equal(got[1], x.in) {
				t.Errorf("%s: %s: decrypted out %d octets of %d, in %d of %d: %.80q…", c.name, x.node, len(got[0]), len(x.out), len(got[1]), len(x.in), got[0])
			}
			n++
		}
	}
	if n == 0 || versions["0x0304"] == 0 || versions[""] == 0 {
		t.Errorf("decrypted %d connections, by version of ServerHello %v: want TLS 1.2 and 1.3", n, versions)
	}
	t.Logf("%d TLS connections decrypted, supported_versions %v", n, versions)
}

// followed is one connection as TShark follows it.
type followed struct {
	first string
	data  [2][]byte
}

var followNode = regexp.MustCompile(`(?m)^Node 0: (.*)$`)

func parseFollows(t *testing.T, out string) map[string]*followed {
	t.Helper()
	all := map[string]*followed{}
	for _, part := range strings.Split(out, "Follow: tls,raw\n")[1:] {
		var filter string
		if _, err := fmt.Sscanf(part, "Filter: tcp.stream eq %s", &filter); err != nil {
			t.Fatalf("follow: %.200s", part)
		}
		f := &followed{}
		if m := followNode.FindStringSubmatch(part); m != nil {
			f.first = m[1]
		}
		_, body, _ := strings.Cut(part, "Node 1: ")
		for _, line := range strings.Split(body, "\n")[1:] {
			from, text := 0, line
			if strings.HasPrefix(line, "\t") {
				from, text = 1, line[1:]
			}
			if b, err := hex.DecodeString(text); err == nil {
				f.data[from] = append(f.data[from], b...)
			}
		}
		all[filter] = f
	}
	return all
}

// TestModelIsMasked reads captures of engine model back: no protected leg holds plaintext, and the interface that shows
// it in clear says why the packets cannot be decrypted.
func TestModelIsMasked(t *testing.T) {
	n := 0
	for _, c := range calls(t) {
		if c.engine != nodes.EngineModel || len(c.secured) == 0 {
			continue
		}
		back := readBack(t, c.all.octets)
		for _, i := range back.interfaces {
			if strings.HasSuffix(i.Name, "/plain") && !strings.Contains(i.Comment, "cannot be decrypted") {
				t.Errorf("%s: comment of %s is %q", c.name, i.Name, i.Comment)
			}
		}
		for _, x := range c.secured {
			for dir, octets := range back.streams[[2]string{x.local.String(), x.remote.String()}] {
				n += len(octets)
				if bytes.Contains(octets, []byte("MSRP")) {
					t.Errorf("%s: direction %d of %v to %v is readable", c.name, dir, x.local, x.remote)
				}
			}
		}
	}
	if n == 0 {
		t.Error("no protected leg was found")
	}
}

// TestReadBack has gopacket read every capture: nothing is lost, and the plain legs hold the messages that were sent.
func TestReadBack(t *testing.T) {
	plain, requests := 0, 0
	for _, c := range calls(t) {
		back := readBack(t, c.all.octets)
		if len(back.packets) != c.all.packets {
			t.Errorf("%s: %d packets read, %d written", c.name, len(back.packets), c.all.packets)
		}
		for _, node := range ofKind("ue")(c) {
			got := 0
			own := readBack(t, c.files[node].octets)
			for ends, s := range own.streams {
				for dir, octets := range s {
					from := strings.LastIndex(ends[dir], ":")
					if c.owner[ends[dir][:from]] == node {
						got += len(sendLine.FindAll(octets, -1))
					}
				}
			}
			if slices.ContainsFunc(c.secured, func(s *secured) bool { return s.node == node }) {
				if got > 0 {
					t.Errorf("%s: %s sends MSRP in clear on a protected leg", c.name, node)
				}
				continue
			}
			plain++
			if requests += got; got != c.sent[node] {
				t.Errorf("%s: %s sent %d MSRP requests, %d can be read from its TCP connections", c.name, node, c.sent[node], got)
			}
		}
	}
	if requests == 0 {
		t.Error("no MSRP in clear was found")
	}
	t.Logf("%d UEs in clear, %d MSRP requests", plain, requests)
}

var sendLine = regexp.MustCompile(`(?m)^MSRP \S+ SEND\r$`)

// TestMegaco has Erlang's megaco decode every H.248 message of every run, in both encodings.
func TestMegaco(t *testing.T) {
	oracle.Need(t, "escript", "erl")
	var messages [][]byte
	var from []string
	seen := map[string]bool{}
	forms := map[bool]int{}
	for _, c := range calls(t) {
		for _, m := range c.h248 {
			if seen[string(m)] {
				continue
			}
			seen[string(m)] = true
			forms[bytes.HasPrefix(m, []byte("!/"))]++
			messages, from = append(messages, m), append(from, c.name)
		}
	}
	for i, r := range oracle.MegacoDecode(t, messages) {
		if r.Err != "" {
			t.Errorf("%s: megaco: %s\n%s", from[i], r.Err, messages[i])
		}
	}
	if forms[true] == 0 || forms[false] == 0 {
		t.Errorf("%d compact and %d pretty messages: want both", forms[true], forms[false])
	}
	t.Logf("%d different messages: %d pretty, %d compact", len(messages), forms[false], forms[true])
}
