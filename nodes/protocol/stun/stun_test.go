package stun

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	pion "github.com/pion/stun"
)

func octets(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const sample = "b7e7a701bc34d686fa87dfae" // transaction of the samples

var id = TransactionID{0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae}

// vectors are those of RFC 5769 §2, octet for octet.
var vectors = []struct {
	name, wire string
	key        []byte
	want       Message
}{
	{"§2.1 request", `00010058 2112a442 ` + sample + `
		80220010 5354554e 20746573 7420636c 69656e74
		00240004 6e0001ff
		80290008 932ff9b1 51263b36
		00060009 6576746a 3a683676 59202020
		00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2
		80280004 e57a3bcf`, []byte("VOkJxbRl1RmTxUk/WvJxBt"),
		Message{Type: Request, ID: id, Software: "STUN test client", Priority: 0x6e0001ff, Role: Controlled, TieBreaker: 0x932ff9b151263b36, Username: "evtj:h6vY"}},
	{"§2.2 response, IPv4", `0101003c 2112a442 ` + sample + `
		8022000b 74657374 20766563 746f7220
		00200008 0001a147 e112a643
		00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
		80280004 c07d4c96`, []byte("VOkJxbRl1RmTxUk/WvJxBt"),
		Message{Type: Success, ID: id, Software: "test vector", Mapped: netip.MustParseAddrPort("192.0.2.1:32853")}},
	{"§2.3 response, IPv6", `01010048 2112a442 ` + sample + `
		8022000b 74657374 20766563 746f7220
		00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
		00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
		80280004 c8fb0b4c`, []byte("VOkJxbRl1RmTxUk/WvJxBt"),
		Message{Type: Success, ID: id, Software: "test vector", Mapped: netip.MustParseAddrPort("[2001:db8:1234:5678:11:2233:4455:6677]:32853")}},
	{"§2.4 request with long-term credentials", `00010060 2112a442 78ad3433 c6ad72c0 29da412e
		00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000
		0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 3634 7341
		0014000b 6578616d 706c652e 6f726700
		00080014 f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666`, longTerm(),
		Message{Type: Request, ID: TransactionID{0x78, 0xad, 0x34, 0x33, 0xc6, 0xad, 0x72, 0xc0, 0x29, 0xda, 0x41, 0x2e}, Username: "マトリックス"}},
}

func longTerm() []byte {
	k := md5.Sum([]byte("マトリックス:example.org:TheMatrIX"))
	return k[:]
}

var public = cmpopts.IgnoreUnexported(Message{})

func TestRFC5769(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			b := octets(t, v.wire)
			m, err := Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(v.want, m, public, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); d != "" {
				t.Error(d)
			}
			if !m.Signed() || !Verify(b, v.key) || Verify(b, []byte("another")) {
				t.Error("MESSAGE-INTEGRITY is not told right from wrong")
			}
			// A single bit anywhere that is covered is found.
			for i := range b {
				c := bytes.Clone(b)
				c[i] ^= 1
				if n, err := Parse(c); err == nil && n.Fingerprinted() {
					t.Errorf("octet %d: FINGERPRINT holds", i)
				} else if err == nil && i < len(b)-20 && Verify(c, v.key) {
					t.Errorf("octet %d: MESSAGE-INTEGRITY holds", i)
				}
			}
		})
	}
}

// What we write, Parse and pion read alike; and what pion writes, we do.
func TestAgainstPion(t *testing.T) {
	key := []byte("VOkJxbRl1RmTxUk/WvJxBt")
	for _, m := range []Message{
		{Type: Request, ID: id, Username: "evtj:h6vY", Priority: 2128609279, Role: Controlling, TieBreaker: 7},
		{Type: Request, ID: id, Username: "a:b", Priority: 1, UseCandidate: true, Role: Controlled, TieBreaker: 1 << 63},
		{Type: Success, ID: id, Mapped: netip.MustParseAddrPort("203.0.113.9:40000")},
		{Type: Success, ID: id, Mapped: netip.MustParseAddrPort("[2001:db8::1]:9"), Software: "x"},
		{Type: Error, ID: id, Code: RoleConflict, Reason: "Role Conflict"},
		{Type: Error, ID: id, Code: UnknownAttribute, Reason: "Unknown Attribute", Unknown: []uint16{0x7000, 0x18, 0x19}},
		{Type: Indication, ID: id},
	} {
		b := m.Append(nil, key)
		got, err := Parse(b)
		if err != nil {
			t.Fatalf("%+v: %v", m, err)
		}
		if d := cmp.Diff(m, got, public, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); d != "" {
			t.Error(d)
		}
		p := &pion.Message{Raw: b}
		if err := p.Decode(); err != nil {
			t.Fatalf("pion: %+v: %v", m, err)
		}
		if err := pion.NewShortTermIntegrity(string(key)).Check(p); err != nil {
			t.Errorf("pion: %+v: integrity: %v", m, err)
		}
		if err := pion.Fingerprint.Check(p); err != nil {
			t.Errorf("pion: %+v: %v", m, err)
		}
		var x pion.XORMappedAddress
		if err := x.GetFrom(p); (err == nil) != m.Mapped.IsValid() || err == nil && (x.Port != int(m.Mapped.Port()) || !x.IP.Equal(m.Mapped.Addr().AsSlice())) {
			t.Errorf("pion: %+v: mapped %v %v", m, x, err)
		}
		var u pion.Username
		if err := u.GetFrom(p); (err == nil) != (m.Username != "") || u.String() != m.Username {
			t.Errorf("pion: %+v: username %v", m, u)
		}
		var e pion.ErrorCodeAttribute
		if err := e.GetFrom(p); (err == nil) != (m.Code != 0) || int(e.Code) != m.Code || string(e.Reason) != m.Reason {
			t.Errorf("pion: %+v: error %v", m, e)
		}
	}
	ours := TransactionID{1, 2, 3}
	p, err := pion.Build(pion.NewTransactionIDSetter(ours), pion.BindingRequest, pion.NewUsername("l:r"), &pion.XORMappedAddress{IP: []byte{10, 0, 0, 1}, Port: 5},
		pion.NewShortTermIntegrity(string(key)), pion.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(p.Raw)
	if err != nil || m.Type != Request || m.ID != ours || m.Username != "l:r" || m.Mapped.String() != "10.0.0.1:5" || !Verify(p.Raw, key) || !m.Fingerprinted() {
		t.Errorf("pion's message is %+v, %v", m, err)
	}
}

func TestParseRefuses(t *testing.T) {
	good := octets(t, vectors[0].wire)
	change := func(f func(b []byte) []byte) []byte { return f(bytes.Clone(good)) }
	for name, b := range map[string][]byte{
		"RFC 8489 §5 too short":              good[:19],
		"RFC 8489 §5 first bits":             change(func(b []byte) []byte { b[0] |= 0x80; return b }),
		"RFC 8489 §5 cookie":                 change(func(b []byte) []byte { b[4]++; return b }),
		"RFC 8489 §5 length":                 good[:len(good)-4],
		"RFC 8489 §14.7 FINGERPRINT":         change(func(b []byte) []byte { b[len(b)-1]++; return b }),
		"RFC 8489 §14 attribute goes beyond": change(func(b []byte) []byte { b[23] = 0xff; return b }),
		"a TLS record":                       append([]byte{22, 3, 1, 0, 15}, make([]byte, 15)...),
		"an MSRP request":                    []byte("MSRP abcd SEND\r\nTo-Path: msrp://x"),
	} {
		if _, err := Parse(b); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// RFC 8489 §6.3: attributes that must be understood are listed, others are skipped.
func TestNotUnderstood(t *testing.T) {
	m := Message{Type: Request, ID: id}
	b := m.Append(nil, nil)
	b = b[:len(b)-8] // FINGERPRINT
	b = append(b, 0x7f, 1, 0, 1, 9, 0, 0, 0, 0xff, 1, 0, 0)
	setLength(b, 0)
	got, err := Parse(b)
	if err != nil || !cmp.Equal(got.NotUnderstood, []uint16{0x7f01}) {
		t.Errorf("%v, %v", got.NotUnderstood, err)
	}
}

// RFC 4571 §2: each frame has its length before it, and frames come as the connection cuts them.
func TestFrames(t *testing.T) {
	var b []byte
	frames := []string{"one", "", strings.Repeat("x", MaxFrame), "two"}
	for _, f := range frames {
		b = AppendFrame(b, []byte(f))
	}
	var got []string
	for n := 0; n <= len(b); n++ { // octet by octet
		if f, rest, ok := CutFrame(b[:n]); ok {
			got = append(got, string(f))
			b, n = b[n-len(rest):], -1
		}
	}
	if !cmp.Equal(got, frames) || len(b) != 0 {
		t.Errorf("%d frames, %d octets left", len(got), len(b))
	}
}

func FuzzParse(f *testing.F) {
	for _, v := range vectors {
		f.Add(octets(f, v.wire))
	}
	f.Add(AppendFrame(nil, []byte("x")))
	key := []byte("secret")
	f.Fuzz(func(t *testing.T, b []byte) {
		CutFrame(b)
		m, err := Parse(b)
		Verify(b, key)
		if err != nil {
			return
		}
		again, err := Parse(m.Append(nil, key))
		m.NotUnderstood = nil
		if d := cmp.Diff(m, again, public, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b netip.AddrPort) bool { return a.Port() == b.Port() && a.Addr().Unmap() == b.Addr().Unmap() })); err != nil || d != "" {
			t.Errorf("%v\n%s", err, d)
		}
	})
}
