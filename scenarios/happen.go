package scenarios

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"imsim/nodes/megaco"
)

// maxCalls is how many calls of a class a run takes: each is planned before it starts.
const maxCalls = 10_000_000

// sessions checks who takes part and what is sent.
func (v *validator) sessions() {
	for _, name := range Names(v.file.Sessions) {
		s := v.file.Sessions[name]
		path := at("sessions", name)
		if s.From == s.To && s.From != "" {
			v.wrong(sub(path, "to"), s.To+" calls itself", "name another node")
		}
		end := func(who string, path []string) {
			if _, ok := v.file.Nodes[who]; ok && who != s.From && who != s.To && s.From != s.To {
				v.wrong(path, who+" takes no part in this session", "write "+s.From+" or "+s.To)
			}
		}
		if s.Count > maxCalls {
			v.wrong(sub(path, "count"), itoa(s.Count)+" calls are more than a run can hold", "at most "+itoa(maxCalls))
		}
		for i, m := range s.Messages {
			at := append(sub(path, "messages"), itoa(i))
			end(m.From, sub(at, "from"))
			if (m.Text == nil) == (m.Size == nil) {
				v.wrong(at, "a message has a text or a size", "write one of the two")
			} else if m.Size != nil && *m.Size == 0 {
				// RFC 4975 §7.1.1: a SEND without a body is no message; it binds a connection, and nothing is delivered.
				v.wrong(sub(at, "size"), "a message of no octets is never delivered", "at least 1B")
			} else if m.Text != nil && *m.Text == "" {
				v.wrong(sub(at, "text"), "an empty message is never delivered", "at least one character")
			}
		}
		if s.Media == "audio" {
			if len(s.Messages) > 0 && !slices.ContainsFunc(v.file.Timeline, addsLine) {
				v.wrong(sub(path, "messages"), "an audio call has no line for messages", "add one by a step of the timeline, do: reinvite with add: true, or leave them out")
			}
			if s.Release == nil && v.file.Run.Until == 0 {
				v.wrong(sub(path, "media"), "RTP goes on for ever where nobody hangs up", "write release, or run.until")
			}
		}
		if s.Release != nil {
			end(s.Release.By, append(path, "release", "by"))
		}
		if a := s.Arrivals; a != nil {
			if (a.Every == nil) == (a.Poisson == nil) {
				v.wrong(sub(path, "arrivals"), "arrivals have a fixed or a mean distance", "write every or poisson")
			} else if a.Poisson != nil && *a.Poisson == 0 {
				v.wrong(append(path, "arrivals", "poisson"), "a mean of zero leaves no time", "more than 0s")
			}
		}
		if until := v.file.Run.Until; until > 0 && s.At >= until {
			v.wrong(sub(path, "at"), s.At.String()+" is not within the run", "less than run.until, "+until.String())
		}
	}
}

// addsLine reports a step that adds a message line to a call.
func addsLine(s Step) bool {
	r, ok := s.Action.(*Reinvite)
	return ok && r.Add
}

// timeline checks when steps happen and what they change.
func (v *validator) timeline() {
	links := Names(v.file.Links)
	link := func(name string, path []string) {
		if _, ok := v.file.Links[name]; !ok && name != "" {
			v.wrong(path, "no link "+strconv.Quote(name), suggest(name, links))
		}
	}
	for i := range v.file.Timeline {
		s := &v.file.Timeline[i]
		path := at("timeline", itoa(i))
		_, hasAt := v.s.tree.at(sub(path, "at"))
		_, hasWhen := v.s.tree.at(sub(path, "when"))
		switch {
		case hasAt == hasWhen:
			v.wrong(path, "a step happens at an instant or when a milestone comes", "write at or when")
		case s.After > 0 && hasAt:
			v.wrong(sub(path, "after"), "after belongs to when", "add it to at")
		case s.At != nil && v.file.Run.Until > 0 && *s.At >= v.file.Run.Until:
			v.wrong(sub(path, "at"), s.At.String()+" is not within the run", "less than run.until, "+v.file.Run.Until.String())
		}
		if s.When != nil {
			v.milestone(*s.When, sub(path, "when"))
		}
		switch a := s.Action.(type) {
		case *LinkDown:
			link(a.Link, sub(path, "link"))
		case *LinkUp:
			link(a.Link, sub(path, "link"))
		case *NATReboot:
			if _, ok := v.file.NATs[a.NAT]; !ok && a.NAT != "" {
				v.wrong(sub(path, "nat"), "no NAT "+strconv.Quote(a.NAT), suggest(a.NAT, Names(v.file.NATs)))
			}
		case *SetValue:
			v.setValue(a, path)
		case *H248Send:
			v.transactions(a, path)
		}
	}
}

// transactions checks what a scripted entity sends, and to whom.
func (v *validator) transactions(a *H248Send, path []string) {
	if from := v.file.Nodes[a.Node].Kind; from == "mgc" && a.To == "" {
		v.wrong(path, "a controller sends to nobody", "write to: and a gateway")
	} else if from == "mg" && a.To != "" {
		v.wrong(sub(path, "to"), "a gateway sends to its controller", "leave to out")
	}
	for i, text := range a.Transactions {
		if _, err := megaco.ParseActions(text); err != nil {
			v.wrong(append(path, "transactions", itoa(i)), err.Error(), "for instance Context = 1 { Subtract = * }")
		}
	}
}

// setValue tries the change and keeps the link as it is then.
func (v *validator) setValue(a *SetValue, path []string) {
	p := strings.Split(a.Path, ".")
	if len(p) < 3 || p[0] != "links" || slices.ContainsFunc(p[2:], func(key string) bool { return slices.Contains(fixedKeys, key) }) {
		if a.Path != "" {
			v.wrong(sub(path, "path"), a.Path+" cannot change during a run", "write the path of a link's value, for instance links.access.delay")
		}
		return
	}
	to, ok := v.s.tree.at(sub(path, "to"))
	if !ok {
		return
	}
	var errs Errors
	o := override{path: p, pos: to.pos, val: to}
	root := v.s.tree.clone()
	o.apply(root, &errs)
	for _, e := range errs {
		v.wrong(sub(path, "path"), e.Wrong, e.Right)
	}
	below, _ := root.at(p[:2])
	var d decoder
	if len(errs) == 0 {
		d.value(reflect.ValueOf(&a.Link).Elem(), below, p[:2])
	}
	for _, e := range append(d.errs, d.odd...) {
		if e.Path == a.Path || strings.HasPrefix(e.Path, a.Path+".") {
			v.wrong(sub(path, "to"), e.Wrong, e.Right)
		}
	}
	if len(errs)+len(d.errs)+len(d.odd) == 0 {
		v.changed(a, root, p, path)
	}
}

// fixedKeys are the settings of a link that a run cannot change.
var fixedKeys = at("between", "mtu", "profile", "trace", "table", "discipline")

// changed checks the link as a step leaves it.
func (v *validator) changed(a *SetValue, root *tree, p, path []string) {
	before := v.file.Links[p[1]]
	a.Link.adopt(&before)
	for d := range 2 {
		if was, is := before.Toward(d).Queue, a.Link.Toward(d).Queue; (was.managed() || is.managed()) && !reflect.DeepEqual(was, is) {
			v.wrong(sub(path, "path"), a.Path+" cannot change during a run", "only the limits of a drop-tail queue can")
		}
	}
	if v.errs.at("") || slices.ContainsFunc(*v.errs, func(e *Error) bool { return strings.HasPrefix(e.Path, "links."+p[1]) }) {
		return // it was wrong before
	}
	linkCheck{tree: root, base: p[:2], report: func(_ []string, wrong, right string) { v.wrong(sub(path, "to"), wrong, right) }}.check(a.Link)
}

// adopt takes over what was read from files for a link.
func (l *Link) adopt(from *Link) {
	l.Points = from.Points
	if l.Delay.Table != "" {
		l.Delay.Values = from.Delay.Values
	}
	for _, c := range [][2]*LinkChange{{l.Forward, from.Forward}, {l.Backward, from.Backward}} {
		if c[0] == nil || c[1] == nil {
			continue
		}
		c[0].Points = c[1].Points
		if c[0].Delay != nil && c[1].Delay != nil && c[0].Delay.Table != "" {
			c[0].Delay.Values = c[1].Delay.Values
		}
	}
}

func (v *validator) milestone(m Milestone, path []string) {
	if _, ok := v.file.Nodes[m.Node]; !ok && m.Node != "" {
		v.wrong(path, "no node "+strconv.Quote(m.Node), suggest(m.Node, Names(v.file.Nodes)))
	}
}
