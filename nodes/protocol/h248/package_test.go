package h248

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// command parses one command in compact form.
func command(t *testing.T, text string) *Command {
	t.Helper()
	return &mustParse(t, []byte(head+"T=1{C=1{"+text+"}}")).Items[0].Actions[0].Commands[0]
}

func TestValidator(t *testing.T) {
	iq := Validator{Profile: LookupProfile("simiq/1")}
	control := func(s string) string { return "MF=a{M{ST=1{O{" + s + "}}}}" }
	for _, tt := range []struct {
		text string
		code ErrorCode
		in   string // the error's text contains it
	}{
		{control(`ipdc/realm="x",gm/saf=ON,gm/spf=off,seplink/x_topo="tcpest:in>ip/core/71"`), 0, ""},
		{control(`gm/saf=$`), 0, ""},
		{"MF=a{E=1{tcpbcc/BNCChange{ST=1},hangterm/thb{timerx=300}},SG{ipnapt/latch{ST=1,napt=LATCH},tlsbsc/EstBNC{ST=1}}}", 0, ""},
		{"N=a{OE=1{tlsbsc/BNCChange{ST=1,Type=EstFail,x_cause=\"y\"}}}", 0, ""},
		{control(`nopkg/x=1`), 440, "nopkg"},
		{control(`simsec/psk="00"`), 440, "simsec"}, // not of the profile
		{control(`gm/foo=1`), 450, "gm/foo"},
		{"MF=a{E=1{tcpbcc/Foo}}", 451, "tcpbcc/Foo"},
		{"MF=a{SG{tcpbcc/Foo}}", 452, "tcpbcc/Foo"},
		{"N=a{OE=1{tcpbcc/Foo}}", 451, "tcpbcc/Foo"},
		{"MF=a{SA{nt/foo}}", 453, "nt/foo"},
		{"MF=a{SG{ipnapt/latch{foo=1}}}", 446, "foo"},
		{"MF=a{SG{ipnapt/latch{napt=foo}}}", 449, "foo"},
		{control(`gm/saf=maybe`), 449, "maybe"},
		{control(`gm/saf=[ON,maybe]`), 449, "maybe"},
		{control(`seplink/x_topo="tcpest:out>b"`), 449, "tcpest:out"},
		{control(`tman/pdr=-1`), 449, "-1"},
		{control(`root/maxNumberOfContexts=1`), 455, "root/max"},
		{"MF=ROOT{M{TS{root/maxNumberOfContexts=1}}}", 534, "root/max"},
		{"MF=ROOT{M{TS{gm/saf=ON}}}", 455, "gm/saf"},
		{"MF=ROOT{M{TS{root/MGOriginatedPendingLimit=5}}}", 0, ""},
		{"MF=a{E=1{hangterm/thb}}", 457, "timerx"},
		{"N=a{OE=1{tcpbcc/BNCChange{x_cause=a}}}", 457, "Type"},
		{"MF=a{E=1{it/ito{EM{SG{tcpbcc/Foo}}}}}", 452, "tcpbcc/Foo"},
		{"MF=a{E=1{it/ito{EM{E=2{tcpbcc/Foo}}}}}", 451, "tcpbcc/Foo"},
		{"MF=a{SG{SL=1{tcpbcc/Foo}}}", 452, "tcpbcc/Foo"},
	} {
		err := iq.Command(command(t, tt.text))
		if err == nil {
			err = &ErrorDescriptor{}
		}
		if err.Code != tt.code || !strings.Contains(err.Text, tt.in) {
			t.Errorf("%s: error %d %q, want %d with %q", tt.text, err.Code, err.Text, tt.code, tt.in)
		}
	}
	for without, code := range map[string]ErrorCode{"gm": 440, "gm/saf": 445, "gm/spf": 0} { //tidy:order each entry is checked by itself
		v := Validator{Profile: iq.Profile, Without: []string{without}}
		if err := v.Command(command(t, control(`gm/saf=ON`))); (err == nil) != (code == 0) || err != nil && err.Code != code {
			t.Errorf("without %s: %v, want %d", without, err, code)
		}
	}
	if err := (Validator{}).Command(command(t, control(`simsec/psk="00ff"`))); err != nil {
		t.Errorf("without profile: %v", err)
	}
	if err := (Validator{}).Command(command(t, control(`simsec/psk="0"`))); err == nil || err.Code != ErrUnknownValue {
		t.Errorf("odd number of hexadecimal digits: %v", err)
	}
}

// The packages accept every example of their use.
func TestExamplesValid(t *testing.T) {
	for _, ex := range examples(t) {
		for _, it := range mustParse(t, ex.text).Items {
			for _, a := range it.Actions {
				for i := range a.Commands {
					if err := (Validator{}).Command(&a.Commands[i]); err != nil {
						t.Errorf("%s: %v", ex.name, err)
					}
				}
			}
		}
	}
}

func TestTablesAreSound(t *testing.T) {
	for i := 1; i < len(ErrorCodes); i++ {
		if ErrorCodes[i].Code <= ErrorCodes[i-1].Code {
			t.Errorf("error %d out of order", ErrorCodes[i].Code)
		}
	}
	for i, r := range ServiceChangeReasons {
		if int(r.Code) != 900+i {
			t.Errorf("reason %d out of order", r.Code)
		}
	}
	if got := ReasonText(901); got != "901 Cold Boot" {
		t.Errorf("reason %q", got)
	}
	seen := map[string]bool{}
	for _, p := range PackageTable {
		if seen[strings.ToLower(p.ID)] || p.Version == 0 || p.Document == "" || p.Meaning == "" {
			t.Errorf("package %s: twice or incomplete", p.ID)
		}
		seen[strings.ToLower(p.ID)] = true
	}
	for _, e := range tokenEntries {
		if got := lookup(strings.ToUpper(e.text)); got != e.tok {
			t.Errorf("keyword %s found as %d, want %d", e.text, got, e.tok)
		}
	}
}

// Each name of the identifier map that names something of a package is in that package's table, with its provenance.
func TestIdentifiersMatchPackages(t *testing.T) {
	for _, id := range Identifiers {
		pkg, name := cut(id.ID)
		def := LookupPackage(pkg)
		if def == nil || name == "" {
			continue
		}
		var status Provenance
		switch v, sig, ev, st := findValue(def.Properties, name), findItem(def.Signals, name), findItem(def.Events, name), findValue(def.Statistics, name); {
		case v != nil:
			status = v.Status
		case sig != nil:
			status = sig.Status
		case ev != nil:
			status = ev.Status
		case st != nil:
			status = st.Status
		default:
			t.Errorf("%s is in no package", id.ID)
			continue
		}
		if status != id.Status {
			t.Errorf("%s is %v in its package and %v in the map", id.ID, status, id.Status)
		}
	}
	for _, tok := range triggerTokens {
		found := false
		for _, id := range Identifiers {
			found = found || id.ID == tok
		}
		if !found {
			t.Errorf("trigger %s is not in the map", tok)
		}
	}
}

func TestTopologyRules(t *testing.T) {
	for _, tt := range []struct {
		text  string
		rules []TopologyRule
	}{
		{"", nil},
		{"tcpest:in>ip/core/71", []TopologyRule{{TCPIncoming, "ip/core/71"}}},
		{"tcpest:in+early>*;tcpest:up>self;tlsest:up+tls>ip/acc/2", []TopologyRule{{TCPIncomingEarly, TargetOther}, {TCPUp, TargetSelf}, {TLSUpTLS, "ip/acc/2"}}},
		{"tlsest:in>*", []TopologyRule{{TLSIncoming, TargetOther}}},
		{"tlsest:up>*", []TopologyRule{{TLSUp, TargetOther}}},
	} {
		rules, err := ParseTopology(tt.text)
		if d := cmp.Diff(tt.rules, rules); err != nil || d != "" {
			t.Errorf("%q: %v %s", tt.text, err, d)
		}
		if got := string(AppendTopology(nil, rules)); got != tt.text {
			t.Errorf("%q written as %q", tt.text, got)
		}
	}
	for _, bad := range []string{"tcpest:up>self;tlsest:in>*", "tcpest:in", "tcpest:in>", ">x", ";", "tcpest:in>a;", "tcpest:out>a", "tcpest:up>a", "tcpest:in>self",
		"tcpest:in>a;tcpest:in>b", "tcpest:in>a b", "tcpest:in>a>b"} {
		if rules, err := ParseTopology(bad); err == nil {
			t.Errorf("%q accepted as %v", bad, rules)
		}
	}
}

func FuzzTopology(f *testing.F) {
	f.Add("tcpest:in>ip/core/71;tcpest:up>self")
	f.Add("tlsest:up+tls>*")
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := ParseTopology(text)
		if err != nil {
			return
		}
		again, err := ParseTopology(string(AppendTopology(nil, rules)))
		if err != nil || cmp.Diff(rules, again) != "" {
			t.Fatalf("%q: %v, %v", text, err, again)
		}
	})
}
