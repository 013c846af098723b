package explore

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"imsim/netem/nat"
)

// foretell says whether a cell without gateways comes up, from the NATs' behaviours and the order of the SYNs alone: what
// RFC 5128 says of pairs of NATs, with the times at which SYNs leave (spec reference, ietf-protocols §2.5).
func foretell(c Cell) bool {
	a, b := c.A, c.B
	late := c.Offset > Between // UE-A's SYN is at NAT B before UE-B's has left
	if c.Method == Predict {
		// The ports are known on both sides, so the SYN that comes later meets the one that has gone out.
		return true
	}
	if c.Method == Open {
		// Only a SYN from where the partner was seen finds the connection, so one end at least must be seen as it is; a
		// partner that is not must be behind a NAT that lets in anybody.
		fits := fixed(a) && fixed(b) || fixed(a) && anybody(b) || fixed(b) && anybody(a)
		if !late {
			// An ICMP error ends an attempt even when the partner's SYN has come meanwhile, as in Linux; an RST does not,
			// since its sequence number is wrong by then.
			return fits && !says(a, b) && !says(b, a)
		}
		// UE-A's SYN came too early: it must have been kept out without a word, and be sent again.
		return fits && !passes(b, a, false) && quiet(b)
	}
	toB, toA := passes(b, a, true), passes(a, b, true)
	if c.Method == Repunch {
		return toB || toA // what was refused once is tried again, when both have opened
	}
	if !late {
		// A SYN from where its UE was seen finds the partner's attempt, not the one who listens.
		toB = toB && !(fixed(a) && says(a, b))
		toA = toA && !(fixed(b) && says(b, a))
	} else {
		toB = passes(b, a, false) || toB && quiet(b)
	}
	return toB || toA
}

// fixed: everybody sees the UE at the same port.
func fixed(x Class) bool { return x.Public || x.Mapping == nat.EndpointIndependent }

func anybody(x Class) bool { return x.Public || x.Filtering == nat.EndpointIndependent }

// says: x's NAT answers the SYN of y's UE by an ICMP error, after x's own SYN has gone out.
func says(x, y Class) bool {
	switch x.Unsolicited {
	case nat.PortUnreachable, nat.HostUnreachable, nat.Prohibited:
		return !x.Public && !passes(x, y, true)
	}
	return false
}

func quiet(x Class) bool {
	return !x.Public && (x.Unsolicited == nat.Silent || x.Unsolicited == nat.PortUnreachable6s)
}

// passes: x's NAT lets the SYN of y's UE in, at the port where x's UE was seen; after is that x's own SYN has gone out.
func passes(x, y Class, after bool) bool {
	switch {
	case anybody(x):
		return true
	case !after || !fixed(x):
		return false // x's own SYN, if any, went out by another mapping
	case x.Filtering == nat.EndpointAddrDependent:
		return true
	}
	return fixed(y)
}

// TestHoles holds every cell without gateways against the predictor: all mappings and filterings. CDM and CDF come out as APDM and APDF, since each UE opens one connection to each remote endpoint:
// they differ from them once a connection is over and the same endpoints open another, which no method here does before it
// gives up.
func TestHoles(t *testing.T) {
	choice := Choice{Unsolicited: []string{"drop", "rst", "icmp"}}
	m, err := NAT(context.Background(), Options{Choice: choice, Methods: []string{"open", "punch", "punch-again", "predict"}, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	wrong := 0
	come := map[Method]int{}
	for i := range m.Results {
		r := &m.Results[i]
		if r.OK {
			come[r.Method]++
		}
		if want := foretell(r.Cell); r.OK != want {
			if wrong++; wrong <= 20 {
				t.Errorf("%v: %v to %v: %v (%s), foretold %v", r.Variant, r.A, r.B, r.OK, r.Reason, want)
			}
		}
		if r.Reason == "" {
			t.Errorf("%v: %v to %v: no reason", r.Variant, r.A, r.B)
		}
	}
	t.Logf("%d cells, %d not as foretold; come up: %v", len(m.Results), wrong, come)
}

// TestAnswers holds the other answers against the predictor, and the reasons against what was refused: each names the NAT, its
// rule and what it said.
func TestAnswers(t *testing.T) {
	choice := Choice{Mapping: []string{"EIM", "CDM"}, Filtering: []string{"EIF", "CDF"}, Unsolicited: []string{"drop", "6s", "icmp-host", "icmp-prohibited"}}
	m, err := NAT(context.Background(), Options{Choice: choice, Methods: []string{"open", "punch", "punch-again", "predict"}, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	said := map[nat.Answer]string{
		nat.Silent: "says nothing", nat.HostUnreachable: "answers ICMP (3/1)", nat.Prohibited: "answers ICMP (3/13)",
		nat.PortUnreachable6s: "answers ICMP in the end (3/3)",
	}
	for i := range m.Results {
		r := &m.Results[i]
		if want := foretell(r.Cell); r.OK != want {
			t.Errorf("%v: %v to %v: %v (%s), foretold %v", r.Variant, r.A, r.B, r.OK, r.Reason, want)
		}
		for side, c := range [2]Class{r.A, r.B} {
			keeper := borders[side] + "'s filter " + filters[c.Filtering] + " keeps"
			if r.OK || c.Public || !strings.Contains(r.Reason, borders[side]+"'s filter") {
				continue
			}
			if !strings.Contains(r.Reason, keeper) {
				t.Errorf("%v: %v to %v: %q does not name filter %s of %s", r.Variant, r.A, r.B, r.Reason, filters[c.Filtering], borders[side])
			}
			// A SYN that is held may be crossed by one of the own side's, and then nothing is said.
			if told := strings.Contains(r.Reason, said[c.Unsolicited]); !told && c.Unsolicited != nat.PortUnreachable6s {
				t.Errorf("%v: %v to %v: %q does not tell that NAT %s", r.Variant, r.A, r.B, r.Reason, said[c.Unsolicited])
			}
			if r.Kind == Port && !strings.Contains(r.Reason, "'s mapping "+mappings[nat.ConnectionDependent]+" gave") {
				t.Errorf("%v: %v to %v: %q does not say whose mapping", r.Variant, r.A, r.B, r.Reason)
			}
		}
	}
	t.Logf("%d cells", len(m.Results))
}

// TestConnections plays connection-dependent NATs: nothing gets through two of them but by gateways.
func TestConnections(t *testing.T) {
	choice := Choice{Mapping: []string{"CDM"}, Filtering: []string{"APDF", "CDF"}, Unsolicited: []string{"drop"}}
	m, err := NAT(context.Background(), Options{Choice: choice, Methods: []string{"open", "punch"}, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.Results {
		if r := &m.Results[i]; r.OK && !r.A.Public && !r.B.Public {
			t.Errorf("%v: %v to %v came up: %s", r.Variant, r.A, r.B, r.Reason)
		}
	}
}

// TestCalls plays the methods with gateways and holds them against the decision table: the NATs' behaviours do not matter,
// only whether there is one before a UE that is to be reached.
func TestCalls(t *testing.T) {
	choice := Choice{Mapping: []string{"EIM", "APDM"}, Filtering: []string{"EIF", "APDF"}, Unsolicited: []string{"rst"}}
	m, err := NAT(context.Background(), Options{Choice: choice, Methods: []string{"relay", "fwd", "merge"}, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.Results {
		r := &m.Results[i]
		waits := r.B // who is to be reached
		if r.Offer == "passive" || r.Offer == "actpass" && r.Answer == "active" {
			waits = r.A
		}
		want := waits.Public
		if r.Method == Merge {
			want = r.A.Public || r.Offer != "passive" // row O5
		}
		if r.OK != want || r.Reason == "" {
			t.Errorf("%v: %v to %v: %v (%s), want %v", r.Variant, r.A, r.B, r.OK, r.Reason, want)
		}
		kind := Connected
		switch {
		case !want && r.Method == Merge:
			kind = Rejected
		case !want:
			kind = Private
		}
		if r.Kind != kind {
			t.Errorf("%v: %v to %v: kind %v (%s), want %v", r.Variant, r.A, r.B, r.Kind, r.Reason, kind)
		}
	}
	t.Logf("%d calls", len(m.Results))
}

// TestWorkers plays the same with one worker and with seven.
func TestWorkers(t *testing.T) {
	var last string
	for _, jobs := range []int{1, 7} {
		m, err := NAT(context.Background(), Options{Choice: Choice{Mapping: mappings[:3], Filtering: filters[:3], Unsolicited: []string{"rst"}}, Methods: []string{"punch", "open"}, Seed: 3, Jobs: jobs})
		if err != nil {
			t.Fatal(err)
		}
		now := fmt.Sprint(m.Results)
		if last != "" && now != last {
			t.Error("results depend on the number of workers")
		}
		last = now
	}
}

func TestWrongNames(t *testing.T) {
	for _, o := range []Options{
		{Methods: []string{"tunnel"}}, {Choice: Choice{Mapping: []string{"EIF"}}}, {Choice: Choice{Filtering: []string{""}}},
		{Choice: Choice{Unsolicited: []string{"fin"}}},
	} {
		if _, err := NAT(context.Background(), o); err == nil {
			t.Errorf("%+v passed", o)
		} else {
			t.Log(err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := NAT(ctx, Options{}); err != context.Canceled {
		t.Error(err)
	}
}
