package h248

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type example struct {
	name    string
	text    []byte
	compact int // octets of Erlang/OTP's compact encoding, whose SDP lines end with CR LF
}

// examples reads testdata/examples.txt: "== name octets", then the message as a person would lay it out.
func examples(t testing.TB) []example {
	t.Helper()
	b, err := os.ReadFile("testdata/examples.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []example
	for _, s := range strings.Split(string(b), "== ")[1:] {
		head, text, _ := strings.Cut(s, "\n")
		f := strings.Fields(head)
		n, err := strconv.Atoi(f[1])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, example{f[0], []byte(text), n})
	}
	return out
}

func mustParse(t testing.TB, data []byte) *Message {
	t.Helper()
	m, err := Parse(data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return m
}

func TestExamplesRoundTrip(t *testing.T) {
	for _, ex := range examples(t) {
		t.Run(ex.name, func(t *testing.T) {
			m := mustParse(t, ex.text)
			for _, style := range []Style{Pretty, Compact} {
				b := m.Append(nil, style)
				again := mustParse(t, b)
				if d := cmp.Diff(m, again); d != "" {
					t.Errorf("%v: meaning changed (-first +second):\n%s\n%s", style, d, b)
				}
			}
		})
	}
}

// The sizes of our compact encoding are those of Erlang/OTP's, but for two habits of it: it ends SDP lines with CR LF
// and drops the quotes of a value that could stand without them.
func TestExamplesCompactSize(t *testing.T) {
	for _, ex := range examples(t) {
		m := mustParse(t, ex.text)
		lines, quotes := 0, 0
		each(m, func(s *Stream) {
			lines += bytes.Count(s.Local, []byte("\n")) + bytes.Count(s.Remote, []byte("\n"))
		}, func(v *Parm) {
			bare := v.Value
			bare.Quoted = false
			e := encoder{}
			e.value(&bare)
			if v.Value.Quoted && e.b[0] != '"' {
				quotes += 2
			}
		})
		got := len(m.Append(nil, Compact))
		if want := ex.compact - lines + quotes; got != want {
			t.Errorf("%s: %d octets, want %d = %d - %d LF + %d quotes\n%s", ex.name, got, want, ex.compact, lines, quotes, m.Append(nil, Compact))
		}
		t.Logf("%-22s as written %3d, our pretty %3d, our compact %3d, OTP compact %3d", ex.name, len(ex.text), len(m.Append(nil, Pretty)), got, ex.compact)
	}
}

// each visits all streams and all parameters of a message's commands.
func each(m *Message, stream func(*Stream), parm func(*Parm)) {
	parms := func(list []Parm) {
		for i := range list {
			parm(&list[i])
		}
	}
	for _, it := range m.Items {
		for _, a := range it.Actions {
			for _, c := range a.Commands {
				if c.Media != nil {
					for i := range c.Media.Streams {
						s := &c.Media.Streams[i]
						stream(s)
						if s.Control != nil {
							parms(s.Control.Properties)
						}
					}
				}
				if c.Events != nil {
					for _, e := range c.Events.List {
						parms(e.Parms)
					}
				}
				if c.Signals != nil {
					for _, s := range c.Signals.List {
						parms(s.Parms)
					}
				}
				if c.ObservedEvents != nil {
					for _, o := range c.ObservedEvents.List {
						parms(o.Parms)
					}
				}
			}
		}
	}
}
