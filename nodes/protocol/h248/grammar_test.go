package h248

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const head = "MEGACO/2 [192.0.2.10]:2944\n"

// accepted holds messages that walk through the rest of the grammar; OTP accepts them too.
var accepted = []struct{ name, text string }{
	{"domain mid", "MEGACO/1 <mg1.example.net>:2944 T=1{C=-{AV=ROOT{AT{PG}}}}"},
	{"device mid, case", "!/1 mg/1 tRaNsAcTiOn=1{c=*{w-SUBTRACT=*{aT{}}}}"},
	{"ipv6 mid", "!/2 [2001:db8::1]:2944\nPN=1{}"},
	{"comments", head + "; a comment { ignored\nT=1{ ; another\n C=1{MF=a/1}}"},
	{"message error", head + `Error = 400 { "Bad request" }`},
	{"error without text", head + `Error = 500 { }`},
	{"several items", head + "T=1{C=1{MF=a/1}} K{1,2-4} PN=7{} P=8{C=1{MF=b}}"},
	{"several actions", head + "T=1{C=1{MF=a/1},C=${A=$}}"},
	{"optional", head + "T=1{C=1{O-MF=a/1,O-W-S=*,MF=b/1}}"},
	{"context properties", head + "T=1{C=1{TP{a/1,b/1,OW},PR=7,EG,CA{TP,EG,PR},MF=a/1}}"},
	{"context only", head + "T=1{C=1{PR=3}}"},
	{"relations", head + "T=1{C=1{MF=a/1{M{ST=1{O{MO=SO,RV=ON,RG=OFF,p/a#1,p/b<2,p/c>3,p/d=[1,2],p/e={x,y},p/f=[1:9]}}}}}}"},
	{"implied stream", head + "T=1{C=1{MF=a/1{M{O{MO=LB},L{\nv=0\n},TS{SI=OS,BF=SP,root/x=1}}}}}"},
	{"embed", head + "T=1{C=1{MF=a/1{E=2{al/of{EM{SG{cg/dt},E=3{al/on{KA}}}}},EB{al/on,g/sc{ST=1}}}}}"},
	{"signals", head + "T=1{C=1{MF=a/1{SG{cg/dt{ST=1,SY=TO,DR=300,NC={TO,IBE,IBS,OR},KA,x=1},SL=4{cg/rt,cg/bt{SY=BR}}}}}}"},
	{"no signals, no events", head + "T=1{C=1{MF=a/1{E,SG}}}"},
	{"services", head + `T=1{C=-{SC=ROOT{SV{MT=HO,RE="903 MGC Directed Change",DL=4,MG=[192.0.2.11]:2944,20260101T12000012}}}}`},
	{"services reply", head + `P=1{C=-{SC=ROOT{SV{AD=[192.0.2.11]:2945,V=1,PF=simiq/1}}}}`},
	{"packages", head + "P=1{C=-{AV=ROOT{PG{g-1,tcpbcc-1}}}}"},
	{"context audit reply", head + "P=1{C=1{AV=C{a/1,b/1}}}"},
	{"audit reply", head + "P=1{C=1{AV=a/1{M{ST=1{O{MO=SR}}},SA{nt/dur=1},E,SG,DM}}}"},
	{"partial failure", head + `P=1{C=1{MF=a/1,MF=b/1{ER=430{"Unknown TerminationID"}}}}`},
	{"action failure", head + `P=1{C=1{MF=a/1,ER=442{"Syntax error in command"}}}`},
	{"request star", head + "T=1{C=1{N=a/1{OE=*{al/of}}}}"},
	{"mux and digit map", head + "T=1{C=1{MF=a/1{MX=H221{b/1,c/1},DM=d1{(0|00|xx.)}}}}"},
}

func TestGrammarAccepts(t *testing.T) {
	for _, s := range accepted {
		t.Run(s.name, func(t *testing.T) {
			m := mustParse(t, []byte(s.text))
			for _, style := range []Style{Pretty, Compact} {
				b := m.Append(nil, style)
				if d := cmp.Diff(m, mustParse(t, b)); d != "" {
					t.Errorf("%v: meaning changed:\n%s\n%s", style, d, b)
				}
			}
		})
	}
}

// What OTP's version 2 grammar is not asked: version 3, and a few forms of the standard that OTP does not take.
func TestGrammarTolerates(t *testing.T) {
	for _, text := range []string{
		"!/2 mg T=1{C=1{TP{a/1,b/1,OW,a/2,b/2,IS,a,b,BW,ST=2,c,d,BW},MF=a/1{SG{}}}}",
		"!/3 mg P=1/2/END{C=1{MF=a/1}}",
		"!/3 mg SM=1/2/END",
		"!/2 mg T=1{C=1{AV=a/1{AT{SA,M{ST=1{O{MO,seplink/x_topo},R},ST=2{L},TS{SI,root/maxNumberOfContexts}},E=4{tcpbcc/BNCChange},SG{ipnapt/latch},DM=d1,PG{g-2}}}}}",
		"!/3 mg T=1{C=1{EGO,IEPS=ON,CT{a/b=1},MF=[a/1,b/1]}}",
		"!/3 mg T=1{C=1{MF=a/1{M{ST=1{SA{nt/os}}},SG{cg/dt{DI=EX,RQ=5}}}}}",
		"!/1 MTP{1234} T=1{C=-{AV=ROOT}}",
		"AU=0x1:0x2:0x3 !/1 mg T=1{C=-{AV=ROOT}}",
	} {
		m := mustParse(t, []byte(text))
		b := m.Append(nil, Compact)
		if d := cmp.Diff(m, mustParse(t, b)); d != "" {
			t.Errorf("meaning of %s changed:\n%s\n%s", text, d, b)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	const amm = head + "T=9{C=1{MF=a/1{"
	for _, tt := range []struct {
		name, text string
		code       ErrorCode
		line, col  int
		id         TransactionID
	}{
		{"empty", "", 400, 1, 1, 0},
		{"not H.248", "INVITE sip:x SIP/2.0", 400, 1, 7, 0},
		{"no version", "MEGACO/x [1.2.3.4]", 400, 1, 9, 0},
		{"version 4", "MEGACO/4 [1.2.3.4]:2944\nT=1{C=-{AV=ROOT}}", 406, 1, 9, 0},
		{"no mid", "MEGACO/2 {", 400, 1, 10, 0},
		{"bad port", "MEGACO/2 [1.2.3.4]:99999\n", 400, 1, 25, 0},
		{"no transaction", head, 400, 2, 1, 0},
		{"unknown item", head + "Foo=1{}", 400, 2, 1, 0},
		{"bad id", head + "T=x{}", 400, 2, 4, 0},
		{"id too large", head + "T=4294967296{}", 400, 2, 13, 0},
		{"no action", head + "T=9{}", 403, 2, 5, 9},
		{"not a context", head + "T=9{Foo=1{}}", 403, 2, 8, 9},
		{"cut off", head + "T=9{C=1{MF=a/1}", 403, 2, 16, 9},
		{"context 0", head + "T=9{C=0{MF=a/1}}", 410, 2, 8, 9},
		{"empty action", head + "T=9{C=1{}}", 422, 2, 10, 9},
		{"missing brace of action", head + "T=9{C=1 MF=a/1}}", 422, 2, 9, 9},
		{"property behind command", head + "T=9{C=1{MF=a/1,PR=1}}", 421, 2, 16, 9},
		{"error in request", head + "T=9{C=1{ER=400{}}}", 422, 2, 9, 9},
		{"unknown command", head + "T=9{C=1{Foo=a/1}}", 443, 2, 9, 9},
		{"unknown prefix", head + "T=9{C=1{X-MF=a/1}}", 443, 2, 9, 9},
		{"no termination", head + "T=9{C=1{MF={}}}", 442, 2, 12, 9},
		{"notify needs descriptor", head + "T=9{C=1{N=a}}", 442, 2, 12, 9},
		{"unknown descriptor", amm + "Foo{}}}}", 444, 2, 16, 9},
		{"unknown descriptor in Media", amm + "M{ST=1{Foo{}}}}}}", 444, 2, 23, 9},
		{"not legal here", amm + "SV{MT=RS}}}}", 447, 2, 16, 9},
		{"descriptor twice", amm + "SG{},SG{}}}}", 448, 2, 21, 9},
		{"stream twice", amm + "M{ST=1{O{MO=SR}},ST=1{O{MO=SR}}}}}}", 448, 2, 33, 9},
		{"Local twice", amm + "M{ST=1{L{},L{}}}}}}", 448, 2, 27, 9},
		{"unknown property", amm + "M{ST=1{O{foo=1}}}}}}", 445, 2, 25, 9},
		{"property twice", amm + "M{ST=1{O{a/b=1,A/B=1}}}}}}", 456, 2, 31, 9},
		{"mode twice", amm + "M{ST=1{O{MO=SR,MO=SR}}}}}}", 456, 2, 31, 9},
		{"bad mode", amm + "M{ST=1{O{MO=Foo}}}}}}", 517, 2, 31, 9},
		{"bad switch", amm + "M{ST=1{O{RV=1}}}}}}", 449, 2, 29, 9},
		{"bad signal type", amm + "SG{a/b{SY=XX}}}}}", 449, 2, 28, 9},
		{"signal without package", amm + "SG{foo}}}}", 440, 2, 22, 9},
		{"event without package", amm + "E=1{foo}}}}", 440, 2, 23, 9},
		{"unclosed quote", amm + "SG{a/b{x=\"y}}}}}", 442, 2, 25, 9},
		{"unclosed Local", amm + "M{ST=1{L{v=0", 442, 2, 25, 9},
		{"unknown Services parameter", head + "T=9{C=-{SC=ROOT{SV{Foo=1}}}}", 446, 2, 20, 9},
		{"single audit without part", head + "T=9{C=1{AV=a{AT{M{ST=1}}}}}", 442, 2, 23, 9},
		{"single audit by value", head + "T=9{C=1{AV=a{AT{SA{nt/os>5}}}}}", 501, 2, 25, 9},
		{"single audit of Mux", head + "T=9{C=1{AV=a{AT{MX{x}}}}}", 501, 2, 19, 9},
		{"single audit of nothing", head + "T=9{C=1{AV=a{AT{M{Foo}}}}}", 444, 2, 22, 9},
		{"too deep", amm + "MX=" + strings.Repeat("{", 9) + "}}}}", 442, 2, 27, 9},
		{"too many transactions", "!/2 a " + strings.Repeat("PN=1{} ", 65), 413, 1, 455, 0},
		{"too long", "!/2 a " + strings.Repeat(" ", MaxMessageBytes), 400, 1, 1, 0},
		{"list too long", amm + "E=1{" + strings.Repeat("a/b,", MaxListLength) + "a/b}}}}", 442, 2, 2068, 9},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.text))
			var e *SyntaxError
			if !errors.As(err, &e) {
				t.Fatalf("no error, want %d", tt.code)
			}
			if e.Code != tt.code || e.Line != tt.line || e.Col != tt.col || e.ID != tt.id {
				t.Errorf("got %d at %d:%d in %d, want %d at %d:%d in %d: %v", e.Code, e.Line, e.Col, e.ID, tt.code, tt.line, tt.col, tt.id, e)
			}
			if e.InRequest != (tt.id != 0) && tt.code != 400 {
				t.Errorf("in request: %v", e.InRequest)
			}
		})
	}
}

// H.248.1 §8: what stands before the error is kept, and an error in a reply is marked so.
func TestSyntaxErrorKeepsEarlierItems(t *testing.T) {
	m, err := Parse([]byte(head + "T=1{C=1{MF=a/1}} P=2{Foo}"))
	var e *SyntaxError
	if !errors.As(err, &e) || !e.InAnswer || e.ID != 2 {
		t.Fatalf("error %v", err)
	}
	if m == nil || len(m.Items) != 1 || m.Items[0].ID != 1 {
		t.Fatalf("items %v", m)
	}
}

func TestRawText(t *testing.T) {
	for _, text := range []string{"v=0\n", "a}b\n", "}}}\n", "a\\}\n", "\\\n", "a;b \"{\n"} {
		m := &Message{From: MID{Kind: MIDDevice, Host: "mg"}, Items: []Item{{ID: 1, Actions: []Action{{Context: 1,
			Commands: []Command{{Verb: Modify, Termination: "a", Descriptors: Descriptors{Media: &Media{Streams: []Stream{{ID: 1, Local: []byte(text)}}}}}}}}}}}
		for _, style := range []Style{Pretty, Compact} {
			b := m.Append(nil, style)
			if got := mustParse(t, b).Items[0].Actions[0].Commands[0].Media.Streams[0].Local; string(got) != text {
				t.Errorf("%v: %q became %q in %q", style, text, got, b)
			}
		}
	}
}

func TestSummary(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"T=1002{C=7{MF=a,A=$}}", "Request 1002: Modify, Add"},
		{`P=1001{ER=510{}}`, "Reply 1001: error 510"},
		{`P=3{C=7{MF=a,MF=b{ER=430{}}},C=8{ER=411{}}}`, "Reply 3: Modify, Modify error 430, error 411"},
		{"PN=7{}", "Pending 7"},
		{"K{1,3-5}", "Ack 1, 3-5"},
	} {
		if got := string(mustParse(t, []byte(head+tt.text)).Items[0].AppendSummary(nil)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, ex := range examples(f) {
		f.Add(ex.text)
	}
	for _, s := range accepted {
		f.Add([]byte(s.text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if err != nil {
			return
		}
		for _, style := range []Style{Pretty, Compact} {
			b := m.Append(nil, style)
			if len(b) > MaxMessageBytes {
				return
			}
			again, err := Parse(b)
			if err != nil {
				t.Fatalf("own encoding refused: %v\n%q\n%q", err, data, b)
			}
			if c := again.Append(nil, style); string(b) != string(c) {
				t.Fatalf("unstable:\n%q\n%q\n%q", data, b, c)
			}
		}
	})
}
