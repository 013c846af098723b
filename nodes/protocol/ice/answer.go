package ice

import (
	"net/netip"

	"imsim/nodes/protocol/stun"
	"imsim/sim"
)

// Credentials are a=ice-ufrag and a=ice-pwd of one side.
type Credentials struct{ Ufrag, Pwd string }

// Valid reports lengths that RFC 8839 §5.4 allows.
func (c Credentials) Valid() bool {
	return len(c.Ufrag) >= 4 && len(c.Ufrag) <= 256 && len(c.Pwd) >= 22 && len(c.Pwd) <= 256
}

// examine looks at a check that has come in and returns the code of its refusal, 0 for none (RFC 8445 §7.3, RFC 8489 §9.1.3).
func examine(m *stun.Message, raw []byte, local, remote Credentials) (code int) {
	switch {
	case !m.Signed() || m.Username == "" || m.Priority == 0 || m.Role == stun.NoRole:
		return stun.BadRequest
	case m.Username != local.Ufrag+":"+remote.Ufrag || !stun.Verify(raw, []byte(local.Pwd)):
		return stun.Unauthenticated
	case len(m.NotUnderstood) > 0:
		return stun.UnknownAttribute
	}
	return 0
}

var reasons = map[int]string{
	stun.BadRequest: "Bad Request", stun.Unauthenticated: "Unauthenticated", stun.UnknownAttribute: "Unknown Attribute", stun.RoleConflict: "Role Conflict",
}

// reply makes the response to a check: where it came from, or the code of its refusal.
func reply(m *stun.Message, code int, from netip.AddrPort, local Credentials) []byte {
	r := stun.Message{Type: stun.Success, ID: m.ID, Mapped: from}
	key := []byte(local.Pwd)
	switch code {
	case 0:
	case stun.BadRequest, stun.Unauthenticated:
		key = nil // RFC 8489 §9.1.3: there is no key that both are known to have
		fallthrough
	default:
		r = stun.Message{Type: stun.Error, ID: m.ID, Code: code, Reason: reasons[code], Unknown: m.NotUnderstood}
	}
	return r.Append(nil, key)
}

// Lite is a lite agent, which answers checks and makes none, and so is always controlled (RFC 8445 §2.5, §6.1.1).
type Lite struct{ Local, Remote Credentials }

// Answer takes a frame that came from a peer's address over a connection and returns what to send back over it, nil for nothing;
// nominated says that the peer has selected the connection, stray that the frame is no check, which ends the connection
// (RFC 6544 §7.2).
func (l *Lite) Answer(frame []byte, from netip.AddrPort) (response []byte, nominated, stray bool) {
	m, err := stun.Parse(frame)
	switch {
	case err != nil || !m.Fingerprinted():
		return nil, false, true
	case m.Type == stun.Indication:
		return nil, false, false // RFC 8445 §11: keepalive
	case m.Type != stun.Request:
		return nil, false, true
	}
	code := examine(&m, frame, l.Local, l.Remote)
	if code == 0 && m.Role == stun.Controlled {
		code = stun.RoleConflict
	}
	return reply(&m, code, from, l.Local), code == 0 && m.UseCandidate, false
}

// NewCredentials draws credentials of the length that RFC 8839 §5.4 asks for at least: 24 and 128 bits and more.
func NewCredentials(ids *sim.Stream) Credentials {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	var b [30]byte
	for i := range b {
		b[i] = alphabet[ids.Below(64)]
	}
	return Credentials{Ufrag: string(b[:8]), Pwd: string(b[8:])}
}
