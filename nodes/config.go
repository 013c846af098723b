package nodes

import (
	"strings"
	"time"

	"imsim/internal/units"
	"imsim/netem/tcp"
	"imsim/netem/tls"
)

// TCPConfig is how a node's TCP behaves. The zero value is the default throughout.
type TCPConfig struct {
	Profile      string         `yaml:"profile" jsonschema:"enum=rfc,enum=linux" jsonschema_description:"Named set of behaviours that the other keys change: rfc (NewReno with SACK, RTO at least 1 s, SYN repetitions for 3 min, ICMP as in RFC 9293) or linux (kernel 6.x: CUBIC, RACK-TLP, PRR, RTO floor 200 ms under the variance, quick acknowledgements, ECN when asked). Default: rfc with the classic SYN schedule and ICMP errors as Linux takes them."`
	Congestion   string         `yaml:"congestion" jsonschema:"enum=newreno,enum=cubic" jsonschema_description:"Congestion control (RFC 5681 and 6582, or RFC 9438); default newreno, cubic in the profile linux."`
	SACK         *bool          `yaml:"sack" jsonschema_description:"Offer selective acknowledgements (RFC 2018); default true."`
	RACK         *bool          `yaml:"rack" jsonschema_description:"RACK-TLP loss detection (RFC 8985) in place of RFC 6675; needs sack; default false, true in the profile linux."`
	ECN          string         `yaml:"ecn" jsonschema:"enum=off,enum=accept,enum=offer" jsonschema_description:"Explicit congestion notification (RFC 3168): off, accept when the peer asks, or offer; default off, accept in the profile linux."`
	KeepAlive    units.Duration `yaml:"keepalive" jsonschema_description:"Probe a connection that has been silent this long (RFC 9293 3.8.4), then every 75 s, and give up after 9 probes; default never. Linux takes 7200s."`
	MSS          int            `yaml:"mss" jsonschema:"minimum=64,maximum=65495" jsonschema_description:"Largest segment announced in octets; default from the path's MTU."`
	SYNSchedule  string         `yaml:"syn-schedule" jsonschema:"enum=classic,enum=linux" jsonschema_description:"When an unanswered SYN is repeated: classic (1 3 7 15 31 63 s) or linux (kernel 6.5 and later); default as the profile says, classic without one."`
	Connect      units.Duration `yaml:"connect" jsonschema_description:"Give up an active open after this; default 35s at endpoints and 30s at gateways (tcp.connect and synTimeout)."`
	DelayedACK   units.Duration `yaml:"delayed-ack" jsonschema_description:"Longest delay of an acknowledgement; default 40ms, in the profile linux 40 to 200 ms by estimate after quick acknowledgements."`
	UserTimeout  units.Duration `yaml:"user-timeout" jsonschema_description:"Give up an established connection after this without an acknowledgement; default 120s at gateways and 15m at endpoints."`
	HalfClosed   units.Duration `yaml:"half-closed" jsonschema_description:"Longest wait for the FIN of a peer that has acknowledged ours (FIN-WAIT-2); default 60s at endpoints as tcp_fin_timeout, none at gateways, which have their timer half-close."`
	TimeWait     units.Duration `yaml:"time-wait" jsonschema:"default=60s" jsonschema_description:"Length of TIME-WAIT."`
	Nagle        bool           `yaml:"nagle" jsonschema:"default=false" jsonschema_description:"Hold back small segments while data is unacknowledged (RFC 1122 4.2.3.4)."`
	NoTimestamps bool           `yaml:"no-timestamps" jsonschema:"default=false" jsonschema_description:"Do not offer RFC 7323 timestamps."`
	Buffer       units.ByteSize `yaml:"buffer" jsonschema_description:"Receive and send buffer of a connection; default 64KiB at gateways and 256KiB at endpoints."`
}

// Config makes the machine's configuration, with the given defaults for what is not set.
func (c TCPConfig) Config(connect, userTimeout time.Duration, buffer int) tcp.Config {
	var t tcp.Config
	switch c.Profile {
	case "rfc":
		t = tcp.ProfileRFC()
	case "linux":
		t = tcp.ProfileLinux()
	}
	t.MSS, t.Nagle, t.NoTimestamps = c.MSS, c.Nagle, c.NoTimestamps
	t.ConnectTimeout, t.UserTimeout, t.TimeWait = connect, userTimeout, time.Duration(c.TimeWait)
	t.SendBuffer, t.RecvBuffer = buffer, buffer
	if t.DelayedACK = time.Duration(c.DelayedACK); t.DelayedACK != 0 {
		t.QuickACK = false
	}
	switch c.Congestion {
	case "newreno":
		t.Congestion = tcp.NewReno
	case "cubic":
		t.Congestion = tcp.CUBIC
	}
	t.NoSACK = !Or(c.SACK, true)
	t.RACK = Or(c.RACK, t.RACK)
	switch c.ECN {
	case "off":
		t.ECN = tcp.ECNOff
	case "accept":
		t.ECN = tcp.ECNAccept
	case "offer":
		t.ECN = tcp.ECNOffer
	}
	t.KeepAlive = time.Duration(c.KeepAlive)
	switch c.SYNSchedule {
	case "classic":
		t.SYNSchedule = tcp.Classic
	case "linux":
		t.SYNSchedule = tcp.Linux
	}
	if c.Connect != 0 {
		t.ConnectTimeout = time.Duration(c.Connect)
	}
	if c.UserTimeout != 0 {
		t.UserTimeout = time.Duration(c.UserTimeout)
	}
	t.HalfClosed = time.Duration(c.HalfClosed)
	if c.Buffer != 0 {
		t.SendBuffer, t.RecvBuffer = int(c.Buffer), int(c.Buffer)
	}
	return t
}

// TLSConfig is how a node's TLS behaves. The zero value is the default throughout.
type TLSConfig struct {
	Min          string   `yaml:"min" jsonschema:"enum=1.2,enum=1.3,default=1.2" jsonschema_description:"Lowest protocol version."`
	Max          string   `yaml:"max" jsonschema:"enum=1.2,enum=1.3" jsonschema_description:"Highest protocol version; default 1.2 or min where that is higher."`
	Certificate  string   `yaml:"certificate" jsonschema:"enum=ecdsa-p256,enum=ed25519,enum=rsa-2048,enum=none,default=ecdsa-p256" jsonschema_description:"Kind of self-signed certificate; none is a fault: a TLS client that shows none, whatever SDP says (E3)."`
	Suites       []string `yaml:"suites" jsonschema:"enum=ecdhe-ecdsa,enum=ecdhe-rsa" jsonschema_description:"TLS 1.2 cipher suites with AES-128-GCM; default both."`
	Fingerprints []string `yaml:"fingerprints" jsonschema:"enum=sha-512,enum=sha-384,enum=sha-256,enum=sha-224,enum=sha-1,enum=md5,enum=sha-512-other,enum=sha-256-other,enum=sha-1-other" jsonschema_description:"Fingerprints of its certificate that it announces (RFC 8122); default [sha-256]. Those with -other are of a certificate that it does not show, as if somebody had changed them on the way."`
	AllowSHA1    bool     `yaml:"allow-sha1" jsonschema:"default=false" jsonschema_description:"Accept SHA-1 fingerprints."`
}

// Validate reports versions that leave nothing to agree on; field is the configuration's path below the node.
func (c TLSConfig) Validate(field string, report func(field, wrong, right string)) {
	if c.Min == "1.3" && c.Max == "1.2" {
		report(field+".max", "the highest version, 1.2, is below the lowest, 1.3", "write 1.3, or lower min")
	}
}

// Versions returns the range of protocol versions.
func (c TLSConfig) Versions() (lowest, highest tls.Version) {
	lowest, highest = tls.TLS12, tls.TLS12
	if c.Max == "1.3" || c.Min == "1.3" {
		highest = tls.TLS13
	}
	if c.Min == "1.3" {
		lowest = tls.TLS13
	}
	return lowest, highest
}

// CipherSuites returns the TLS 1.2 cipher suites, nil for all.
func (c TLSConfig) CipherSuites() (list []uint16) {
	for _, name := range c.Suites {
		if name == "ecdhe-rsa" {
			list = append(list, tls.ECDHERSA)
		} else {
			list = append(list, tls.ECDHEECDSA)
		}
	}
	return list
}

// Shows returns the certificate that a node shows, nil for none, where own is its own.
func (c TLSConfig) Shows(own *tls.Certificate) *tls.Certificate {
	if c.Certificate == "none" {
		return nil
	}
	return own
}

// Announces returns the fingerprints of the certificate as SDP says them.
func (c TLSConfig) Announces(own *tls.Certificate) []tls.Fingerprint {
	if c.Fingerprints == nil {
		return []tls.Fingerprint{own.Fingerprint("sha-256")}
	}
	var list []tls.Fingerprint
	for _, name := range c.Fingerprints {
		der := own.DER
		hash, other := strings.CutSuffix(name, "-other")
		if other {
			der = tls.Pool(tls.ECDSAP256, otherCertificate).DER
		}
		list = append(list, tls.FingerprintOf(hash, der))
	}
	return list
}

// otherCertificate is the number of a certificate that stands for somebody else's.
const otherCertificate = tls.PoolECDSA - 1

// KeyType returns the kind of certificate.
func (c TLSConfig) KeyType() tls.KeyType {
	switch c.Certificate {
	case "ed25519":
		return tls.Ed25519
	case "rsa-2048":
		return tls.RSA2048
	}
	return tls.ECDSAP256
}

// Costs is the processor time of a node's work. A pointer that is nil takes the role's default, so that a cost of
// nothing can be stated.
type Costs struct {
	Message    *units.Duration `yaml:"message" jsonschema_description:"For each signalling message received."`
	Packet     *units.Duration `yaml:"packet" jsonschema_description:"For each run of media octets or each relayed packet at a gateway."`
	Connection *units.Duration `yaml:"connection" jsonschema_description:"For setting up one TCP connection at a gateway."`
	Crypto     *units.Factor   `yaml:"crypto" jsonschema_description:"time of TLS operations in relation to the cost table (one server core); 0% makes them free and 400% is a recent phone"`
	Processors int             `yaml:"processors" jsonschema:"minimum=1,maximum=1024,default=1" jsonschema_description:"Number of equal processors."`
}

// Or returns *v, or def where v is nil.
func Or[T any](v *T, def T) T {
	if v == nil {
		return def
	}
	return *v
}

// CryptoCosts returns the cost table in the given relation to the default one; nothing at all for 0.
func CryptoCosts(f *units.Factor) *tls.CostTable {
	factor := Or(f, units.Usual)
	if factor == 0 {
		return &tls.ZeroCosts
	}
	t := tls.DefaultCosts.Scaled(int64(factor))
	return &t
}

// Engine selects how TLS is done in a run.
type Engine uint8

// The TLS engines.
const (
	EngineModel Engine = iota
	EngineReal
)

// String is how scenarios and results name the engine.
func (e Engine) String() string {
	if e == EngineReal {
		return "real"
	}
	return "model"
}

// NewSession makes a TLS session with the engine.
func (e Engine) NewSession(c tls.Config) tls.Session {
	if e == EngineReal {
		return tls.NewReal(c)
	}
	return tls.NewModel(c)
}
