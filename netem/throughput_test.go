package netem

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

var update = flag.Bool("update", false, "write golden files")

// goodput runs one bulk transfer over one link and returns the sender's figures. Loss is in the direction of the data, in
// parts per million.
func goodput(t testing.TB, cfg tcp.Config, rate BitRate, rtt time.Duration, ppm int, length time.Duration) tcp.Stats {
	link := LinkConfig{
		AtoB: DirectionConfig{Rate: rate, Delay: rtt / 2, Loss: sim.Prob(ppm * 1000), QueueOctets: 1 << 20},
		BtoA: DirectionConfig{Delay: rtt / 2},
	}
	p, a, b := call(t, link)
	cfg.SendBuffer, cfg.RecvBuffer = 16<<20, 16<<20
	a.cfg, b.cfg, a.silent, b.silent = cfg, cfg, true, true
	off := uint64(0)
	fill := func(_ *end, s *Stream, ev tcp.Event) {
		if ev.Kind == tcp.EvEstablished || ev.Kind == tcp.EvWritable {
			var w packet.Payload
			w.Append(packet.Synthetic(1, off, s.WriteSpace()+1))
			off += uint64(s.Write(w, ev.Why))
		}
	}
	a.on = fill
	a.dial(packet.AddrPort{}, b.listen(80))
	if err := p.k.Run(sim.Time(length)); err != nil {
		t.Fatal(err)
	}
	return a.s.Stats()
}

var controls = []struct {
	name string
	cfg  tcp.Config
}{
	{"newreno", tcp.Config{NoSACK: true}},
	{"newreno+sack", tcp.Config{}},
	{"cubic+rack", tcp.ProfileLinux()},
}

// TestThroughputTable holds the throughput of bulk transfers of ten seconds over a link of 20 Mbit/s to a golden table, so
// that a mistake in congestion control shows as a changed table.
func TestThroughputTable(t *testing.T) {
	if testing.Short() {
		t.Skip("a few seconds")
	}
	var got bytes.Buffer
	fmt.Fprintf(&got, "kbit/s acknowledged in 10 s at 20 Mbit/s; segments sent again\n%6s %7s", "RTT", "loss")
	for _, c := range controls {
		fmt.Fprintf(&got, " %14s %5s", c.name, "again")
	}
	got.WriteByte('\n')
	for _, rtt := range []int{10, 50, 200} {
		for _, loss := range []int{0, 1000, 10000, 30000, 50000} {
			fmt.Fprintf(&got, "%4dms %6.1f%%", rtt, float64(loss)/1e4)
			for _, c := range controls {
				s := goodput(t, c.cfg, 20e6, time.Duration(rtt)*time.Millisecond, loss, 10*time.Second)
				fmt.Fprintf(&got, " %14d %5d", s.OctetsAcked*8/10000, s.Retransmissions)
			}
			got.WriteByte('\n')
		}
	}
	const golden = "testdata/throughput.txt"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got\n%s\nwant\n%s", &got, want)
	}
}
