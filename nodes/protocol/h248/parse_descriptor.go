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
		d.Media = new(Media)
		return p.media(d.Media)
	case tokEvents:
		d.Events = new(Events)
		return p.events(d.Events, true)
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
		return p.audit(&d.Audit.Items)
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

func (p *parser) audit(items *AuditItems) bool {
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
		case *items&item != 0:
			return p.fail(ErrDescriptorTwice, w)
		case next == '{' || next == '=':
			return p.fail(ErrNotImplemented, "audit of single properties")
		}
		*items |= item
		return true
	})
}

func (p *parser) media(m *Media) bool {
	implied := -1 // index of the stream that parameters without Stream = n describe
	return p.block(func(p *parser) bool {
		p.skip()
		start := p.pos
		w, t, ok := p.keyword("Stream")
		if !ok {
			return false
		}
		switch t {
		case tokStream:
			n, ok := p.number(65535)
			if !ok {
				return false
			}
			if implied >= 0 {
				return p.failAt(start, ErrCommandSyntax, "Stream beside parameters without stream")
			}
			for i := range m.Streams {
				if m.Streams[i].ID == StreamID(n) {
					return p.failAt(start, ErrDescriptorTwice, "Stream "+string(appendUint(nil, n)))
				}
			}
			if m.Streams == nil {
				m.Streams = make([]Stream, 0, 1)
			}
			m.Streams = append(m.Streams, Stream{ID: StreamID(n)})
			s := &m.Streams[len(m.Streams)-1]
			return p.block(func(p *parser) bool {
				p.skip()
				start := p.pos
				w, t, ok := p.keyword("Local, Remote or LocalControl")
				return ok && p.streamParm(s, start, w, t)
			})
		case tokTerminationState:
			if m.State != nil {
				return p.failAt(start, ErrDescriptorTwice, "TerminationState")
			}
			m.State = new(TerminationState)
			return p.terminationState(m.State)
		}
		if implied < 0 {
			if len(m.Streams) > 0 {
				return p.failAt(start, ErrCommandSyntax, "parameters without stream beside Stream")
			}
			implied = 0
			m.Streams = append(m.Streams, Stream{ID: 1, Implied: true})
		}
		return p.streamParm(&m.Streams[implied], start, w, t)
	})
}

func (p *parser) streamParm(s *Stream, start int, w string, t token) (ok bool) {
	twice := false
	switch t {
	case tokLocal:
		twice = s.Local != nil
		s.Local, ok = p.raw()
	case tokRemote:
		twice = s.Remote != nil
		s.Remote, ok = p.raw()
	case tokLocalControl:
		twice = s.Control != nil
		s.Control = new(LocalControl)
		ok = p.localControl(s.Control)
	case tokStatistics:
		twice = s.Statistics != nil
		s.Statistics = new(Statistics)
		ok = p.statistics(s.Statistics)
	default:
		return p.failAt(start, ErrUnknownDescriptor, "unknown descriptor '"+w+"'")
	}
	if ok && twice {
		return p.failAt(start, ErrDescriptorTwice, tokenText[t][0])
	}
	return ok
}

func (p *parser) localControl(c *LocalControl) bool {
	return p.block(func(p *parser) bool {
		p.skip()
		start := p.pos
		w, t, ok := p.keyword("property")
		if !ok {
			return false
		}
		twice := false
		switch t {
		case tokMode:
			twice = c.Mode != ModeUnset
			if !p.expect('=') {
				return false
			}
			w, t, ok := p.keyword("mode")
			if !ok {
				return false
			}
			for m := SendOnly; m <= Loopback; m++ {
				if modeTokens[m] == t {
					c.Mode = m
				}
			}
			if c.Mode == ModeUnset || (twice && modeTokens[c.Mode] != t) {
				return p.fail(ErrUnsupportedMode, "mode '"+w+"'")
			}
		case tokReservedValue:
			twice = c.ReservedValue != Unset
			ok = p.onOff(&c.ReservedValue)
		case tokReservedGroup:
			twice = c.ReservedGroup != Unset
			ok = p.onOff(&c.ReservedGroup)
		default:
			return p.property(&c.Properties, start, w)
		}
		if ok && twice {
			return p.failAt(start, ErrPropertyTwice, tokenText[t][0])
		}
		return ok
	})
}

func (p *parser) onOff(s *Switch) bool {
	if !p.expect('=') {
		return false
	}
	w, t, ok := p.keyword("ON or OFF")
	switch {
	case !ok:
		return false
	case t == tokOn:
		*s = On
	case t == tokOff:
		*s = Off
	default:
		return p.fail(ErrUnknownValue, "ON or OFF expected, not '"+w+"'")
	}
	return true
}

func (p *parser) terminationState(s *TerminationState) bool {
	return p.block(func(p *parser) bool {
		p.skip()
		start := p.pos
		w, t, ok := p.keyword("property")
		if !ok {
			return false
		}
		if t != tokServiceStates && t != tokBuffer {
			return p.property(&s.Properties, start, w)
		}
		if (t == tokServiceStates && s.Service != ServiceUnset) || (t == tokBuffer && s.Buffer != Unset) {
			return p.failAt(start, ErrPropertyTwice, tokenText[t][0])
		}
		if !p.expect('=') {
			return false
		}
		v, u, ok := p.keyword("value")
		if !ok {
			return false
		}
		switch {
		case t == tokServiceStates && u == tokTest:
			s.Service = ServiceTest
		case t == tokServiceStates && u == tokOutOfSvc:
			s.Service = OutOfService
		case t == tokServiceStates && u == tokInSvc:
			s.Service = InService
		case t == tokBuffer && u == tokOff:
			s.Buffer = Off
		case t == tokBuffer && u == tokLockStep:
			s.Buffer = On
		default:
			return p.fail(ErrUnknownValue, tokenText[t][0]+" = '"+v+"'")
		}
		return true
	})
}

// property reads the rest of "pkg/name = value" into a list in which each name may stand once.
func (p *parser) property(list *[]Parm, start int, w string) bool {
	if _, id := cut(w); id == "" {
		return p.failAt(start, ErrUnknownProperty, "unknown property '"+w+"'")
	}
	for i := range *list {
		if equalFold((*list)[i].Name, w) {
			return p.failAt(start, ErrPropertyTwice, w)
		}
	}
	v, ok := p.parm(w)
	if *list == nil {
		*list = make([]Parm, 0, 2)
	}
	*list = append(*list, v)
	return ok
}

// parm reads the value of a property or parameter whose name is read already.
func (p *parser) parm(name string) (v Parm, ok bool) {
	v.Name = name
	switch p.peek() {
	case '=':
		v.Relation = RelEqual
	case '#':
		v.Relation = RelNotEqual
	case '<':
		v.Relation = RelLess
	case '>':
		v.Relation = RelGreater
	default:
		return v, p.syntax("value of '" + name + "' expected")
	}
	p.pos++
	end := byte(0)
	if v.Relation == RelEqual {
		switch p.peek() {
		case '[':
			v.Kind, end = AnyOf, ']'
		case '{':
			v.Kind, end = AllOf, '}'
		}
	}
	if end == 0 {
		v.Value, ok = p.value()
		return v, ok
	}
	p.pos++
	ok = p.elements(end, func(p *parser) bool {
		a, ok := p.value()
		if !ok {
			return false
		}
		v.List = append(v.List, a)
		if len(v.List) == 1 && end == ']' && p.eat(':') {
			v.Kind = Range
			a, ok = p.value()
			v.List = append(v.List, a)
		} else if v.Kind == Range {
			return p.syntax("range of two values expected")
		}
		return ok
	})
	return v, ok
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
