package sip

import (
	"net/netip"
	"strings"
	"testing"

	"imsim/sim"
)

// outputs drains a layer.
func outputs(l *Layer) (out []Output) {
	for o, ok := l.Next(); ok; o, ok = l.Next() {
		out = append(out, o)
	}
	return out
}

func kinds(out []Output) string {
	var s []string
	for _, o := range out {
		s = append(s, o.Kind.String())
	}
	return strings.Join(s, " ")
}

// RFC 3261 §18.2.1, §18.2.2, RFC 3581 §4: what the top Via becomes, and where responses go.
func TestWhereResponsesGo(t *testing.T) {
	source := netip.MustParseAddrPort("192.0.2.99:1234")
	for _, c := range []struct {
		name, via string
		transport Transport
		wantVia   string
		want      string
	}{
		{"named by its address", "SIP/2.0/UDP 192.0.2.99:5070;branch=z9hG4bKx", UDP, "SIP/2.0/UDP 192.0.2.99:5070;branch=z9hG4bKx", "192.0.2.99:5070"},
		{"named otherwise", "SIP/2.0/UDP ue.example;branch=z9hG4bKx", UDP, "SIP/2.0/UDP ue.example;branch=z9hG4bKx;received=192.0.2.99", "192.0.2.99:5060"},
		{"rport", "SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKx", UDP, "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKx;rport=1234;received=192.0.2.99", "192.0.2.99:1234"},
		{"rport, another Via behind", "SIP/2.0/UDP 192.0.2.99;rport;branch=z9hG4bKx ,SIP/2.0/TCP p;branch=z9hG4bKy", UDP,
			"SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKx;rport=1234;received=192.0.2.99,SIP/2.0/TCP p;branch=z9hG4bKy", "192.0.2.99:1234"},
		{"TCP", "SIP/2.0/TCP ue.example:5060;branch=z9hG4bKx", TCP, "SIP/2.0/TCP ue.example:5060;branch=z9hG4bKx;received=192.0.2.99", "192.0.2.99:1234"},
	} {
		l := New(Config{SentBy: "p"}, newIDs("a"))
		m := simpleRequest(OPTIONS)
		m.Prepend(HVia, c.via)
		l.Receive(0, why1, m, Flow{Transport: c.transport, Remote: source, Conn: 7})
		if got := m.Get(HVia); got != c.wantVia {
			t.Errorf("%s: Via\n%s\nwant\n%s", c.name, got, c.wantVia)
		}
		if err := l.Respond(0, why1, 1, NewResponse(m, 200, "", "x")); err != nil {
			t.Fatal(err)
		}
		out := outputs(l)
		send := out[1]
		if send.Flow.Remote.String() != c.want || send.Flow.Transport != c.transport || send.Flow.Conn != 7 || send.Why != why1 {
			t.Errorf("%s: flow %+v, want %s", c.name, send.Flow, c.want)
		}
		if r := must(Parse(send.Wire)); r.Get(HVia) != c.wantVia {
			t.Errorf("%s: response has Via %s", c.name, r.Get(HVia))
		}
	}
}

// RFC 3261 §18.1.1: UDP up to 1300 octets, TCP above; the limit is the entity's.
func TestTransportChoice(t *testing.T) {
	size := func(n int) *Message {
		m := simpleRequest(OPTIONS)
		m.Add(HContentLength, "0")
		probe := m.Clone()
		l := New(Config{SentBy: "h"}, newIDs("a"))
		_, _ = l.Request(0, why1, probe, Flow{})
		m.AddNamed("X-Fill", strings.Repeat("x", n-len(probe.Append(nil))-len("X-Fill: \r\n")))
		return m
	}
	for _, c := range []struct {
		limit, octets int
		flow          Flow
		want          Transport
	}{
		{0, 1300, Flow{}, UDP}, {0, 1301, Flow{}, TCP}, {-1, 9000, Flow{}, UDP}, {500, 501, Flow{}, TCP}, {0, 500, Flow{Transport: TCP, Conn: 3}, TCP},
	} {
		l := New(Config{SentBy: "h", UDPLimit: c.limit}, newIDs("a"))
		id, err := l.Request(0, why1, size(c.octets), c.flow)
		if err != nil {
			t.Fatal(err)
		}
		o := outputs(l)[0]
		v := must(must(Parse(o.Wire)).Via())
		_, rport := v.RPort()
		if o.Flow.Transport != c.want || v.Transport != c.want.String() || rport != (c.want == UDP) || o.Flow.Conn != c.flow.Conn {
			t.Errorf("limit %d, %d octets: %v %+v", c.limit, c.octets, v, o.Flow)
		}
		if c.want == UDP && len(o.Wire) != c.octets {
			t.Errorf("%d octets, want %d", len(o.Wire), c.octets)
		}
		if l.State(id) != Trying {
			t.Errorf("state %v", l.State(id))
		}
	}
}

// RFC 3261 §8.2, §18.1.2, RFC 6026 §8.9: what leads nowhere.
func TestDiscards(t *testing.T) {
	l := New(Config{SentBy: "192.0.2.1:5060"}, newIDs("a"))
	take := func(s string) string {
		l.Receive(0, why1, mustParse(t, s), Flow{Remote: addrB})
		return kinds(outputs(l))
	}
	for in, want := range map[string]string{
		"INVITE sip:u@h SIP/2.0\n" + mandatory + "\n":                                                                "discarded send", // methods differ: 400
		"ACK sip:u@h SIP/2.0\n" + mandatory + "\n":                                                                   "discarded",
		"SIP/2.0 200 OK\n" + mandatory + "\n":                                                                        "discarded", // not our Via
		"SIP/2.0 200 OK\n" + strings.Replace(mandatory, "UDP h", "UDP 192.0.2.1:5060", 1) + "\n":                     "discarded", // no transaction
		"OPTIONS sip:u@h SIP/2.0\nCSeq: 1 OPTIONS\n\n":                                                               "discarded",
		"OPTIONS sip:u@h SIP/2.0\n" + strings.Replace(mandatory, "z9hG4bK1", "1", 1) + "\n":                          "request",
		"ACK sip:u@h SIP/2.0\n" + strings.ReplaceAll(strings.Replace(mandatory, "K1", "K2", 1), OPTIONS, ACK) + "\n": "ack",
	} {
		if got := take(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

// RFC 3261 §17.2.3: a peer without the magic cookie is known by other fields, its ACK too.
func TestOldPeer(t *testing.T) {
	l := New(Config{SentBy: "p", Trying: -1}, newIDs("a"))
	invite := simpleRequest(INVITE)
	invite.Prepend(HVia, "SIP/2.0/UDP 192.0.2.2:5060")
	l.Receive(0, why1, invite.Clone(), Flow{Remote: addrB})
	r := NewResponse(invite, 404, "", "x")
	_ = l.Respond(0, why1, 1, r)
	l.Receive(0, why1, invite.Clone(), Flow{Remote: addrB})
	l.Receive(0, why1, buildAck(invite, r), Flow{Remote: addrB})
	if got := kinds(outputs(l)); got != "request send send discarded" || l.State(1) != Confirmed {
		t.Errorf("%s, %v", got, l.State(1))
	}
}

// RFC 3261 §17.1.4: a transport error ends the transaction; a dead connection those that wait on it, in order.
func TestTransportErrors(t *testing.T) {
	l := New(Config{SentBy: "h"}, newIDs("a"))
	ids := make([]TxID, 6)
	for i := range ids {
		ids[i], _ = l.Request(0, why1, simpleRequest(OPTIONS), Flow{Transport: TCP, Remote: addrB, Conn: uint32(1 + i%2)})
	}
	outputs(l)
	why := sim.Cause{Record: 5}
	l.ConnFailed(0, why, 2)
	var got []TxID
	for _, o := range outputs(l) {
		if o.Kind == OutTransportError {
			got = append(got, o.Tx)
		}
		if o.Why != why {
			t.Errorf("cause %v", o.Why)
		}
	}
	if len(got) != 3 || got[0] != ids[1] || got[1] != ids[3] || got[2] != ids[5] {
		t.Errorf("failed %v", got)
	}
	l.Failed(0, why, ids[0])
	l.Failed(0, why, ids[0])
	if got := kinds(outputs(l)); got != "transport-error terminated" || l.Len() != 2 {
		t.Errorf("%s, %d left", got, l.Len())
	}
	if err := l.Respond(0, why, ids[0], &Message{Status: 200}); err == nil {
		t.Error("response to nothing taken")
	}
	if _, err := l.Request(0, why, simpleRequest(CANCEL), Flow{}); err == nil {
		t.Error("CANCEL as a request taken")
	}
}

// Where two conditions are awaited, the cause is the later: a CANCEL held for a provisional response names that response;
// a response held for a PRACK names the PRACK; a repetition names the wait that Tick was told of.
func TestCauses(t *testing.T) {
	l := New(Config{SentBy: "h"}, newIDs("a"))
	c := func(n int) sim.Cause { return sim.Cause{Record: sim.RecordID(n)} }
	id, _ := l.Request(0, c(1), simpleRequest(INVITE), Flow{Remote: addrB})
	l.Cancel(1, c(2), id, "")
	l.Receive(2, c(3), NewResponse(l.RequestOf(id), 180, "", "t"), Flow{})
	out := outputs(l)
	if last := out[len(out)-1]; last.Message.Method != CANCEL || last.Why != c(3) {
		t.Errorf("%v %v", last.Kind, last.Why)
	}
	if l.TimerCause() != c(3) || l.TimerName() != TimerE {
		t.Errorf("%v %v", l.TimerName(), l.TimerCause())
	}
	l.Tick(l.Deadline(), c(4))
	if o := outputs(l); len(o) != 1 || o[0].Why != c(4) || !o[0].Again || o[0].Timer != TimerE {
		t.Errorf("%+v", o)
	}

	invite := simpleRequest(INVITE)
	u := NewUAS(invite, CoreTimers, 5)
	u.Respond(0, c(10), &Message{Status: 183, Body: "x"}, true)
	u.Respond(1, c(11), &Message{Status: 180}, true)
	_, _ = u.Next()
	prack := simpleRequest(PRACK)
	for rack, want := range map[string]bool{"": false, "6 7 INVITE": false, "5 8 INVITE": false, "5 7 UPDATE": false} {
		prack.Set(HRAck, rack)
		if u.Prack(2, c(12), prack) != want {
			t.Errorf("RAck %q", rack)
		}
	}
	prack.Set(HRAck, "5 7 INVITE")
	if !u.Prack(3, c(13), prack) {
		t.Error("PRACK refused")
	}
	if o, ok := u.Next(); !ok || o.Why != c(13) || o.Message.Status != 180 || o.Message.Get(HRSeq) != "6" {
		t.Errorf("%+v", o)
	}
	// A refusal overtakes and ends all repetition.
	u.Respond(4, c(14), &Message{Status: 603}, false)
	if o, _ := u.Next(); o.Message.Status != 603 || u.Deadline() != sim.Never || u.AwaitsPRACK() {
		t.Errorf("%+v %v", o, u.Deadline())
	}
}

// The agenda against a plain search, with a fixed but unruly sequence of arming and disarming.
func TestAgenda(t *testing.T) {
	k := sim.New(sim.Config{Seed: 3})
	r := k.Rand("agenda")
	var a agenda
	var ds [40]deadline
	var at [40]sim.Time
	var seq [40]int
	for i := range at {
		at[i] = sim.Never
	}
	for step := range 20000 {
		n := r.Below(40)
		if r.Below(3) == 0 {
			a.disarm(&ds[n])
			at[n] = sim.Never
		} else {
			at[n], seq[n] = sim.Time(r.Below(20)), step
			a.arm(&ds[n], TimerA, at[n], sim.Cause{})
		}
		var want *deadline
		next := sim.Never
		last := -1
		for i := range ds {
			if at[i] < next || at[i] == next && next != sim.Never && seq[i] < last {
				want, next, last = &ds[i], at[i], seq[i]
			}
		}
		if a.first() != want || a.next() != next {
			t.Fatal("wrong first deadline")
		}
	}
}

// Repetition is what a lossy run does most: it must not encode again, nor allocate.
func TestRetransmissionAllocates(t *testing.T) {
	l := New(Config{SentBy: "h"}, newIDs("a"))
	_, _ = l.Request(0, why1, simpleRequest(OPTIONS), Flow{Remote: addrB})
	outputs(l)
	first, n := l.txs[1].wire, 0
	if got := testing.AllocsPerRun(8, func() {
		l.Tick(l.Deadline(), why1)
		for o, ok := l.Next(); ok; o, ok = l.Next() {
			if o.Kind == OutSend && &o.Wire[0] == &first[0] {
				n++
			}
		}
	}); got != 0 || n != 9 {
		t.Errorf("%v allocations, %d repetitions", got, n)
	}
}

func TestIDs(t *testing.T) {
	a, b, c := newIDs("x"), newIDs("x"), newIDs("y")
	for range 1000 {
		br, tag, id, r, s := a.Branch(), a.Tag(), a.CallID("h"), a.RSeq(), a.CSeq()
		if br != b.Branch() || tag != b.Tag() || id != b.CallID("h") || r != b.RSeq() || s != b.CSeq() {
			t.Fatal("not a function of the stream")
		}
		if br == c.Branch() || !strings.HasPrefix(br, MagicCookie) || len(br) != 19 || len(tag) != 8 || len(id) != 14 || r == 0 || r > 1<<31-1 || s < 100_000 || s > 999_999 {
			t.Fatalf("%s %s %s %d %d", br, tag, id, r, s)
		}
		_, _, _, _ = c.Tag(), c.CallID("h"), c.RSeq(), c.CSeq()
	}
}

// FuzzLayer: whatever a peer sends, in whatever state, the layer's books stay in order and nothing panics.
func FuzzLayer(f *testing.F) {
	f.Add([]byte("INVITE sip:b@h SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bKa\r\nf: <sip:a>;tag=1\r\nt: <sip:b>\r\ni: x\r\nCSeq: 1 INVITE\r\n\r\n"+
		"CANCEL sip:b@h SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bKa\r\nf: <sip:a>;tag=1\r\nt: <sip:b>\r\ni: x\r\nCSeq: 1 CANCEL\r\n\r\n"+
		"ACK sip:b@h SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bKa\r\nf: <sip:a>;tag=1\r\nt: <sip:b>\r\ni: x\r\nCSeq: 1 ACK\r\n\r\n"), uint16(700))
	f.Add([]byte("SIP/2.0 180 \r\nv: SIP/2.0/UDP h;branch=BRANCH\r\nf: <sip:a>;tag=1\r\nt: <sip:b>\r\ni: x\r\nCSeq: 7 INVITE\r\n\r\n"+
		"SIP/2.0 487 \r\nv: SIP/2.0/UDP h;branch=BRANCH\r\nf: <sip:a>;tag=1\r\nt: <sip:b>\r\ni: x\r\nCSeq: 7 INVITE\r\n\r\n"), uint16(3))
	f.Fuzz(func(t *testing.T, in []byte, pace uint16) {
		l := New(Config{SentBy: "h", TimerC: 1e9}, newIDs("a"))
		id, _ := l.Request(0, why1, simpleRequest(INVITE), Flow{Remote: addrB})
		branch := must(l.RequestOf(id).Via()).Branch()
		now := sim.Time(0)
		for i, part := range strings.SplitAfter(strings.ReplaceAll(string(in), "BRANCH", branch), "\r\n\r\n") {
			m, err := Parse([]byte(part))
			if err != nil {
				continue
			}
			now += ms(int64(pace))
			for l.Deadline() <= now {
				l.Tick(now, l.TimerCause())
			}
			l.Receive(now, why1, m, Flow{Remote: addrB})
			for o, ok := l.Next(); ok; o, ok = l.Next() {
				switch {
				case o.Why == (sim.Cause{}):
					t.Fatalf("%v without a cause", o.Kind)
				case o.Kind == OutRequest && i%2 == 0:
					_ = l.Respond(now, o.Why, o.Tx, NewResponse(o.Message, 100+100*(i%6), "", "t"))
				case o.Kind == OutResponse && o.Message.Status < 200:
					l.Cancel(now, o.Why, o.Tx, "")
				case o.Kind == OutSend:
					if _, err := Parse(o.Wire); err != nil {
						t.Fatalf("sent what does not parse: %v\n%s", err, o.Wire)
					}
				}
			}
			if len(l.txs) != len(l.keys) || len(l.agenda.heap) > 2*len(l.txs) {
				t.Fatalf("%d transactions, %d keys, %d deadlines", len(l.txs), len(l.keys), len(l.agenda.heap))
			}
		}
	})
}
