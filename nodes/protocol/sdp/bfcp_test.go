package sdp

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func bfcpLine(t *testing.T, proto, attributes string) Line {
	t.Helper()
	d, err := Parse([]byte("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=application 5000 " + proto + " *\r\n" + attributes))
	if err != nil {
		t.Fatal(err)
	}
	return d.Line(0)
}

// RFC 8856 §5: what a line says of floor control.
func TestRFC8856Attributes(t *testing.T) {
	l := bfcpLine(t, "TCP/TLS/BFCP", "a=floorctrl:c-only s-only\r\na=confid:4321\r\na=userid:234\r\na=floorid:1 mstrm:10\r\na=floorid:2 m-stream:11 12\r\na=floorid:x\r\na=floorid:3\r\na=bfcpver:1 2\r\n")
	conference, _ := l.Conference()
	user, _ := l.User()
	if c, ok := l.FloorControl(); !ok || c != FloorClient|FloorServer || conference != 4321 || user != 234 {
		t.Errorf("floorctrl %v, confid %d, userid %d", c, conference, user)
	}
	want := []Floor{{1, []string{"10"}}, {2, []string{"11", "12"}}, {3, []string{}}}
	if d := cmp.Diff(want, l.Floors()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]uint8{1, 2}, l.BFCPVersions()); d != "" {
		t.Error(d)
	}
	l.SetFloorServer(7, 8, want[:2]...)
	if conference, _ = l.Conference(); conference != 7 || len(l.Floors()) != 2 || l.Floors()[1].String() != "2 mstrm:11 12" {
		t.Errorf("written: %d %v", conference, l.Floors())
	}
	for proto, version := range map[string]uint8{"TCP/BFCP": 1, "UDP/BFCP": 2} {
		if v := bfcpLine(t, proto, "").BFCPVersions(); v[0] != version {
			t.Errorf("%s without bfcpver: %d", proto, v)
		}
	}
	bad := bfcpLine(t, "TCP/BFCP", "a=confid:4294967296\r\na=userid:65536\r\na=floorctrl:none\r\n")
	if _, ok := bad.Conference(); ok {
		t.Error("confid of 33 bits taken")
	}
	if _, ok := bad.User(); ok {
		t.Error("userid of 17 bits taken")
	}
	if _, ok := bad.FloorControl(); ok {
		t.Error("unknown role taken")
	}
}

// RFC 8856 §5.1, §8: offer and answer on who is the server.
func TestRFC8856Roles(t *testing.T) {
	for _, x := range []struct {
		offer    string
		prefer   FloorControl
		answer   FloorControl
		answered string // as it is written
		ok       bool
	}{
		{"a=floorctrl:c-only\r\n", FloorServer, FloorServer, "a=floorctrl:s-only\r\n", true},
		{"a=floorctrl:c-only\r\n", FloorClient, FloorServer, "a=floorctrl:c-only\r\n", false},
		{"a=floorctrl:s-only\r\n", FloorServer, FloorClient, "a=floorctrl:c-only\r\n", true},
		{"a=floorctrl:c-only s-only\r\n", FloorClient, FloorClient, "a=floorctrl:c-only\r\n", true},
		{"a=floorctrl:c-s\r\n", FloorServer, FloorServer, "a=floorctrl:c-only s-only\r\n", false},
		{"", FloorClient, FloorServer, "", true},
		{"a=floorctrl:s-only\r\n", FloorClient, FloorClient, "", false},
	} {
		offered := bfcpLine(t, "TCP/BFCP", x.offer).OfferedFloorControl()
		if got := AnswerFloorControl(offered, x.prefer); got != x.answer {
			t.Errorf("%q, %v preferred: %v, want %v", x.offer, x.prefer, got, x.answer)
		}
		if c, ok := bfcpLine(t, "TCP/BFCP", x.answered).AnsweredFloorControl(offered); ok != x.ok {
			t.Errorf("%q answered %q: %v %v, want %v", x.offer, x.answered, c, ok, x.ok)
		}
	}
}
