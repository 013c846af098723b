package h248

// Validator checks what the packages of a profile say about a command. A nil Profile knows every package.
type Validator struct {
	Profile *ProfileDef
	Without []string // optional packages, properties "package/property", and values "package/property=value", that are not implemented
}

func (v Validator) lacks(name string) bool {
	for _, w := range v.Without {
		if equalFold(w, name) {
			return true
		}
	}
	return false
}

// Command returns the error that a command deserves, or nil: unknown packages (440), properties (445, 450), events (451),
// signals (452), statistics (453), parameters (446), values (449), places (455), read-only properties (534), missing
// parameters (457). The command's syntax was checked by Parse.
func (v Validator) Command(c *Command) *ErrorDescriptor {
	if err := unread(c); err != nil {
		return err
	}
	if c.Media != nil {
		if err := v.media(c.Media); err != nil {
			return err
		}
	}
	if c.Events != nil {
		if err := v.events(c.Events); err != nil {
			return err
		}
	}
	if c.Signals != nil {
		if err := v.signals(c.Signals); err != nil {
			return err
		}
	}
	if c.ObservedEvents != nil {
		for i := range c.ObservedEvents.List {
			o := &c.ObservedEvents.List[i]
			def, err := v.item(o.Name, false)
			if err == nil {
				err = parameters(o.Name, def.Observed, o.Parms)
			}
			if err != nil {
				return err
			}
		}
	}
	if c.Audit != nil {
		if err := v.audit(c.Audit.Single); err != nil {
			return err
		}
	}
	return v.statistics(c.Statistics)
}

// audit checks the names of single properties that are asked for.
func (v Validator) audit(list []AuditProperty) *ErrorDescriptor {
	for i := range list {
		a := &list[i]
		if a.Name == "" || !hasSlash(a.Name) || a.Of == AuditDigitMap || a.Of == AuditPackages {
			continue // all of it, or a keyword
		}
		def, id, err := v.pkg(a.Name)
		if err != nil {
			return err
		}
		known, code := false, ErrNoSuchProperty
		switch {
		case a.Of == AuditEvents || a.Of == AuditEventBuffer:
			known, code = findItem(def.Events, id) != nil, ErrNoSuchEvent
		case a.Of == AuditSignals:
			known, code = findItem(def.Signals, id) != nil, ErrNoSuchSignal
		case a.Of == AuditStatistics || a.Part == PartStatistics:
			known, code = findValue(def.Statistics, id) != nil, ErrNoSuchStatistic
		default:
			known = findValue(def.Properties, id) != nil
		}
		if !known {
			return Describe(code, a.Name)
		}
	}
	return nil
}

// unread refuses the descriptors that no gateway of ours acts on: bad syntax by 442, multiplex, modem and digit map by 444.
// No event of the packages takes a digit map, so none can be named (520).
func unread(c *Command) *ErrorDescriptor {
	if c.DigitMap == "" && c.Mux == "" && c.Modem == "" {
		return nil
	}
	wrong, name := "", ""
	if c.DigitMap != "" {
		name = "DigitMap"
		_, wrong = CheckDigitMap(c.DigitMap)
	}
	if wrong == "" && c.Mux != "" {
		name = "Mux"
		wrong = CheckMux(c.Mux)
	}
	if wrong == "" && c.Modem != "" {
		name = "Modem"
		wrong = CheckModem(c.Modem)
	}
	if wrong != "" {
		return Describe(ErrCommandSyntax, name+": "+wrong)
	}
	return Describe(ErrUnknownDescriptor, name)
}

func (v Validator) media(m *Media) *ErrorDescriptor {
	if m.State != nil {
		if err := v.properties(m.State.Properties, InTerminationState); err != nil {
			return err
		}
	}
	for i := range m.Streams {
		s := &m.Streams[i]
		if s.Control != nil {
			if err := v.properties(s.Control.Properties, InLocalControl); err != nil {
				return err
			}
		}
		if err := v.statistics(s.Statistics); err != nil {
			return err
		}
	}
	return nil
}

// pkg finds the package that a name begins with.
func (v Validator) pkg(name string) (*PackageDef, string, *ErrorDescriptor) {
	id, rest := cut(name)
	def := LookupPackage(id)
	if def == nil || v.Profile != nil && !v.Profile.Has(id) || v.lacks(id) {
		return nil, "", Describe(ErrUnknownPackage, id)
	}
	return def, rest, nil
}

func (v Validator) properties(list []Parm, place Place) *ErrorDescriptor {
	for i := range list {
		p := &list[i]
		def, id, err := v.pkg(p.Name)
		if err != nil {
			return err
		}
		value := findValue(def.Properties, id)
		if value == nil {
			return Describe(ErrNoSuchProperty, p.Name)
		}
		if v.lacks(p.Name) {
			return Describe(ErrUnknownProperty, p.Name) // TS 29.334 §5.2: an optional element
		}
		legal := value.Place
		if legal == 0 {
			legal = InLocalControl
		}
		switch {
		case legal&place == 0:
			return Describe(ErrPropertyNotLegal, p.Name)
		case value.ReadOnly:
			return Describe(ErrReadOnly, p.Name)
		}
		if err := checkValue(value, p); err != nil {
			return err
		}
		if len(v.Without) > 0 && v.lacks(p.Name+"="+p.Value.Text) {
			return Describe(ErrUnknownValue, p.Name+" = "+p.Value.Text)
		}
	}
	return nil
}

// item finds a signal or an event.
func (v Validator) item(name string, signal bool) (*ItemDef, *ErrorDescriptor) {
	def, id, err := v.pkg(name)
	if err != nil {
		return nil, err
	}
	list, code := def.Events, ErrNoSuchEvent
	if signal {
		list, code = def.Signals, ErrNoSuchSignal
	}
	if it := findItem(list, id); it != nil {
		return it, nil
	}
	return nil, Describe(code, name)
}

func (v Validator) events(e *Events) *ErrorDescriptor {
	for i := range e.List {
		ev := &e.List[i]
		def, err := v.item(ev.Name, false)
		if err == nil && ev.DigitMap != "" {
			err = Describe(ErrNoDigitMap, ev.Name)
		}
		if err == nil {
			err = parameters(ev.Name, def.Parms, ev.Parms)
		}
		if err == nil && ev.Embed != nil && ev.Embed.Signals != nil {
			err = v.signals(ev.Embed.Signals)
		}
		if err == nil && ev.Embed != nil && ev.Embed.Events != nil {
			err = v.events(ev.Embed.Events)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (v Validator) signals(s *Signals) *ErrorDescriptor {
	for i := range s.List {
		sig := &s.List[i]
		if len(sig.Sequence) > 0 {
			if err := v.signals(&Signals{List: sig.Sequence}); err != nil {
				return err
			}
			continue
		}
		def, err := v.item(sig.Name, true)
		if err == nil {
			err = parameters(sig.Name, def.Parms, sig.Parms)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (v Validator) statistics(s *Statistics) *ErrorDescriptor {
	if s == nil {
		return nil
	}
	for i := range s.List {
		def, id, err := v.pkg(s.List[i].Name)
		if err != nil {
			return err
		}
		value := findValue(def.Statistics, id)
		if value == nil {
			return Describe(ErrNoSuchStatistic, s.List[i].Name)
		}
		if s.List[i].Relation != RelNone {
			if err := checkValue(value, &s.List[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// parameters checks the parameters of a signal or event against their definitions.
func parameters(name string, defs []ValueDef, given []Parm) *ErrorDescriptor {
	for i := range given {
		def := findValue(defs, given[i].Name)
		if def == nil {
			return Describe(ErrUnknownParameter, name+" "+given[i].Name)
		}
		if err := checkValue(def, &given[i]); err != nil {
			return err
		}
	}
	for i := range defs {
		if !defs[i].Required {
			continue
		}
		found := false
		for j := range given {
			found = found || equalFold(given[j].Name, defs[i].ID)
		}
		if !found {
			return Describe(ErrMissingParameter, name+" "+defs[i].ID)
		}
	}
	return nil
}

// checkValue checks each value of p. H.248.1 §7.1.1: "$" leaves the choice to the gateway and "*" asks for all.
func checkValue(def *ValueDef, p *Parm) *ErrorDescriptor {
	for i := range max(1, len(p.List)) {
		value := p.Value
		if p.Kind != Single {
			value = p.List[i]
		}
		if !value.Quoted && (value.Text == "$" || value.Text == "*") {
			continue
		}
		if !def.allows(value.Text) {
			// TS 29.334 §5.2: the value stands in the error's text.
			return Describe(ErrUnknownValue, p.Name+" = "+value.Text)
		}
	}
	return nil
}

func (d *ValueDef) allows(text string) bool {
	switch d.Type {
	case Boolean:
		return equalFold(text, "ON") || equalFold(text, "OFF")
	case Integer:
		n, ok := integer(text)
		least, most := d.Min, d.Max
		if least == 0 && most == 0 {
			most = 4294967295
		}
		return ok && n >= least && n <= most
	case Enumeration:
		for _, v := range d.Values {
			if equalFold(v, text) {
				return true
			}
		}
		return false
	case Octets:
		for i := range len(text) {
			if c := lower(text[i]); c-'0' > 9 && c-'a' > 5 {
				return false
			}
		}
		return text != "" && len(text)%2 == 0
	case TopoRules:
		_, err := ParseTopology(text)
		return err == nil
	}
	return true
}

// integer reads a decimal number of up to 18 digits.
func integer(s string) (n int64, ok bool) {
	negative := len(s) > 1 && s[0] == '-'
	if negative {
		s = s[1:]
	}
	if s == "" || len(s) > 18 {
		return 0, false
	}
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}
