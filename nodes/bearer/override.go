package bearer

import (
	"slices"
	"strconv"
	"strings"
)

// Override changes one row of the correlation tables, takes it out, or adds one behind them. Conditions and actions are
// written as the printed table shows them; what is left out stays as it is.
type Override struct {
	Row     string  `yaml:"row" jsonschema:"required" jsonschema_description:"Row to change, by its name in the table that simulate explain prints with its option for rules, for instance E-4/1; a new name adds a row."`
	Disable bool    `yaml:"disable" jsonschema:"default=false" jsonschema_description:"Take the row out."`
	Event   *string `yaml:"event" jsonschema_description:"Event on leg X, for instance tcp.in.syn; a new row needs one."`
	If      *string `yaml:"if" jsonschema_description:"Facts about the stream, for instance strict; all must hold."`
	X       *string `yaml:"x" jsonschema_description:"Condition on leg X before the event, for instance tcp=idle|held role=passive."`
	Y       *string `yaml:"y" jsonschema_description:"Condition on its partner."`
	DoX     *string `yaml:"do-x" jsonschema_description:"Actions on X separated by commas, for instance tcp.accept."`
	DoY     *string `yaml:"do-y" jsonschema_description:"Actions on the partner, which come after those on X."`
	Cause   *string `yaml:"cause" jsonschema_description:"Cause string of what is notified."`
}

// With returns the table with the changes made in order. report takes what is wrong with one, by its index and key; rows
// that are wrong change nothing.
func (t *Table) With(changes []Override, report func(n int, key, wrong, right string)) *Table {
	if len(changes) == 0 {
		return t
	}
	e, r := slices.Clone(t.Establishment), slices.Clone(t.Release)
	inE, inR := t.Names()
	all := append(slices.Clone(inE), inR...)
	for n := range changes {
		o := &changes[n]
		rules, i := &e, slices.Index(inE, o.Row)
		if i < 0 {
			rules, i = &r, slices.Index(inR, o.Row)
		}
		bad := func(key, wrong, right string) { report(n, key, "row "+o.Row+": "+wrong, right) }
		switch {
		case i >= 0 && o.Disable:
			(*rules)[i].On = None
		case i >= 0:
			o.change(&(*rules)[i], bad)
		case o.Disable || slices.Contains(all, o.Row+"/1"):
			bad("row", "there is no such row", "take one of "+strings.Join(like(all, o.Row), ", "))
		case o.Event == nil:
			bad("row", "there is no such row, and a new one needs an event", "write event, or take one of "+strings.Join(like(all, o.Row), ", "))
		default:
			added := Rule{ID: o.Row}
			if o.change(&added, bad) {
				r = append(r, added)
			}
		}
	}
	return newTable(e, r)
}

// like returns the names of rows that resemble one: those of the same row of the spec reference, or else the first few.
func like(all []string, name string) []string {
	base, _, _ := strings.Cut(name, "/")
	var near []string
	for _, n := range all {
		if b, _, _ := strings.Cut(n, "/"); b == base {
			near = append(near, n)
		}
	}
	if near == nil {
		near = append(slices.Clone(all[:3]), "…")
	}
	return near
}

// change works an override into a rule; false where it is wrong, and then the rule is as it was.
func (o *Override) change(r *Rule, bad func(key, wrong, right string)) bool {
	good := true
	wrong := func(key, what, right string) {
		good = false
		bad(key, what, right)
	}
	to := *r
	if o.Event != nil {
		if i := slices.Index(eventNames[1:], *o.Event); i >= 0 {
			to.On = Event(i + 1)
		} else {
			wrong("event", strconv.Quote(*o.Event)+" is no event", "one of "+strings.Join(eventNames[1:], ", "))
		}
	}
	if o.If != nil {
		to.If = 0
		for _, w := range strings.Fields(*o.If) {
			i := slices.Index(factNames[:], w)
			if i < 0 {
				wrong("if", strconv.Quote(w)+" is no fact", "one of "+strings.Join(factNames[:], ", "))
				continue
			}
			to.If |= 1 << i
		}
	}
	for _, c := range []struct {
		key  string
		text *string
		to   *Cond
	}{{"x", o.X, &to.X}, {"y", o.Y, &to.Y}} {
		if c.text != nil {
			var what, right string
			if *c.to, what, right = ParseCond(*c.text); what != "" {
				wrong(c.key, what, right)
			}
		}
	}
	for _, c := range []struct {
		key  string
		text *string
		to   *[]Action
	}{{"do-x", o.DoX, &to.DoX}, {"do-y", o.DoY, &to.DoY}} {
		if c.text == nil {
			continue
		}
		*c.to = nil
		for w := range strings.SplitSeq(*c.text, ",") {
			if w = strings.TrimSpace(w); w == "" {
				continue
			}
			i := slices.Index(actionNames[1:], w)
			if i < 0 {
				wrong(c.key, strconv.Quote(w)+" is no action", "some of "+strings.Join(actionNames[1:], ", "))
				continue
			}
			*c.to = append(*c.to, Action(i+1))
		}
	}
	if o.Cause != nil {
		to.Cause = *o.Cause
	}
	if good {
		*r = to
	}
	return good
}

// ParseCond reads a condition as Cond.String writes it. Where it cannot, wrong and right say why, for people.
func ParseCond(text string) (c Cond, wrong, right string) {
	for _, w := range strings.Fields(text) {
		key, list, valued := strings.Cut(w, "=")
		var known []string
		var to *States
		switch {
		case w == "no-tcp-link":
			c.NoLink |= TCPPresets
			continue
		case !valued:
			not := strings.HasPrefix(w, "!")
			i := slices.Index(flagNames[:], strings.TrimPrefix(w, "!"))
			switch {
			case i < 0:
				return Cond{}, strconv.Quote(w) + " is no condition", "tcp=…, tls=…, role=…, link=…, no-link=…, no-tcp-link, or, with or without !, one of " + strings.Join(flagNames[:], ", ")
			case not:
				c.Not |= 1 << i
			default:
				c.Is |= 1 << i
			}
			continue
		case key == "link" || key == "no-link":
			for name := range strings.SplitSeq(list, "|") {
				p := PresetByName(name)
				if p == 0 {
					return Cond{}, strconv.Quote(name) + " is no preset", "one of " + (^Preset(0)).String()
				}
				if key == "link" {
					c.Link |= p
				} else {
					c.NoLink |= p
				}
			}
			continue
		case key == "tcp":
			known, to = tcpNames[:], &c.TCP
		case key == "tls":
			known, to = tlsNames[:], &c.TLS
		case key == "role":
			known, to = roleNames[:], &c.Role
		default:
			return Cond{}, strconv.Quote(key) + " is no key of a condition", "tcp, tls, role, link or no-link"
		}
		for name := range strings.SplitSeq(list, "|") {
			i := slices.Index(known, name)
			if i < 0 {
				return Cond{}, key + " is never " + strconv.Quote(name), "one of " + strings.Join(known, ", ")
			}
			*to |= 1 << i
		}
	}
	return c, "", ""
}
