package tls

import (
	"crypto/tls"
	"fmt"
	"net"
	"runtime"
	"testing"

	"imsim/netem/packet"
)

// exchange runs a handshake without the harness' bookkeeping.
func exchange(e Engine, c, s Config) (client, server Session) {
	c.Role, s.Role, c.Unique, s.Unique = Client, Server, 1, 2
	client, server = New(e, c), New(e, s)
	server.Start(0, noCause)
	client.Start(0, noCause)
	for moved := true; moved; {
		moved = carry(client, server)
		moved = carry(server, client) || moved
	}
	return client, server
}

func carry(from, to Session) (moved bool) {
	for {
		o, ok := from.Next()
		if !ok {
			return moved
		}
		moved = true
		if o.Kind == OutSend {
			to.Receive(0, noCause, o.Payload)
		}
	}
}

// BenchmarkHandshake is a mutual handshake, both ends.
func BenchmarkHandshake(b *testing.B) {
	for e, name := range []string{"model", "real"} {
		for _, v := range versions {
			b.Run(fmt.Sprintf("%s/%x", name, v), func(b *testing.B) {
				c, s := mutual(v, ECDSAP256, ECDSAP256)
				b.ReportAllocs()
				for b.Loop() {
					x, y := exchange(Engine(e), c, s)
					if x.State() != Open || y.State() != Open {
						b.Fatal("no connection")
					}
					x.Discard()
					y.Discard()
				}
			})
		}
	}
}

// BenchmarkPipe is the same handshake of crypto/tls over net.Pipe on two goroutines, for comparison with engine real.
func BenchmarkPipe(b *testing.B) {
	for _, v := range versions {
		b.Run(fmt.Sprintf("%x", v), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				pipeHandshake(b, v)
			}
		})
	}
}

func pipeHandshake(b *testing.B, v Version) {
	config := func(i int) *tls.Config {
		own := Pool(ECDSAP256, i)
		key, err := own.signer()
		if err != nil {
			b.Fatal(err)
		}
		return &tls.Config{
			MinVersion: uint16(TLS12), MaxVersion: uint16(v), InsecureSkipVerify: true, ClientAuth: tls.RequireAnyClientCert,
			CurvePreferences: []tls.CurveID{tls.X25519}, SessionTicketsDisabled: true, CipherSuites: []uint16{ECDHEECDSA, ECDHERSA},
			Certificates: []tls.Certificate{{Certificate: [][]byte{own.DER}, PrivateKey: fixedLength(key)}},
		}
	}
	x, y := net.Pipe()
	done := make(chan error)
	go func() { done <- tls.Server(y, config(2)).Handshake() }()
	if err := tls.Client(x, config(1)).Handshake(); err != nil {
		b.Fatal(err)
	}
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

// BenchmarkRecord sends 263 octets through an open session of engine model.
func BenchmarkRecord(b *testing.B) {
	c, s := mutual(TLS13, ECDSAP256, ECDSAP256)
	x, y := exchange(Model, c, s)
	data := text(263).Bytes()
	b.ReportAllocs()
	for b.Loop() {
		x.Write(0, noCause, packet.PayloadOf(data))
		carry(x, y)
		if o, ok := y.Next(); !ok || o.Payload.Len != 263 {
			b.Fatal("nothing arrived")
		}
	}
}

// TestMemory bounds what an open session of engine model holds.
func TestMemory(t *testing.T) {
	const n = 2000
	c, s := mutual(TLS13, ECDSAP256, ECDSAP256)
	held := make([]Session, 0, 2*n)
	var before, after runtime.MemStats
	exchange(Model, c, s) // the pools of certificates
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range n {
		x, y := exchange(Model, c, s)
		held = append(held, x, y)
	}
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := int(after.HeapAlloc-before.HeapAlloc) / (2 * n)
	t.Logf("%d octets a session", each)
	if each > 512 {
		t.Errorf("an open session holds %d octets, should be at most 512", each)
	}
	runtime.KeepAlive(held)
}
