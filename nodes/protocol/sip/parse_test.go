package sip

import (
	"slices"
	"strings"
	"testing"
)

const mandatory = "Via: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: <sip:c@d>\nCall-ID: x\nCSeq: 1 OPTIONS\n"

// TestForwardByteExact: what a hop does not touch leaves as it came (RFC 3261 §16.6 step 2).
func TestForwardByteExact(t *testing.T) {
	in := crlf(`INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0
TO :
 sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n
from   : "J Rosenberg \\\""       <sip:jdrosen@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: wsinv.ndaksdj@192.0.2.1
cseq: 0009
  INVITE
v:  SIP  / 2.0  /UDP
    192.0.2.2;branch=390skdjuw , SIP/2.0/TCP spindle.example.com ;
  branch  =   z9hG4bK9ikj8
s :
NewFangledHeader:   newfangled value
 continued newfangled value
X-Odd!%: ` + "\tkept \xff\x00 \t" + `
UnknownHeaderWithUnusualValue: ;;,,;;,;
l: 4
Route:
 <sip:services.example.com;lr;unknownwith=value;unknown-no-value>
m:"Quoted string \"\"" <sip:jdrosen@example.com> ; newparam =
      newvalue ;
  secondparam ; q = 0.33

body`)
	m, err := Parse([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.String(); got != in {
		t.Fatalf("got\n%q\nwant\n%q", got, in)
	}
	if got := m.Len(); got < len(in) || got > len(in)+8 {
		t.Errorf("Len %d for %d octets", got, len(in))
	}
	if err := m.Validate(); err != nil {
		t.Error(err)
	}
	if tag := m.ToTag(); tag != "1918181833n" {
		t.Errorf("To tag %q", tag)
	}
	from, _ := m.From()
	if from.Display != `J Rosenberg \"` || from.URI != "sip:jdrosen@example.com" || m.FromTag() != "98asjd8" {
		t.Errorf("From %+v", from)
	}
	if c, _ := m.CSeq(); c != (CSeq{9, INVITE}) {
		t.Errorf("CSeq %v", c)
	}
	if n, _, _ := m.MaxForwards(); n != 68 {
		t.Errorf("Max-Forwards %d", n)
	}
	if v, err := m.Via(); err != nil || v.Transport != "UDP" || v.Host != "192.0.2.2" || v.Branch() != "390skdjuw" {
		t.Errorf("Via %+v %v", v, err)
	}
	if c, _ := m.Contact(); c.Display != `Quoted string ""` || !c.Params.Has("secondparam") {
		t.Errorf("Contact %+v", c)
	}
	if q, _ := must(m.Contact()).Params.Get("q"); q != "0.33" {
		t.Errorf("q %q", q)
	}

	// A hop pops its Via, adds a Route and leaves the rest alone.
	before := slices.Clone(m.Fields)
	if got := m.PopFirst(HVia); !strings.HasSuffix(got, "branch=390skdjuw") {
		t.Errorf("popped %q", got)
	}
	m.Prepend(HRoute, "<sip:p2;lr>")
	after := m.String()
	for _, h := range before {
		if h.ID != HVia && !strings.Contains(after, h.Line()+"\r\n") {
			t.Errorf("field changed: %q", h.Line())
		}
	}
	if v, err := m.Via(); err != nil || v.Host != "spindle.example.com" || v.Branch() != "z9hG4bK9ikj8" {
		t.Errorf("Via behind the popped one: %+v %v", v, err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestTorture follows the ideas of RFC 4475: what parses, what Validate refuses, and why.
func TestTorture(t *testing.T) {
	options := "OPTIONS sip:u@h SIP/2.0\n" + mandatory
	for _, c := range []struct {
		name, in string
		want     string // part of the error; "" when all is well
	}{
		{"3.1.1.2 wide range of characters", "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0\n" +
			strings.Replace(mandatory, "OPTIONS", "!interesting-Method0123456789_*+`.%indeed'~", 1) + "\n", ""},
		{"3.1.1.3 escapes in the URI", strings.Replace(options, "sip:u@h", "sip:sips%3Auser%40example.com@example.net", 1) + "\n", ""},
		{"3.1.1.6 no LWS between name and <", options + "Contact: caller<sip:c@h>\n\n", ""},
		{"3.1.1.7 long values", options + "X-Long: " + strings.Repeat("long ", 400) + "\n\n", ""},
		{"3.1.1.8 octets behind the body", options + "Content-Length: 2\n\nabcd", ""},
		{"3.1.1.12 phrase empty", "SIP/2.0 100 \n" + mandatory + "\n", ""},
		{"3.1.1.13 phrase of any octets", "SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\n" + mandatory + "\n", ""},
		{"compact names", "OPTIONS sip:u@h SIP/2.0\nv: SIP/2.0/UDP h;branch=z9hG4bK1\nf: <sip:a@b>;tag=1\nt: <sip:c@d>\ni: x\nCSeq: 1 OPTIONS\nl: 0\n\n", ""},
		{"line ends in front", "\n\n" + options + "\n", ""},
		{"unknown header without value", options + "X-Empty:\n\n", ""},
		{"3.1.2.1 extraneous separators in Via", strings.Replace(options, "h;branch=z9hG4bK1", "h;;,;,,", 1) + "\n", ""},
		{"3.1.2.2 Content-Length larger than message", options + "Content-Length: 9999\n\nabc", "Content-Length \"9999\""},
		{"3.1.2.3 negative Content-Length", options + "Content-Length: -999\n\nabc", "Content-Length \"-999\""},
		{"3.1.2.4 overlarge CSeq", strings.Replace(options, "1 OPTIONS", "36893488147419103232 OPTIONS", 1) + "\n", "CSeq"},
		{"3.1.2.6 unterminated quotes in To", strings.Replace(options, "<sip:c@d>", `"Mr. J. User <sip:j@h>`, 1) + "\n", "address"},
		{"3.1.2.7 Request-URI in angle brackets", "OPTIONS <sip:u@h> SIP/2.0\n" + mandatory + "\n", "<uri>"},
		{"3.1.2.8 LWS in the Request-URI", "OPTIONS sip:u@h; lr SIP/2.0\n" + mandatory + "\n", "start line"},
		{"3.1.2.9 two spaces in the start line", "OPTIONS  sip:u@h  SIP/2.0\n" + mandatory + "\n", "start line"},
		{"3.1.2.10 space at the end of the start line", "OPTIONS sip:u@h SIP/2.0  \n" + mandatory + "\n", "start line"},
		{"3.1.2.16 unknown version", "OPTIONS sip:u@h SIP/7.0\n" + mandatory + "\n", "version"},
		{"3.1.2.17 methods differ", "INVITE sip:u@h SIP/2.0\n" + mandatory + "\n", "CSeq method"},
		{"3.1.2.19 status too large", "SIP/2.0 4294967301 better not\n" + mandatory + "\n", "status"},
		{"3.3.1 missing fields", "OPTIONS sip:u@h SIP/2.0\nCSeq: 1 OPTIONS\n\n", "a Via header field"},
		{"3.3.8 two From", options + "From: <sip:z@b>;tag=2\n\n", "From: want one"},
		{"3.3.9 two Content-Length", options + "Content-Length: 0\nl: 0\n\n", "Content-Length: want one"},
		{"no end of head", options, "empty line"},
		{"no colon", options + "hello\n\n", "name, colon, value"},
		{"name with space", options + "a b: c\n\n", "header name \"a b\""},
		{"name empty", options + ": c\n\n", "header name"},
		{"first header folded", "OPTIONS sip:u@h SIP/2.0\n  x: y\n\n", "header"},
		{"max forwards 256", options + "Max-Forwards: 256\n\n", "Max-Forwards"},
		{"too many fields", options + strings.Repeat("X: y\n", MaxHeaders) + "\n", "at most 256"},
		{"too long", options + "X: " + strings.Repeat("y", MaxMessage) + "\n\n", "at most 65536"},
		{"empty", "", "empty line"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Parse([]byte(crlf(c.in)))
			if err == nil {
				err = m.Validate()
			}
			if err == nil && m.IsRequest() && strings.HasPrefix(m.URI, "<") {
				_, err = ParseURI(m.URI)
				if err != nil {
					return
				}
			}
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && err == nil:
				t.Errorf("taken, want an error with %q", c.want)
			case c.want != "" && !strings.Contains(err.Error(), c.want):
				t.Errorf("error %q, want %q in it", err, c.want)
			}
		})
	}
	for _, bad := range []string{"OPTIONS sip:u@h SIP/2.0\nVia: x\r\n\r\n", "OPTIONS sip:u@h SIP/2.0\r\nVia: a\rb\r\n\r\n", "OPTIONS sip:u@h SIP/2.0\r\nVia: a\n\r\n\r\n"} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("line ends of %q taken", bad)
		}
	}
}

func TestBodyIsCut(t *testing.T) {
	m := mustParse(t, "OPTIONS sip:u@h SIP/2.0\n"+mandatory+"Content-Length: 2\n\nabcd")
	if m.Body != "ab" {
		t.Errorf("body %q", m.Body)
	}
}

func TestLists(t *testing.T) {
	m := mustParse(t, "OPTIONS sip:u@h SIP/2.0\nContact: \"a, b\" <sip:x,y@h>;p=\"1,2\" , <sip:z@h>\nk: 100rel,, timer\nX: 1\nSupported: gruu\nAuthorization: Digest a=1, b=2\n\n")
	if got := slices.Collect(m.Values(HContact)); !slices.Equal(got, []string{`"a, b" <sip:x,y@h>;p="1,2"`, "<sip:z@h>"}) {
		t.Errorf("Contact %q", got)
	}
	if got := slices.Collect(m.Values(HSupported)); !slices.Equal(got, []string{"100rel", "timer", "gruu"}) {
		t.Errorf("Supported %q", got)
	}
	if m.Count(HAuthorization) != 1 {
		t.Error("Authorization is no comma list")
	}
	if !m.Contains(HSupported, "TIMER") || m.Contains(HSupported, "time") {
		t.Error("Contains")
	}
	m.RemoveToken(HSupported, "100rel")
	m.RemoveToken(HSupported, "gruu")
	if want := crlf("OPTIONS sip:u@h SIP/2.0\nContact: \"a, b\" <sip:x,y@h>;p=\"1,2\" , <sip:z@h>\nk: timer\nX: 1\nAuthorization: Digest a=1, b=2\n\n"); m.String() != want {
		t.Errorf("got %q", m)
	}
	m.ReplaceFirst(HContact, "<sip:n@h>")
	m.Set(HContentLength, "0")
	m.SetBody("text/plain", "xy")
	m.AddNamed("x-new", "v")
	if want := crlf("OPTIONS sip:u@h SIP/2.0\nContact: <sip:n@h>, <sip:z@h>\nk: timer\nX: 1\nAuthorization: Digest a=1, b=2\nContent-Type: text/plain\nx-new: v\nContent-Length: 2\n\nxy"); m.String() != want {
		t.Errorf("got %q", m)
	}
	if m.GetNamed("X-NEW") != "v" || m.Has(HVia) || m.PopFirst(HVia) != "" {
		t.Error("look-up by name")
	}
}

// TestLookup: each name finds itself in any case, and its compact form.
func TestLookup(t *testing.T) {
	for id := HVia; id < numHeaders; id++ {
		for _, n := range []string{id.String(), strings.ToUpper(id.String()), strings.ToLower(id.String())} {
			if LookupHeader(n) != id {
				t.Errorf("%s not found", n)
			}
		}
		if c := headers[id].compact; c != 0 && (LookupHeader(string(c)) != id || LookupHeader(strings.ToUpper(string(c))) != id) {
			t.Errorf("compact %c of %s not found", c, id)
		}
	}
	for _, n := range []string{"", "z", "Viaa", "Vib", "P_Charging-Vector", "V\x49A\x00", strings.Repeat("x", 100)} {
		if LookupHeader(n) != HOther {
			t.Errorf("%q found", n)
		}
	}
}

// FuzzParse: what parses is encoded to what was read, and parses again to the same; nothing panics.
func FuzzParse(f *testing.F) {
	f.Add([]byte(imsInvite))
	f.Add([]byte(crlf("OPTIONS sip:u@h SIP/2.0\n" + mandatory + "Contact: \"a\\\"\" <sip:x>;q=\"\n\n")))
	f.Add([]byte(crlf("SIP/2.0 200 OK\nv:\n SIP / 2.0/UDP [::1] : 5;rport;;received=\n\t ;branch\nAuthorization: Digest nc=00000001,username=\"\nWarning: 399 a \"b\"\n\n")))
	f.Add([]byte("\r\n\r\nsip/2.0 100 \r\nRSeq: 1\r\nRAck: 1 1 X\r\nl:0\r\n\r\nxyz"))
	f.Fuzz(func(t *testing.T, in []byte) {
		m, err := Parse(in)
		if err != nil {
			return
		}
		out := m.Append(nil)
		trimmed := strings.TrimLeft(string(in), "\r\n")
		// The version may be in another case; the rest must be what was read.
		if i := strings.Index(trimmed, "\r\n"); !strings.HasPrefix(trimmed[i:], string(out[i:])) || !strings.EqualFold(trimmed[:i], string(out[:i])) {
			t.Fatalf("encoded %q from %q", out, in)
		}
		again, err := Parse(out)
		if err != nil {
			t.Fatalf("own encoding refused: %v\n%q", err, out)
		}
		if again.String() != string(out) {
			t.Fatalf("not stable: %q, %q", out, again)
		}
		_ = m.Validate()
		for _, h := range m.Fields {
			v := h.Value()
			_, _ = ParseURI(v)
			_, _ = ParseAddress(v)
			_, _ = ParseVia(v)
			_, _ = ParseRAck(v)
			_, _ = ParseWarning(v)
			_, _ = ParseChallenge(v)
			_, _ = ParseCredentials(v)
			_ = ParseCause(v)
			_ = Params(v).Without("x").With("y", "z")
		}
		for id := HVia; id < numHeaders; id++ {
			_, _ = m.Mechanisms(id)
		}
		m.Expires()
		m.RetryAfter()
		n := m.Count(HVia)
		m.ReplaceFirst(HVia, "new")
		m.PopFirst(HVia)
		if n > 0 && m.Count(HVia) != n-1 {
			t.Fatalf("%d Via values left of %d", m.Count(HVia), n)
		}
		if _, err := Parse(m.Append(nil)); err != nil {
			t.Fatalf("refused after a change: %v\n%q", err, m)
		}
	})
}
