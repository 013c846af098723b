package h248

func (e *encoder) actions(list []Action, reply bool) {
	for i := range list {
		e.action(&list[i], reply)
	}
}

func (e *encoder) action(a *Action, reply bool) {
	e.field(tokContext)
	switch a.Context {
	case NullContext:
		e.b = append(e.b, '-')
	case ChooseContext:
		e.b = append(e.b, '$')
	case AllContexts:
		e.b = append(e.b, '*')
	default:
		e.uint(uint64(a.Context))
	}
	e.open()
	if a.Properties != nil {
		e.contextProperties(a.Properties)
	}
	for i := range a.Commands {
		e.command(&a.Commands[i], reply)
	}
	if a.Error != nil {
		e.next()
		e.error(a.Error)
	}
	e.close()
}

func (e *encoder) contextProperties(c *ContextProperties) {
	if len(c.Topology) > 0 {
		e.next()
		e.tok(tokTopology)
		e.open()
		for _, t := range c.Topology {
			e.next()
			e.str(string(t.A))
			e.next()
			e.str(string(t.B))
			e.next()
			e.tok([...]token{Bothway: tokBothway, Isolate: tokIsolate, Oneway: tokOneway}[t.Direction])
			if t.Stream != 0 {
				e.numberField(tokStream, uint64(t.Stream))
			}
		}
		e.close()
	}
	if c.HasPriority {
		e.numberField(tokPriority, uint64(c.Priority))
	}
	switch c.Emergency {
	case On:
		e.next()
		e.tok(tokEmergency)
	case Off:
		e.next()
		e.tok(tokEmergencyOff)
	}
	e.contextAttributes(c.Attributes)
	if !c.HasAudit {
		return
	}
	e.next()
	e.tok(tokContextAudit)
	e.open()
	for i, t := range [...]token{tokTopology, tokEmergency, tokPriority, tokIEPS} {
		if c.Audit&(1<<i) != 0 {
			e.next()
			e.tok(t)
		}
	}
	e.close()
}

// contextAttributes writes the attributes of version 3; IEPSCall stands beside ContextAttr, not in it.
func (e *encoder) contextAttributes(list []Parm) {
	inside := 0
	for i := range list {
		if lookupWord(list[i].Name) == tokIEPS {
			e.parm(&list[i])
		} else {
			inside++
		}
	}
	if inside == 0 {
		return
	}
	e.next()
	e.tok(tokContextAttr)
	e.open()
	for i := range list {
		if lookupWord(list[i].Name) != tokIEPS {
			e.parm(&list[i])
		}
	}
	e.close()
}

func (e *encoder) command(c *Command, reply bool) {
	e.next()
	if c.Optional {
		e.str("O-")
	}
	if c.WildcardReply {
		e.str("W-")
	}
	e.tok(verbTokens[c.Verb])
	e.eq()
	switch {
	case c.ContextAudit:
		e.tok(tokContext)
		e.open()
		if c.Error != nil {
			e.next()
			e.error(c.Error)
		} else {
			e.next()
			e.str(string(c.Termination))
			for _, t := range c.More {
				e.next()
				e.str(string(t))
			}
		}
		e.close()
		return
	case len(c.More) > 0:
		e.b = append(append(e.b, '['), c.Termination...)
		for _, t := range c.More {
			e.b = append(append(e.b, ','), t...)
		}
		e.b = append(e.b, ']')
	default:
		e.str(string(c.Termination))
	}
	if !c.Descriptors.empty() {
		e.open()
		e.descriptors(&c.Descriptors)
		e.close()
	}
}

func (d *Descriptors) empty() bool {
	return d.Media == nil && d.Events == nil && d.Signals == nil && d.ObservedEvents == nil && d.EventBuffer == nil &&
		d.Statistics == nil && d.Audit == nil && d.Services.empty() && d.Packages == nil && d.Error == nil &&
		d.Mux == "" && d.Modem == "" && d.DigitMap == "" && d.Bare == 0
}

// empty reports Services without content: Annex B.2 has no way to write it, and a reply may leave the descriptor out.
func (s *Services) empty() bool {
	return s == nil || s.Method == MethodNone && s.OtherMethod == "" && s.Reason == "" && s.Address == "" && s.MgcID == "" &&
		s.Profile == "" && s.Version == 0 && !s.HasDelay && s.Time == "" && s.Audit == 0 && len(s.Extensions) == 0
}

func (e *encoder) opaque(t token, o Opaque) {
	if o != "" {
		e.next()
		e.tok(t)
		e.str(string(o))
	}
}

func (e *encoder) descriptors(d *Descriptors) {
	if d.Media != nil {
		e.media(d.Media)
	}
	if d.Events != nil {
		e.events(d.Events)
	}
	if d.Signals != nil {
		e.signals(d.Signals)
	}
	if d.ObservedEvents != nil {
		e.observedEvents(d.ObservedEvents)
	}
	if d.EventBuffer != nil {
		e.next()
		e.tok(tokEventBuffer)
		if len(d.EventBuffer.List) > 0 {
			e.open()
			for i := range d.EventBuffer.List {
				e.observedEvent(&d.EventBuffer.List[i])
			}
			e.close()
		}
	}
	e.opaque(tokMux, d.Mux)
	e.opaque(tokModem, d.Modem)
	e.opaque(tokDigitMap, d.DigitMap)
	if d.Statistics != nil {
		e.statistics(d.Statistics)
	}
	if d.Packages != nil {
		e.next()
		e.tok(tokPackages)
		e.open()
		for _, v := range d.Packages.List {
			e.next()
			e.str(v.Name)
			e.b = append(e.b, '-')
			e.uint(uint64(v.Version))
		}
		e.close()
	}
	if !d.Services.empty() {
		e.services(d.Services)
	}
	if d.Audit != nil {
		e.next()
		e.tok(tokAudit)
		e.open()
		e.auditItems(d.Audit.Items)
		e.auditSingle(d.Audit.Single)
		e.close()
	}
	e.auditItems(d.Bare)
	if d.Error != nil {
		e.next()
		e.error(d.Error)
	}
}

func (e *encoder) auditItems(items AuditItems) {
	for i, t := range auditTokens {
		if items&(1<<i) != 0 {
			e.next()
			e.tok(t)
		}
	}
}
