package netem

import (
	"fmt"
	"math"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/netem/queue"
	"imsim/netem/tcp"
	"imsim/sim"
)

// compete lets one flow per element of oneWay, which is the delay of its access link, share a bottleneck of 20 Mbit/s and
// 5 ms, and returns what each had acknowledged in the given seconds after the tenth, and their mean smoothed round trips then.
func compete(t *testing.T, cfg tcp.Config, discipline string, seconds int, oneWay []time.Duration) (octets []float64, rtt []time.Duration) {
	const rate = 20e6
	n := New(sim.New(sim.Config{Seed: 5}), Config{})
	r, b := n.AddRouter("r"), n.AddHost("b")
	neck := DirectionConfig{Rate: rate, Delay: 5 * time.Millisecond, QueuePackets: 100}
	var err error
	switch discipline {
	case "red":
		neck.Discipline, err = queue.NewRED(queue.REDConfig{
			Min: 30_000, Max: 90_000, Probability: redProbability(len(oneWay), cfg.Congestion == tcp.CUBIC), Limit: 300_000,
			Packet: 600 * time.Microsecond, Gentle: true,
		}, n.K.Rand("red"))
	case "codel":
		neck.Discipline, err = queue.NewCoDel(queue.CoDelConfig{})
	case "fq-codel":
		neck.Discipline, err = queue.NewFQCoDel(queue.FQCoDelConfig{})
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := n.Connect(r, b, LinkConfig{AtoB: neck, BtoA: DirectionConfig{Delay: 5 * time.Millisecond}}); err != nil {
		t.Fatal(err)
	}
	senders := make([]*end, len(oneWay))
	for i, d := range oneWay {
		h := n.AddHost(fmt.Sprintf("s%d", i))
		if _, _, err := n.Connect(h, r, Symmetric(DirectionConfig{Rate: 1e9, Delay: d})); err != nil {
			t.Fatal(err)
		}
		off := uint64(0)
		senders[i] = &end{k: n.K, h: h, t: t, cfg: cfg, silent: true, on: func(_ *end, s *Stream, ev tcp.Event) {
			if ev.Kind == tcp.EvEstablished || ev.Kind == tcp.EvWritable {
				var w packet.Payload
				w.Append(packet.Synthetic(1, off, s.WriteSpace()+1))
				off += uint64(s.Write(w, ev.Why))
			}
		}}
	}
	if err := n.ComputeRoutes(); err != nil {
		t.Fatal(err)
	}
	to := (&end{k: n.K, h: b, t: t, cfg: cfg, silent: true}).listen(80)
	for i, s := range senders {
		until(t, n.K, 137*i)
		s.dial(packet.AddrPort{}, to)
	}
	const start = 10_000
	until(t, n.K, start)
	rtt = make([]time.Duration, len(senders))
	for _, s := range senders {
		octets = append(octets, -float64(s.s.Stats().OctetsAcked))
	}
	samples := seconds * 10
	for i := range samples {
		until(t, n.K, start+(i+1)*100)
		for j, s := range senders {
			rtt[j] += s.s.Stats().SRTT / time.Duration(samples)
		}
	}
	for i, s := range senders {
		octets[i] += float64(s.s.Stats().OctetsAcked)
	}
	return octets, rtt
}

// redProbability is the probability with which RED keeps so many flows halfway between its thresholds of 20 and 60 packets: twice
// what the response function asks for there, with a round trip of 40 ms and 40 packets. Floyd's tenth is for many flows: with two it
// is some 200 times what they need, and the loop is unstable (C. V. Hollot et al., 2001: L·(RC)³/(2N)² ≤ 1, where 1/10 gives 190 with two flows, this 1 for Reno and 2 for CUBIC).
func redProbability(flows int, cubic bool) sim.Prob {
	const pipe = 20e6/12000*0.040 + 40 // packets
	perFlow := pipe / float64(flows)
	b := 2.0 // segments an acknowledgement
	if cubic {
		b = 1 // counts segments
	}
	return sim.Prob(2 * 3 / (2 * b * perFlow * perFlow) * 1e9)
}

// jain is the index of R. Jain et al. (1984): 1 where all have the same, 1/n where one has everything.
func jain(x []float64) float64 {
	var sum, squares float64
	for _, v := range x {
		sum += v
		squares += v * v
	}
	return sum * sum / (float64(len(x)) * squares)
}

var competing = []struct {
	name string
	cfg  tcp.Config
}{
	{"reno", tcp.Config{SendBuffer: 4 << 20, RecvBuffer: 4 << 20}},
	{"cubic", tcp.Config{SendBuffer: 4 << 20, RecvBuffer: 4 << 20, Congestion: tcp.CUBIC, PRR: true}},
}

// TestFairness lets flows of equal round trips compete: they must share evenly and use the link. RED with the probability above keeps a
// pipe of 107 packets. Should all Reno flows lose at once, 53 are left where the link takes 67, and 13²/2 of 54·67 packet times are idle until
// it is full again: 2.4 %, twice that for what its average lags behind. Should their losses be independent, two flows have some 18 each in a
// minute, and with a window that varies by half, over two losses, the index is 1/(1+¼·2/18) = 0.97 in the mean, more with more flows.
func TestFairness(t *testing.T) {
	if testing.Short() {
		t.Skip("a few seconds")
	}
	const seconds = 60
	least := map[string]float64{"drop-tail": 0.95, "red": 0.95, "codel": 0.95, "fq-codel": 0.998}
	used := map[string]float64{"drop-tail": 0.97, "red": 0.95, "codel": 0.90, "fq-codel": 0.90}
	for _, discipline := range []string{"drop-tail", "red", "codel", "fq-codel"} {
		for _, c := range competing {
			for _, flows := range []int{2, 4, 10} {
				oneWay := make([]time.Duration, flows)
				for i := range oneWay {
					oneWay[i] = 15 * time.Millisecond
				}
				octets, _ := compete(t, c.cfg, discipline, seconds, oneWay)
				var sum float64
				for _, o := range octets {
					sum += o
				}
				index, use := jain(octets), sum*8/seconds/20e6*1500/1460
				t.Logf("%-9s %-5s %2d flows: Jain's index %.4f, the link used to %.1f %%", discipline, c.name, flows, index, 100*use)
				if index < least[discipline] || use < used[discipline] || use > 1.001 {
					t.Errorf("%s %s %d flows: index %.4f (at least %.3f), use %.3f (%.2f to 1)", discipline, c.name, flows, index, least[discipline], use, used[discipline])
				}
			}
		}
	}
}

// TestRTTBias lets two Reno flows of 20 and 80 ms compete. The throughputs are as the round trips to a power of -1, where
// both see the same losses independently, to -2, where they lose at the same moments (T. V. Lakshman and U. Madhow, 1997).
// With a queue for each flow the share does not follow the round trip: alone against CoDel, whose target is short for
// 80 ms, a Reno flow keeps at least three quarters of its half, and the other takes what is left, 1.67 times as much.
func TestRTTBias(t *testing.T) {
	if testing.Short() {
		t.Skip("a second")
	}
	for _, discipline := range []string{"drop-tail", "red", "codel", "fq-codel"} {
		octets, rtt := compete(t, competing[0].cfg, discipline, 100, []time.Duration{5 * time.Millisecond, 35 * time.Millisecond})
		ratio, of := octets[0]/octets[1], float64(rtt[1])/float64(rtt[0])
		exponent := math.Log(ratio) / math.Log(of)
		t.Logf("%s: throughputs %.2f, round trips %v and %v: exponent %.2f", discipline, ratio, rtt[0], rtt[1], exponent)
		if discipline == "fq-codel" {
			if ratio < 1 || ratio > 1.67 {
				t.Errorf("%s: throughputs are %.2f to 1, want 1 to 1.67", discipline, ratio)
			}
		} else if exponent < 0.8 || exponent > 2.2 {
			t.Errorf("%s: throughput goes with the round trip to the power of %.2f, want -0.8 to -2.2", discipline, -exponent)
		}
	}
}
