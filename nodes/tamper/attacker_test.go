package tamper_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"imsim/internal/nodetest"
	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes/tamper"
	"imsim/sim"
)

// between is a network of a, who sends to b by way of the attacker.
func between(t *testing.T, rules ...tamper.Rule) *nodetest.World {
	t.Helper()
	w := nodetest.New(t, "a")
	m := tamper.Add(w.Net, "mallory")
	for _, l := range [][2]netem.Node{{w.Net.Node("middle"), m}, {m, w.Net.AddHost("b")}} {
		if _, _, err := w.Net.Connect(l[0], l[1], netem.Symmetric(netem.DirectionConfig{Delay: time.Millisecond})); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Net.ComputeRoutes(); err != nil {
		t.Fatal(err)
	}
	m.Setup(w.Env, tamper.Config{Rules: rules})
	return w
}

const options = "OPTIONS sip:b SIP/2.0\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\nCSeq: 1 OPTIONS\nCall-ID: 1\nFrom: <sip:a>;tag=1\nTo: <sip:b>\n"

// Rules act in their order, each on as many messages as it says; what no rule is about goes on as it came.
func TestAttacker(t *testing.T) {
	for _, c := range []struct {
		name  string
		rules []tamper.Rule
		want  []string // Subject of each message that arrives; four are sent
		marks int
	}{
		{"no rules", nil, []string{"0", "0", "0", "0"}, 0},
		{"always", []tamper.Rule{{Message: "OPTIONS", Do: "replace", Header: "Subject", With: "1"}}, []string{"1", "1", "1", "1"}, 4},
		{"twice", []tamper.Rule{{Message: "OPTIONS", Do: "replace", Header: "Subject", With: "1", Times: 2}}, []string{"1", "1", "0", "0"}, 2},
		{"the first is lost", []tamper.Rule{{Message: "OPTIONS", Do: "drop", Times: 1}}, []string{"0", "0", "0"}, 1},
		{"all are lost", []tamper.Rule{{Message: "OPTIONS", Do: "drop"}}, nil, 4},
		{"one after the other", []tamper.Rule{
			{Message: "OPTIONS", Do: "replace", Header: "Subject", Match: "0", With: "1", Times: 3},
			{Message: "OPTIONS", Do: "replace", Header: "Subject", Match: "1", With: "2", Times: 1},
		}, []string{"2", "1", "1", "0"}, 4},
		{"what does not match is not counted", []tamper.Rule{{Message: "OPTIONS", Do: "remove", Header: "Subject", Match: "9", Times: 1}}, []string{"0", "0", "0", "0"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := between(t, c.rules...)
			a, b := w.Peer("a"), w.Peer("b")
			for range 4 {
				a.Send("b", options+"Subject: 0\n")
				w.Run(10 * time.Millisecond)
			}
			var got []string
			for _, m := range b.In {
				got = append(got, m.GetNamed("Subject"))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("arrive with %q, want %q", got, c.want)
			}
			marks := 0
			for _, m := range w.Marks {
				if strings.HasPrefix(m, "mallory sip.tampered OPTIONS ") {
					marks++
				}
			}
			if marks != c.marks {
				t.Errorf("%d milestones, want %d: %q", marks, c.marks, w.Marks)
			}
		})
	}
}

// Nothing but SIP is read: the same octets between other ports pass, and so does what no parser takes.
func TestOthersPass(t *testing.T) {
	request := strings.ReplaceAll(options, "\n", "\r\n") + "\r\n"
	for _, c := range []struct {
		name   string
		port   uint16
		text   string
		passes bool
	}{
		{"to the port of SIP", 5060, request, false},
		{"to another", 7000, request, true},
		{"no SIP to its port", 5060, "no SIP", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := between(t, tamper.Rule{Message: "OPTIONS", Do: "drop"})
			in := &datagrams{}
			to := packet.AddrPort{Addr: w.Host("b").Addr(true), Port: c.port}
			if _, err := w.Host("b").BindUDP(to, in); err != nil {
				t.Fatal(err)
			}
			from, err := w.Host("a").BindUDP(packet.AddrPort{Addr: w.Host("a").Addr(true), Port: 7000}, in)
			if err != nil {
				t.Fatal(err)
			}
			from.Send(to, packet.PayloadOf([]byte(c.text)), sim.Cause{})
			w.Run(10 * time.Millisecond)
			if passed := slices.Equal(in.texts, []string{c.text}); passed != c.passes || !passed && len(in.texts) > 0 {
				t.Errorf("passes: %t, want %t: %q", passed, c.passes, in.texts)
			}
		})
	}
}

// datagrams keeps what comes.
type datagrams struct{ texts []string }

func (d *datagrams) Datagram(_ *netem.UDPSocket, _, _ packet.AddrPort, b packet.Payload, _ sim.Cause) {
	d.texts = append(d.texts, string(b.Bytes()))
}

func (d *datagrams) Unreachable(*netem.UDPSocket, packet.AddrPort, sim.Cause) {}
