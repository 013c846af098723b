package tls

import (
	"bytes"
	"crypto"
	"crypto/x509"
	_ "embed" // the pool's files
	"encoding/pem"
	"fmt"
	"sync" //tidy:goroutine what never changes is read once, for all runs of a process
)

// Certificate is a self-signed certificate with its key, from the embedded pool.
type Certificate struct {
	Key KeyType
	DER []byte // read only

	private []byte // PKCS #8
	proof   uint64 // engine model: stands for the private key in signatures
	signer  func() (crypto.Signer, error)
}

// Sizes of the pool; Pool numbers wrap around at them.
const (
	PoolECDSA   = 16
	PoolEd25519 = 16
	PoolRSA     = 4
)

//go:embed pool/ecdsa-p256.pem
var poolECDSA []byte

//go:embed pool/ed25519.pem
var poolEd25519 []byte

//go:embed pool/rsa-2048.pem
var poolRSA []byte

var pools = [...]func() []*Certificate{
	ECDSAP256: sync.OnceValue(func() []*Certificate { return readPool(ECDSAP256, poolECDSA, PoolECDSA) }),
	Ed25519:   sync.OnceValue(func() []*Certificate { return readPool(Ed25519, poolEd25519, PoolEd25519) }),
	RSA2048:   sync.OnceValue(func() []*Certificate { return readPool(RSA2048, poolRSA, PoolRSA) }),
}

// Pool returns certificate number i of the given kind, i taken modulo the pool's size, so that any number of hosts can
// be named by theirs. The certificates are shared: the same number gives the same pointer.
func Pool(k KeyType, i int) *Certificate {
	p := pools[k]()
	return p[uint(i)%uint(len(p))]
}

func readPool(k KeyType, file []byte, n int) []*Certificate {
	out := make([]*Certificate, 0, n)
	for {
		var cert, key *pem.Block
		if cert, file = pem.Decode(file); cert == nil {
			break
		}
		if key, file = pem.Decode(file); key == nil {
			panic("tls: a certificate of the pool has no key")
		}
		out = append(out, newCertificate(k, cert.Bytes, key.Bytes))
	}
	if len(out) != n {
		panic(fmt.Sprintf("tls: the pool has %d certificates of kind %d, should be %d", len(out), k, n))
	}
	return out
}

func newCertificate(k KeyType, der, private []byte) *Certificate {
	return &Certificate{
		Key: k, DER: der, private: private, proof: fold(keyLabel, der),
		signer: sync.OnceValues(func() (crypto.Signer, error) { return parseSigner(private) }),
	}
}

func parseSigner(private []byte) (crypto.Signer, error) {
	k, err := x509.ParsePKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	s, ok := k.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("tls: a %T cannot sign", k)
	}
	return s, nil
}

// Impersonating returns what an attacker can make of a victim's public certificate: it is presented, but signed for
// with c's key. Both must be of the same kind.
func (c *Certificate) Impersonating(victim *Certificate) *Certificate {
	return &Certificate{Key: c.Key, DER: victim.DER, private: c.private, proof: c.proof, signer: c.signer}
}

// known returns the pool's certificate with the given DER, so that a million sessions share its octets.
func known(der []byte) *Certificate {
	for k := range pools {
		p := pools[k]()
		if len(p[0].DER) != len(der) {
			continue
		}
		for _, c := range p {
			if bytes.Equal(c.DER, der) {
				return c
			}
		}
	}
	return nil
}

// Object identifiers of public keys as they stand in a SubjectPublicKeyInfo (RFC 5480 §2.1.1, RFC 8410 §3, RFC 3279 §2.3.1).
var (
	oidECDSA   = []byte{0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01}
	oidEd25519 = []byte{0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21}
	oidRSA     = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01}
)

// keyTypeOf tells a certificate's key type without parsing all of it; false when it is none of ours.
func keyTypeOf(der []byte) (KeyType, bool) {
	if c := known(der); c != nil {
		return c.Key, true
	}
	if len(der) == 0 || der[0] != 0x30 {
		return 0, false
	}
	switch {
	case bytes.Contains(der, oidEd25519):
		return Ed25519, true
	case bytes.Contains(der, oidECDSA):
		return ECDSAP256, true
	case bytes.Contains(der, oidRSA):
		return RSA2048, true
	}
	return 0, false
}
