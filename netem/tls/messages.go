package tls

// Handshake message types (RFC 8446 §4).
const (
	msgHelloRequest       = 0
	msgClientHello        = 1
	msgServerHello        = 2
	msgNewSessionTicket   = 4
	msgEncryptedExt       = 8
	msgCertificate        = 11
	msgServerKeyExchange  = 12
	msgCertificateRequest = 13
	msgServerHelloDone    = 14
	msgCertificateVerify  = 15
	msgClientKeyExchange  = 16
	msgFinished           = 20
)

// Extensions (RFC 8446 §4.2).
const (
	extStatusRequest      = 5
	extGroups             = 10
	extPointFormats       = 11
	extSignatures         = 13
	extSCT                = 18
	extMasterSecret       = 23
	extVersions           = 43
	extCertSignatures     = 50
	extKeyShare           = 51
	extRenegotiation      = 0xff01
	groupX25519           = 29
	suiteAES128           = 0x1301
	helloRandomLen        = 32
	maxHandshakeMsg       = 65536
	finishedLen12         = 12
	finishedLen13         = 32
	ecdsaSignatureLen     = 72
	ed25519SignatureLen   = 64
	rsaSignatureLen       = 256
	signatureECDSA        = 0x0403
	signatureEd25519      = 0x0807
	signaturePSS          = 0x0804
	certificateTypeRSA    = 1
	certificateTypeECDSA  = 64
	nonCompressed         = 0
	uncompressedPointForm = 0
)

// Signature schemes that crypto/tls offers, in its order: all, those that TLS 1.3 leaves, and those for certificates.
var (
	schemes12   = []uint16{0x0804, 0x0403, 0x0807, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0503, 0x0603}
	schemes13   = []uint16{0x0804, 0x0403, 0x0807, 0x0805, 0x0806, 0x0503, 0x0603}
	schemesCert = []uint16{0x0804, 0x0403, 0x0807, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0503, 0x0603, 0x0201, 0x0203}
)

// scheme is the signature scheme of a key.
func (k KeyType) scheme() uint16 {
	switch k {
	case Ed25519:
		return signatureEd25519
	case RSA2048:
		return signaturePSS
	}
	return signatureECDSA
}

func (k KeyType) signatureLen() int {
	switch k {
	case Ed25519:
		return ed25519SignatureLen
	case RSA2048:
		return rsaSignatureLen
	}
	return ecdsaSignatureLen
}

// suite12 is the TLS 1.2 cipher suite for a key.
func (k KeyType) suite12() uint16 {
	if k == RSA2048 {
		return ECDHERSA
	}
	return ECDHEECDSA
}

func suiteName(id uint16) string {
	switch id {
	case ECDHEECDSA:
		return "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
	case ECDHERSA:
		return "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
	case suiteAES128:
		return "TLS_AES_128_GCM_SHA256"
	}
	return ""
}

func put16(b []byte, v uint16) []byte { return append(b, byte(v>>8), byte(v)) }

func put24(b []byte, v int) []byte { return append(b, byte(v>>16), byte(v>>8), byte(v)) }

func putSchemes(b []byte, ext uint16, list []uint16) []byte {
	b = put16(b, ext)
	b = put16(b, uint16(2*len(list)+2))
	b = put16(b, uint16(2*len(list)))
	for _, s := range list {
		b = put16(b, s)
	}
	return b
}

// set16 and set24 fill in a length that was left open at b[at:], for what follows it.
func set16(b []byte, at int) { n := len(b) - at - 2; b[at], b[at+1] = byte(n>>8), byte(n) }

func set24(b []byte, at int) {
	n := len(b) - at - 3
	b[at], b[at+1], b[at+2] = byte(n>>16), byte(n>>8), byte(n)
}

// message starts a handshake message; set24(b, at) ends it.
func message(b []byte, kind byte) (out []byte, at int) {
	b = append(b, kind, 0, 0, 0)
	return b, len(b) - 3
}

func putClientHello(b []byte, lo, hi Version, suites []uint16, random, session, share *[32]byte) []byte {
	b, at := message(b, msgClientHello)
	b = put16(b, uint16(TLS12))
	b = append(b, random[:]...)
	b = append(b, 32)
	b = append(b, session[:]...) // RFC 8446 §4.1.2: compatibility mode
	list := len(b)
	b = put16(b, 0)
	if lo <= TLS12 {
		for _, s := range [...]uint16{ECDHEECDSA, ECDHERSA} {
			if offers(suites, s) {
				b = put16(b, s)
			}
		}
	}
	if hi >= TLS13 {
		b = append(b, 0x13, 0x01, 0x13, 0x02, 0x13, 0x03)
	}
	set16(b, list)
	b = append(b, 1, nonCompressed)
	ext := len(b)
	b = put16(b, 0)
	b = append(b, 0, extPointFormats, 0, 2, 1, uncompressedPointForm)
	b = append(b, 0xff, 0x01, 0, 1, 0)
	b = append(b, 0, extMasterSecret, 0, 0) // RFC 7627
	b = append(b, 0, extSCT, 0, 0)
	b = append(b, 0, extStatusRequest, 0, 5, 1, 0, 0, 0, 0)
	b = append(b, 0, extGroups, 0, 4, 0, 2, 0, groupX25519)
	if lo >= TLS13 {
		b = putSchemes(b, extSignatures, schemes13)
	} else {
		b = putSchemes(b, extSignatures, schemes12)
	}
	b = putSchemes(b, extCertSignatures, schemesCert)
	b = append(b, 0, extVersions)
	n := byte(hi-max(lo, TLS12)+1) * 2
	b = append(b, 0, n+1, n)
	for v := hi; v >= lo; v-- {
		b = put16(b, uint16(v))
	}
	if hi >= TLS13 {
		b = append(b, 0, extKeyShare, 0, 38, 0, 36, 0, groupX25519, 0, 32)
		b = append(b, share[:]...)
	}
	set16(b, ext)
	set24(b, at)
	return b
}

func putServerHello(b []byte, v Version, suite uint16, random *[32]byte, session []byte, share *[32]byte) []byte {
	b, at := message(b, msgServerHello)
	b = put16(b, uint16(TLS12))
	b = append(b, random[:]...)
	if v == TLS13 {
		b = append(b, byte(len(session)))
		b = append(b, session...)
	} else {
		b = append(b, 0)
	}
	b = put16(b, suite)
	b = append(b, nonCompressed)
	ext := len(b)
	b = put16(b, 0)
	if v == TLS13 {
		b = append(b, 0, extVersions, 0, 2, 0x03, 0x04)
		b = append(b, 0, extKeyShare, 0, 36, 0, groupX25519, 0, 32)
		b = append(b, share[:]...)
	} else {
		b = append(b, 0xff, 0x01, 0, 1, 0)
		b = append(b, 0, extMasterSecret, 0, 0)
		b = append(b, 0, extPointFormats, 0, 2, 1, uncompressedPointForm)
	}
	set16(b, ext)
	set24(b, at)
	return b
}

// putCertificate writes a Certificate message; der nil makes the empty one of a client without a certificate.
func putCertificate(b []byte, v Version, der []byte) []byte {
	b, at := message(b, msgCertificate)
	if v == TLS13 {
		b = append(b, 0) // certificate_request_context
	}
	list := len(b)
	b = put24(b, 0)
	if der != nil {
		b = put24(b, len(der))
		b = append(b, der...)
		if v == TLS13 {
			b = put16(b, 0) // no extensions
		}
	}
	set24(b, list)
	set24(b, at)
	return b
}

func putCertificateRequest(b []byte, v Version) []byte {
	b, at := message(b, msgCertificateRequest)
	if v == TLS13 {
		b = append(b, 0)
		ext := len(b)
		b = put16(b, 0)
		b = append(b, 0, extStatusRequest, 0, 0)
		b = append(b, 0, extSCT, 0, 0)
		b = putSchemes(b, extSignatures, schemes13)
		b = putSchemes(b, extCertSignatures, schemesCert)
		set16(b, ext)
	} else {
		b = append(b, 2, certificateTypeRSA, certificateTypeECDSA)
		b = put16(b, uint16(2*len(schemes12)))
		for _, s := range schemes12 {
			b = put16(b, s)
		}
		b = put16(b, 0) // any authority
	}
	set24(b, at)
	return b
}

// putSignature writes scheme, length and a signature that follows from x, in the form of the key's kind.
func putSignature(b []byte, k KeyType, x uint64) []byte {
	b = put16(b, k.scheme())
	n := k.signatureLen()
	b = put16(b, uint16(n))
	at := len(b)
	b = append(b, zeroSignature[:n]...)
	fillSignature(b[at:], k, x)
	return b
}

var zeroSignature [rsaSignatureLen]byte

// fillSignature fills sig, which has the key's signature length.
func fillSignature(sig []byte, k KeyType, x uint64) {
	if k != ECDSAP256 {
		expand(sig, x)
		return
	}
	// SEQUENCE of two INTEGERs (RFC 3279 §2.2.3), both of full length and so with a zero octet before the first.
	copy(sig, ecdsaFrame[:])
	expand(sig[5:37], x)
	copy(sig[37:], ecdsaFrame[37:40])
	expand(sig[40:], mix(x))
	sig[5] |= 0x80
	sig[40] |= 0x80
}

var ecdsaFrame = [ecdsaSignatureLen]byte{0: 0x30, 1: 70, 2: 0x02, 3: 33, 37: 0x02, 38: 33}

// checkSignature reads what putSignature wrote and compares; ok is false when the octets have another form.
func checkSignature(b []byte, k KeyType, x uint64) (equal, ok bool) {
	n := k.signatureLen()
	if len(b) != 4+n || int(b[2])<<8|int(b[3]) != n {
		return false, false
	}
	if uint16(b[0])<<8|uint16(b[1]) != k.scheme() {
		return false, true
	}
	var want [rsaSignatureLen]byte
	fillSignature(want[:n], k, x)
	return string(want[:n]) == string(b[4:]), true
}

func offers(list []uint16, s uint16) bool {
	if list == nil {
		return s == ECDHEECDSA || s == ECDHERSA
	}
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
