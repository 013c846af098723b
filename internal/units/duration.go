package units

import (
	"strings"
	"time"
)

// Duration is a length of time in nanoseconds, zero or more: 10ns, 250us, 20ms, 1.5s, 2m, 1h.
type Duration int64

// maxDuration is ten years: sums of a few stay far from the end of virtual time.
const maxDuration Duration = 87600 * 3600e9

var durations = family{noun: "duration", small: "ns", example: "20ms", usual: "ms", units: []unit{
	{"h", 3600e9}, {"m", 60e9}, {"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1},
}}

// ParseDuration reads a duration.
func ParseDuration(s string) (Duration, error) {
	n, err := durations.parse(s)
	if err == nil && n > int64(maxDuration) {
		return 0, &Error{s, "is too large", "the longest duration is " + maxDuration.String() + ", ten years"}
	}
	if err == nil {
		return Duration(n), nil
	}
	// 1m30s and µs are Go's; say what they would be here.
	if d, e := time.ParseDuration(strings.ReplaceAll(s, " ", "")); e == nil && d > 0 {
		if _, suffix := split(s); suffix != "" {
			return 0, &Error{s, "is no duration", "did you mean " + Duration(d).String() + "?"}
		}
	}
	return 0, err
}

// Std returns the duration in the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String writes the duration with the largest unit that leaves a whole number.
func (d Duration) String() string { return durations.format(int64(d)) }

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(b []byte) error {
	n, err := ParseDuration(string(b))
	if err == nil {
		*d = n
	}
	return err
}

// SchemaPattern is the regular expression of a duration's text.
func (Duration) SchemaPattern() string { return "^" + durations.pattern() + "$" }

// SchemaExample is a duration as people write it.
func (Duration) SchemaExample() string { return durations.example }
