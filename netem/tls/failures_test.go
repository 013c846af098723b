package tls

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imsim/netem/packet"
)

// flip returns a tamperer that inverts a bit of octet at (negative: from the end) of the nth output of one end.
func flip(from, nth, at int) func(int, Output) packet.Payload {
	return func(i int, o Output) packet.Payload {
		if i != from {
			return o.Payload
		}
		if nth--; nth != -1 {
			return o.Payload
		}
		b := o.Payload.AppendTo(nil)
		if at < 0 {
			at += len(b)
		}
		b[at] ^= 0x10
		return packet.PayloadOf(b)
	}
}

func TestFailures(t *testing.T) {
	cases := []struct {
		name           string
		v              []Version
		setup          func(c, s *Config)
		play           func(w *wire) // after the start; nil: nothing more
		first          func(w *wire) // instead of the start
		client, server string        // how each end must fail, "" for not at all
		client13       string        // TLS 1.3, where it differs
		server13       string
	}{
		{name: "E1 fingerprint mismatch at the server", setup: func(c, s *Config) { s.Fingerprints = c.Fingerprints },
			server: "42 true fingerprint_mismatch", client: "42 false alert(42)"},
		{name: "E2 fingerprint mismatch at the client", setup: func(c, s *Config) { c.Fingerprints = s.Fingerprints },
			client: "42 true fingerprint_mismatch", server: "42 false alert(42)"},
		{name: "E2 no fingerprint can match", setup: func(c, s *Config) { c.Fingerprints = []Fingerprint{} },
			client: "42 true fingerprint_mismatch", server: "42 false alert(42)"},
		{name: "E3 no client certificate", setup: func(c, s *Config) { c.Certificate = nil },
			server: "40 true no_certificate", client: "40 false alert(40)",
			server13: "116 true no_certificate", client13: "116 false alert(116)"},
		{name: "no server certificate", setup: func(c, s *Config) { s.Certificate = nil },
			server: "112 true unrecognized_name", client: "112 false alert(112)"},
		{name: "E4 no common version, old client", v: []Version{TLS12}, setup: func(c, s *Config) { s.MinVersion, s.MaxVersion = TLS13, TLS13 },
			server: "70 true protocol_version", client: "70 false alert(70)"},
		{name: "E4 no common version, old server", v: []Version{TLS12}, setup: func(c, s *Config) { c.MinVersion, c.MaxVersion = TLS13, TLS13 },
			server: "70 true protocol_version", client: "70 false alert(70)"},
		{name: "E4 no common suite", v: []Version{TLS12}, setup: func(c, s *Config) {
			c.Suites, s.Certificate = []uint16{ECDHEECDSA}, Pool(RSA2048, 0)
		}, server: "40 true handshake_failure", client: "40 false alert(40)"},
		{name: "E5 plain MSRP at the server", first: func(w *wire) {
			w.ends[1].Start(0, noCause)
			w.deliver(1, packet.PayloadOf([]byte("MSRP d93kswow SEND\r\n")))
		}, server: "255 true not_tls"},
		{name: "E5 plain MSRP at the client", first: func(w *wire) {
			w.ends[0].Start(0, noCause)
			w.deliver(0, packet.PayloadOf([]byte("MSRP d93kswow SEND\r\n")))
		}, client: "255 true not_tls"},
		{name: "E6 the transport closes during the handshake", first: func(w *wire) {
			w.ends[1].Start(0, noCause)
			w.fin(1)
		}, server: "255 false closed_during_handshake"},
		{name: "E6 the client gives up", first: func(w *wire) {
			w.ends[1].Start(0, noCause)
			w.ends[0].Start(0, noCause)
			w.ends[0].Close(0, noCause)
			w.pump()
		}, server: "255 false closed_during_handshake", client13: "", server13: "20 true bad_record_mac"},
		{name: "E12 record tampered with", play: func(w *wire) {
			w.tamper = flip(0, 0, 40)
			w.write(0, text(100))
		}, server: "20 true bad_record_mac", client: "20 false alert(20)"},
		{name: "E12 tag tampered with", play: func(w *wire) {
			w.tamper = flip(1, 0, -1)
			w.write(1, text(100))
		}, client: "20 true bad_record_mac", server: "20 false alert(20)"},
		{name: "E12 nonce or ciphertext tampered with", play: func(w *wire) {
			w.tamper = flip(0, 0, 6)
			w.write(0, text(100))
		}, server: "20 true bad_record_mac", client: "20 false alert(20)"},
		{name: "record version tampered with", play: func(w *wire) {
			w.tamper = flip(0, 0, 1)
			w.write(0, text(100))
		}, server: "70 true protocol_version", client: "70 false alert(70)"},
		{name: "record length tampered with", play: func(w *wire) {
			w.tamper = flip(0, 0, 3)
			w.write(0, text(100)).fin(1)
		}, server: "255 false truncated"},
		{name: "server random tampered with", first: func(w *wire) {
			w.tamper = flip(1, 0, 20)
			w.start()
		}, client: "47 true illegal_parameter", server: "47 false alert(47)",
			client13: "20 true bad_record_mac", server13: "20 true bad_record_mac"},
		{name: "client random tampered with", first: func(w *wire) {
			w.tamper = flip(0, 0, 20)
			w.start()
		}, client: "47 true illegal_parameter", server: "47 false alert(47)",
			client13: "20 true bad_record_mac", server13: "20 true bad_record_mac"},
		{name: "a stolen certificate at the client", setup: func(c, s *Config) { c.Certificate = Pool(c.Certificate.Key, 7).Impersonating(c.Certificate) },
			server: "51 true decrypt_error", client: "51 false alert(51)"},
		{name: "a stolen certificate at the server", setup: func(c, s *Config) { s.Certificate = Pool(s.Certificate.Key, 7).Impersonating(s.Certificate) },
			client: "47 true illegal_parameter", server: "47 false alert(47)", client13: "51 true decrypt_error", server13: "51 false alert(51)"},
		{name: "RFC 8446 §4.1.3 TLS 1.3 taken out of the ClientHello", v: []Version{TLS12}, first: func(w *wire) {
			w.tamper = func(i int, o Output) packet.Payload {
				if o.Name == FlightClientHello {
					return packet.PayloadOf(bytes.Replace(o.Payload.Bytes(), []byte{0, 43, 0, 5, 4, 3, 4, 3, 3}, []byte{0, 43, 0, 5, 4, 3, 3, 3, 3}, 1))
				}
				return o.Payload
			}
			w.start()
		}, setup: func(c, s *Config) { c.MaxVersion, s.MaxVersion = TLS13, TLS13 },
			client: "47 true illegal_parameter", server: "47 false alert(47)"},
		{name: "two clients", first: func(w *wire) {
			w.ends[0].Start(0, noCause)
			o, _ := w.ends[0].Next()
			w.ends[0].Receive(0, noCause, o.Payload)
			w.pump()
		}, client: "10 true unexpected_message"},
		{name: "truncation after data", play: func(w *wire) { w.write(0, text(9)).fin(1) }, server: "255 false truncated"},
		{name: "the fingerprint comes late and matches", setup: func(c, s *Config) { s.Fingerprints = nil }, play: func(w *wire) {
			w.write(0, text(77))
			if w.ends[1].State() != WaitVerify || w.data[1].Len != 0 || w.ends[1].Info().Withheld != 77 {
				w.t.Errorf("state %d, %d octets delivered, %d withheld", w.ends[1].State(), w.data[1].Len, w.ends[1].Info().Withheld)
			}
			w.ends[1].SetFingerprints(0, noCause, []Fingerprint{Pool(ECDSAP256, 1).Fingerprint("sha-512")})
			w.pump()
			if w.ends[1].State() != Open || w.data[1].Len != 77 {
				w.t.Errorf("then state %d, %d octets delivered", w.ends[1].State(), w.data[1].Len)
			}
		}},
		{name: "the fingerprint comes late and does not match", setup: func(c, s *Config) { s.Fingerprints = nil }, play: func(w *wire) {
			w.write(0, text(77))
			w.ends[1].SetFingerprints(0, noCause, []Fingerprint{Pool(ECDSAP256, 3).Fingerprint("sha-256")})
			w.pump()
			if w.data[1].Len != 0 {
				w.t.Error("unverified data was delivered")
			}
		}, server: "42 true fingerprint_mismatch", client: "42 false alert(42)"},
		{name: "closed while the fingerprint is not known", setup: func(c, s *Config) { s.Fingerprints = nil }, play: func(w *wire) {
			w.close(1).write(0, text(77))
			if w.data[1].Len != 0 {
				w.t.Error("unverified data was delivered")
			}
		}},
		{name: "any peer will do", setup: func(c, s *Config) { s.Fingerprints, s.TrustAny = nil, true }},
		{name: "failure by order before the flight", first: func(w *wire) {
			w.ends[1].Start(0, noCause)
			w.ends[1].Fail(0, noCause, InternalError)
			w.pump()
		}, server: "80 true internal_error"},
		{name: "failure by order while the peer's flight is awaited", first: func(w *wire) {
			w.tamper = func(i int, o Output) packet.Payload {
				if i == 0 && o.Name == FlightCertificate {
					return packet.Payload{}
				}
				return o.Payload
			}
			w.start()
			w.ends[1].Fail(0, noCause, InternalError)
			w.pump()
		}, server: "80 true internal_error", client: "80 false alert(80)"},
	}
	for _, tc := range cases {
		for _, v := range versions {
			if tc.v != nil && tc.v[0] != v {
				continue
			}
			t.Run(fmt.Sprintf("%s/%x", tc.name, v), func(t *testing.T) {
				var logs [2][]string
				for e := range logs {
					c, s := mutual(v, ECDSAP256, ECDSAP256)
					if tc.setup != nil {
						tc.setup(&c, &s)
					}
					w := newWire(t, Engine(e), c, s)
					if tc.first != nil {
						tc.first(w)
					} else {
						w.start()
					}
					if tc.play != nil {
						tc.play(w)
					}
					w.pump()
					want := [2]string{tc.client, tc.server}
					if v == TLS13 && tc.client13+tc.server13 != "" {
						want = [2]string{tc.client13, tc.server13}
					}
					for i, o := range w.failed {
						got := ""
						if o != nil {
							got = fmt.Sprintf("%d %v %s", o.Alert, o.Sent, o.Name)
						}
						if got != want[i] {
							t.Errorf("engine %d: %s failed with %q, want %q\n%s", e, who[i], got, want[i], strings.Join(w.log, "\n"))
						}
					}
					logs[e] = w.log
				}
				if d := cmp.Diff(logs[1], logs[0]); d != "" {
					t.Errorf("real against model: %s", d)
				}
			})
		}
	}
}
