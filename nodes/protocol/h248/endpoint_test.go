package h248

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"imsim/sim"
)

// lab is two endpoints and the time between them. Messages are handed over by the script, which may lose them.
type lab struct {
	t        *testing.T
	now      sim.Time
	mgc, mg  *Endpoint
	toMG     []Output // sent by the controller, not handed over yet
	toMGC    []Output
	events   []string // all but Send, as "role kind id"
	causes   map[string]sim.Cause
	executed map[TransactionID]int
}

func newLab(t *testing.T, change func(*Config)) *lab {
	side := func(r Role, host string) *Endpoint {
		c := Config{Role: r, Own: MID{Host: host, Port: 2944}, Style: Compact}
		if change != nil {
			change(&c)
		}
		return NewEndpoint(c)
	}
	return &lab{t: t, mgc: side(MGC, "192.0.2.10"), mg: side(MG, "192.0.2.20"), causes: map[string]sim.Cause{}, executed: map[TransactionID]int{}}
}

func (l *lab) drain() {
	for _, e := range []*Endpoint{l.mgc, l.mg} {
		for o, ok := e.Next(); ok; o, ok = e.Next() {
			if o.Cause == (sim.Cause{}) {
				l.t.Errorf("%v %v %d has no cause", e.cfg.Role, o.Kind, o.ID)
			}
			if o.Kind == Send {
				if e == l.mgc {
					l.toMG = append(l.toMG, o)
				} else {
					l.toMGC = append(l.toMGC, o)
				}
				continue
			}
			if o.Kind == Transaction {
				l.executed[o.ID]++
			}
			name := fmt.Sprintf("%v %v %d", e.cfg.Role, o.Kind, o.ID)
			l.events = append(l.events, name)
			l.causes[name] = o.Cause
		}
	}
}

// deliver hands over what is under way; lose drops it.
func (l *lab) deliver() {
	toMG, toMGC := l.toMG, l.toMGC
	l.toMG, l.toMGC = nil, nil
	for _, o := range toMG {
		l.mg.Receive(l.now, o.Cause, o.Bytes)
	}
	for _, o := range toMGC {
		l.mgc.Receive(l.now, o.Cause, o.Bytes)
	}
	l.drain()
}

func (l *lab) lose() { l.toMG, l.toMGC = nil, nil }

// until lets time pass, deadline by deadline, and loses all that is sent.
func (l *lab) until(at time.Duration) (sends []time.Duration) {
	for {
		next := min(l.mgc.Deadline(), l.mg.Deadline())
		if next > sim.Time(at) {
			l.now = sim.Time(at)
			return sends
		}
		l.now = next
		l.mgc.Tick(next)
		l.mg.Tick(next)
		l.drain()
		if len(l.toMG)+len(l.toMGC) > 0 {
			sends = append(sends, time.Duration(next))
			l.lose()
		}
	}
}

func (l *lab) want(events ...string) {
	l.t.Helper()
	if got, want := strings.Join(l.events, ", "), strings.Join(events, ", "); got != want {
		l.t.Fatalf("at %v:\n got %s\nwant %s", l.now, got, want)
	}
	l.events = nil
}

// wantText checks the one message that is under way to the gateway or, with toMG false, to the controller.
func (l *lab) wantText(toMG bool, text string) {
	l.t.Helper()
	list := l.toMGC
	if toMG {
		list = l.toMG
	}
	if len(list) != 1 {
		l.t.Fatalf("%d messages, want %s", len(list), text)
	}
	if _, body, _ := strings.Cut(string(list[0].Bytes), "\n"); body != text {
		l.t.Fatalf("message %s, want %s", body, text)
	}
}

var (
	why1   = sim.Cause{Record: 1, Session: 1}
	why2   = sim.Cause{Record: 2, Session: 1}
	modify = []Action{{Context: 7, Commands: []Command{{Verb: Modify, Termination: "ip/acc/72"}}}}
	okay   = Item{Actions: modify}
)

func (l *lab) request() TransactionID {
	id := l.mgc.Request(l.now, why1, modify)
	l.drain()
	return id
}

func (l *lab) reply(id TransactionID) bool {
	ok := l.mg.Reply(l.now, why2, id, okay)
	l.drain()
	return ok
}

func TestTransactionCompletes(t *testing.T) {
	l := newLab(t, nil)
	id := l.request()
	l.wantText(true, "T=1{C=7{MF=ip/acc/72}}")
	l.deliver()
	l.want("MG transaction 1")
	l.reply(id)
	l.wantText(false, "P=1{C=7{MF=ip/acc/72}}")
	l.deliver()
	l.want("MGC answer 1")
	if c := l.causes["MGC answer 1"]; c != why2 {
		t.Errorf("cause of the answer %v", c)
	}
	if l.mgc.Deadline() != sim.Never || l.mg.Deadline() != sim.Never {
		t.Error("deadline left")
	}
}

// Annex D.1.3: 200 ms doubled up to 4 s; after 25 s the association is lost.
func TestAnnexD1RequestRepetition(t *testing.T) {
	l := newLab(t, nil)
	l.request()
	l.lose()
	sends := l.until(24999999999 * time.Nanosecond)
	want := "[200ms 600ms 1.4s 3s 6.2s 10.2s 14.2s 18.2s 22.2s]"
	if fmt.Sprint(sends) != want {
		t.Errorf("repeated at %v, want %s", sends, want)
	}
	l.want()
	second := l.request()
	l.lose()
	l.until(25 * time.Second)
	l.want("MGC timeout 1", fmt.Sprint("MGC timeout ", second), "MGC association-lost 1")
	if c := l.causes["MGC association-lost 1"]; c != why1 {
		t.Errorf("cause %v", c)
	}
	if l.mgc.Deadline() != sim.Never {
		t.Error("deadline left")
	}
}

func TestTCPDoesNotRepeat(t *testing.T) {
	l := newLab(t, func(c *Config) { c.Transport = TCP })
	id := l.request()
	l.lose()
	if sends := l.until(24 * time.Second); len(sends) != 0 {
		t.Errorf("repeated at %v", sends)
	}
	if d := l.mgc.Deadline(); d != sim.Time(25*time.Second) {
		t.Errorf("deadline %v", d)
	}
	l.until(25 * time.Second)
	l.want(fmt.Sprint("MGC timeout ", id), fmt.Sprint("MGC association-lost ", id))
}

// Annex D.1.1: at most once, for LongTimer after the reply.
func TestAnnexD1AtMostOnce(t *testing.T) {
	l := newLab(t, nil)
	id := l.request()
	text := l.toMG[0].Bytes
	l.deliver()
	l.events = nil
	l.now = sim.Time(time.Millisecond)
	l.mg.Receive(l.now, why1, text)
	l.drain()
	l.want("MG repeat 1")
	if len(l.toMGC) != 0 {
		t.Error("a repetition during execution was answered")
	}
	l.reply(id)
	l.lose()
	l.now += sim.Time(30*time.Second) - 1
	l.mg.Receive(l.now, why1, text)
	l.drain()
	l.want("MG repeat 1")
	l.wantText(false, "P=1{C=7{MF=ip/acc/72}}")
	if o := l.toMGC[0]; !o.Resent || o.Cause != why1 {
		t.Errorf("resent %v by %v", o.Resent, o.Cause)
	}
	l.lose()
	l.now++
	l.mg.Receive(l.now, why1, text)
	l.drain()
	l.want("MG transaction 1") // the cache has ended
}

// §8.2.3: Pending after ProvTimer; the sender falls back to slow repetition; the reply then asks for acknowledgement.
func TestPending(t *testing.T) {
	l := newLab(t, nil)
	id := l.request()
	text := l.toMG[0].Bytes
	l.deliver()
	l.events = nil
	if d := l.mg.Deadline(); d != sim.Time(time.Second) {
		t.Fatalf("deadline %v", d)
	}
	l.now = sim.Time(time.Second)
	l.mg.Tick(l.now)
	l.drain()
	l.wantText(false, "PN=1{}")
	l.deliver()
	l.want("MGC pending 1")
	// A repetition that was under way is answered by the Pending, which does not count.
	l.mg.Receive(l.now, why1, text)
	l.drain()
	l.wantText(false, "PN=1{}")
	l.lose()
	l.events = nil
	if d := l.mgc.Deadline(); d != sim.Time(11*time.Second) {
		t.Errorf("repetition after Pending at %v", d)
	}
	l.now = sim.Time(1500 * time.Millisecond)
	l.reply(id)
	l.wantText(false, "P=1{IA,C=7{MF=ip/acc/72}}")
	l.lose()
	// The lost reply comes again without the request.
	l.now = l.mg.Deadline()
	if l.now != sim.Time(1700*time.Millisecond) {
		t.Errorf("reply again at %v", l.now)
	}
	l.mg.Tick(l.now)
	l.drain()
	l.deliver()
	l.want("MGC answer 1")
	l.wantText(true, "K{1}")
	l.deliver()
	if l.mg.Deadline() != sim.Never {
		t.Error("the acknowledgement did not end the repetition")
	}
	// Even so a late duplicate is not executed.
	l.mg.Receive(l.now, why1, text)
	l.drain()
	l.want("MG acknowledged 1", "MG repeat 1")
	if len(l.toMGC) != 0 {
		t.Error("acknowledged reply sent again")
	}
}

func TestPendingLimit506(t *testing.T) {
	l := newLab(t, nil)
	id := l.request()
	l.deliver()
	l.events = nil
	for i := 1; i <= 5; i++ {
		l.now = sim.Time(i) * 1e9
		l.mg.Tick(l.now)
		l.drain()
		l.deliver()
		l.want("MGC pending 1")
	}
	l.now = 6e9
	l.mg.Tick(l.now)
	l.drain()
	l.wantText(false, `P=1{IA,ER=506{"Number of TransactionPendings exceeded"}}`)
	l.deliver()
	l.want("MG aborted 1", "MGC answer 1")
	if l.reply(id) {
		t.Error("an aborted transaction took a reply")
	}
}

// The sender counts too, when the 506 is lost and Pendings go on.
func TestPendingLimitAtSender(t *testing.T) {
	l := newLab(t, nil)
	l.request()
	l.lose()
	for range 6 {
		l.mgc.Receive(l.now, why2, []byte("!/2 mg PN=1{}"))
	}
	l.drain()
	l.want("MGC pending 1", "MGC pending 1", "MGC pending 1", "MGC pending 1", "MGC pending 1", "MGC timeout 1")
}

func TestImmAckNeverConfirmed(t *testing.T) {
	l := newLab(t, nil)
	id := l.request()
	l.deliver()
	l.mg.Reply(l.now, why2, id, Item{Actions: modify, ImmAckRequired: true})
	l.drain()
	l.lose()
	l.mgc.Forget()
	l.events = nil
	l.until(30*time.Second - 1)
	l.want()
	l.until(30 * time.Second)
	l.want("MG reply-unconfirmed 1")
	if l.mg.Deadline() != sim.Never {
		t.Error("deadline left")
	}
}

func TestAckRangeClearsMany(t *testing.T) {
	l := newLab(t, nil)
	for range 4 {
		id := l.request()
		l.deliver()
		l.reply(id)
		l.deliver()
	}
	l.events = nil
	l.mg.Receive(l.now, why1, []byte("!/2 mgc K{1,3-4294967295}"))
	for id := TransactionID(1); id <= 4; id++ {
		if kept := l.mg.taken[id].bytes != nil; kept != (id == 2) {
			t.Errorf("reply %d kept: %v", id, kept)
		}
	}
}

// §11.2: nothing but the ServiceChange before its reply, on both sides.
func TestColdStart505(t *testing.T) {
	l := newLab(t, func(c *Config) { c.ColdStart = true })
	l.request()
	l.deliver()
	l.want("MG refused-505 1")
	l.wantText(false, `P=1{ER=505{"Transaction request received before a ServiceChange reply"}}`)
	l.deliver()
	l.want("MGC answer 1")
	boot := []Action{{Context: NullContext, Commands: []Command{{Verb: ServiceChange, Termination: Root,
		Descriptors: Descriptors{Services: &Services{Method: Restart, Reason: ReasonText(901), Profile: "simiq/1", Version: 2}}}}}}
	id := l.mg.Request(l.now, why1, boot)
	l.drain()
	l.wantText(false, `T=1{C=-{SC=ROOT{SV{MT=RS,V=2,RE="901 Cold Boot",PF=simiq/1}}}}`)
	l.deliver()
	l.want("MGC transaction 1")
	if l.mg.Ready() || l.mgc.Ready() {
		t.Error("ready before the reply")
	}
	l.mgc.Reply(l.now, why2, id, Item{Actions: []Action{{Commands: []Command{{Verb: ServiceChange, Termination: Root}}}}})
	l.drain()
	l.deliver()
	l.want("MG answer 1")
	l.request()
	l.deliver()
	l.want("MG transaction 2")
}

func TestMalformedMessages(t *testing.T) {
	for _, tt := range []struct{ text, answer string }{
		{head + "T=5{C=1{Foo=a}}", `P=5{ER=443{"Unsupported or unknown command: command expected, not 'Foo' at 2:9"}}`},
		{"garbage", `ER=400{"Bad request: MEGACO/version expected, not 'garbage' at 1:8"}`},
		{"!/9 mg T=1{}", `ER=406{"Version not supported: version 1 to 3 is supported at 1:4"}`},
		{head + "P=5{Foo}", ""},
		{head + `ER=400{"x"}`, ""},
		{head + "T{C=1{MF=a}}", `ER=400{"Bad request: transaction without id"}`},
	} {
		l := newLab(t, nil)
		l.mg.Receive(0, why1, []byte(tt.text))
		l.drain()
		if tt.answer == "" {
			if len(l.toMGC) != 0 {
				t.Errorf("%s was answered", tt.text)
			}
			continue
		}
		l.wantText(false, tt.answer)
		l.deliver() // the answer is itself in order, and not answered
		if len(l.toMG) != 0 {
			t.Errorf("answer to %s was answered: %s", tt.text, l.toMG[0].Bytes)
		}
	}
}

// Every pattern of losses of the first messages ends with one execution and one answer.
func TestLossScripts(t *testing.T) {
	const tries = 6
	for execution := range 3 {
		took := time.Duration(execution) * 700 * time.Millisecond
		for pattern := range 1 << tries {
			l := newLab(t, nil)
			id := l.request()
			doneAt, n := sim.Never, 0
			answers := 0
			for steps := 0; steps < 200; steps++ {
				for len(l.toMG)+len(l.toMGC) > 0 {
					toMG := len(l.toMG) > 0
					queue, to := &l.toMGC, l.mgc
					if toMG {
						queue, to = &l.toMG, l.mg
					}
					o := (*queue)[0]
					*queue = (*queue)[1:]
					if n >= tries || pattern>>n&1 == 0 {
						to.Receive(l.now, o.Cause, o.Bytes)
					}
					n++
					l.drain()
				}
				if l.executed[id] == 1 && doneAt == sim.Never {
					doneAt = l.now.Add(took)
				}
				next := min(l.mgc.Deadline(), l.mg.Deadline())
				if doneAt != sim.Never && doneAt != -1 {
					next = min(next, doneAt)
				}
				if next == sim.Never {
					break
				}
				l.now = next
				if next == doneAt {
					l.reply(id)
					doneAt = -1
				}
				l.mgc.Tick(l.now)
				l.mg.Tick(l.now)
				l.drain()
			}
			for _, e := range l.events {
				if e == "MGC answer 1" {
					answers++
				}
			}
			if l.executed[id] != 1 || answers != 1 {
				t.Errorf("execution %v, losses %06b: %d executions, %d answers: %v", took, pattern, l.executed[id], answers, l.events)
			}
		}
	}
}

func FuzzEndpoint(f *testing.F) {
	f.Add([]byte(head+"T=1{C=7{MF=a}}"), []byte(head+"K{1}"))
	f.Add([]byte(head+"PN=1{}"), []byte(head+"P=1{IA,C=7{MF=a}}"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		e := NewEndpoint(Config{Role: MG, Own: MID{Host: "192.0.2.1"}})
		e.Request(0, why1, modify)
		for i, data := range [][]byte{a, b, a} {
			e.Receive(sim.Time(i), why1, data)
		}
		for range 100 {
			if at := e.Deadline(); at != sim.Never {
				e.Tick(at)
			}
			for o, ok := e.Next(); ok; o, ok = e.Next() {
				if o.Kind == Send && len(o.Bytes) < MaxMessageBytes {
					if _, err := Parse(o.Bytes); err != nil {
						t.Fatalf("own message refused: %v\n%q", err, o.Bytes)
					}
				}
			}
		}
	})
}
