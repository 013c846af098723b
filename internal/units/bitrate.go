package units

import "strings"

// BitRate is a rate in bit/s: 64kbit/s, 50Mbit/s, 2.5Gbit/s, or unlimited, which is zero.
type BitRate int64

// Unlimited is the rate that takes no time.
const Unlimited BitRate = 0

var bitRates = family{noun: "bit rate", small: "bit/s", example: "50Mbit/s", usual: "Mbit/s", units: []unit{
	{"Tbit/s", 1e12}, {"Gbit/s", 1e9}, {"Mbit/s", 1e6}, {"kbit/s", 1e3}, {"bit/s", 1},
}}

// ParseBitRate reads a bit rate.
func ParseBitRate(s string) (BitRate, error) {
	if s == "unlimited" {
		return Unlimited, nil
	}
	n, err := bitRates.parse(s)
	if err != nil {
		if better := rateMeant(s); better != "" {
			return 0, &Error{s, "is no bit rate", "did you mean " + better + "?"}
		}
		return 0, err
	}
	if n == 0 {
		return 0, &Error{s, "would carry nothing", "write unlimited, or take the link down"}
	}
	return BitRate(n), nil
}

// rateMeant knows the other spellings of bit rates.
func rateMeant(s string) string {
	number, suffix := split(s)
	if number == "" {
		return ""
	}
	suffix = strings.TrimSpace(suffix)
	bytes := strings.HasSuffix(suffix, "B/s") || strings.HasSuffix(suffix, "Bps")
	for _, end := range []string{"bit/s", "bits/s", "bps", "Bps", "b/s", "B/s", "bit"} {
		prefix, ok := strings.CutSuffix(suffix, end)
		if !ok {
			continue
		}
		switch prefix {
		case "K":
			prefix = "k"
		case "m":
			prefix = "M"
		case "g":
			prefix = "G"
		}
		better := number + prefix + "bit/s"
		n, err := bitRates.parse(better)
		if err != nil || n == 0 {
			return ""
		}
		if bytes {
			if n > 1<<59 {
				return ""
			}
			return BitRate(8 * n).String()
		}
		return better
	}
	return ""
}

// String writes the rate with the largest unit that leaves a whole number.
func (r BitRate) String() string {
	if r == Unlimited {
		return "unlimited"
	}
	return bitRates.format(int64(r))
}

// MarshalText implements encoding.TextMarshaler.
func (r BitRate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *BitRate) UnmarshalText(b []byte) error {
	n, err := ParseBitRate(string(b))
	if err == nil {
		*r = n
	}
	return err
}

// SchemaPattern is the regular expression of a bit rate's text.
func (BitRate) SchemaPattern() string { return "^(unlimited|" + bitRates.pattern() + ")$" }

// SchemaExample is a bit rate as people write it.
func (BitRate) SchemaExample() string { return bitRates.example }
