package nat

import "testing"

const opened = `
	0s out tcp/S A:5000 > P:80 = X:5000
	0s in tcp/S. P:80 > X:5000 = A:5000
	0s out tcp/. A:5000 > P:80 = X:5000`

func with(f func(*Config)) Config { return preset("rfc", f) }

func TestRFC5382(t *testing.T) {
	rfc := preset("rfc")
	runAll(t, []requirement{
		{"REQ-1 endpoint-independent mapping", rfc, `
			out tcp/S A:5000 > P:80 = X:5000
			out tcp/S A:5000 > Q:80 = X:5000`},
		{"connection-dependent mapping", Config{MappingBehavior: ConnectionDependent, FilteringBehavior: ConnectionDependent}, `
			0s out tcp/S A:5000 > P:80 = X:49152
			0s out tcp/S A:5000 > P:80 = X:49152
			0s in tcp/S. P:80 > X:49152 = A:5000
			0s out tcp/F. A:5000 > P:80 = X:49152
			0s in tcp/F. P:80 > X:49152 = A:5000
			0s out tcp/. A:5000 > P:80 = X:49152
			1s in tcp/S P:80 > X:49152 = drop
			1s out tcp/S A:5000 > P:80 = X:49153`},
		{"REQ-2 active open", rfc, opened},
		{"REQ-2 passive open", Config{}, `
			out tcp/S A:5000 > P:80 = X:49152
			in tcp/S Q:99 > X:49152 = A:5000
			out tcp/S. A:5000 > Q:99 = X:49152
			in tcp/. Q:99 > X:49152 = A:5000`},
		{"REQ-2a simultaneous open", rfc, `
			0s out tcp/S A:5000 > P:80 = X:5000
			0s in tcp/S P:80 > X:5000 = A:5000
			0s out tcp/S. A:5000 > P:80 = X:5000
			0s in tcp/S. P:80 > X:5000 = A:5000
			7000s in tcp/. P:80 > X:5000 = A:5000`},
		{"2a broken: inbound SYN", with(func(c *Config) { c.SimOpen = DropInboundSYN }), `
			out tcp/S A:5000 > P:80 = X:5000
			in tcp/S P:80 > X:5000 = drop`},
		{"2a broken: outbound SYN,ACK", with(func(c *Config) { c.SimOpen = DropOutboundSYNACK }), `
			out tcp/S A:5000 > P:80 = X:5000
			in tcp/S P:80 > X:5000 = A:5000
			out tcp/S. A:5000 > P:80 = drop`},
		{"REQ-3 address-dependent filtering", rfc, `
			out tcp/S A:5000 > P:80 = X:5000
			in tcp/S P:99 > X:5000 = A:5000
			in tcp/S Q:80 > X:5000 = hold`},
		{"REQ-4 unsolicited SYN: ICMP after six seconds", rfc, `
			0s in tcp/S P:80 > X:5000 = hold
			1s in tcp/S P:80 > X:5000 = drop
			5s tick =
			6s tick = port P:80 X:5000`},
		{"REQ-4b nothing if an own SYN crosses", rfc, `
			0s in tcp/S P:80 > X:5000 = hold
			5s out tcp/S A:5000 > P:80 = X:5000 + dropped
			6s tick =`},
		{"REQ-4 silent", Config{}, `in tcp/S P:80 > X:5000 = drop`},
		{"4 RST", Config{Unsolicited: Reset}, `in tcp/S P:80 > X:5000 = rst`},
		{"4 port unreachable", Config{Unsolicited: PortUnreachable}, `in tcp/S P:80 > X:5000 = port`},
		{"4 host unreachable", Config{Unsolicited: HostUnreachable}, `in tcp/S P:80 > X:5000 = host`},
		{"4 prohibited", Config{Unsolicited: Prohibited}, `in tcp/S P:80 > X:5000 = prohibited`},
		{"REQ-5 opening: 4 min", rfc, `
			0s out tcp/S A:5000 > P:80 = X:5000
			239s in tcp/S. P:80 > X:5000 = A:5000`},
		{"REQ-5 opening: no more", rfc, `
			0s out tcp/S A:5000 > P:80 = X:5000
			240s in tcp/S. P:80 > X:5000 = drop`},
		{"REQ-5 established: 2 h 4 min, RFC 7857 then transitory", rfc, opened + `
			7440s in tcp/. P:80 > X:5000 = A:5000
			14879s in tcp/. P:80 > X:5000 = A:5000
			22559s out tcp/. A:5000 > P:80 = drop`},
		{"REQ-5 established, bad", preset("home"), opened + `
			299s in tcp/. P:80 > X:5000 = A:5000
			599s in tcp/. P:80 > X:5000 = drop
			599s out tcp/. A:5000 > P:80 = rst`},
		{"REQ-5 closing", rfc, opened + `
			10s out tcp/F. A:5000 > P:80 = X:5000
			1000s in tcp/. P:80 > X:5000 = A:5000
			1001s in tcp/F. P:80 > X:5000 = A:5000
			1001s out tcp/. A:5000 > P:80 = X:5000
			1241s in tcp/. P:80 > X:5000 = drop`},
		{"closing, the other way round", rfc, opened + `
			10s in tcp/F. P:80 > X:5000 = A:5000
			11s out tcp/F. A:5000 > P:80 = X:5000
			250s in tcp/. P:80 > X:5000 = A:5000
			490s in tcp/. P:80 > X:5000 = drop`},
		{"half closed", with(func(c *Config) { c.Timers.Half = 60e9 }), opened + `
			10s in tcp/F. P:80 > X:5000 = A:5000
			70s out tcp/. A:5000 > P:80 = drop`},
		{"TIME-WAIT: a new connection", rfc, opened + `
			10s out tcp/F. A:5000 > P:80 = X:5000
			11s in tcp/F. P:80 > X:5000 = A:5000
			12s in tcp/S P:80 > X:5000 = A:5000
			13s out tcp/S. A:5000 > P:80 = X:5000
			7000s out tcp/. A:5000 > P:80 = X:5000`},
		{"REQ-7 no overloading", rfc, `
			out tcp/S A:5000 > P:80 = X:5000
			out tcp/S B:5000 > P:80 = X:1024`},
		{"REQ-8 hairpinning", rfc, `
			out tcp/S A:5000 > P:80 = X:5000
			out tcp/S A:5000 > X:6000 = hold
			out tcp/S B:6000 > X:5000 = turn X:6000 A:5000 + dropped
			out tcp/S. A:5000 > X:6000 = turn X:5000 B:6000`},
		{"RST at expiry", with(func(c *Config) { c.ResetOnExpiry, c.ProbeOnExpiry = true, false }), opened + `
			7440s tick = rst X:5000 P:80 1001, rst P:80 A:5000 1001`},
		{"no RST at expiry of what never opened", with(func(c *Config) { c.ResetOnExpiry = true }), `
			0s out tcp/S A:5000 > P:80 = X:5000
			240s tick =`},
		{"of no connection", rfc, `
			out tcp/. A:5000 > P:80 = drop
			out tcp/R A:5000 > P:80 = drop
			in tcp/. P:80 > X:5000 = drop
			in tcp/R P:80 > X:5000 = drop`},
		{"picked up", preset("linux-masquerade"), `
			out tcp/. A:5000 > P:80 = X:5000
			in tcp/. P:80 > X:5000 = A:5000
			in tcp/. Q:80 > X:5000 = rst
			in tcp/S Q:80 > X:5000 = rst`},
		{"symmetric", preset("strict"), `
			in tcp/S Q:80 > X:5000 = drop
			out tcp/S A:5000 > X:80 = drop`},
	})
}
