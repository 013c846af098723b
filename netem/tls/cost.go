package tls

import "time"

// CostTable holds the processor time of each cryptographic operation, the same for both engines, so that their timing is
// equal. A step of the handshake asks for the sum of its operations at once; an operation of a step that fails is not
// charged. The zero table costs nothing and asks for no processor at all.
type CostTable struct {
	Keygen     time.Duration    // X25519 key pair
	Derive     time.Duration    // X25519 shared secret, key schedule included
	Sign       [3]time.Duration // by KeyType
	Verify     [3]time.Duration // by KeyType
	Record     time.Duration    // fixed part of sealing or opening one application record
	OctetPicos int64            // picoseconds an octet of an application record
	ScalePPM   int64            // factor in parts per million for slower or faster machines; 0 means 1_000_000
}

// DefaultCosts are those of Go 1.26 on one core of a 2-core Xeon; Ed25519 verification is OpenSSL's figure, and a record of
// 1400 octets comes to 0.5 µs.
var DefaultCosts = CostTable{
	Keygen: 66 * time.Microsecond,
	Derive: 54 * time.Microsecond,
	Sign:   [3]time.Duration{ECDSAP256: 34 * time.Microsecond, Ed25519: 25 * time.Microsecond, RSA2048: 1239 * time.Microsecond},
	Verify: [3]time.Duration{ECDSAP256: 119 * time.Microsecond, Ed25519: 85 * time.Microsecond, RSA2048: 40 * time.Microsecond},
	Record: 150 * time.Nanosecond, OctetPicos: 250,
}

// ZeroCosts make every operation instantaneous.
var ZeroCosts CostTable

// Scaled returns the table for a machine that takes ppm millionths of the time, e.g. 4_000_000 for a recent handset.
func (t CostTable) Scaled(ppm int64) CostTable {
	t.ScalePPM = t.scale() * ppm / 1_000_000
	return t
}

func (t *CostTable) scale() int64 {
	if t.ScalePPM == 0 {
		return 1_000_000
	}
	return t.ScalePPM
}

func (t *CostTable) scaled(d time.Duration) time.Duration {
	if t.ScalePPM == 0 {
		return d
	}
	return d/1_000_000*time.Duration(t.ScalePPM) + d%1_000_000*time.Duration(t.ScalePPM)/1_000_000
}

// records is the cost of sealing or opening n records of together the given number of octets.
func (t *CostTable) records(n, octets int) time.Duration {
	return t.scaled(time.Duration(n)*t.Record + time.Duration(int64(octets)*t.OctetPicos/1000))
}

// step says how far a handshake has come: which flight is about to leave, or that the peer's last one was taken.
type step uint8

const (
	stepClientHello step = iota
	stepServerFlight
	stepClientFlight
	stepLast // TLS 1.2 server: its Finished leaves; TLS 1.3 server: the client's flight is verified; TLS 1.2 client: Finished taken
)

// handshake returns the cost of the step of the given role. signs is whether it has a certificate of its own of kind own;
// peer is the kind of the other's.
func (t *CostTable) handshake(s step, role Role, v Version, signs bool, own, peer KeyType) time.Duration {
	var sign, verify time.Duration
	if signs {
		sign = t.Sign[own]
	}
	verify = t.Verify[peer]
	var d time.Duration
	switch {
	case s == stepClientHello && v == TLS13: // key_share
		d = t.Keygen
	case s == stepServerFlight && v == TLS13: // key_share, CertificateVerify, keys
		d = t.Keygen + t.Derive + sign
	case s == stepServerFlight: // ServerKeyExchange
		d = t.Keygen + sign
	case s == stepClientFlight && v == TLS13:
		d = t.Derive + verify + sign
	case s == stepClientFlight:
		d = verify + t.Keygen + t.Derive + sign
	case s == stepLast && role == Server && v == TLS13:
		d = verify
	case s == stepLast && role == Server:
		d = t.Derive + verify
	}
	return t.scaled(d)
}
