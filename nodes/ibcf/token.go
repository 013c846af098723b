package ibcf

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// sealer makes tokens of texts: the same text gives the same token, so that header fields that must stay equal do, and the
// IBCF keeps no state for them. TS 24.229 cl. 5.10.4.1 leaves the cipher to the operator; this is AES-CTR with an initial value
// out of the text [SIM], the key a function of the network's name alone.
type sealer struct {
	block cipher.Block
	mac   []byte
}

const ivLen = 8

func newSealer(network string) sealer {
	key := sha256.Sum256([]byte("topology hiding of " + network))
	block, err := aes.NewCipher(key[:16])
	if err != nil {
		panic("ibcf: " + err.Error()) // the length is right
	}
	return sealer{block, key[16:]}
}

// A token is a host name, as cl. 5.10.4.3 has it: labels of at most 63 characters that begin with a letter.
const (
	labelLen = 60
	mark     = 't'
)

var letters = base32.HexEncoding.WithPadding(base32.NoPadding)

// seal returns the token of a text.
func (s sealer) seal(text string) string {
	sealed := make([]byte, ivLen+len(text))
	copy(sealed, s.sum([]byte(text)))
	s.stream(sealed).XORKeyStream(sealed[ivLen:], []byte(text))
	plain := strings.ToLower(letters.EncodeToString(sealed))
	var b strings.Builder
	for i := 0; i < len(plain); i += labelLen {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteByte(mark)
		b.WriteString(plain[i:min(i+labelLen, len(plain))])
	}
	return b.String()
}

// open returns the text of a token; ok is false for what is no token of ours.
func (s sealer) open(token string) (text string, ok bool) {
	var b strings.Builder
	for label := range strings.SplitSeq(token, ".") {
		if len(label) < 2 || label[0] != mark {
			return "", false
		}
		b.WriteString(strings.ToUpper(label[1:]))
	}
	sealed, err := letters.DecodeString(b.String())
	if err != nil || len(sealed) < ivLen {
		return "", false
	}
	plain := make([]byte, len(sealed)-ivLen)
	s.stream(sealed).XORKeyStream(plain, sealed[ivLen:])
	return string(plain), hmac.Equal(s.sum(plain), sealed[:ivLen])
}

func (s sealer) stream(sealed []byte) cipher.Stream {
	var iv [aes.BlockSize]byte
	copy(iv[:], sealed[:ivLen])
	return cipher.NewCTR(s.block, iv[:])
}

func (s sealer) sum(text []byte) []byte {
	h := hmac.New(sha256.New, s.mac)
	h.Write(text)
	return h.Sum(nil)[:ivLen]
}
