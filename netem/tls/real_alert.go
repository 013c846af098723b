package tls

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"imsim/netem/packet"
)

// crypto/tls has no call to send an alert other than close_notify, and does not say which one it sent. So alerts are
// sealed and read here, with the keys of the log.

// protection is the write protection that holds for the next record.
type protection struct {
	aead  cipher.AEAD
	iv    [12]byte // TLS 1.2: only four octets of it
	seq   uint64
	v     Version
	first bool // TLS 1.3 client: nothing was written since ServerHello
}

// secret returns a secret of the key log and the client random that stands before it.
func (r *real) secret(label string) (random, secret []byte) {
	for line := range strings.Lines(r.keys.String()) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == label {
			random, _ = hex.DecodeString(f[1])
			secret, _ = hex.DecodeString(f[2])
			return random, secret
		}
	}
	return nil, nil
}

// protection returns what protects the next record that we write, nil before the keys.
func (r *real) protection() *protection {
	if r.agreed() == TLS13 {
		label, first := "SERVER_TRAFFIC_SECRET_0", false
		switch {
		case r.role == Server && r.released == 0:
			return nil
		case r.role == Client && r.released < 2:
			label, first = "CLIENT_HANDSHAKE_TRAFFIC_SECRET", true
		case r.role == Client:
			label = "CLIENT_TRAFFIC_SECRET_0"
		}
		_, secret := r.secret(label)
		if secret == nil {
			return nil
		}
		p := &protection{v: TLS13, first: first, seq: r.sealed, aead: newGCM(expandLabel(secret, "key", 16))}
		copy(p.iv[:], expandLabel(secret, "iv", 12))
		return p
	}
	random, master := r.secret("CLIENT_RANDOM")
	if r.released < 2 || master == nil || len(r.hello) < helloRandomEnd {
		return nil
	}
	// RFC 5246 §6.3: no MAC keys with AEAD, then both write keys, then both implicit nonces.
	seed := append([]byte("key expansion"), r.hello[helloRandomEnd-helloRandomLen:]...)
	block := prf(master, append(seed, random...), 2*16+2*4)
	key, iv := block[:16], block[32:36]
	if r.role == Server {
		key, iv = block[16:32], block[36:40]
	}
	p := &protection{v: TLS12, seq: r.sealed + 1, aead: newGCM(key)} // Finished was the first
	copy(p.iv[:], iv)
	return p
}

func newGCM(key []byte) cipher.AEAD {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic("tls: " + err.Error())
	}
	g, err := cipher.NewGCM(b)
	if err != nil {
		panic("tls: " + err.Error())
	}
	return g
}

// expandLabel is HKDF-Expand-Label with an empty context (RFC 8446 §7.1).
func expandLabel(secret []byte, label string, n int) []byte {
	info := append([]byte{0, byte(n), byte(6 + len(label))}, "tls13 "+label...)
	out, err := hkdf.Expand(sha256.New, secret, string(append(info, 0)), n)
	if err != nil {
		panic("tls: " + err.Error())
	}
	return out
}

// prf is P_SHA256 (RFC 5246 §5).
func prf(secret, seed []byte, n int) (out []byte) {
	sum := func(parts ...[]byte) []byte {
		m := hmac.New(sha256.New, secret)
		for _, p := range parts {
			m.Write(p)
		}
		return m.Sum(nil)
	}
	for a := sum(seed); len(out) < n; a = sum(a) {
		out = append(out, sum(a, seed)...)
	}
	return out[:n]
}

// nonce and additional data of the next record, whose plaintext has n octets and, in TLS 1.3, its type behind it.
func (p *protection) inputs(kind byte, n int) (nonce [12]byte, aad []byte) {
	nonce = p.iv
	if p.v == TLS13 {
		for i := range 8 {
			nonce[4+i] ^= byte(p.seq >> (56 - 8*i))
		}
		m := n + 1 + tagLen
		return nonce, []byte{typeData, 3, 3, byte(m >> 8), byte(m)}
	}
	binary.BigEndian.PutUint64(nonce[4:], p.seq)
	aad = binary.BigEndian.AppendUint64(nil, p.seq)
	return nonce, append(aad, kind, 3, 3, byte(n>>8), byte(n))
}

func (r *real) alert(a Alert) packet.Payload {
	if a == CloseNotify && r.complete {
		if err := r.conn.CloseWrite(); err != nil {
			panic("tls: closing an open session: " + err.Error())
		}
		r.sealed++
		return packet.PayloadOf(r.link.take())
	}
	return r.record(typeAlert, []byte{a.level(), byte(a)})
}

// handshakeRecord makes a record that crypto/tls knows nothing of: what it sends afterwards, nobody can read.
func (r *real) handshakeRecord(msg []byte) packet.Payload { return r.record(typeHandshake, msg) }

// record makes a record under the protection that now holds.
func (r *real) record(kind byte, body []byte) packet.Payload {
	p := r.protection()
	if p == nil {
		return packet.PayloadOf(append([]byte{kind, 3, 3, byte(len(body) >> 8), byte(len(body))}, body...))
	}
	nonce, aad := p.inputs(kind, len(body))
	var out []byte
	if p.v == TLS13 {
		if p.first {
			out = append(out, typeCCS, 3, 3, 0, 1, 1)
		}
		out = append(append(out, aad...), p.aead.Seal(nil, nonce[:], append(body, kind), aad)...)
	} else {
		sealed := p.aead.Seal(nil, nonce[:], body, aad)
		n := nonceLen + len(sealed)
		out = append(out, kind, 3, 3, byte(n>>8), byte(n))
		out = append(append(out, nonce[4:]...), sealed...)
	}
	r.sealed++
	return packet.PayloadOf(out)
}

// readAlert tells which alert crypto/tls wrote as the last record of out.
func (r *real) readAlert(out []byte) Alert {
	var record []byte
	for len(out) >= recordHeader {
		n := recordHeader + int(out[3])<<8 + int(out[4])
		if n > len(out) {
			break
		}
		record, out = out[:n], out[n:]
	}
	if len(record) == recordHeader+2 && record[0] == typeAlert {
		return Alert(record[recordHeader+1])
	}
	p := r.protection()
	if p == nil || len(record) < recordHeader+nonceLen {
		return InternalError
	}
	nonce, aad := p.inputs(typeAlert, 2)
	sealed := record[recordHeader:]
	if p.v != TLS13 {
		sealed = sealed[nonceLen:]
	}
	plain, err := p.aead.Open(nil, nonce[:], sealed, aad)
	if err != nil || len(plain) < 2 {
		return InternalError
	}
	return Alert(plain[1])
}
