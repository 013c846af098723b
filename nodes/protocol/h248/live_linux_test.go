package h248

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"imsim/internal/oracle"
	"imsim/sim"
)

// adapter runs one Endpoint in real time over a UDP socket. The first message that each side sends is lost, so that both
// must repeat.
type adapter struct {
	t     *testing.T
	e     *Endpoint
	conn  *net.UDPConn
	far   *net.UDPAddr
	start time.Time
	user  func(a *adapter, o Output)
	log   []string
	lost  [2]bool // sent, received
	over  bool
}

func (a *adapter) now() sim.Time { return sim.Time(time.Since(a.start)) }

// run serves the endpoint until the user has what it wanted, at most until the deadline.
func (a *adapter) run(deadline time.Duration) {
	buf := make([]byte, 65536)
	for !a.over && time.Since(a.start) < deadline {
		a.drain()
		until := min(time.Duration(a.e.Deadline()), time.Duration(a.now())+50*time.Millisecond)
		a.conn.SetReadDeadline(a.start.Add(until))
		n, _, err := a.conn.ReadFromUDP(buf)
		switch {
		case err == nil && !a.lost[1]:
			a.lost[1] = true
		case err == nil:
			a.e.Receive(a.now(), why1, slices.Clone(buf[:n]))
		}
		a.e.Tick(a.now())
	}
	a.drain()
}

func (a *adapter) drain() {
	for o, ok := a.e.Next(); ok; o, ok = a.e.Next() {
		if o.Kind == Send {
			if !a.lost[0] {
				a.lost[0] = true
				continue
			}
			if _, err := a.conn.WriteToUDP(o.Bytes, a.far); err != nil {
				a.t.Log(err)
			}
			continue
		}
		a.user(a, o)
	}
}

func (a *adapter) note(format string, args ...any) {
	a.log = append(a.log, fmt.Sprintf(format, args...))
}

func (a *adapter) answer(o Output, text string) {
	a.note("%v in %v", o.Actions[0].Commands[0].Verb, o.Actions[0].Context)
	a.e.Reply(a.now(), why1, o.ID, mustParse(a.t, []byte(head+"P=1{"+text+"}")).Items[0])
}

func (a *adapter) order(text string) {
	a.e.Request(a.now(), why1, mustParse(a.t, []byte(head+"T=1{"+text+"}")).Items[0].Actions)
}

// live runs one call between an endpoint and Erlang in the other role, and compares what each says of it.
func live(t *testing.T, role Role, erlang string, style Style, user func(*adapter, Output), begin func(*adapter), ours, theirs []string) {
	oracle.InNamespace(t, func() {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		const far = 2944 // nobody else is in the namespace
		own := conn.LocalAddr().(*net.UDPAddr).Port
		peer := oracle.StartMegaco(t, erlang, style.String(), far, own)
		a := &adapter{t: t, conn: conn, far: &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: far}, start: time.Now(), user: user}
		a.e = NewEndpoint(Config{Role: role, Own: MID{Host: "127.0.0.1", Port: uint16(own)}, Style: style, ColdStart: true, TMax: 8 * time.Second})
		a.lost[1] = role == MG // its controller orders as soon as it has answered the ServiceChange, and would get 505
		if begin != nil {
			begin(a)
		}
		a.run(15 * time.Second)
		var said []string
		for line := range peer.Lines {
			said = append(said, line)
		}
		if got, want := strings.Join(a.log, "\n"), strings.Join(ours, "\n"); got != want {
			t.Errorf("our side:\n%s\nwant\n%s", got, want)
		}
		slices.Sort(said) // Erlang's processes do not wait for each other when they print
		slices.Sort(theirs)
		if got, want := strings.Join(said, "\n"), strings.Join(theirs, "\n"); got != want {
			t.Errorf("Erlang:\n%s\nwant\n%s", got, want)
		}
	})
}

// Our controller and a live Erlang gateway complete ServiceChange, Add, Modify, Notify and Subtract over UDP.
func TestLiveMGC(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Erlang")
	}
	for _, style := range []Style{Pretty, Compact} {
		t.Run(style.String(), func(t *testing.T) {
			live(t, MGC, "mg", style, controller, nil,
				[]string{"ServiceChange in -", "reply Add 7", "reply Modify 7", "Notify in 7", "reply Subtract 7, octets sent 18100"},
				[]string{"reply 0 [serviceChangeReply]", "addReq in 4294967294", "modReq in 7", "reply 7 [notifyReply]", "subtractReq in 7", "ack ok", "end"})
		})
	}
}

func controller(a *adapter, o Output) {
	switch o.Kind {
	case Transaction:
		switch o.Actions[0].Commands[0].Verb {
		case ServiceChange:
			a.answer(o, "C=-{SC=ROOT{SV{V=2,PF=simiq/1}}}")
			a.order("C=${A=ip/core/${M{ST=1{O{MO=SR},L{\nv=0\nc=IN IP4 $\nm=message $ TCP/MSRP *\na=setup:active\n}}},E=4001{tcpbcc/BNCChange{ST=1}}}}")
		case Notify:
			a.answer(o, "C=7{N=ip/core/71}")
			a.order("C=7{S=ip/core/71{AT{SA}}}")
		}
	case Answer:
		c := &o.Item.Actions[0].Commands[0]
		switch c.Verb {
		case Add:
			a.note("reply Add %v", o.Item.Actions[0].Context)
			a.order("C=7{MF=ip/core/71{M{ST=1{R{\nv=0\nc=IN IP4 198.51.100.77\nm=message 50010 TCP/MSRP *\n}}}}}")
		case Modify:
			a.note("reply Modify %v", o.Item.Actions[0].Context)
		case Subtract:
			a.note("reply Subtract %v, octets sent %s", o.Item.Actions[0].Context, Find(c.Statistics.List, "nt/os").Value.Text)
			a.over = true
		}
	case RepeatAbsorbed, PendingSeen, RefusedNotReady:
	default:
		a.note("%v %d %s", o.Kind, o.Code, o.Text)
	}
}

// Our gateway and a live Erlang controller complete the same.
func TestLiveMG(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Erlang")
	}
	for _, style := range []Style{Pretty, Compact} {
		t.Run(style.String(), func(t *testing.T) {
			live(t, MG, "mgc", style, gateway, func(a *adapter) {
				a.order(`C=-{SC=ROOT{SV{MT=RS,RE="901 Cold Boot",V=2,PF=simiq/1}}}`)
			},
				[]string{"reply ServiceChange -", "Add in $", "Modify in 7", "reply Notify 7", "Subtract in 7"},
				[]string{"serviceChangeReq in 0", "reply 7 [addReply]", "reply 7 [modReply]", "notifyReq in 7", "reply 7 [subtractReply]", "end"})
		})
	}
}

func gateway(a *adapter, o Output) {
	switch o.Kind {
	case Transaction:
		switch o.Actions[0].Commands[0].Verb {
		case Add:
			a.answer(o, "C=7{A=ip/core/71{M{ST=1{L{\nv=0\nc=IN IP4 198.51.100.20\nm=message 40002 TCP/MSRP *\na=setup:active\n}}}}}")
		case Modify:
			a.answer(o, "C=7{MF=ip/core/71}")
			a.order("C=7{N=ip/core/71{OE=4001{20260101T12000012:tcpbcc/BNCChange{ST=1,Type=Est}}}}")
		case Subtract:
			a.answer(o, "C=7{S=ip/core/71{SA{nt/dur=35110,nt/os=18100,nt/or=20100}}}")
			a.drain()
			a.over = true
		}
	case Answer:
		a.note("reply %v %v", o.Item.Actions[0].Commands[0].Verb, o.Item.Actions[0].Context)
	case RepeatAbsorbed, PendingSeen, RefusedNotReady:
	default:
		a.note("%v %d %s", o.Kind, o.Code, o.Text)
	}
}
