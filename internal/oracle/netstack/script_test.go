package netstack

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/sim"
)

var update = flag.Bool("update", false, "write testdata")

// recorder writes down the segments that each end sends: who, when in ms, flags, octets by their place in the stream (SYN
// is 0), what is acknowledged, and where the window is shut. Left out is what the ends choose freely: initial sequence
// numbers, values of windows and timestamps, PSH.
type recorder struct {
	l     *lab
	isn   [2]uint32
	have  [2]bool
	lines []string
}

func record(l *lab) *recorder {
	r := &recorder{l: l}
	for i, n := range l.nodes {
		netem.CoreOf(n).Interfaces()[0].AddTap(func(out bool, p *packet.Packet) {
			if out {
				r.segment(i, p)
			}
		})
	}
	return r
}

func (r *recorder) segment(i int, p *packet.Packet) {
	h := &p.TCP
	if h.Flags.Has(packet.SYN) && !r.have[i] {
		r.isn[i], r.have[i] = h.Seq, true
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d %s", "ab"[i:i+1], r.l.k.Now()/sim.Time(time.Millisecond), h.Flags&^packet.PSH)
	seq := h.Seq - r.isn[i]
	switch {
	case !r.have[i]:
		fmt.Fprintf(&b, " absolute %d", h.Seq)
	case p.Payload.Len > 0:
		fmt.Fprintf(&b, " %d:%d", seq, seq+uint32(p.Payload.Len))
	default:
		fmt.Fprintf(&b, " %d", int32(seq))
	}
	if h.Flags.Has(packet.ACK) {
		fmt.Fprintf(&b, " ack %d", h.Ack-r.isn[1-i])
	}
	for _, o := range []struct {
		has  bool
		name string
	}{
		{h.HasMSS, fmt.Sprintf("mss %d", h.MSS)}, {h.SACKOK, "sackok"}, {h.HasTS && h.Flags.Has(packet.SYN), "ts"}, {h.HasWS, "ws"},
		{h.Window == 0 && h.Flags&packet.RST == 0, "shut"},
	} {
		if o.has {
			b.WriteString(" " + o.name)
		}
	}
	for _, s := range h.SACK[:h.NumSACK] {
		fmt.Fprintf(&b, " sack %d:%d", s[0]-r.isn[1-i], s[1]-r.isn[1-i])
	}
	r.lines = append(r.lines, b.String())
}

// script is a case without loss and without a limit of rate, so that one order of segments is right.
type script struct {
	name string
	set  func(*setting)
	play func(l *lab)
	// states at the end of a and b
	want [2]string
}

const second = time.Second

func sends(n uint64) func(*app) { return func(a *app) { a.send += n } }

func finish(a *app) { a.fin = true }

func (l *lab) establish() {
	l.listen(1)
	l.dial(0, 4000)
	l.run(100 * time.Millisecond)
}

var scripts = []script{
	{name: "handshake", play: func(l *lab) {
		l.establish()
		l.apps[1].onEOF = func() { finish(l.apps[1]) }
		l.at(1*second, 0, sends(100))
		l.at(2*second, 0, finish)
		l.run(10 * second)
	}, want: [2]string{"TIME-WAIT", "CLOSED"}},
	{name: "half-close", play: func(l *lab) {
		l.establish()
		l.at(1*second, 0, func(a *app) { a.send, a.fin = 3000, true })
		l.at(2*second, 1, sends(3000))
		l.at(3*second, 1, sends(1000))
		l.at(4*second, 1, finish)
		l.run(10 * second)
	}, want: [2]string{"TIME-WAIT", "CLOSED"}},
	{name: "simultaneous-close", play: func(l *lab) {
		l.establish()
		l.at(1*second, 0, finish)
		l.at(1*second, 1, finish)
		l.run(10 * second)
	}, want: [2]string{"TIME-WAIT", "TIME-WAIT"}},
	{name: "refused", play: func(l *lab) {
		l.dial(0, 4000)
		l.run(10 * second)
	}, want: [2]string{"CLOSED", ""}},
	{name: "abort", play: func(l *lab) {
		l.establish()
		l.at(1*second, 0, sends(100))
		l.at(2*second, 0, func(a *app) { a.c.abort() })
		l.run(10 * second)
	}, want: [2]string{"CLOSED", "CLOSED"}},
	{name: "close-unread", play: func(l *lab) {
		l.establish()
		l.apps[1].noRead = true
		l.at(1*second, 0, sends(100))
		l.at(2*second, 1, func(a *app) { a.c.close() })
		l.run(10 * second)
	}, want: [2]string{"CLOSED", "CLOSED"}},
	{name: "data-after-close", play: func(l *lab) {
		l.establish()
		l.at(1*second, 1, func(a *app) { a.noRead = true; a.c.close() })
		l.at(2*second, 0, sends(100))
		l.run(10 * second)
	}, want: [2]string{"CLOSED", "CLOSED"}},
	{name: "simultaneous-open", play: func(l *lab) {
		l.dial(0, port)
		l.dial(1, port)
		l.at(1*second, 0, sends(100))
		l.at(2*second, 1, sends(100))
		l.at(3*second, 0, finish)
		l.at(4*second, 1, finish)
		l.run(10 * second)
	}, want: [2]string{"TIME-WAIT", "CLOSED"}},
	{name: "zero-window", set: func(s *setting) { s.buffer = 16 << 10 }, play: func(l *lab) {
		l.establish()
		l.apps[1].noRead = true
		l.at(1*second, 0, sends(30_000))
		l.at(9*second, 1, func(a *app) { a.noRead = false })
		l.at(20*second, 0, finish)
		l.at(21*second, 1, finish)
		l.run(30 * second)
	}, want: [2]string{"TIME-WAIT", "CLOSED"}},
	{name: "keepalive", set: func(s *setting) { s.keep = 30 * second }, play: func(l *lab) {
		l.establish()
		l.run(80 * second)
		l.link[0].SetUp(false)
		l.link[1].SetUp(false)
		l.run(300 * second)
	}, want: [2]string{"CLOSED", "CLOSED"}},
	{name: "no-answer", play: func(l *lab) {
		l.link[0].SetUp(false)
		l.dial(0, 4000)
		l.run(300 * second)
	}, want: [2]string{"CLOSED", ""}},
	{name: "syn-lost", set: loses(0), play: func(l *lab) {
		l.establish()
		l.at(3*second, 0, sends(100))
		l.run(10 * second)
	}, want: [2]string{"ESTABLISHED", "ESTABLISHED"}},
	{name: "segment-lost", set: loses(3), play: tenSegments, want: [2]string{"ESTABLISHED", "ESTABLISHED"}},
	{name: "last-segment-lost", set: loses(11), play: tenSegments, want: [2]string{"ESTABLISHED", "ESTABLISHED"}},
	{name: "segment-lost-twice", set: loses(3, 12), play: tenSegments, want: [2]string{"ESTABLISHED", "ESTABLISHED"}},
}

// loses has packets lost on the way from a, counted from 0.
func loses(which ...int) func(*setting) {
	return func(s *setting) { s.lost = which }
}

func tenSegments(l *lab) {
	l.establish()
	for i := range 10 { // one write each, so that segments are of one size
		l.at(time.Second+time.Duration(i)*time.Microsecond, 0, sends(1400))
	}
	l.run(10 * second)
}

var pairings = [][2]string{{"ours", "ours"}, {"ours", "gvisor"}, {"gvisor", "ours"}, {"gvisor", "gvisor"}}

func (s script) run(t *testing.T, pair [2]string) []string {
	set := setting{a: pair[0], b: pair[1], cc: "cubic", rtt: 20 * time.Millisecond, seed: 1, buffer: 1 << 20}
	if s.set != nil {
		s.set(&set)
	}
	l := newLab(t, set)
	r := record(l)
	s.play(l)
	for i, a := range l.apps {
		state := ""
		if a.c != nil {
			state = a.c.state()
		}
		if state != s.want[i] {
			t.Errorf("%s to %s: %s ends in %s, want %s", pair[0], pair[1], "ab"[i:i+1], state, s.want[i])
		}
		if a.wrong != "" {
			t.Errorf("%s to %s: %s", pair[0], pair[1], a.wrong)
		}
	}
	return r.lines
}

// TestScripts holds the segments of every pairing to testdata, where each is shown as it differs from ours with ours, and
// those that differ to the list of reasons.
func TestScripts(t *testing.T) {
	for _, s := range scripts {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			var first []string
			for i, pair := range pairings {
				lines := s.run(t, pair)
				if i == 0 {
					first = lines
				}
				name := pair[0] + " to " + pair[1]
				shown, equal := compare(first, lines)
				fmt.Fprintf(&b, "# %s\n%s\n", name, strings.Join(shown, "\n"))
				why := slices.ContainsFunc(differences, func(d difference) bool { return d.script == s.name && slices.Contains(d.pairings, name) })
				switch {
				case !equal && !why:
					t.Errorf("%s differs from ours to ours, and no reason is listed\n%s", name, strings.Join(shown, "\n"))
				case equal && why:
					t.Errorf("%s does not differ from ours to ours, though a reason is listed", name)
				}
			}
			file := filepath.Join("testdata", s.name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if b.String() != string(want) {
				t.Errorf("got\n%s\nwant\n%s", &b, want)
			}
		})
	}
}

// compare shows how b differs from a: lines that both have behind a space, those of a behind -, those of b behind +.
func compare(a, b []string) (shown []string, equal bool) {
	common := make([][]int, len(a)+1) // longest common subsequence of what is left
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if common[i][j] = max(common[i+1][j], common[i][j+1]); a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			shown = append(shown, "  "+a[i])
			i++
			j++
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			shown = append(shown, "- "+a[i])
			i++
		default:
			shown = append(shown, "+ "+b[j])
			j++
		}
	}
	return shown, common[0][0] == len(a) && len(a) == len(b)
}
