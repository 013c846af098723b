package stun

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"hash/crc32"
)

// Append appends the message with FINGERPRINT, and with MESSAGE-INTEGRITY where there is a key: for short-term credentials the
// password (RFC 8489 §9.1.1).
func (m *Message) Append(dst, key []byte) []byte {
	start := len(dst)
	dst = binary.BigEndian.AppendUint16(dst, uint16(m.Type))
	dst = append(dst, 0, 0) // length
	dst = binary.BigEndian.AppendUint32(dst, cookie)
	dst = append(dst, m.ID[:]...)
	if m.Software != "" {
		dst = appendText(dst, attrSoftware, m.Software)
	}
	if m.Code != 0 {
		dst = binary.BigEndian.AppendUint16(dst, attrErrorCode)
		dst = binary.BigEndian.AppendUint16(dst, uint16(4+len(m.Reason)))
		dst = append(dst, 0, 0, byte(m.Code/100), byte(m.Code%100))
		dst = pad(append(dst, m.Reason...), len(m.Reason))
	}
	if len(m.Unknown) > 0 {
		dst = binary.BigEndian.AppendUint16(dst, attrUnknown)
		dst = binary.BigEndian.AppendUint16(dst, uint16(2*len(m.Unknown)))
		for _, t := range m.Unknown {
			dst = binary.BigEndian.AppendUint16(dst, t)
		}
		dst = pad(dst, 2*len(m.Unknown))
	}
	if m.Priority != 0 {
		dst = append(dst, 0, attrPriority, 0, 4)
		dst = binary.BigEndian.AppendUint32(dst, m.Priority)
	}
	if m.UseCandidate {
		dst = append(dst, 0, attrUseCandidate, 0, 0)
	}
	if m.Role != NoRole {
		t := uint16(attrControlling)
		if m.Role == Controlled {
			t = attrControlled
		}
		dst = binary.BigEndian.AppendUint16(dst, t)
		dst = append(dst, 0, 8)
		dst = binary.BigEndian.AppendUint64(dst, m.TieBreaker)
	}
	if m.Username != "" {
		dst = appendText(dst, attrUsername, m.Username)
	}
	if m.Mapped.IsValid() {
		dst = m.appendMapped(dst)
	}
	if key != nil {
		// RFC 8489 §14.5: the length covers the attribute, the hash what stands before it.
		setLength(dst[start:], 24)
		sum := integrity(key, dst[start:])
		dst = append(append(dst, 0, attrIntegrity, 0, 20), sum...)
	}
	setLength(dst[start:], 8)
	crc := crc32.ChecksumIEEE(dst[start:]) ^ printXOR
	dst = append(dst, attrFingerprint>>8, attrFingerprint&0xff, 0, 4)
	return binary.BigEndian.AppendUint32(dst, crc)
}

// setLength makes the header say how long the message is, with more to come.
func setLength(b []byte, more int) {
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)-headerLen+more))
}

func appendText(dst []byte, t uint16, s string) []byte {
	dst = binary.BigEndian.AppendUint16(dst, t)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(s)))
	return pad(append(dst, s...), len(s))
}

func pad(dst []byte, n int) []byte { return append(dst, "\x00\x00\x00"[:(4-n%4)%4]...) }

func (m *Message) appendMapped(dst []byte) []byte {
	a := m.Mapped.Addr().Unmap()
	ip := a.AsSlice()
	family := byte(1)
	if len(ip) == 16 {
		family = 2
	}
	dst = append(dst, 0, attrXORMapped, 0, byte(4+len(ip)), 0, family)
	dst = binary.BigEndian.AppendUint16(dst, m.Mapped.Port()^cookie>>16)
	var mask [16]byte
	binary.BigEndian.PutUint32(mask[:], cookie)
	copy(mask[4:], m.ID[:])
	for i := range ip {
		dst = append(dst, ip[i]^mask[i])
	}
	return dst
}

func integrity(key, b []byte) []byte {
	h := hmac.New(sha1.New, key)
	h.Write(b)
	return h.Sum(nil)
}

// Verify reports whether b, a message that Parse takes, has MESSAGE-INTEGRITY and made with the key.
func Verify(b, key []byte) bool {
	for at := headerLen; at < len(b); {
		t, v, next := attribute(b, at)
		if next == 0 {
			return false
		}
		if t == attrIntegrity {
			head := append([]byte(nil), b[:at]...)
			setLength(head, 24)
			return hmac.Equal(v, integrity(key, head))
		}
		at = next
	}
	return false
}
