package sip

import "imsim/sim"

// MagicCookie begins every branch of an RFC 3261 element (§8.1.1.7).
const MagicCookie = "z9hG4bK"

// IDs makes the identifiers of one entity from a random stream: the same stream gives the same identifiers, and each kind
// has a fixed length, so that sizes on the wire do not depend on the draw.
type IDs struct{ stream sim.Stream }

// NewIDs returns a generator over a stream that nobody else draws from.
func NewIDs(s sim.Stream) *IDs { return &IDs{stream: s} }

const alphabet = "0123456789abcdefghijkmnopqrstuvw" // 32 characters

func (g *IDs) text(b []byte, n int) []byte {
	for v := g.stream.Uint64(); n > 0; n-- {
		b = append(b, alphabet[v&31])
		v >>= 5
	}
	return b
}

// Branch returns a Via branch of 19 characters, 12 of them drawn.
func (g *IDs) Branch() string { return string(g.text(append(make([]byte, 0, 19), MagicCookie...), 12)) }

// Tag returns a tag of 8 characters.
func (g *IDs) Tag() string { return string(g.text(make([]byte, 0, 8), 8)) }

// CallID returns 12 characters, "@" and the host.
func (g *IDs) CallID(host string) string {
	return string(append(append(g.text(make([]byte, 0, 13+len(host)), 12), '@'), host...))
}

// CNonce returns a client nonce of 12 characters; it serves as a server's nonce too.
func (g *IDs) CNonce() string { return string(g.text(make([]byte, 0, 12), 12)) }

// RSeq returns the first RSeq of an INVITE. RFC 3262 §3: uniform in 1 to 2^31-1.
func (g *IDs) RSeq() uint32 { return uint32(g.stream.Below(1<<31-1)) + 1 }

// CSeq returns a first CSeq number below 2^31 (RFC 3261 §8.1.1.5), of six digits so that sizes stay the same.
func (g *IDs) CSeq() uint32 { return uint32(g.stream.Below(900_000)) + 100_000 }
