package run_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"imsim/internal/oracle"
	"imsim/nodes"
	"imsim/nodes/ibcf"
	"imsim/nodes/mediagw"
	"imsim/nodes/pcscf"
	"imsim/nodes/ue"
	"imsim/scenarios"
)

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
	frames, plain := 0, 0
	for _, r := range shark.Fields("", "frame.number", "frame.protocols", "udp.port", "_ws.malformed", "ip.checksum.status",
		"tcp.checksum.status", "udp.checksum.status", "_ws.expert.severity", "_ws.expert.message") {
		i, where := s.of(t, r[0])
		frames++
		protocols := strings.Split(r[1], ":")
		for _, p := range protocols {
			seen[i][p]++
		}
		if s.calls[i].scenario.Name == immediate && strings.HasSuffix(r[1], ":megaco") && strings.Contains(r[3]+r[8], "Parse error: Missing") {
			continue
		}
		// Segments over TCP, where several make one message or record: where each shows up once for each interface, TShark cannot always put them together.
		// TestTCPAnalysis looks at one interface at a time.
		copied := strings.HasSuffix(r[1], ":tcp") && strings.Contains(r[8], "(suspected)") && strings.Contains(r[8], "overlaps old data")
		if r[3] != "" && !copied {
			t.Errorf("%s is malformed: %s", where, r[1])
		}
		// TShark's 1 is good; 0 is bad, 2 not verified.
		for _, status := range r[4:7] {
			if strings.Trim(status, "1,") != "" {
				t.Errorf("%s: checksum status %s of ip, tcp, udp: %q", where, status, r[4:7])
			}
		}
		for _, v := range strings.Split(r[7], ",") {
			if n, _ := strconv.Atoi(v); n >= severityError && !copied {
				t.Errorf("%s (%s): expert error: %s", where, r[1], r[8])
			}
		}
		if slices.Contains(strings.Split(r[2], ","), "2944") && !slices.Contains(protocols, "megaco") {
			t.Errorf("%s on port 2944 is not H.248: %s", where, r[1])
		}
		if slices.Contains(strings.Split(r[2], ","), "5060") && !slices.Contains(protocols, "sip") {
			t.Errorf("%s on port 5060 is not SIP: %s", where, r[1])
		}
		if strings.Contains(r[1], "exported_pdu") {
			plain++
			if !slices.Contains(protocols, "msrp") {
				t.Errorf("%s on a plain interface is not MSRP: %s", where, r[1])
			}
		}
	}
	want := 0
	for i, c := range s.calls {
		want += c.all.packets
		need := []string{"ip", "udp"}
		if len(c.scenario.File.Sessions) > 0 {
			need = append(need, "sip")
		}
		if c.scenario.File.Run.Family == "ipv6" {
			need[0] = "ipv6"
		}
		if len(c.h248) > 1 {
			need = append(need, "megaco")
		}
		if len(c.secured) > 0 {
			need = append(need, "sdp", "tls", "msrp")
		}
		if c.framed() {
			need = slices.DeleteFunc(append(need, "stun"), func(p string) bool { return p == "tls" })
		}
		for _, p := range need {
			if seen[i][p] == 0 {
				t.Errorf("%s: TShark finds no %s in %v", c.name, p, seen[i])
			}
		}
	}
	if plain == 0 {
		t.Error("TShark finds nothing decrypted on plain interfaces")
	}
	if frames != want {
		t.Errorf("TShark read %d frames, %d were written", frames, want)
	}
	if out, err := exec.Command("capinfos", "-T", "-r", "-c", "-M", s.name).Output(); err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "\t"+strconv.Itoa(want)) {
		t.Errorf("capinfos: %v: %s", err, out)
	}
	t.Logf("%d runs of %d scenarios, %d frames", len(all), len(scenarios.List()), frames)
}

// immediate is a scenario with a reply that is an error as a whole and asks for its acknowledgement (H.248.1 Annex B.2:
// immAckRequired COMMA errorDescriptor): TShark's dissector takes it for malformed, Erlang's megaco reads it.
const immediate = "h248-pending-limit"

// severityError is TShark's severity of an expert's error.
const severityError = 0x800000

// explained are the findings of TShark's experts, of severity note and above, that a correct capture of one host may hold.
var explained = map[string]string{
	"This frame initiates the connection closing":                                          "a FIN is noted",
	"This frame undergoes the connection closing":                                          "a FIN is noted",
	"A new tcp session is started with the same ports as an earlier session in this trace": "runs are read one behind the other",
}

// TestTCPAnalysis asks TShark's TCP experts about what each gateway and each UE has seen. A lossless run holds no
// retransmission, no gap and no duplicate; what others hold is explained in expected.
func TestTCPAnalysis(t *testing.T) {
	oracle.Need(t, "tshark")
	all := calls(t)
	nth := func(kind string, n int) func(*call) []string { // two gateways see the same packets between them
		return func(c *call) []string {
			if names := ofKind(kind)(c); n < len(names) {
				return names[n : n+1]
			}
			return nil
		}
	}
	for _, pick := range []func(*call) []string{nth("mediagw", 0), nth("mediagw", 1), nth("mediagw", 2), nth("ibcf", 0), nth("ibcf", 1), nth("ue", 0), nth("ue", 1)} {
		s := join(t, all, pick)
		for _, r := range oracle.NewTShark(t, s.name).Fields("_ws.expert.severity >= 0x400000", "frame.number", "_ws.expert.severity", "_ws.expert.message", "_ws.col.Info") {
			i, where := s.of(t, r[0])
			for _, m := range strings.Split(r[2], ",") {
				// The row has findings of severity chat too: that a connection opens or closes.
				if explained[m] == "" && !strings.HasPrefix(m, "Connection ") && expected(s.calls[i], m) == "" {
					t.Errorf("%s: %s: %s", where, m, r[3])
				}
			}
		}
	}
	// Where a packet shows up once for each interface, the same experts see retransmissions everywhere.
	if c := oracle.NewTShark(t, join(t, all[:1], everything).name).Complaints(); len(c) == 0 {
		t.Error("TShark's experts find nothing in a file that shows every packet several times: is this check alive?")
	}
}

// expected returns why a scenario's captures may hold a finding, "" when they may not.
func expected(c *call, finding string) string {
	for _, n := range c.scenario.File.Nodes {
		if u, ok := n.Settings.(*ue.Config); ok && u.TCP.KeepAlive > 0 && strings.Contains(finding, "keep-alive") {
			return "it is asked for"
		}
	}
	for _, step := range c.scenario.File.Timeline {
		o, ordered := step.Action.(*scenarios.Order)
		r, offered := step.Action.(*scenarios.Reinvite)
		stops := ordered && (o.What == "inactive" || o.What == "subtract") || offered && r.Direction == "inactive"
		if stops && (strings.Contains(strings.ToLower(finding), "window") || strings.Contains(finding, "keep-alive")) {
			return "a gateway that stops reading closes its window, and is probed (R-9, R-12)"
		}
	}
	if !strings.Contains(finding, "retransmission") {
		return ""
	}
	for _, n := range c.scenario.File.NATs {
		if n.Hairpin == "none" {
			return "a SYN to one's own NAT leads nowhere"
		}
		if n.Preset == "home" {
			return "a NAT that has forgotten a connection loses what the gateway repeats"
		}
	}
	for _, step := range c.scenario.File.Timeline {
		if _, down := step.Action.(*scenarios.LinkDown); down {
			return "what is sent on a link that is down is repeated"
		}
		if _, reboot := step.Action.(*scenarios.NATReboot); reboot {
			return "a NAT that has forgotten a connection loses what both ends repeat"
		}
		if _, intrudes := step.Action.(*scenarios.Intrude); intrudes {
			return "a SYN that a filter or a latch keeps out is repeated"
		}
		if _, lost := step.Action.(*scenarios.H248Drop); lost {
			return "a SYN for a gateway that waits for its controller is repeated"
		}
	}
	for _, n := range c.scenario.File.Nodes {
		if u, ok := n.Settings.(*ue.Config); ok && u.OpenToo != nil {
			return "in a simultaneous open the SYN is repeated with the ACK (RFC 9293 §3.5)"
		}
		if p, ok := n.Settings.(*pcscf.Config); ok && p.NATLatch == "leave" {
			return "a SYN that the source filter keeps out is repeated"
		}
		if p, ok := n.Settings.(*pcscf.Config); ok && p.NATPassiveOffer == "try" {
			return "a SYN into a NAT is repeated, and what waits for it as well"
		}
		if p, ok := n.Settings.(*ibcf.Config); ok && p.TCPMode == "relay" {
			return "the same at a TrGW"
		}
		if p, ok := n.Settings.(*pcscf.Config); ok && p.TCPMode == "relay" {
			return "a relay loses what comes after Subtract, and the ends repeat their FINs (R-8)"
		}
	}
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
			if c.framed() {
				continue // TShark's TLS knows no frames of RFC 4571
			}
			f := follows[streams[x]]
			if f == nil {
				t.Errorf("%s: %s: TShark finds no TLS connection %v to %v", c.name, x.node, x.local, x.remote)
				continue
			}
			got := [2][]byte{f.data[0], f.data[1]} // from the first node, from the second
			if f.first != x.local.String() {
				got[0], got[1] = got[1], got[0]
			}
			if c.corrupted() && bytes.HasPrefix(x.out, got[0]) {
				got[0] = x.out // up to the record that nobody can read
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

// aware reports a call through a gateway that puts its own paths into messages.
func (c *call) aware() bool {
	for _, n := range c.scenario.File.Nodes {
		if g, ok := n.Settings.(*mediagw.Config); ok && len(g.Applications) > 0 {
			return true
		}
	}
	return false
}

// corrupted reports a call in which a record is changed on its way.
func (c *call) corrupted() bool {
	return slices.ContainsFunc(c.scenario.File.Timeline, func(s scenarios.Step) bool {
		_, ok := s.Action.(*scenarios.MediaCorrupt)
		return ok
	})
}

// framed reports a call in which a UE's media are in frames, as ICE has them over TCP.
func (c *call) framed() bool {
	for _, n := range c.scenario.File.Nodes {
		if u, ok := n.Settings.(*ue.Config); ok && u.ICE == "full" {
			return true
		}
	}
	return false
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
			s := back.between(x.local, x.remote)
			if s == nil {
				t.Errorf("%s: no connection of %v with %v", c.name, x.local, x.remote)
				continue
			}
			for dir, octets := range s {
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
			own := readBack(t, c.files[node].octets)
			got := len(sendLine.FindAll(own.from(c.owner, node, true), -1))
			if slices.ContainsFunc(c.secured, func(s *secured) bool { return s.node == node }) {
				if got > 0 {
					t.Errorf("%s: %s sends MSRP in clear on a protected leg", c.name, node)
				}
				continue
			}
			plain++
			// A call that never came up holds what was written in vain.
			up := c.sent["ue-a"] > 0 && c.sent["ue-b"] > 0
			if node == "ue-b" && len(c.secured) == 1 && up && !c.aware() && !bytes.Equal(c.secured[0].out, own.from(c.owner, node, false)) {
				t.Errorf("%s: what UE-A sent in TLS and what reaches UE-B in clear differ", c.name)
			}
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

// sendLine finds requests, behind the length of a frame on connections of ICE (RFC 4571).
var sendLine = regexp.MustCompile(`(?ms)(?:^|[\x00-\x07].)MSRP \S+ SEND\r$`)

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
