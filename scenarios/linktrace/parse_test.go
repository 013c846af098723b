package linktrace

import (
	"strings"
	"testing"
)

const good = "time,delay,rate,loss,up\n# a comment\n0s, 20ms, 5Mbit/s, 1%,\n1.5s,,unlimited,,false\n2s,30ms,,0.5,true\n"

const goodJSON = `{"time": "0s", "delay": "20ms", "rate": "5Mbit/s", "loss": "1%"}

{"time": "1.5s", "rate": "unlimited", "up": false}
{"time": "2s", "delay": "30ms", "loss": 0.5, "up": true}
`

func TestParse(t *testing.T) {
	for _, json := range []bool{false, true} {
		text := good
		if json {
			text = goodJSON
		}
		p, err := Parse([]byte(text), json)
		if err != nil {
			t.Fatal(err)
		}
		if len(p) != 3 || p[1].At != 15e8 || *p[0].Delay != 20e6 || *p[0].Rate != 5e6 || *p[0].Loss != 1e7 || p[0].Up != nil ||
			p[1].Delay != nil || *p[1].Rate != 0 || *p[1].Up || *p[2].Delay != 30e6 || *p[2].Loss != 5e8 || !*p[2].Up || p[2].Rate != nil {
			t.Errorf("%+v", p)
		}
	}
}

func TestWrong(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "line 1: no line with values (at least one)"},
		{"time,delay\n", "line 1: no line with values (at least one)"},
		{"time,dely\n0s,1ms\n", `line 1: unknown column "dely" (there is time, delay, jitter, rate, loss, up)`},
		{"time,delay,delay\n", `line 1: column "delay" is there twice (keep one)`},
		{"delay\n1ms\n", "line 2: no time (each line has one)"},
		{"time,delay\n0s,20\n", `line 2: delay: "20" has no unit (write for instance 20ms)`},
		{"time,delay\n0s,-20ms\n", `line 2: delay: "-20ms" is negative (a duration is zero or more)`},
		{"time,loss\n0s,1%\n\n0s,2%\n", "line 4: time 0ms is not after 0ms (times rise)"},
		{"time,loss\n0s,101%\n", `line 2: loss: "101%" is more than the whole (a ratio is between 0 and 1)`},
		{"time,loss\n0s\n", "line 2: wrong number of fields (2 columns, as in the header)"},
		{"time,up\n0s,yes\n", `line 2: up: "yes" is not possible here (write true or false)`},
		{"time,up\n0s,\"yes\n", "line 2: extraneous or missing \" in quoted-field"},
		{"[]", `line 1: no JSON object (write for instance {"time": "1s", "delay": "20ms"})`},
		{"\n{\"time\": \"1s\", \"time\": \"2s\"}", `line 2: "time" is there twice (keep one)`},
		{"{\"time\": \"1s\", \"x\": 1}", `line 1: unknown column "x" (there is time, delay, jitter, rate, loss, up)`},
		{"{\"time\": [\"1s\"]}", `line 1: "time" is no text`},
		{"{\"time\": \"1s\"} {}", "line 1: more than one object (one a line)"},
		{"{\"time\": ", "line 1: EOF"},
	} {
		_, err := Parse([]byte(c.text), strings.ContainsAny(c.text, "{["))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good), false)
	f.Add([]byte(goodJSON), true)
	f.Add([]byte("time,up\n0s,\"yes\n"), false)
	f.Fuzz(func(t *testing.T, text []byte, json bool) {
		p, err := Parse(text, json)
		if err != nil {
			if _, ok := err.(*Error); !ok {
				t.Errorf("%T: %v", err, err)
			}
			return
		}
		for i := range p {
			if i > 0 && p[i].At <= p[i-1].At {
				t.Errorf("times %v, %v", p[i-1].At, p[i].At)
			}
		}
	})
}
