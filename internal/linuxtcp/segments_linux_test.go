package linuxtcp

import (
	"fmt"
	"strings"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// line is a segment in words, with the numbers relative to those of the SYNs.
type line struct {
	at   sim.Time
	text string
}

// words writes the segments of each direction down: flags, number, octets, acknowledgement, options. The first SYN of an
// end sets its numbers; one whose number is far from it, a new incarnation, sets them anew.
func words(list []wirePacket) (dirs [2][]line) {
	var base [2]uint32
	var known [2]bool
	for i := range list {
		w := &list[i]
		if w.p.Proto != packet.TCP {
			continue
		}
		d := 1 - b2i(w.out)
		h := &w.p.TCP
		if h.Flags&packet.SYN != 0 && (!known[d] || w.out && h.Seq != base[d] || h.Seq-base[d]+1<<24 > 1<<25) {
			base[d], known[d] = h.Seq, true
		}
		dirs[d] = append(dirs[d], line{w.at, describe(h, w.p.Payload.Len, base[d], base[1-d], known[d], last(list, i))})
	}
	return dirs
}

// last reports whether a segment is not followed at once by the octets behind its own. Where it is, PSH says nothing: the
// kernel sets it at the end of each large segment that the device splits for it.
func last(list []wirePacket, i int) bool {
	x := &list[i]
	for _, y := range list[i+1:] {
		if y.out == x.out && y.p.Proto == packet.TCP {
			return y.p.TCP.Seq != x.p.TCP.Seq+uint32(x.p.Payload.Len) || y.at.Sub(x.at) > time.Millisecond || y.p.Payload.Len == 0
		}
	}
	return true
}

func describe(h *packet.TCPHeader, octets int, own, other uint32, known, last bool) string {
	var b strings.Builder
	seq := h.Seq - own
	if !known {
		seq = h.Seq
	}
	f := h.Flags
	if !last {
		f &^= packet.PSH
	}
	fmt.Fprintf(&b, "%v %d(%d)", f, int32(seq), octets)
	if h.Flags&packet.ACK != 0 {
		fmt.Fprintf(&b, " ack %d", int32(h.Ack-other))
	}
	if h.Window == 0 && h.Flags&packet.RST == 0 {
		b.WriteString(" win 0")
	}
	if h.HasMSS {
		fmt.Fprintf(&b, " mss %d", h.MSS)
	}
	if h.SACKOK {
		b.WriteString(" sackok")
	}
	if h.HasTS {
		b.WriteString(" ts")
		if h.TSEcr == 0 {
			b.WriteString(" no echo")
		}
	}
	if h.HasWS {
		b.WriteString(" ws")
	}
	for i := range h.NumSACK {
		fmt.Fprintf(&b, " sack %d-%d", int32(h.SACK[i][0]-other), int32(h.SACK[i][1]-other))
	}
	return b.String()
}

// deviation is a line that only one of the performances has, with the reason.
type deviation struct {
	line string // "> - …" from the left, only the kernel; "> + …" only ours; "< …" from the right
	why  string
}

// is reports whether a line is the deviation's, whose MSS may be that of the other IP version.
func (d deviation) is(line string) bool {
	return d.line == line || d.line == strings.Replace(line, "mss 1440", "mss 1460", 1)
}

// compare returns the lines in which two performances differ, by the longest common subsequence, in the form of
// deviation.line.
func compare(dir string, kernel, ours []line) (differ []string) {
	n, m := len(kernel), len(ours)
	best := make([][]int, n+1)
	for i := range best {
		best[i] = make([]int, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if kernel[i].text == ours[j].text {
				best[i][j] = best[i+1][j+1] + 1
			} else {
				best[i][j] = max(best[i+1][j], best[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < n || j < m {
		switch {
		case i < n && j < m && kernel[i].text == ours[j].text:
			i++
			j++
		case j == m || i < n && best[i+1][j] >= best[i][j+1]:
			differ = append(differ, dir+" - "+kernel[i].text)
			i++
		default:
			differ = append(differ, dir+" + "+ours[j].text)
			j++
		}
	}
	return differ
}

// gaps compares the times between the left's segments: the kernel's timers are late by their grain, 3 % at most, and by the
// machine's load, for which there is slack; a segment that was late makes the next gap shorter. By how much the network was behind
// the clock counts four times on top, as RFC 6298 takes a late answer into SRTT + 4·RTTVAR, and in proportion to a timeout of at
// least 200 ms where timeouts double; never so much that the doubling of a gap of two seconds could not be told from none. late allows for that at once.
func gaps(kernel, ours []line, slack, behind time.Duration, late bool) (wrong []string) {
	if len(kernel) != len(ours) {
		return []string{fmt.Sprintf("%d segments against %d", len(kernel), len(ours))}
	}
	for i := 1; i < len(kernel); i++ {
		k, o := kernel[i].at.Sub(kernel[i-1].at), ours[i].at.Sub(ours[i-1].at)
		share := o/25 + time.Duration(float64(o)*float64(4*behind)/float64(200*time.Millisecond))
		if share = min(share, o*3/5); late {
			share = o * 3 / 5
		}
		if more := share + slack + min(4*behind, 300*time.Millisecond); k > o+more || k < o-more {
			wrong = append(wrong, fmt.Sprintf("segment %d, %s: after %v by the kernel, %v by ours", i+1, kernel[i].text, k, o))
		}
	}
	return wrong
}
