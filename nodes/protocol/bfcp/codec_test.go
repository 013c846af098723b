package bfcp

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"imsim/internal/oracle"
	"imsim/netem/capture"
	"imsim/netem/packet"
	"imsim/sim"
)

func set(as ...Attribute) (s Set) {
	for _, a := range as {
		s = s.With(a)
	}
	return s
}

func state(id uint16, s Status, position uint8, info string) State {
	x := State{ID: id, Has: set(RequestStatus), Status: s, Position: position, Info: info}
	if info != "" {
		x.Has = x.Has.With(StatusInfo)
	}
	return x
}

// every holds each primitive, and each attribute where it may be.
func every(version uint8) []Message {
	user := UserInfo{ID: 7, Has: set(UserDisplayName, UserURI), Name: "Bob", URI: "sip:bob@home1.example"}
	request := Request{
		ID: 789, Has: set(OverallRequestStatus, AttrFloorRequestStatus, BeneficiaryInformation, RequestedByInformation, AttrPriority, ParticipantProvidedInfo),
		Overall: state(789, Accepted, 2, "wait"), Floors: []State{state(543, Accepted, 2, "x"), state(544, Pending, 0, "")},
		Beneficiary: user, By: UserInfo{ID: 234}, Priority: High, Info: "to ask",
	}
	short := Request{ID: 790, Has: set(OverallRequestStatus, AttrFloorRequestStatus), Overall: state(790, Granted, 0, ""), Floors: []State{state(543, Granted, 0, "")}}
	all := []Message{
		{Primitive: FloorRequest, Has: set(FloorID, BeneficiaryID, ParticipantProvidedInfo, AttrPriority), Floors: []uint16{543, 544}, Beneficiary: 7, Info: "hello", Priority: Highest},
		{Primitive: FloorRelease, Has: set(FloorRequestID), FloorRequest: 789},
		{Primitive: FloorRequestQuery, Has: set(FloorRequestID), FloorRequest: 789},
		{Primitive: FloorRequestStatus, Has: set(FloorRequestInformation), Requests: []Request{request}},
		{Primitive: UserQuery, Has: set(BeneficiaryID), Beneficiary: 7},
		{Primitive: UserStatus, Has: set(BeneficiaryInformation, FloorRequestInformation), About: user, Requests: []Request{request, short}},
		{Primitive: FloorQuery, Has: set(FloorID), Floors: []uint16{543}},
		{Primitive: FloorStatus, Has: set(FloorID, FloorRequestInformation), Floors: []uint16{543}, Requests: []Request{short}},
		{Primitive: ChairAction, Has: set(FloorRequestInformation), Requests: []Request{short}},
		{Primitive: ChairActionAck},
		{Primitive: Hello},
		{Primitive: HelloAck, Has: set(SupportedPrimitives, SupportedAttributes), Primitives: []byte{1, 2, 13}, Attributes: []byte{1, 18}},
		{Primitive: Error, Has: set(AttrErrorCode, ErrorInfo), Code: UnknownMandatory, Details: []byte{100, 101}, ErrorInfo: "what is that"},
		{Primitive: FloorRequestStatusAck}, {Primitive: FloorStatusAck}, {Primitive: Goodbye}, {Primitive: GoodbyeAck},
	}
	for c := NoConference; c <= Generic; c++ {
		if c != UnknownMandatory {
			all = append(all, Message{Primitive: Error, Has: set(AttrErrorCode), Code: c})
		}
	}
	for i := range all {
		m := &all[i]
		m.Version, m.Conference, m.Transaction, m.User = version, 4321, uint16(i), 234
		m.Response = version == Unreliable && i%2 == 1
	}
	return all
}

func encode(t testing.TB, m *Message) []byte {
	t.Helper()
	b, err := m.AppendTo(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// RFC 8855 §5: the octets of examples put together by hand and decoded by Wireshark.
func TestRFC8855Examples(t *testing.T) {
	for _, x := range []struct {
		hex string
		m   Message
	}{
		{"20010002000010e1007b00ea0504021f09046000", Message{Primitive: FloorRequest, Transaction: 123, Has: set(FloorID, AttrPriority), Floors: []uint16{543}, Priority: High}},
		{"20020001000010e1009a00ea07040315", Message{Primitive: FloorRelease, Transaction: 154, Has: set(FloorRequestID), FloorRequest: 789}},
		{"200b0000000010e1000100ea", Message{Primitive: Hello, Transaction: 1}},
		{"20040004000010e1000000ea1f100315250803150b0403002304021f", Message{Primitive: FloorRequestStatus, Has: set(FloorRequestInformation), Requests: []Request{{
			ID: 789, Has: set(OverallRequestStatus, AttrFloorRequestStatus), Overall: state(789, Granted, 0, ""), Floors: []State{{ID: 543}},
		}}}},
	} {
		x.m.Version, x.m.Conference, x.m.User = Reliable, 4321, 234
		if got := hex.EncodeToString(encode(t, &x.m)); got != x.hex {
			t.Errorf("%v: got %s, want %s", x.m.Primitive, got, x.hex)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	var got Message
	for _, v := range []uint8{Reliable, Unreliable} {
		for _, m := range every(v) {
			if err := Parse(encode(t, &m), &got); err != nil {
				t.Errorf("%v: %v", m.Primitive, err)
			}
			if d := cmp.Diff(m, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("%v: %s", m.Primitive, d)
			}
		}
	}
}

// digest says of a message what libre's decoder says, from the fields.
func digest(m *Message) string {
	var b strings.Builder
	add := func(format string, a ...any) { fmt.Fprintf(&b, format, a...) }
	r := 0
	if m.Response {
		r = 1
	}
	add("%d %d %d %d %d %d", m.Version, r, m.Primitive, m.Conference, m.Transaction, m.User)
	text := func(has Set, a Attribute, s string) {
		if has.Has(a) {
			add(" %d=%s", a, s)
		}
	}
	user := func(has Set, a Attribute, u *UserInfo) {
		if !has.Has(a) {
			return
		}
		add(" %d=%d", a, u.ID)
		if u.Has != 0 {
			add(" (")
			text(u.Has, UserDisplayName, u.Name)
			text(u.Has, UserURI, u.URI)
			add(" )")
		}
	}
	status := func(a Attribute, s *State) {
		add(" %d=%d (", a, s.ID)
		text(s.Has, RequestStatus, fmt.Sprintf("%d/%d", s.Status, s.Position))
		text(s.Has, StatusInfo, s.Info)
		add(" )")
	}
	list := func(octets []byte) (s string) {
		for _, o := range octets {
			s += fmt.Sprintf(",%d", o)
		}
		return s
	}
	text(m.Has, FloorRequestID, fmt.Sprint(m.FloorRequest))
	for _, f := range m.Floors {
		add(" %d=%d", FloorID, f)
	}
	text(m.Has, BeneficiaryID, fmt.Sprint(m.Beneficiary))
	text(m.Has, ParticipantProvidedInfo, m.Info)
	text(m.Has, AttrPriority, fmt.Sprint(uint8(m.Priority)))
	text(m.Has, SupportedPrimitives, list(m.Primitives))
	text(m.Has, SupportedAttributes, list(m.Attributes))
	text(m.Has, AttrErrorCode, fmt.Sprint(uint8(m.Code))+list(m.Details))
	text(m.Has, ErrorInfo, m.ErrorInfo)
	user(m.Has, BeneficiaryInformation, &m.About)
	for i := range m.Requests {
		q := &m.Requests[i]
		add(" %d=%d (", FloorRequestInformation, q.ID)
		status(OverallRequestStatus, &q.Overall)
		for j := range q.Floors {
			status(AttrFloorRequestStatus, &q.Floors[j])
		}
		user(q.Has, BeneficiaryInformation, &q.Beneficiary)
		user(q.Has, RequestedByInformation, &q.By)
		text(q.Has, AttrPriority, fmt.Sprint(uint8(q.Priority)))
		text(q.Has, ParticipantProvidedInfo, q.Info)
		add(" )")
	}
	return b.String()
}

// TestLibre has libre decode every primitive and attribute, in both versions.
func TestLibre(t *testing.T) {
	var octets [][]byte
	var want []string
	for _, v := range []uint8{Reliable, Unreliable} {
		for _, m := range every(v) {
			octets, want = append(octets, encode(t, &m)), append(want, digest(&m))
		}
	}
	for i, got := range oracle.BFCPDecode(t, octets) {
		if got != want[i] {
			t.Errorf("%x:\ngot  %s\nwant %s", octets[i], got, want[i])
		}
	}
}

// TestTShark has Wireshark's dissector, which knows version 1, read every primitive that goes over TCP.
func TestTShark(t *testing.T) {
	name := filepath.Join(t.TempDir(), "bfcp.pcapng")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := capture.NewWriter(f, capture.Options{})
	id := w.Interface("a.plain", capture.UpperPDU, "")
	a, b := packet.MustAddrPort("10.10.0.5:5070"), packet.MustAddrPort("10.20.0.7:40112")
	var want []string
	for i, m := range every(Reliable) {
		if m.Primitive > Error {
			continue
		}
		w.UpperPDU(id, sim.Time(i), "bfcp", a, b, encode(t, &m))
		want = append(want, fmt.Sprintf("%d %d %d 234", m.Primitive, m.Conference, m.Transaction))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	var got []string
	for _, r := range oracle.NewTShark(t, name).Fields("", "bfcp.primitive", "bfcp.conference_id", "bfcp.transaction_id", "bfcp.user_id", "_ws.malformed") {
		got = append(got, strings.TrimSpace(strings.Join(r, " ")))
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
}

// RFC 8855 §6.2.3: a message is cut and joined in any order, whatever its fragments' size.
func TestRFC8855Fragments(t *testing.T) {
	for _, m := range every(Unreliable) {
		b := encode(t, &m)
		for mtu := fragmentSize + 4; mtu < len(b)+5; mtu += 3 {
			parts := Fragments(b, mtu)
			var r Reassembly
			for i := range parts {
				d := parts[len(parts)-1-i]
				if len(d) > mtu && len(parts) > 1 {
					t.Fatalf("datagram of %d octets with %d allowed", len(d), mtu)
				}
				whole, err := r.Take(d)
				if err != nil {
					t.Fatal(err)
				}
				if last := i == len(parts)-1; last != (whole != nil) || last && string(whole) != string(b) {
					t.Fatalf("fragment %d of %d gives %x", i, len(parts), whole)
				}
			}
		}
	}
}

// RFC 8855 §6.1: what a stream brings is cut at the messages wherever the segments end.
func TestRFC8855Framing(t *testing.T) {
	var stream []byte
	n := 0
	for _, m := range every(Reliable) {
		stream, n = append(stream, encode(t, &m)...), n+1
	}
	for step := 1; step < 40; step++ {
		var f Framer
		got := 0
		for at := 0; at < len(stream); at += step {
			f.Push(stream[at:min(at+step, len(stream))])
			for _, ok := f.Next(); ok; _, ok = f.Next() {
				got++
			}
		}
		if got != n || f.Rest() != 0 {
			t.Errorf("pieces of %d: %d messages, want %d", step, got, n)
		}
	}
}

// RFC 8855 §13.8: what cannot be read has the code that says so.
func TestRFC8855Malformed(t *testing.T) {
	for _, x := range []struct {
		hex  string
		code ErrorCode
	}{
		{"200b0000", IncorrectLength},
		{"200b0001000010e1000100ea", IncorrectLength},
		{"600b0000000010e1000100ea", UnsupportedVersion},
		{"20010001000010e1007b00ea0505021f", UnableToParse},
		{"20010001000010e1007b00ea0503021f", UnableToParse},
		{"20010001000010e1007b00ea0501021f", UnableToParse},
		{"48010001000010e1007b00ea0504021f", UnableToParse},
		{"20040002000010e1000000ea1f08031525080315", UnableToParse},
	} {
		b, _ := hex.DecodeString(x.hex)
		var m Message
		err := Parse(b, &m)
		if e, ok := err.(*Malformed); !ok || e.Code != x.code {
			t.Errorf("%s: %v, want %v", x.hex, err, x.code)
		}
	}
	m := Message{Version: Reliable, Primitive: Error, Has: set(ErrorInfo), ErrorInfo: strings.Repeat("x", 254)}
	if _, err := m.AppendTo(nil); err != ErrTooLong {
		t.Errorf("254 octets of text: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, v := range []uint8{Reliable, Unreliable} {
		for _, m := range every(v) {
			f.Add(encode(f, &m))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var m, again Message
		new(Reassembly).Take(b)
		s := NewServer(conference)
		s.Connect(0, true).Input(0, sim.Cause{}, b)
		NewClient(ClientConfig{Conference: 4321, User: 234}).Input(0, sim.Cause{}, b)
		if Parse(b, &m) != nil {
			return
		}
		first, err := m.AppendTo(nil)
		if err != nil {
			return
		}
		if err := Parse(first, &again); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if second, _ := again.AppendTo(nil); string(second) != string(first) {
			t.Fatalf("%x read and written is %x", first, second)
		}
	})
}

func TestAllocations(t *testing.T) {
	m := Message{Version: Reliable, Primitive: FloorRequest, Has: set(FloorID), Floors: []uint16{543}}
	b := encode(t, &m)
	buf := make([]byte, 0, 64)
	var got Message
	if n := testing.AllocsPerRun(100, func() {
		buf, _ = m.AppendTo(buf[:0])
		_ = Parse(b, &got)
	}); n != 0 {
		t.Errorf("%v allocations for a FloorRequest written and read", n)
	}
}
