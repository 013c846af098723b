package h248

// The descriptors as bits, to know which are legal where and which have been seen.
const (
	dMedia uint32 = 1 << iota
	dEvents
	dSignals
	dObserved
	dBuffer
	dStatistics
	dAudit
	dServices
	dPackages
	dMux
	dModem
	dDigitMap
	dError
)

var descriptorBit = func() (t [numTokens]uint32) {
	t[tokMedia], t[tokEvents], t[tokSignals], t[tokObservedEvents] = dMedia, dEvents, dSignals, dObserved
	t[tokEventBuffer], t[tokStatistics], t[tokAudit], t[tokServices] = dBuffer, dStatistics, dAudit, dServices
	t[tokPackages], t[tokMux], t[tokModem], t[tokDigitMap], t[tokError] = dPackages, dMux, dModem, dDigitMap, dError
	return t
}()

// legalDescriptors says what each command and its reply may carry (H.248.1 §7.2, Annex B.2).
var legalDescriptors = func() (t [ServiceChange + 1][2]uint32) {
	amm := dMedia | dEvents | dSignals | dBuffer | dStatistics | dAudit | dMux | dModem | dDigitMap
	audited := dMedia | dEvents | dSignals | dObserved | dBuffer | dStatistics | dPackages | dMux | dModem | dDigitMap | dError
	for _, v := range []Verb{Add, Move, Modify} {
		t[v] = [2]uint32{amm, audited}
	}
	for _, v := range []Verb{Subtract, AuditValue, AuditCapability} {
		t[v] = [2]uint32{dAudit, audited}
	}
	t[Notify] = [2]uint32{dObserved | dError, dError}
	t[ServiceChange] = [2]uint32{dServices, dServices | dError}
	return t
}()

func (p *parser) descriptor(c *Command, reply bool, seen *uint32) bool {
	p.skip()
	start := p.pos
	w, t, ok := p.keyword("descriptor")
	if !ok {
		return false
	}
	bit := descriptorBit[t]
	legal := legalDescriptors[c.Verb][0]
	if reply {
		legal = legalDescriptors[c.Verb][1]
	}
	switch {
	case bit == 0:
		return p.failAt(start, ErrUnknownDescriptor, "unknown descriptor '"+w+"'")
	case bit&legal == 0:
		return p.failAt(start, ErrDescriptorNotLegal, tokenText[t][0]+" in "+c.Verb.String())
	case bit&*seen != 0:
		return p.failAt(start, ErrDescriptorTwice, tokenText[t][0])
	}
	*seen |= bit
	if next := p.peek(); reply && next != '{' && next != '=' {
		// Annex B.2 auditReturnParameter: a descriptor without content.
		item := auditItem(t)
		if item == 0 {
			return p.syntax("'{' expected")
		}
		c.Bare |= item
		return true
	}
	return p.descriptorBody(&c.Descriptors, t)
}

func (p *parser) descriptorBody(d *Descriptors, t token) (ok bool) {
	switch t {
	case tokMedia:
		s := new(mediaSeed)
		d.Media = &s.media
		return p.media(s)
	case tokEvents:
		s := new(eventsSeed)
		d.Events = &s.events
		s.events.List = s.list[:0]
		ok = p.events(d.Events, true)
		if len(d.Events.List) == 0 {
			d.Events.List = nil
		}
		return ok
	case tokSignals:
		d.Signals = new(Signals)
		return p.signals(d.Signals)
	case tokObservedEvents:
		d.ObservedEvents = new(ObservedEvents)
		return p.observedEvents(d.ObservedEvents)
	case tokEventBuffer:
		d.EventBuffer = new(EventBuffer)
		return p.peek() != '{' || p.block(func(p *parser) bool {
			d.EventBuffer.List = append(d.EventBuffer.List, ObservedEvent{})
			return p.observedEvent(&d.EventBuffer.List[len(d.EventBuffer.List)-1])
		})
	case tokStatistics:
		d.Statistics = new(Statistics)
		return p.statistics(d.Statistics)
	case tokAudit:
		d.Audit = new(Audit)
		return p.audit(d.Audit)
	case tokServices:
		d.Services = new(Services)
		return p.services(d.Services)
	case tokPackages:
		d.Packages = new(Packages)
		return p.packages(d.Packages)
	case tokMux:
		d.Mux, ok = p.opaque()
	case tokModem:
		d.Modem, ok = p.opaque()
	case tokDigitMap:
		d.DigitMap, ok = p.opaque()
	case tokError:
		d.Error, ok = p.errorDescriptor()
	}
	return ok
}

func auditItem(t token) AuditItems {
	for i, u := range auditTokens {
		if t == u {
			return 1 << i
		}
	}
	return 0
}

func (p *parser) audit(a *Audit) bool {
	seen := AuditItems(0)
	if !p.expect('{') {
		return false
	}
	if p.eat('}') {
		return true
	}
	return p.elements('}', func(p *parser) bool {
		w, t, ok := p.keyword("descriptor")
		if !ok {
			return false
		}
		item := auditItem(t)
		switch next := p.peek(); {
		case item == 0:
			return p.fail(ErrUnknownDescriptor, "unknown descriptor '"+w+"'")
		case seen&item != 0:
			return p.fail(ErrDescriptorTwice, w)
		case next == '{' || next == '=':
			seen |= item
			return p.auditSingle(a, item)
		}
		seen |= item
		a.Items |= item
		return true
	})
}

func (p *parser) statistics(s *Statistics) bool {
	if p.peek() != '{' {
		return true
	}
	return p.block(func(p *parser) bool {
		w, ok := p.name("statistic")
		if !ok {
			return false
		}
		if _, id := cut(w); id == "" {
			return p.fail(ErrNoSuchStatistic, "statistic '"+w+"' names no package")
		}
		v := Parm{Name: w}
		if p.peek() == '=' {
			v, ok = p.parm(w)
		}
		if s.List == nil {
			s.List = make([]Parm, 0, 4)
		}
		s.List = append(s.List, v)
		return ok
	})
}

func (p *parser) packages(l *Packages) bool {
	return p.block(func(p *parser) bool {
		w := p.word()
		dash := len(w) - 1
		for dash > 0 && w[dash] != '-' {
			dash--
		}
		if dash <= 0 {
			return p.syntax("package-version expected, not '" + w + "'")
		}
		n, ok := parseUint(w[dash+1:], 65535)
		l.List = append(l.List, PackageVersion{w[:dash], uint16(n)})
		return ok || p.syntax("package-version expected, not '"+w+"'")
	})
}
