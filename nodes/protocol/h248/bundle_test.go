package h248

import (
	"strings"
	"testing"
	"time"

	"imsim/sim"
)

// H.248.1 §8.3: transactions of one message are independent; each is answered, and each lost one is repeated alone.
func TestRequestAll(t *testing.T) {
	l := newLab(t, nil)
	other := []Action{{Context: 8, Commands: []Command{{Verb: Modify, Termination: "ip/acc/73"}}}}
	if first := l.mgc.RequestAll(l.now, why1, [][]Action{modify, other}); first != 1 {
		t.Fatalf("first id %d", first)
	}
	l.drain()
	l.wantText(true, "T=1{C=7{MF=ip/acc/72}}T=2{C=8{MF=ip/acc/73}}")
	l.deliver()
	l.want("MG transaction 1", "MG transaction 2")
	l.reply(2)
	l.deliver()
	l.want("MGC answer 2")
	l.now = l.mgc.Deadline()
	l.mgc.Tick(l.now)
	l.drain()
	l.wantText(true, "T=1{C=7{MF=ip/acc/72}}")
}

// What does not fit into one message goes into the next.
func TestRequestAllSplits(t *testing.T) {
	l := newLab(t, func(c *Config) { c.MaxMessage = 60 })
	l.mgc.RequestAll(l.now, why1, [][]Action{modify, modify, modify})
	l.drain()
	if len(l.toMG) != 3 {
		t.Fatalf("%d messages", len(l.toMG))
	}
	l = newLab(t, nil)
	many := make([][]Action, 2*MaxTransactions+1)
	for i := range many {
		many[i] = modify
	}
	l.mgc.RequestAll(l.now, why1, many)
	l.drain()
	if len(l.toMG) != 3 {
		t.Fatalf("%d messages of %d transactions", len(l.toMG), len(many))
	}
	l.deliver()
	if len(l.executed) != len(many) {
		t.Errorf("%d executed", len(l.executed))
	}
}

// An id that comes twice in a message is one transaction, H.248.1 §8.2.
func TestIDTwiceInMessage(t *testing.T) {
	l := newLab(t, nil)
	l.mg.Receive(l.now, why1, []byte("!/2 [192.0.2.10]:2944\nT=5{C=7{MF=a/1}}T=5{C=8{MF=a/2}}"))
	l.drain()
	l.want("MG transaction 5", "MG repeat 5")
}

// A reply that the carrier cannot take becomes 533, and is kept for repetitions.
func TestReplyTooLarge533(t *testing.T) {
	l := newLab(t, func(c *Config) { c.MaxMessage = 90 })
	id := l.request()
	l.deliver()
	long := Item{Actions: []Action{{Context: 7, Commands: []Command{{Verb: Modify, Termination: TerminationID(strings.Repeat("x", 90))}}}}}
	l.mg.Reply(l.now, why2, id, long)
	l.drain()
	l.wantText(false, `P=1{ER=533{"Response exceeds maximum transport PDU size"}}`)
}

func TestVersionNegotiation(t *testing.T) {
	sc := []Action{In(NullContext, ServiceChangeOf(Root, Services{Method: Restart, Version: 3}))}
	answer := func(v uint8) Item {
		return Item{Actions: []Action{In(NullContext, ServiceChangeOf(Root, Services{Version: v}))}}
	}
	for _, tt := range []struct {
		name     string
		answered uint8
		want     string
		version  uint8
	}{
		{"none given", 0, "MG answer 1", 2},
		{"lower", 1, "MG answer 1", 1},
		{"same", 2, "MG answer 1", 2},
		{"not ours", 3, "MG timeout 1", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t, func(c *Config) {
				c.ColdStart = true
				if c.Role == MG {
					c.Supported = 2
				}
			})
			l.mg.Request(l.now, why1, sc)
			l.drain()
			l.deliver()
			l.want("MGC transaction 1")
			l.mgc.Reply(l.now, why2, 1, answer(tt.answered))
			l.drain()
			l.deliver()
			l.want(tt.want)
			if l.mg.Version() != tt.version || l.mg.Ready() != (tt.answered != 3) {
				t.Errorf("version %d, ready %v", l.mg.Version(), l.mg.Ready())
			}
		})
	}
}

// H.248.1 §11.3: a message of a version that is not supported is answered with 406, unless it is itself an answer.
func TestVersion406(t *testing.T) {
	l := newLab(t, func(c *Config) { c.Supported = 2 })
	l.mg.Receive(l.now, why1, []byte("!/3 [192.0.2.10]:2944\nT=5{C=7{MF=a/1}}"))
	l.drain()
	l.want("MG malformed 0")
	l.wantText(false, `ER=406{"Version not supported: version not supported at 1:1"}`)
	l.lose()
	l.mg.Receive(l.now, why1, []byte("!/3 [192.0.2.10]:2944\nP=5{C=7{MF=a/1}}"))
	l.drain()
	if len(l.toMGC) != 0 {
		t.Error("an answer was answered")
	}
}

// Version 3, H.248.1 §8.2.4: segments in any order make one reply, each is acknowledged.
func TestSegmentsAssembled(t *testing.T) {
	l := newLab(t, nil)
	l.request()
	l.lose()
	l.mgc.Receive(l.now, why2, []byte("!/3 [192.0.2.20]:2944\nP=1/2/END{C=7{MF=b/2},C=8{S=c}}"))
	l.drain()
	l.wantText(true, "SM=1/2/END\n")
	l.want()
	l.mgc.Receive(l.now, why2, []byte("!/3 [192.0.2.20]:2944\nP=1/1{C=7{MF=a/1}}"))
	for o, ok := l.mgc.Next(); ok; o, ok = l.mgc.Next() {
		if o.Kind == Answer {
			if s := string(o.Item.AppendSummary(nil)); s != "Reply 1: Modify, Modify, Subtract" {
				t.Errorf("reply %s", s)
			}
			return
		}
	}
	t.Error("no answer")
}

// Segments that never come are reported by 459.
func TestSegmentsMissing459(t *testing.T) {
	l := newLab(t, nil)
	l.request()
	l.lose()
	l.mgc.Receive(l.now, why2, []byte("!/3 [192.0.2.20]:2944\nP=1/1{C=7{MF=a/1}}"))
	l.drain()
	l.lose()
	if at := l.mgc.Deadline(); at != sim.Time(4*time.Second) {
		t.Fatalf("deadline %v", at)
	}
	l.now = l.mgc.Deadline()
	l.mgc.Tick(l.now)
	l.drain()
	l.want("MGC timeout 1")
	l.wantText(true, `ER=459{"Segments not received: transaction 1"}`)
	l.deliver()
	l.want("MG peer-error 0")
}

func TestOpaqueDescriptors(t *testing.T) {
	for _, tt := range []struct {
		text string
		code ErrorCode
	}{
		{"DM=d1", 444},
		{"DM=d1{(0|00|xx.)}", 444},
		{"DM={T:16,S:4,(0|[1-7]xxx|8x.)}", 442},
		{"DM{T:16,S:4,(0|[1-7]xxx|8x.)}", 444},
		{"DM=d1{T:0,(x)}", 442},
		{"DM=d1{(x}", 442},
		{"DM=d1{()}", 442},
		{"DM=d1{(y?)}", 442},
		{"MX=H221{b/1,c/1}", 444},
		{"MX=Foo{b/1}", 442},
		{"MX=H221{}", 442},
		{"MD=V18", 444},
		{"MD[V18,V32]{a/b=1}", 444},
		{"MD[V18", 442},
	} {
		m, err := Parse([]byte(head + "T=1{C=1{MF=a/1{" + tt.text + "}}}"))
		var got ErrorCode
		if err != nil {
			got = err.(*SyntaxError).Code
		} else if e := (Validator{}).Command(&m.Items[0].Actions[0].Commands[0]); e != nil {
			got = e.Code
		}
		if got != tt.code {
			t.Errorf("%s: %d, want %d", tt.text, got, tt.code)
		}
	}
}
