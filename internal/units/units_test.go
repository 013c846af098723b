package units

import (
	"encoding"
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

func TestRead(t *testing.T) {
	read := map[string]func(string) (int64, error){
		"duration": func(s string) (int64, error) { v, err := ParseDuration(s); return int64(v), err },
		"rate":     func(s string) (int64, error) { v, err := ParseBitRate(s); return int64(v), err },
		"size":     func(s string) (int64, error) { v, err := ParseByteSize(s); return int64(v), err },
		"ratio":    func(s string) (int64, error) { v, err := ParseRatio(s); return int64(v), err },
	}
	for _, c := range []struct {
		kind, text string
		want       int64
		err        string
	}{
		{"duration", "20ms", 20e6, ""},
		{"duration", "1.5s", 15e8, ""},
		{"duration", "2m", 120e9, ""},
		{"duration", "250us", 250e3, ""},
		{"duration", "10ns", 10, ""},
		{"duration", "0s", 0, ""},
		{"duration", "87600h", int64(maxDuration), ""},
		{"duration", "9223372036854775807ns", 0, `"9223372036854775807ns" is too large (the longest duration is 87600h, ten years)`},
		{"duration", "9223372036854775808ns", 0, `"9223372036854775808ns" is too large (the largest duration is 9223372036854775807ns)`},
		{"duration", "20 ms", 0, `"20 ms" is no duration (did you mean 20ms?)`},
		{"duration", "20", 0, `"20" has no unit (write for instance 20ms)`},
		{"duration", "20MS", 0, `"20MS" is no duration (did you mean 20ms?)`},
		{"duration", "20sec", 0, `"20sec" is no duration (units are ns, us, ms, s, m, h)`},
		{"duration", "1m30s", 0, `"1m30s" is no duration (did you mean 90s?)`},
		{"duration", "5µs", 0, `"5µs" is no duration (did you mean 5us?)`},
		{"duration", "0.5ns", 0, `"0.5ns" is finer than 1ns (write a multiple of 1ns)`},
		{"duration", "-1s", 0, `"-1s" is negative (a duration is zero or more)`},
		{"duration", "", 0, `"" is no duration (write for instance 20ms)`},
		{"duration", ".5s", 0, `".5s" is no duration (did you mean 500ms?)`},
		{"rate", "50Mbit/s", 50e6, ""},
		{"rate", "2.5Gbit/s", 25e8, ""},
		{"rate", "unlimited", 0, ""},
		{"rate", "0bit/s", 0, `"0bit/s" would carry nothing (write unlimited, or take the link down)`},
		{"rate", "50Mbps", 0, `"50Mbps" is no bit rate (did you mean 50Mbit/s?)`},
		{"rate", "50 Mbit/s", 0, `"50 Mbit/s" is no bit rate (did you mean 50Mbit/s?)`},
		{"rate", "50MB/s", 0, `"50MB/s" is no bit rate (did you mean 400Mbit/s?)`},
		{"rate", "64Kbit/s", 0, `"64Kbit/s" is no bit rate (did you mean 64kbit/s?)`},
		{"rate", "50", 0, `"50" has no unit (write for instance 50Mbit/s)`},
		{"size", "14B", 14, ""},
		{"size", "1.5kB", 1500, ""},
		{"size", "256KiB", 256 << 10, ""},
		{"size", "1.5B", 0, `"1.5B" is finer than 1B (write a multiple of 1B)`},
		{"size", "256KB", 0, `"256KB" is no size (did you mean 256kB?)`},
		{"size", "1Mbit", 0, `"1Mbit" is no size (units are B, kB, KiB, MB, MiB, GB, GiB)`},
		{"ratio", "1%", 1e7, ""},
		{"ratio", "0.5%", 5e6, ""},
		{"ratio", "0.001", 1e6, ""},
		{"ratio", "100%", 1e9, ""},
		{"ratio", "1 %", 0, `"1 %" is no ratio (did you mean 1%?)`},
		{"ratio", "1e-3", 0, `"1e-3" is no ratio (did you mean 0.001?)`},
		{"ratio", "5", 0, `"5" is more than the whole (did you mean 5%?)`},
		{"ratio", "101%", 0, `"101%" is more than the whole (a ratio is between 0 and 1)`},
		{"ratio", "-1%", 0, `"-1%" is negative (a ratio is between 0 and 1)`},
		{"ratio", "0.0000000001", 0, `"0.0000000001" is finer than 1ppb (write a multiple of 1ppb)`},
	} {
		got, err := read[c.kind](c.text)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if got != c.want && c.err == "" || text != c.err {
			t.Errorf("%s %q: %d, %s; want %d, %s", c.kind, c.text, got, text, c.want, c.err)
		}
	}
}

type quantity interface {
	encoding.TextMarshaler
	SchemaPattern() string
	SchemaExample() string
}

// What is written must be read back to the same value, and match the schema's pattern.
func TestRoundTrip(t *testing.T) {
	check := func(t *rapid.T, v quantity, back encoding.TextUnmarshaler, same func() bool) {
		text, _ := v.MarshalText()
		if err := back.UnmarshalText(text); err != nil || !same() {
			t.Fatalf("%s does not come back: %v", text, err)
		}
		if !regexp.MustCompile(v.SchemaPattern()).Match(text) {
			t.Fatalf("%s does not match %s", text, v.SchemaPattern())
		}
		if err := back.UnmarshalText([]byte(v.SchemaExample())); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 1<<63-1).Draw(t, "n") / rapid.SampledFrom([]int64{1, 1e3, 1e9, 1 << 40}).Draw(t, "div")
		n *= rapid.SampledFrom([]int64{1, 1e3, 1 << 10, 60e9}).Draw(t, "mul")
		if n < 0 {
			n = 1<<63 - 1
		}
		d, r, b, q, f := min(Duration(n), maxDuration), BitRate(n), ByteSize(n), Ratio(n%(1e9+1)), Factor(n%int64(maxFactor+1))
		var d2 Duration
		var r2 BitRate
		var b2 ByteSize
		var q2 Ratio
		var f2 Factor
		check(t, d, &d2, func() bool { return d2 == d })
		check(t, r, &r2, func() bool { return r2 == r })
		check(t, b, &b2, func() bool { return b2 == b })
		check(t, q, &q2, func() bool { return q2 == q })
		check(t, f, &f2, func() bool { return f2 == f })
	})
}

// A text that the parser takes matches the pattern, so that editors and the loader agree.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"20ms", "1.5s", "50Mbit/s", "unlimited", "256KiB", "1%", "0.001", "", "-1s", "1.5.5s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var d Duration
		var r BitRate
		var b ByteSize
		var q Ratio
		for _, v := range []interface {
			encoding.TextUnmarshaler
			SchemaPattern() string
		}{&d, &r, &b, &q} {
			if v.UnmarshalText([]byte(s)) == nil && !regexp.MustCompile(v.SchemaPattern()).MatchString(s) {
				t.Errorf("%T takes %q, its pattern does not", v, s)
			}
		}
	})
}

func TestFactor(t *testing.T) {
	for text, want := range map[string]Factor{"0%": 0, "100%": Usual, "400%": 4 * Usual, "12.5%": 125_000, "10000000%": maxFactor} {
		f, err := ParseFactor(text)
		if err != nil || f != want || f.String() != text {
			t.Errorf("%s: %d %v, written as %s", text, f, err, f)
		}
	}
	for text, want := range map[string]string{
		"4":         `"4" has no unit (write for instance 4%)`,
		"-1%":       `"-1%" is negative (a factor is zero or more)`,
		"10000001%": `"10000001%" is too large (a factor is at most 10000000%)`,
		"0.00001%":  `"0.00001%" is finer than 1ppm (write a multiple of 1ppm)`,
	} {
		if _, err := ParseFactor(text); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
