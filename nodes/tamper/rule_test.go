package tamper

import (
	"strconv"
	"strings"
	"testing"

	"imsim/nodes/protocol/sip"
)

// wire is a message with CRLF and a Content-Length that fits.
func wire(head, body string) string {
	crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	body = crlf(body)
	return crlf(head) + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

const (
	register  = "REGISTER sip:h.example SIP/2.0\nCSeq: 1 REGISTER\n"
	challenge = "SIP/2.0 401 Unauthorized\nCSeq: 1 REGISTER\n"
	answer    = "SIP/2.0 200 OK\nCSeq: 1 INVITE\n"
	lists     = "Security-Server: tls;q=0.2, msrp-tls;mediasec, bfcp-tls;mediasec\n"
	session   = "v=0\no=- 1 1 IN IP4 192.0.2.1\n"
	ofGateway = "a=fingerprint:SHA-256 AB:CD\n"
)

// What one rule makes of one message. Where a case names no result, the message stays as it is.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		name       string
		rule       Rule
		head, body string
		want       verdict
		toHead     string
		toBody     string
	}{
		{"request of the method", Rule{Message: "REGISTER", Do: "drop"}, register, "", dropped, "", ""},
		{"request of another", Rule{Message: "INVITE", Do: "drop"}, register, "", untouched, "", ""},
		{"response to the method is no request", Rule{Message: "REGISTER", Do: "drop"}, challenge, "", untouched, "", ""},
		{"response by status", Rule{Message: "401", Do: "drop"}, challenge, "", dropped, "", ""},
		{"another status", Rule{Message: "403", Do: "drop"}, challenge, "", untouched, "", ""},
		{"response by status and method", Rule{Message: "401 REGISTER", Do: "drop"}, challenge, "", dropped, "", ""},
		{"of another method", Rule{Message: "401 INVITE", Do: "drop"}, challenge, "", untouched, "", ""},
		{"no CSeq, any method", Rule{Message: "401", Do: "drop"}, "SIP/2.0 401 Unauthorized\n", "", dropped, "", ""},
		{"no CSeq, one method", Rule{Message: "401 REGISTER", Do: "drop"}, "SIP/2.0 401 Unauthorized\n", "", untouched, "", ""},

		{"remove an entry of a list", Rule{Message: "401", Do: "remove", Header: "Security-Server", Match: "msrp-tls"}, challenge + lists, "",
			changed, challenge + "Security-Server: tls;q=0.2, bfcp-tls;mediasec\n", ""},
		{"name in lower case", Rule{Message: "401", Do: "remove", Header: "security-server", Match: "msrp-tls"}, challenge + lists, "",
			changed, challenge + "Security-Server: tls;q=0.2, bfcp-tls;mediasec\n", ""},
		{"remove several entries", Rule{Message: "401", Do: "remove", Header: "Security-Server", Match: "mediasec"}, challenge + lists, "",
			changed, challenge + "Security-Server: tls;q=0.2\n", ""},
		{"remove the field", Rule{Message: "401", Do: "remove", Header: "Security-Server"}, challenge + lists, "", changed, challenge, ""},
		{"remove from two lines", Rule{Message: "401", Do: "remove", Header: "Security-Server", Match: "msrp"}, challenge + "Security-Server: tls\nSecurity-Server: msrp-tls;mediasec\n", "",
			changed, challenge + "Security-Server: tls\n", ""},
		{"remove what is not there", Rule{Message: "401", Do: "remove", Header: "Security-Server", Match: "sdes"}, challenge + lists, "", untouched, "", ""},
		{"remove from a field that is not there", Rule{Message: "401", Do: "remove", Header: "Security-Server"}, challenge, "", untouched, "", ""},
		{"replace text of an entry", Rule{Message: "401", Do: "replace", Header: "Security-Server", Match: "q=0.2", With: "q=0.9"}, challenge + lists, "",
			changed, challenge + strings.Replace(lists, "q=0.2", "q=0.9", 1), ""},
		{"replace a value", Rule{Message: "REGISTER", Do: "replace", Header: "Expires", With: "0"}, register + "Expires: 600\n", "", changed, register + "Expires: 0\n", ""},
		{"replace by the same", Rule{Message: "REGISTER", Do: "replace", Header: "Expires", With: "600"}, register + "Expires: 600\n", "", untouched, "", ""},
		{"add a field", Rule{Message: "REGISTER", Do: "add", Header: "Expires", With: "0"}, register, "", changed, register + "Expires: 0\n", ""},
		{"remove a field of a name of no RFC", Rule{Message: "REGISTER", Do: "remove", Header: "x-a", Match: "2"}, register + "X-A: 1, 2\nX-B: 2\nX-A: 3\n", "",
			changed, register + "X-B: 2\nX-A: 3\n", ""},
		{"replace in one", Rule{Message: "REGISTER", Do: "replace", Header: "X-A", Match: "1", With: "4"}, register + "X-A: 1\n", "", changed, register + "X-A: 4\n", ""},
		{"not in one", Rule{Message: "REGISTER", Do: "replace", Header: "X-A", Match: "5", With: "4"}, register + "X-A: 1\n", "", untouched, "", ""},
		{"add one", Rule{Message: "REGISTER", Do: "add", Header: "X-A", With: "1"}, register, "", changed, register + "X-A: 1\n", ""},

		{"replace a line", Rule{Message: "200 INVITE", Do: "replace", Line: "a=fingerprint", With: "a=fingerprint:SHA-1 00"}, answer, session + ofGateway, changed,
			answer, session + "a=fingerprint:SHA-1 00\n"},
		{"replace in a line", Rule{Message: "200", Do: "replace", Line: "a=fingerprint:", Match: "AB:CD", With: "00:11"}, answer, session + ofGateway, changed,
			answer, session + strings.Replace(ofGateway, "AB:CD", "00:11", 1)},
		{"remove lines", Rule{Message: "200", Do: "remove", Line: "a=fingerprint:"}, answer, ofGateway + session + ofGateway, changed, answer, session},
		{"lines without the text stay", Rule{Message: "200", Do: "remove", Line: "a=fingerprint:", Match: "SHA-1 "}, answer, session + ofGateway, untouched, "", ""},
		{"the beginning alone counts", Rule{Message: "200", Do: "remove", Line: "fingerprint"}, answer, session + ofGateway, untouched, "", ""},
		{"last line without its end", Rule{Message: "200", Do: "replace", Line: "o=", With: "o=x"}, answer, "v=0\no=y", changed, answer, "v=0\no=x"},
		{"add a line", Rule{Message: "200", Do: "add", Line: "a=3ge2ae:", With: "requested"}, answer, session, changed, answer, session + "a=3ge2ae:requested\n"},
		{"no body to add to", Rule{Message: "200", Do: "add", Line: "a=3ge2ae:", With: "requested"}, answer, "", untouched, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := wire(c.head, c.body)
			m, err := sip.Parse([]byte(before))
			if err != nil {
				t.Fatal(err)
			}
			got := c.rule.apply(m)
			if got != c.want {
				t.Fatalf("verdict %d, want %d", got, c.want)
			}
			want := before
			if got == changed {
				want = wire(c.toHead, c.toBody)
			}
			if fields(m.String()) != fields(want) {
				t.Errorf("became\n%s\nwant\n%s", m, want)
			}
		})
	}
}

// fields is a message with Content-Length last in its head, where ever it stood.
func fields(s string) string {
	head, body, _ := strings.Cut(s, "\r\n\r\n")
	var rest []string
	length := ""
	for _, l := range strings.Split(head, "\r\n") {
		if strings.HasPrefix(l, "Content-Length:") {
			length += l
			continue
		}
		rest = append(rest, l)
	}
	return strings.Join(rest, "\r\n") + "\r\n" + length + "\r\n\r\n" + body
}

// Rules that can change nothing are refused, with the place.
func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name, want string // fields that are reported
		rule       Rule
	}{
		{"right: remove", "", Rule{Message: "401", Do: "remove", Header: "Security-Server"}},
		{"right: drop", "", Rule{Message: "200 INVITE", Do: "drop", Times: 1}},
		{"right: add a line", "", Rule{Message: "INVITE", Do: "add", Line: "a=x", With: ":1"}},
		{"no kind of message", "rules.0.message", Rule{Message: "invite", Do: "drop"}},
		{"status out of range", "rules.0.message", Rule{Message: "99", Do: "drop"}},
		{"method before status", "rules.0.message", Rule{Message: "INVITE 200", Do: "drop"}},
		{"status with an empty method", "rules.0.message", Rule{Message: "200 ", Do: "drop"}},
		{"both", "rules.0", Rule{Message: "401", Do: "remove", Header: "Expires", Line: "a="}},
		{"half a drop", "rules.0.do", Rule{Message: "401", Do: "drop", Header: "Expires"}},
		{"neither", "rules.0.do", Rule{Message: "401", Do: "remove"}},
		{"nothing to replace with", "rules.0.do", Rule{Message: "401", Do: "replace", Header: "Expires"}},
		{"nothing to add", "rules.0.do", Rule{Message: "401", Do: "add", Header: "Expires"}},
		{"add where", "rules.0.match", Rule{Message: "401", Do: "add", Header: "Expires", With: "1", Match: "2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			(&Config{Rules: []Rule{c.rule}}).Validate(func(field, wrong, right string) { got = append(got, field) })
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("reports %q, want %q", s, c.want)
			}
		})
	}
}
