package sdp

import "strings"

// Transport is the lowest protocol of an m-line's stack.
type Transport uint8

// Transports.
const (
	OtherTransport Transport = iota
	TCP
	UDP
)

// Security is what protects the stack.
type Security uint8

// Kinds of security.
const (
	Clear Security = iota
	TLS
	DTLS // over TCP: framed as RFC 4571
)

// App is the application protocol that an m-line names.
type App uint8

// Applications. NoApp is a stack that ends with its transport or security: a gateway need not know more.
const (
	NoApp App = iota
	MSRP
	BFCP
	OtherApp
)

// Proto is an m-line's protocol stack, e.g. TCP/TLS/MSRP. A stack of other protocols keeps its text.
type Proto struct {
	Transport Transport
	Security  Security
	App       App
	text      string // of a stack that the fields do not describe
}

// ParseProto takes an m-line's proto field apart. Case does not matter for what it knows.
func ParseProto(s string) Proto {
	if p, ok := stacks[s]; ok {
		return p
	}
	return protoOf(strings.Split(s, "/"))
}

// The stacks that the fields describe: by their text, the texts by fields, and the texts' parts, which nobody writes to.
var (
	stacks     = map[string]Proto{}
	stackTexts [3][3][4]string
	stackParts [3][3][4][]string
)

func init() {
	for t, transport := range []string{TCP: "TCP", UDP: "UDP"} {
		for s, security := range []string{"", "/TLS", "/DTLS"} {
			for a, app := range []string{"", "/MSRP", "/BFCP"} {
				if text := transport + security + app; transport != "" {
					stackTexts[t][s][a], stackParts[t][s][a] = text, strings.Split(text, "/")
					stacks[text] = Proto{Transport: Transport(t), Security: Security(s), App: App(a)}
				}
			}
		}
	}
}

func protoOf(parts []string) Proto {
	other := func() Proto { return Proto{App: OtherApp, text: strings.Join(parts, "/")} }
	if len(parts) == 0 {
		return other()
	}
	var p Proto
	switch {
	case strings.EqualFold(parts[0], "TCP"):
		p.Transport = TCP
	case strings.EqualFold(parts[0], "UDP"):
		p.Transport = UDP
	default:
		return other()
	}
	rest := parts[1:]
	if len(rest) > 0 {
		switch {
		case strings.EqualFold(rest[0], "TLS"):
			p.Security, rest = TLS, rest[1:]
		case strings.EqualFold(rest[0], "DTLS"):
			p.Security, rest = DTLS, rest[1:]
		}
	}
	switch {
	case len(rest) == 0:
	case len(rest) == 1 && strings.EqualFold(rest[0], "MSRP"):
		p.App = MSRP
	case len(rest) == 1 && strings.EqualFold(rest[0], "BFCP"):
		p.App = BFCP
	default:
		return other()
	}
	return p
}

// Secured returns the stack with the given security in place of its own.
func (p Proto) Secured(s Security) Proto {
	if p.text == "" {
		p.Security = s
	}
	return p
}

// Agnostic returns the stack without its application: what a gateway that only relays octets is told.
func (p Proto) Agnostic() Proto {
	if p.text == "" {
		p.App = NoApp
	}
	return p
}

// Append appends the stack's text.
func (p Proto) Append(dst []byte) []byte {
	if p.text != "" {
		return append(dst, p.text...)
	}
	return append(dst, stackTexts[p.Transport][p.Security][p.App]...)
}

func (p Proto) String() string {
	if p.text != "" {
		return p.text
	}
	return stackTexts[p.Transport][p.Security][p.App]
}

func (p Proto) parts() []string {
	if p.text != "" {
		return strings.Split(p.text, "/")
	}
	return stackParts[p.Transport][p.Security][p.App]
}
