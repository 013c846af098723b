package ladder

import (
	"strconv"
	"strings"

	"imsim/scenarios/rundir"
)

// packet is what the trace says of a packet sent: "TCP src > dst flags seq n len n tls 22/1 …".
type packet struct {
	proto    string
	src, dst string
	flags    string
	seq      string
	length   int
	tls      []string
	msrp     string // method or status
}

func parsePacket(text string) (p packet, ok bool) {
	f := strings.Fields(text)
	if len(f) < 6 || f[2] != ">" {
		return p, false
	}
	p.proto, p.src, p.dst = f[0], f[1], f[3]
	f = f[4:]
	if p.proto == "TCP" {
		if len(f) < 5 || f[1] != "seq" {
			return p, false
		}
		p.flags, p.seq = f[0], f[2]
		f = f[3:]
	}
	if len(f) < 2 || f[0] != "len" {
		return p, false
	}
	n, err := strconv.Atoi(f[1])
	p.length = n
	if f = f[2:]; len(f) > 1 {
		switch f[0] {
		case "tls":
			p.tls = f[1:]
		case "msrp":
			p.msrp = f[1]
		}
	}
	return p, err == nil
}

// host is an address without its port.
func host(s string) string {
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		return s[:i]
	}
	return s
}

// span identifies the sequence numbers that a segment occupies, "" where it occupies none.
func (p *packet) span() string {
	if p.proto != "TCP" || p.length == 0 && !strings.ContainsAny(p.flags, "SF") {
		return ""
	}
	return p.src + " " + p.dst + " " + p.seq + " " + strconv.FormatBool(p.length > 0)
}

func protoOf(kind string) Proto {
	switch first, _, _ := strings.Cut(kind, "."); first {
	case "sip":
		return SIP
	case "h248":
		return H248
	case "tls":
		return TLS
	case "msrp":
		return MSRP
	}
	return Other
}

// describe finds out what a packet carries.
func (b *builder) describe(f *flight, r *rundir.Record) {
	p := &f.p
	why := b.t.At(r.Cause)
	kind, text := "", ""
	if why != nil {
		kind, text = why.Kind, why.Text
	}
	f.known = true
	switch {
	case p.proto == "ICMP":
		f.Proto, f.Label = Other, "ICMP"
	case p.proto == "TCP" && (p.length == 0 || strings.Contains(p.flags, "S")):
		f.Proto, f.Label = TCP, segment(p.flags)
		f.ack = p.flags == "."
	case kind == "sip.sent" || kind == "h248.sent":
		f.Proto, f.Label = protoOf(kind), text
	case p.proto == "UDP":
		f.Proto, f.Label, f.known = Other, "UDP "+strconv.Itoa(p.length)+" octets", false
	case p.msrp != "":
		f.Proto, f.Label = MSRP, p.msrp
	case len(p.tls) > 0 && p.tls[0] == "23":
		f.Secret = true
		b.inner(f, r)
	case len(p.tls) > 0:
		f.Proto, f.Label = TLS, b.handshake(p.tls, r)
	default:
		b.inner(f, r)
	}
	if p.length > 0 && strings.Contains(p.flags, "F") {
		f.Label += ", FIN"
	}
}

// inner finds what the octets of a segment are that do not say it themselves: from what made it be sent, or from the
// packet that brought them in.
func (b *builder) inner(f *flight, r *rundir.Record) {
	f.Proto, f.Label, f.known = TCP, "data", false
	if f.Secret {
		f.Proto, f.Label = TLS, "application data"
	}
	id := r.Cause
	for range 16 {
		w := b.t.At(id)
		if w == nil {
			return
		}
		switch w.Kind {
		case "msrp.send.sent":
			f.Proto, f.Label, f.known = MSRP, "SEND", true
			return
		case "msrp.sent":
			f.Proto, f.Label, f.known = MSRP, w.Text, true
			return
		case "stun.sent":
			f.Label, f.known = "STUN "+w.Text, true
			return
		case "sip.sent", "h248.sent":
			f.Proto, f.Label, f.known = protoOf(w.Kind), w.Text, true
			return
		}
		if in := b.flights[id]; in != nil {
			if in.arrived && in.p.length > 0 && in.Proto == MSRP {
				f.Proto, f.Label, f.known = in.Proto, in.Label, true
			}
			return
		}
		id = w.Cause
	}
}

// segment names a segment without data.
func segment(flags string) string {
	var parts []string
	for _, x := range []struct{ flag, name string }{{"S", "SYN"}, {"F", "FIN"}, {"R", "RST"}} {
		if strings.Contains(flags, x.flag) {
			parts = append(parts, x.name)
		}
	}
	if len(parts) == 0 || parts[0] == "SYN" && strings.Contains(flags, ".") {
		parts = append(parts, "ACK")
	}
	return strings.Join(parts, ",")
}

// messages are the handshake messages by number (RFC 5246 §7.4, RFC 8446 §4).
var messages = map[string]string{
	"0": "Finished", // encrypted: behind ChangeCipherSpec nothing else follows in TLS 1.2
	"1": "ClientHello", "2": "ServerHello", "4": "NewSessionTicket", "8": "EncryptedExtensions", "11": "Certificate",
	"12": "ServerKeyExchange", "13": "CertificateRequest", "14": "ServerHelloDone", "15": "CertificateVerify",
	"16": "ClientKeyExchange", "20": "Finished",
}

// handshake names the records of a flight.
func (b *builder) handshake(records []string, r *rundir.Record) string {
	var parts []string
	encrypted := false
	for _, x := range records {
		typ, msg, _ := strings.Cut(x, "/")
		switch typ {
		case "20":
			parts, encrypted = append(parts, "ChangeCipherSpec"), true
		case "21":
			parts = append(parts, b.alert(r))
		case "22":
			name := messages[msg]
			if encrypted || name == "" {
				name = "Finished"
			}
			parts = append(parts, name)
		case "23":
			parts = append(parts, "encrypted")
		}
	}
	return strings.Join(parts, ", ")
}

// alert names the alert that a record makes a node send.
func (b *builder) alert(r *rundir.Record) string {
	for w := b.t.At(r.Cause); w != nil && w.At == r.At && nodeOf(w.Node) == nodeOf(r.Node); w = b.t.At(w.Cause) {
		switch w.Kind {
		case "tls.close_notify.sent":
			return "close_notify"
		case "tls.alert.sent":
			_, number, _ := strings.Cut(w.Text, " ") // behind the leg
			return strings.TrimSpace("alert " + number)
		}
	}
	return "alert"
}
