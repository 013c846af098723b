package tls

import (
	"crypto"
	"crypto/ecdsa"
	"encoding/asn1"
	"io"
	"math/big"
)

// fixedLength makes signatures of a P-256 key always 72 octets long, so that sizes are the same on every run.
func fixedLength(k crypto.Signer) crypto.Signer {
	if e, ok := k.(*ecdsa.PrivateKey); ok {
		return fixedECDSA{e}
	}
	return k
}

type fixedECDSA struct{ *ecdsa.PrivateKey }

// Sign repeats until both numbers have their highest bit set. With (r, s) also (r, n-s) is a signature, and the larger of
// s and n-s practically always has it; so r decides, and two attempts do on average.
func (k fixedECDSA) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	for {
		der, err := k.PrivateKey.Sign(random, digest, opts)
		if err != nil || len(der) == ecdsaSignatureLen {
			return der, err
		}
		var sig struct{ R, S *big.Int }
		if _, err := asn1.Unmarshal(der, &sig); err != nil {
			return nil, err
		}
		sig.S.Sub(k.Params().N, sig.S)
		if der, err = asn1.Marshal(sig); err != nil || len(der) == ecdsaSignatureLen {
			return der, err
		}
	}
}
