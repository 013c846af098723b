package sip

import (
	"strconv"
	"strings"
	"time"
)

// LeastSE is the least session interval, and what a missing Min-SE stands for (RFC 4028 §4, §5).
const LeastSE = 90 * time.Second

// SessionExpires reads Session-Expires (RFC 4028 §4): the interval, and who refreshes, "uac" or "uas", or "" where that is
// open. An interval of 0 stands for a field that is missing or malformed.
func (m *Message) SessionExpires() (d time.Duration, refresher string) {
	n, params, _ := strings.Cut(m.First(HSessionExpires), ";")
	if d = seconds(n); d == 0 {
		return 0, ""
	}
	for p := range strings.SplitSeq(params, ";") {
		if k, w, _ := strings.Cut(strings.TrimSpace(p), "="); strings.EqualFold(k, "refresher") {
			refresher = strings.ToLower(w)
		}
	}
	return d, refresher
}

// MinSE reads Min-SE (RFC 4028 §5), at least LeastSE.
func (m *Message) MinSE() time.Duration {
	n, _, _ := strings.Cut(m.First(HMinSE), ";")
	return max(seconds(n), LeastSE)
}

// seconds reads delta-seconds of a session timer; 0 where there are none, or more than a person's lifetime.
func seconds(text string) time.Duration {
	s, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || s <= 0 || s > 1<<30 {
		return 0
	}
	return time.Duration(s) * time.Second
}

// Seconds writes an interval as delta-seconds, rounded down.
func Seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }
