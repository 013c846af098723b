package netem

import (
	"fmt"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

// TestHyStartLeaves holds where Linux's HyStart leaves slow start on a link that no one else uses: a train
// of acknowledgements over half a round trip is half the bandwidth-delay product, and it comes on top of the window
// that the round began with, which is from half of it to all of it; so slow start ends from once to one and a half times, and a tenth
// for bursts and whole segments. The receiver delays acknowledgements.
func TestHyStartLeaves(t *testing.T) {
	for _, rtt := range []int{20, 50, 100, 200} {
		for _, rate := range []BitRate{15e6, 20e6, 50e6} {
			t.Run(fmt.Sprintf("%d Mbit/s, %d ms", rate/1e6, rtt), func(t *testing.T) {
				link := Symmetric(DirectionConfig{Rate: rate, Delay: time.Duration(rtt) * time.Millisecond / 2, QueueOctets: 4 << 20})
				p, a, b := call(t, link)
				cfg := tcp.ProfileLinux()
				cfg.SendBuffer, cfg.RecvBuffer = 16<<20, 16<<20
				a.cfg, b.cfg, a.silent, b.silent = cfg, cfg, true, true
				a.on = func(_ *end, s *Stream, ev tcp.Event) {
					if ev.Kind == tcp.EvEstablished || ev.Kind == tcp.EvWritable {
						var w packet.Payload
						w.Append(packet.Synthetic(1, 0, s.WriteSpace()+1))
						s.Write(w, ev.Why)
					}
				}
				a.dial(packet.AddrPort{}, b.listen(80))
				if err := p.k.Run(3 * sim.Time(time.Second)); err != nil {
					t.Fatal(err)
				}
				s := a.s.Stats()
				product := float64(rate) / 8 * float64(rtt) / 1000
				t.Logf("left at %.2f of the bandwidth-delay product", float64(s.Ssthresh)/product)
				if x := float64(s.Ssthresh) / product; x < 0.97 || x > 1.6 || s.Retransmissions > 0 {
					t.Errorf("slow start was left at %.2f of the bandwidth-delay product, %d segments sent again", x, s.Retransmissions)
				}
			})
		}
	}
}
