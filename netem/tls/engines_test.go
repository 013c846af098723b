package tls

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imsim/netem/packet"
)

// TestEnginesAgree holds engine model to engine real: the same outputs of the same sizes in the same order, costs included.
func TestEnginesAgree(t *testing.T) {
	plays := []struct {
		name string
		play func(w *wire)
	}{
		{"handshake", func(w *wire) {}},
		{"one write each way", func(w *wire) { w.write(0, text(263)).write(1, text(263)) }},
		{"big write", func(w *wire) { w.write(0, text(400_000)).write(0, text(50_000)) }},
		{"several writes", func(w *wire) {
			for i := range 20 {
				w.write(i%2, text(1+i*311))
			}
		}},
		{"synthetic write", func(w *wire) {
			w.write(1, packet.Payload{Spans: []packet.Span{packet.Synthetic(7, 5, 100_000)}, Len: 100_000})
		}},
		{"client closes", func(w *wire) { w.write(0, text(10)).close(0).close(1).fin(0).fin(1) }},
		{"server closes", func(w *wire) { w.write(0, text(10)).close(1).write(0, text(20)).close(0).fin(0).fin(1) }},
		{"truncation", func(w *wire) { w.fin(0).fin(1) }},
		{"failure by order", func(w *wire) {
			w.write(0, text(5))
			w.ends[0].Fail(w.now, noCause, InternalError)
			w.pump()
		}},
		{"failure by order at the server", func(w *wire) {
			w.write(1, text(5000))
			w.ends[1].Fail(w.now, noCause, InternalError)
			w.pump()
		}},
	}
	for _, v := range versions {
		for _, ck := range keyTypes {
			for _, sk := range keyTypes {
				for _, costs := range []*CostTable{&ZeroCosts, nil} {
					for _, cut := range []int{0, 100, 1} {
						for _, p := range plays {
							// The kinds of key meet in every way, but not in every play.
							if ck != sk && p.name != "handshake" || cut > 0 && (costs == nil || ck != ECDSAP256) || cut == 1 && p.name == "big write" {
								continue
							}
							name := fmt.Sprintf("%x/%d-%d/costs %v/cut %d/%s", v, ck, sk, costs == nil, cut, p.name)
							var logs [2][]string
							for e := range logs {
								c, s := mutual(v, ck, sk)
								c.Costs, s.Costs = costs, costs
								w := newWire(t, Engine(e), c, s)
								w.cut = cut
								w.start()
								p.play(w)
								logs[e] = append(w.log, fmt.Sprint(w.now, w.ends[0].State(), w.ends[1].State(), w.ends[0].Info().Suite, w.ends[1].Info().Version))
								if w.ends[0].State() == Handshaking {
									t.Errorf("%s: engine %d still shakes hands", name, e)
								}
							}
							if d := cmp.Diff(logs[1], logs[0]); d != "" {
								t.Fatalf("%s: real against model: %s", name, d)
							}
						}
					}
				}
			}
		}
	}
}
