package run

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/scenarios"
	"imsim/sim"
)

// users are the people and programs behind the UEs: they place the calls that the scenario asks for.
type users struct {
	w     *world
	self  sim.Entity
	timer sim.Timer
	plan  []planned // by instant, then by the order of classes
	next  int
	open  bool // everybody is in place
	why   sim.Cause
}

type planned struct {
	at     sim.Time
	script *nodes.Script
}

// newUsers plans all calls. Sessions are numbered from 1 in the order of classes, and within a class of calls.
func newUsers(w *world) *users {
	u := &users{w: w}
	id := sim.SessionID(0)
	for _, class := range scenarios.Names(w.file.Sessions) {
		s := w.file.Sessions[class]
		at := sim.Time(s.At)
		rand := w.k.Rand("arrivals " + class)
		lines := scriptLines(&s)
		for range max(s.Count, 1) {
			id++
			u.plan = append(u.plan, planned{at, w.script(id, class, &s, lines)})
			if a := s.Arrivals; a != nil && a.Every != nil {
				at = at.Add(time.Duration(*a.Every))
			} else if a != nil && a.Poisson != nil {
				at = at.Add(rand.Exponential(time.Duration(*a.Poisson)))
			}
		}
	}
	slices.SortStableFunc(u.plan, func(a, b planned) int { return cmp.Compare(a.at, b.at) })
	u.self = w.k.Add("users", u)
	return u
}

// script turns a session of the file into what its users do.
func (w *world) script(id sim.SessionID, class string, s *scenarios.Session, lines []nodes.Line) *nodes.Script {
	sc := &nodes.Script{
		Session: id, Class: class, From: s.From, To: s.To, Target: w.end(s.To).Identity(), Hold: time.Duration(s.Hold), Lines: lines,
		Security: map[string]nodes.Security{"e2ae": nodes.SecurityE2AE, "e2e-cert": nodes.SecurityE2ECert}[s.Security], Audio: s.Media == "audio",
	}
	sc.DialOut = w.mrfcs[s.From] != nil
	sc.Conference = sc.DialOut || w.mrfcs[s.To] != nil
	sc.Patience = time.Duration(s.GiveUp)
	if s.Release != nil {
		sc.Release, sc.Delay = s.Release.By, time.Duration(s.Release.After)
	}
	return sc
}

// end is who may be at an end of a session: a user or a conference server.
type end interface {
	Identity() string
	Call(script *nodes.Script, why sim.Cause) string
}

func (w *world) end(node string) end {
	if m := w.mrfcs[node]; m != nil {
		return m
	}
	return w.ues[node]
}

// scriptLines returns what is said in a session; all sessions of a class share it.
func scriptLines(s *scenarios.Session) (lines []nodes.Line) {
	for i, m := range s.Messages {
		l := nodes.Line{From: m.From, Stream: m.Stream, After: time.Duration(m.After), Type: "text/plain"}
		switch {
		case m.Text != nil:
			l.Body = packet.PayloadOf([]byte(*m.Text))
		case m.Size != nil:
			l.Type = "application/octet-stream"
			l.Body.Append(packet.Synthetic(packet.Pattern(i+1), 0, int(*m.Size)))
		}
		lines = append(lines, l)
	}
	return lines
}

// opened lets calls start.
func (u *users) opened(why sim.Cause) {
	if !u.open {
		u.open, u.why = true, why
		u.arm()
	}
}

func (u *users) arm() {
	if u.next < len(u.plan) {
		u.w.k.Arm(&u.timer, u.self, 0, max(u.plan[u.next].at, u.w.k.Now()))
	}
}

// Handle places the calls that are due.
func (u *users) Handle(uint32) {
	k := u.w.k
	if !k.Due(&u.timer, u.self, 0) {
		return
	}
	for u.next < len(u.plan) && u.plan[u.next].at <= k.Now() {
		p := u.plan[u.next]
		u.next++
		why := sim.Cause{Session: p.script.Session}
		if k.Tracing() {
			why = k.Record(sim.Record{Cause: why, Node: u.self, Kind: "user.call", Text: p.script.Class})
		}
		u.w.end(p.script.From).Call(p.script, why)
	}
	u.arm()
}

// settled is called when a node has come into place, or has been refused.
func (w *world) settled(why sim.Cause) {
	for _, n := range w.ready {
		if !n.Settled() {
			return
		}
	}
	if w.users != nil {
		w.users.opened(why)
	}
}

// unsettled names who is not in place, for people who wait for calls that never start.
func (w *world) unsettled() string {
	var names []string
	for _, n := range w.ready {
		if !n.Settled() {
			names = append(names, n.(interface{ NodeName() string }).NodeName())
		}
	}
	return strings.Join(names, ", ")
}
