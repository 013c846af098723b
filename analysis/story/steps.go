package story

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"imsim/nodes"
	"imsim/scenarios/rundir"
	"imsim/sim"
)

// labels are the steps that a story is told with, in few words. A step that is not here is left to the ladder.
var labels = map[string]string{
	nodes.RegisterSent: "REGISTER", nodes.Registered: "registered", nodes.RegisterRefused: "refused", nodes.AssociationUp: "H.248 up",
	nodes.AssociationLost: "H.248 lost", nodes.ServiceChangeSent: "ServiceChange", nodes.AuditSent: "Audit", nodes.OrphanSubtracted: "orphan",
	nodes.HeartbeatSent: "heartbeat", nodes.InactivitySent: "silence", nodes.RequestRepeated: "repeated", nodes.PendingSent: "Pending",
	nodes.TransactionRefused: "refused", nodes.TransactionAborted: "aborted",
	nodes.InviteSent: "INVITE", nodes.InviteReceived: "INVITE in", nodes.AnswerSent: "200 OK", nodes.AnswerReceived: "200 OK in",
	nodes.CallRejected: "rejected", nodes.ByeSent: "BYE", nodes.ByeReceived: "BYE in",
	nodes.AddSent: "Add", nodes.ModifySent: "Modify", nodes.SubtractSent: "Subtract", nodes.NotifyReceived: "Notify in",
	nodes.AddReceived: "Add in", nodes.ModifyReceived: "Modify in", nodes.SubtractRecv: "Subtract in", nodes.NotifySent: "Notify",
	nodes.SYNSent: "SYN", nodes.SYNHeld: "SYN held", nodes.SYNDropped: "SYN dropped", nodes.TCPEstablished: "TCP up", nodes.TCPFailed: "TCP failed",
	nodes.RSTSent: "RST", nodes.FINSent: "FIN",
	nodes.ClientHelloSent: "ClientHello", nodes.TLSEstablished: "TLS up", nodes.TLSFailed: "TLS failed", nodes.AlertSent: "alert",
	nodes.CloseNotifySent: "close_notify", nodes.Through: "through-connected",
	nodes.MSRPDelivered: "message in", nodes.MSRPSwitched: "message switched", nodes.MSRPFailed: "MSRP failed",
	nodes.SessionUp: "session up", nodes.SessionEnd: "session",
}

// detailed are the steps whose detail belongs into the story.
var detailed = map[string]bool{
	nodes.CallRejected: true, nodes.TCPFailed: true, nodes.TLSFailed: true, nodes.AlertSent: true, nodes.NotifySent: true, nodes.SessionEnd: true,
	nodes.TransactionRefused: true, nodes.TransactionAborted: true,
}

const (
	column = 17 // letters a node
	most   = 36 // lines
)

// step is a line of the story: what happened at a node in one instant.
type step struct {
	at    sim.Time
	node  int
	texts []string
}

// steps prints a session's key steps: a column a node, time downwards.
func steps(w io.Writer, d *rundir.Run, id sim.SessionID) {
	ms, err := d.Milestones()
	if err != nil {
		return
	}
	list, began, used := pick(ms, id, d.Manifest.Nodes)
	if len(list) == 0 {
		return
	}
	names := d.Manifest.Nodes
	head := fmt.Sprintf("%12s  ", "ms")
	for i, n := range names {
		if used[i] {
			head += fmt.Sprintf("%-*s", column, n)
		}
	}
	fmt.Fprintf(w, "\n%s\n", strings.TrimRight(head, " "))
	skip := len(list) - most
	for i, s := range list {
		if skip > 0 && i >= most-8 && i < most-8+skip {
			if i == most-8 {
				fmt.Fprintf(w, "%12s  %d more steps: simulate ladder %s\n", "…", skip, d.Dir)
			}
			continue
		}
		fmt.Fprintln(w, draw(s, began, used))
	}
}

// pick chooses the steps of a session and says which nodes take part. Steps of one node in one instant share a line.
func pick(ms []rundir.Milestone, id sim.SessionID, names []string) (list []step, began sim.Time, used []bool) {
	used = make([]bool, len(names))
	first := true
	for i := range ms {
		m := &ms[i]
		if m.Session != id {
			continue
		}
		if first && id != 0 {
			began = m.At // else the run's start
		}
		first = false
		label, at := labels[m.Name], slices.Index(names, m.Node)
		if label == "" || at < 0 {
			continue
		}
		used[at] = true
		if m.Leg != "" {
			label = m.Leg + " " + label
		}
		if detailed[m.Name] && m.Detail != "" {
			label += " " + m.Detail
		}
		if n := len(list); n > 0 && list[n-1].at == m.At && list[n-1].node == at {
			if last := &list[n-1]; !slices.Contains(last.texts, label) {
				last.texts = append(last.texts, label)
			}
			continue
		}
		list = append(list, step{m.At, at, []string{label}})
	}
	return list, began, used
}

// draw makes a line: a life line a node, and at the node what happened.
func draw(s step, began sim.Time, used []bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%12.3f  ", float64(s.at-began)/1e6)
	room := 0 // letters of a text that reach into later columns
	for i := range used {
		cell := "│"
		switch {
		case !used[i]:
			continue
		case i == s.node:
			cell = "● " + strings.Join(s.texts, ", ")
		case room > 0:
			cell = ""
		}
		n := utf8.RuneCountInString(cell)
		if i != s.node && room > 0 {
			if room < column {
				b.WriteString(strings.Repeat(" ", column-room))
			}
			room -= column
			continue
		}
		b.WriteString(cell)
		if n < column {
			b.WriteString(strings.Repeat(" ", column-n))
		} else {
			room = n - column + 1
			b.WriteByte(' ')
		}
	}
	return strings.TrimRight(b.String(), " ")
}
