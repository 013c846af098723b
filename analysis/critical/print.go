package critical

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"imsim/internal/units"
	"imsim/sim"
)

// order is how shares are listed: from the wire up to people.
var order = []sim.Share{sim.Propagation, sim.Serialisation, sim.Queueing, sim.Processing, sim.Crypto, sim.TimerWait, sim.UserWait, sim.Instant}

func shareName(s sim.Share) string {
	if s == sim.Instant {
		return "unexplained"
	}
	return s.String()
}

// row is a line of the printed path: a step, or a packet's way over several links in one.
type row struct {
	at    sim.Time
	since time.Duration
	spent [sim.NumShares]time.Duration
	where string
	what  string
}

// rows joins what belongs to one packet: its sending, its hops.
func (p *Path) rows() []row {
	var out []row
	for i := 0; i < len(p.Steps); i++ {
		s := &p.Steps[i]
		r := row{at: s.At, since: s.Since, spent: s.Spent, where: s.Node, what: s.Kind}
		switch s.Kind {
		case "packet.sent":
			if i+1 < len(p.Steps) && p.Steps[i+1].Kind == "link.hop" && s.Since == 0 {
				continue // the way that follows says all
			}
			r.what += " " + s.Text
		case "link.hop":
			hops := 1
			from, _, _ := strings.Cut(s.Node, ">")
			for ; i+1 < len(p.Steps) && p.Steps[i+1].Kind == "link.hop"; i++ {
				n := &p.Steps[i+1]
				r.at = n.At
				r.since += n.Since
				for k, d := range n.Spent {
					r.spent[k] += d
				}
				hops++
			}
			_, to, _ := strings.Cut(p.Steps[i].Node, ">")
			r.where = node(from) + " > " + node(to)
			r.what = "packet"
			if hops > 1 {
				r.what += fmt.Sprintf(", %d links", hops)
			}
		default:
			if t := strings.TrimSpace(s.Text); t != "" {
				r.what += " " + t
			}
		}
		out = append(out, r)
	}
	return out
}

// node is the node of an interface's or a node's part's name.
func node(s string) string {
	n, _, _ := strings.Cut(s, ".")
	return n
}

func millis(d time.Duration) string {
	return fmt.Sprintf("%d.%06d", d/time.Millisecond, d%time.Millisecond)
}

// Text writes the path for people. Times are in milliseconds.
func (p *Path) Text(w io.Writer) error {
	var b strings.Builder
	first := p.Steps[0]
	fmt.Fprintf(&b, "critical path of session %d to %s: %s\n", p.Query.Session, p.Query, units.Duration(p.Total))
	if !p.Whole {
		fmt.Fprintf(&b, "the chain of causes breaks off at record %d (%s at %v), before it reaches the session's start\n", first.ID, first.Kind, first.At)
	}
	b.WriteByte('\n')
	for _, s := range order {
		d := p.Shares[s]
		if d == 0 {
			continue
		}
		pct := strconv.FormatFloat(100*float64(d)/float64(p.Total), 'f', 1, 64)
		fmt.Fprintf(&b, "  %-14s%16s ms %6s %%\n", shareName(s), millis(d), pct)
	}
	fmt.Fprintf(&b, "  %-14s%16s ms  100.0 %%\n\n", "total", millis(p.Total))
	fmt.Fprintf(&b, "%16s %14s  %-22s %-44s %s\n", "time [ms]", "+ [ms]", "where", "what", "spent on")
	for _, r := range p.rows() {
		var spent []string
		for _, s := range order {
			if r.spent[s] == 0 {
				continue
			}
			if r.spent[s] == r.since {
				spent = append(spent, shareName(s))
			} else {
				spent = append(spent, shareName(s)+" "+units.Duration(r.spent[s]).String())
			}
		}
		plus := ""
		if r.since > 0 {
			plus = millis(r.since)
		}
		line := fmt.Sprintf("%16s %14s  %-22s %-44s %s", millis(r.at.Sub(0)), plus, r.where, r.what, strings.Join(spent, ", "))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

type jsonPath struct {
	Session   sim.SessionID            `json:"session"`
	Milestone string                   `json:"milestone"`
	Whole     bool                     `json:"whole"`
	TotalNS   time.Duration            `json:"total_ns"`
	SharesNS  map[string]time.Duration `json:"shares_ns"`
	Steps     []jsonStep               `json:"steps"`
}

type jsonStep struct {
	Record  sim.RecordID             `json:"record"`
	TimeNS  sim.Time                 `json:"time_ns"`
	SinceNS time.Duration            `json:"since_ns"`
	Node    string                   `json:"node"`
	Kind    string                   `json:"kind"`
	Text    string                   `json:"text,omitempty"`
	SpentNS map[string]time.Duration `json:"spent_ns,omitempty"`
}

func byName(shares [sim.NumShares]time.Duration) map[string]time.Duration {
	m := map[string]time.Duration{}
	for s, d := range shares {
		if d != 0 {
			m[shareName(sim.Share(s))] = d
		}
	}
	return m
}

// JSON writes paths for programs: every record, nothing joined.
func JSON(w io.Writer, paths []Path) error {
	out := make([]jsonPath, len(paths))
	for i := range paths {
		p := &paths[i]
		j := jsonPath{p.Query.Session, p.Query.String(), p.Whole, p.Total, byName(p.Shares), make([]jsonStep, len(p.Steps))}
		for k := range p.Steps {
			s := &p.Steps[k]
			j.Steps[k] = jsonStep{s.ID, s.At, s.Since, s.Node, s.Kind, s.Text, byName(s.Spent)}
		}
		out[i] = j
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(out)
}
