package critical

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imsim/scenarios/rundir"
	"imsim/sim"
)

const ms = time.Millisecond

// sample is a session of one request over two links, the second of finite rate, a processor with a queue, a timer and a
// user, and beside it a packet that is not on the path.
func sample() *rundir.Trace {
	rows := []rundir.Record{
		{Kind: "run.start", Node: "users"},
		{Cause: 1, Session: 1, Kind: "session.start", Node: "ue-a", Text: " chat", At: sim.Time(10 * ms)},
		{Cause: 2, Session: 1, Kind: "packet.sent", Node: "ue-a", At: sim.Time(10 * ms)},
		{Cause: 3, Session: 1, Kind: "link.hop", Node: "ue-a.eth0>r1.eth0", At: sim.Time(30 * ms), Rest: sim.Propagation},
		{Cause: 2, Session: 1, Kind: "link.hop", Node: "ue-a.eth0>r1.eth0", At: sim.Time(31 * ms), Rest: sim.Propagation},
		{Cause: 4, Session: 1, Kind: "link.hop", Node: "r1.eth1>ue-b.eth0", At: sim.Time(40 * ms), Queueing: 2 * ms, Serialisation: 1 * ms, Rest: sim.Propagation},
		{Cause: 6, Session: 1, Kind: "sip.received", Node: "ue-b", At: sim.Time(40 * ms), Text: "INVITE"},
		{Cause: 7, Session: 1, Kind: "cpu.done", Node: "ue-b.cpu", At: sim.Time(45 * ms), Queueing: 1 * ms, Rest: sim.Crypto},
		{Cause: 8, Session: 1, Kind: "tcp.timer", Node: "ue-b", At: sim.Time(145 * ms), Rest: sim.TimerWait},
		{Cause: 9, Session: 1, Kind: "tls.established", Node: "ue-b", Text: "core", At: sim.Time(145 * ms)},
		{Cause: 10, Session: 1, Kind: "user.pause", Node: "ue-b", At: sim.Time(245 * ms), Rest: sim.UserWait},
		{Cause: 11, Session: 1, Kind: "session.established", Node: "ue-b", At: sim.Time(245 * ms)},
	}
	for i := range rows {
		rows[i].ID = sim.RecordID(i + 1)
	}
	return &rundir.Trace{Records: rows}
}

func TestShares(t *testing.T) {
	paths, err := Default(sample(), 1)
	if err != nil || len(paths) != 1 {
		t.Fatal(err, len(paths))
	}
	p := paths[0]
	want := [sim.NumShares]time.Duration{sim.Propagation: 27 * ms, sim.Queueing: 3 * ms, sim.Serialisation: ms, sim.Crypto: 4 * ms,
		sim.TimerWait: 100 * ms, sim.UserWait: 100 * ms}
	if p.Shares != want || p.Total != 235*ms || !p.Whole || len(p.Steps) != 10 {
		t.Errorf("%v, total %v, whole %v, %d steps", p.Shares, p.Total, p.Whole, len(p.Steps))
	}
	var text bytes.Buffer
	if err := p.Text(&text); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(golden, text.String()); d != "" {
		t.Error(d)
	}
	var out bytes.Buffer
	if err := JSON(&out, paths); err != nil {
		t.Fatal(err)
	}
	var back []jsonPath
	if err := json.Unmarshal(out.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	var sum time.Duration
	for _, d := range back[0].SharesNS {
		sum += d
	}
	if sum != back[0].TotalNS || sum != p.Total || len(back[0].Steps) != len(p.Steps) {
		t.Errorf("JSON: shares %v of %v", sum, back[0].TotalNS)
	}
}

const golden = `critical path of session 1 to session.established: 235ms

  propagation          27.000000 ms   11.5 %
  serialisation         1.000000 ms    0.4 %
  queueing              3.000000 ms    1.3 %
  crypto                4.000000 ms    1.7 %
  timer               100.000000 ms   42.6 %
  user                100.000000 ms   42.6 %
  total               235.000000 ms  100.0 %

       time [ms]         + [ms]  where                  what                                         spent on
       10.000000                 ue-a                   session.start chat
       40.000000      30.000000  ue-a > ue-b            packet, 2 links                              propagation 27ms, serialisation 1ms, queueing 2ms
       40.000000                 ue-b                   sip.received INVITE
       45.000000       5.000000  ue-b.cpu               cpu.done                                     queueing 1ms, crypto 4ms
      145.000000     100.000000  ue-b                   tcp.timer                                    timer
      145.000000                 ue-b                   tls.established core
      245.000000     100.000000  ue-b                   user.pause                                   user
      245.000000                 ue-b                   session.established
`

// TestSumIsExact makes chains of all kinds among unrelated records.
func TestSumIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		rows := []rundir.Record{{ID: 1, Session: 1, Kind: "session.start", At: sim.Time(r.Int64N(1e9))}}
		last := rundir.Record(rows[0])
		for range r.IntN(60) {
			var x rundir.Record
			x.ID, x.Session, x.At = sim.RecordID(len(rows)+1), 1, rows[len(rows)-1].At+sim.Time(r.Int64N(1e9))
			x.Kind = "noise"
			x.Cause = rows[r.IntN(len(rows))].ID
			if r.IntN(2) == 0 {
				x.Kind, x.Cause, x.Rest = "chain", last.ID, sim.Share(1+r.IntN(int(sim.NumShares)-1))
				since := int64(x.At - last.At)
				x.Queueing = time.Duration(r.Int64N(since/2 + 1))
				x.Serialisation = time.Duration(r.Int64N(since/2 + 1))
				last = x
			}
			rows = append(rows, x)
		}
		if last.Kind != "chain" {
			continue
		}
		p, err := Find(&rundir.Trace{Records: rows}, Query{Session: 1, Name: "chain"})
		if err != nil {
			t.Fatal(err)
		}
		var sum time.Duration
		for _, d := range p.Shares {
			sum += d
		}
		if want := last.At.Sub(rows[0].At); sum != want || p.Total != want || p.Shares[sim.Instant] != 0 || !p.Whole {
			t.Fatalf("shares %v, total %v, want %v", sum, p.Total, want)
		}
	}
}

func TestQuery(t *testing.T) {
	tr := sample()
	for text, want := range map[string]sim.RecordID{
		"session.established": 12, "ue-b tls.established": 10, "ue-b/core tls.established": 10, "link.hop #2": 5, "link.hop #last": 6,
	} {
		q, err := ParseQuery(1, text)
		if err != nil || q.String() != text {
			t.Error(text, q, err)
			continue
		}
		p, err := Find(tr, q)
		if err != nil || p.Steps[len(p.Steps)-1].ID != want {
			t.Errorf("%s: %v", text, err)
		}
	}
	for text, want := range map[string]string{
		"link.hop #9": "came only 3 times", "ue-a/core tls.established": "did not come", "tls.failed": "did not come",
	} {
		q, err := ParseQuery(1, text)
		if err == nil {
			_, err = Find(tr, q)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	for _, text := range []string{"", "a b c", "x #0", "x #y"} {
		if q, err := ParseQuery(1, text); err == nil {
			t.Errorf("%q is taken for %v", text, q)
		}
	}
	if _, err := Find(tr, Query{Session: 2, Name: "x"}); err == nil || !strings.Contains(err.Error(), "no session 2") {
		t.Error(err)
	}
}

// TestBrokenChains looks at records that do not lead to the session's start, or account wrongly for time.
func TestBrokenChains(t *testing.T) {
	tr := sample()
	tr.Records[7].Cause = 0
	p, err := Find(tr, Query{Session: 1, Name: established, N: 1})
	if err != nil || p.Whole || p.Steps[0].ID != 8 {
		t.Errorf("%v: whole %v from %d", err, p.Whole, p.Steps[0].ID)
	}
	var text bytes.Buffer
	p.Text(&text)
	if !strings.Contains(text.String(), "breaks off at record 8 (cpu.done") {
		t.Error(text.String())
	}
	tr = sample()
	tr.Records[8].Rest = sim.Instant
	if p, err = Find(tr, Query{Session: 1, Name: established, N: 1}); err != nil || p.Shares[sim.Instant] != 100*ms {
		t.Errorf("unexplained: %v %v", p.Shares[sim.Instant], err)
	}
	tr = sample()
	tr.Records[7].Queueing = time.Second
	if _, err = Find(tr, Query{Session: 1, Name: established, N: 1}); err == nil || !strings.Contains(err.Error(), "record 8 (cpu.done)") {
		t.Error(err)
	}
}
