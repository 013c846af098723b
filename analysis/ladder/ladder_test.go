package ladder

import (
	"bytes"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imsim/scenarios/rundir"
	"imsim/sim"
)

var update = flag.Bool("update", false, "write golden files")

// sample is a session of all protocols with a router, a loss and its repair, a gateway that passes segments on, and a
// long pause. Lines are "ms cause node kind text…", numbered from 1.
const sample = `
0    0  ue-a                session.start  chat
0    1  ue-a                sip.sent INVITE
0    2  ue-a                packet.sent UDP 10.0.0.1:5060 > 10.0.0.2:5060 len 900
10   3  ue-a.eth0>r1.eth0   link.hop
20   4  r1.eth1>pcscf.eth0  link.hop
20   5  pcscf               sip.received INVITE
22   6  pcscf.cpu           cpu.done
22   7  pcscf               h248.sent Add
22   8  pcscf               packet.sent UDP 10.0.0.2:2944 > 10.0.0.3:2944 len 200
22   9  pcscf.iq>agw.iq     link.hop
22   10 agw                 h248.received Add
40   11 ue-a                packet.sent TCP 10.0.0.1:49152 > 10.0.0.3:40000 S seq 7 len 0
40   12 ue-a.eth0>r1.eth0   link.drop loss
1040 11 ue-a                tcp.timer
1040 14 ue-a                packet.sent TCP 10.0.0.1:49152 > 10.0.0.3:40000 S seq 7 len 0
1050 15 ue-a.eth0>r1.eth0   link.hop
1060 16 r1.eth2>agw.access  link.hop
1060 17 agw                 tcp.syn.received access
1060 18 agw                 tcp.syn.sent core
1067 19 agw.core>ue-b.eth0  link.hop
1067 20 ue-b                tcp.syn.held <a&b>
1067 21 ue-b                packet.sent TCP 10.0.0.4:9 > 10.0.0.3:40000 . seq 1 len 0
1074 22 ue-b.eth0>agw.core  link.hop
1100 17 ue-a                tls.clienthello.sent
1100 24 ue-a                packet.sent TCP 10.0.0.1:49152 > 10.0.0.3:40000 P. seq 8 len 185 tls 22/1
1120 25 ue-a.eth0>agw.access link.hop
1125 26 agw.cpu             cpu.done
1125 27 agw                 packet.sent TCP 10.0.0.3:40000 > 10.0.0.1:49152 P. seq 50 len 640 tls 22/2 22/11 22/12 22/14
1145 28 agw.access>ue-a.eth0 link.hop
1145 29 ue-a                tls.established
1145 30 ue-a                session.established
1145 31 ue-a                msrp.send.sent
1145 32 ue-a                packet.sent TCP 10.0.0.1:49152 > 10.0.0.3:40000 . seq 193 len 1400 tls 23
1145 32 ue-a                packet.sent TCP 10.0.0.1:49152 > 10.0.0.3:40000 P. seq 1593 len 600
1165 33 ue-a.eth0>agw.access link.hop
1166 34 ue-a.eth0>agw.access link.hop
1166 36 agw                 packet.sent TCP 10.0.0.3:40000 > 10.0.0.4:9 P. seq 3 len 1900 msrp SEND
1173 37 agw.core>ue-b.eth0  link.hop
1173 38 ue-b                msrp.message.delivered
1200 39 agw                 tls.close_notify.sent access
1200 40 agw                 packet.sent TCP 10.0.0.3:40000 > 10.0.0.1:49152 FP. seq 700 len 31 tls 21
1220 41 agw.access>ue-a.eth0 link.hop
1220 42 ue-a                session.end  released
`

func parse(t *testing.T, script string) *rundir.Trace {
	t.Helper()
	tr := &rundir.Trace{}
	for line := range strings.Lines(script) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		var n [2]int64
		for i := range n {
			for _, c := range f[i] {
				n[i] = n[i]*10 + int64(c-'0')
			}
		}
		_, text, _ := strings.Cut(line, f[3])
		text = strings.TrimSuffix(strings.TrimPrefix(text, " "), "\n")
		r := rundir.Record{ID: sim.RecordID(len(tr.Records) + 1), Cause: sim.RecordID(n[1]), Session: 1, At: sim.Time(n[0] * 1e6),
			Node: f[2], Kind: f[3], Text: text}
		if r.Kind == "cpu.done" && r.At > 1e9 {
			r.Rest = sim.Crypto
		}
		tr.Records = append(tr.Records, r)
	}
	return tr
}

func build(t *testing.T, opt Options, nodes ...string) *Diagram {
	t.Helper()
	d, err := Build(parse(t, sample), "A sample & more", nodes, opt)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func golden(t *testing.T, name string, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("%s (-update writes it):\n%s", name, d)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	d := build(t, Options{}, "ue-a", "pcscf", "agw", "ue-b", "idle")
	golden(t, "sample.txt", d.Text)
	golden(t, "sample.mmd", d.Mermaid)
	picture := golden(t, "sample.svg", d.SVG)
	dec := xml.NewDecoder(bytes.NewReader(picture))
	for {
		_, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal("the SVG is not well-formed: ", err)
		}
	}
	if strings.Contains(string(picture), "idle") {
		t.Error("a node without part in the session has a column")
	}
}

func TestArrows(t *testing.T) {
	d := build(t, Options{}, "ue-a", "pcscf", "agw", "ue-b")
	type arrow struct {
		from, to      string
		sent, arrived int64
		what          string
	}
	var got []arrow
	for i := range d.Arrows {
		a := &d.Arrows[i]
		w := a.Proto.String() + " " + d.label(a)
		if a.Lost {
			w += " lost"
		}
		got = append(got, arrow{d.Columns[a.From], d.Columns[a.To], int64(a.Sent / 1e6), int64(a.Arrived / 1e6), w})
	}
	want := []arrow{
		{"ue-a", "pcscf", 0, 20, "SIP INVITE"},
		{"pcscf", "agw", 22, 22, "H.248 Add"},
		{"ue-a", "agw", 40, 40, "TCP SYN lost"},
		{"ue-a", "agw", 1040, 1060, "TCP SYN again"},
		{"agw", "ue-b", 1060, 1067, "TCP SYN"},
		{"ue-a", "agw", 1100, 1120, "TLS ClientHello"},
		{"agw", "ue-a", 1125, 1145, "TLS ServerHello, Certificate, ServerKeyExchange, ServerHelloDone"},
		{"ue-a", "agw", 1145, 1166, "MSRP SEND in TLS ×2"},
		{"agw", "ue-b", 1166, 1173, "MSRP SEND"},
		{"agw", "ue-a", 1200, 1220, "TLS close_notify, FIN"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(arrow{})); diff != "" {
		t.Error(diff)
	}
	if d.Hidden != 1 {
		t.Errorf("%d acknowledgements are hidden", d.Hidden)
	}
	if all := build(t, Options{ACKs: true}, "ue-a", "pcscf", "agw", "ue-b"); len(all.Arrows) != len(want)+1 || all.Hidden != 0 {
		t.Errorf("with acknowledgements: %d arrows", len(all.Arrows))
	}
}

func TestColumnsByAppearance(t *testing.T) {
	if d := build(t, Options{}); cmp.Diff(d.Columns, []string{"ue-a", "pcscf", "agw", "ue-b"}) != "" {
		t.Error(d.Columns)
	}
}

// TestLayout: time never runs upwards, nothing is nearer than can be read, and a long gap is cut.
func TestLayout(t *testing.T) {
	d := build(t, Options{ACKs: true})
	l := d.layout()
	cuts := 0
	for i := range l.rows {
		if i > 0 {
			above := &l.rows[i-1]
			if l.rows[i].y < above.y+above.height+minGap {
				t.Errorf("%v is too near to %v", l.rows[i].at, above.at)
			}
		}
		if l.rows[i].cut {
			cuts++
		}
	}
	if cuts != 1 {
		t.Errorf("%d cuts", cuts)
	}
	for i := range d.Arrows {
		if l.end[i] < l.start[i] {
			t.Errorf("%s runs upwards", d.Arrows[i].Label)
		}
	}
	if y := l.yOf(550e6); y <= l.yOf(40e6) || y >= l.yOf(1040e6) {
		t.Error("an instant within a gap is not drawn in it")
	}
}

func TestErrors(t *testing.T) {
	if _, err := Build(&rundir.Trace{}, "", nil, Options{}); err == nil || !strings.Contains(err.Error(), "no session") {
		t.Error(err)
	}
	if _, err := Build(parse(t, sample), "", nil, Options{Session: 9}); err == nil || !strings.Contains(err.Error(), "no session 9") {
		t.Error(err)
	}
	if _, err := Build(parse(t, sample), "", []string{"x"}, Options{}); err == nil || !strings.Contains(err.Error(), "sent nothing") {
		t.Error(err)
	}
}

// FuzzBuild draws whatever a damaged or edited trace says.
func FuzzBuild(f *testing.F) {
	f.Add("TCP 1 > 2 S seq 3 len 4 tls 22", "a.b>c", "link.hop", uint32(1))
	f.Add("UDP [::1]:5 > x len 4", "a", "packet.sent", uint32(2))
	f.Add("", "", "tls.alert.sent", uint32(0))
	f.Fuzz(func(t *testing.T, text, node, kind string, cause uint32) {
		tr := &rundir.Trace{}
		for i := range 6 {
			r := rundir.Record{ID: sim.RecordID(i + 1), Session: 1, At: sim.Time(i), Node: "a", Kind: "packet.sent", Text: "TCP 1:1 > 2:2 P. seq 1 len 9 tls 21"}
			if i%2 == 1 {
				r.Text, r.Node, r.Kind = text, node, kind
				r.Cause = sim.RecordID(cause % uint32(i+1))
			}
			tr.Records = append(tr.Records, r)
		}
		d, err := Build(tr, text, nil, Options{Session: 1, ACKs: true})
		if err != nil {
			return
		}
		for _, write := range []func(io.Writer) error{d.SVG, d.Text, d.Mermaid} {
			if err := write(io.Discard); err != nil {
				t.Fatal(err)
			}
		}
	})
}
