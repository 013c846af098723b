package h248

// requestID reads "= n" or "= *".
func (p *parser) requestID(id *uint32) bool {
	if !p.expect('=') {
		return false
	}
	w := p.word()
	if w == "*" {
		*id = AllRequests
		return true
	}
	n, ok := parseUint(w, AllRequests-1)
	*id = uint32(n)
	return ok || p.syntax("RequestID expected, not '"+w+"'")
}

// packageName reads "pkg/id" and leaves the judgement of both to the validator.
func (p *parser) packageName(what string) (string, bool) {
	w, ok := p.name(what)
	if !ok {
		return "", false
	}
	if _, id := cut(w); id == "" {
		return "", p.fail(ErrUnknownPackage, what+" '"+w+"' names no package")
	}
	return w, true
}

type eventsSeed struct {
	events Events
	list   [2]Event
}

func (p *parser) events(e *Events, mayEmbed bool) bool {
	if p.peek() != '=' {
		return true
	}
	e.HasID = true
	if !p.requestID(&e.ID) {
		return false
	}
	return p.block(func(p *parser) bool {
		w, ok := p.packageName("event")
		if !ok {
			return false
		}
		e.List = append(e.List, Event{Name: w})
		ev := &e.List[len(e.List)-1]
		if p.peek() != '{' {
			return true
		}
		return p.block(func(p *parser) bool { return p.eventParm(ev, mayEmbed) })
	})
}

func (p *parser) eventParm(e *Event, mayEmbed bool) bool {
	w, t, ok := p.keyword("event parameter")
	if !ok {
		return false
	}
	next := p.peek()
	switch {
	case t == tokStream && next == '=':
		n, ok := p.number(65535)
		e.Stream = StreamID(n)
		return ok
	case t == tokKeepActive && next != '=':
		e.KeepActive = true
		return true
	case t == tokDigitMap:
		e.DigitMap, ok = p.opaque()
		return ok
	case t == tokEmbed && next == '{':
		// H.248.1 §7.1.9: an embedded Events descriptor embeds no further.
		if !mayEmbed || e.Embed != nil {
			return p.syntax("Embed inside Embed or twice")
		}
		e.Embed = new(Embed)
		return p.block(func(p *parser) bool { return p.embed(e.Embed) })
	}
	return p.parameter(&e.Parms, w)
}

func (p *parser) embed(e *Embed) bool {
	w, t, ok := p.keyword("Signals or Events")
	switch {
	case !ok:
		return false
	case t == tokSignals && e.Signals == nil:
		e.Signals = new(Signals)
		return p.signals(e.Signals)
	case t == tokEvents && e.Events == nil:
		e.Events = new(Events)
		return p.events(e.Events, false)
	}
	return p.syntax("Signals or Events expected once, not '" + w + "'")
}

// parameter reads the rest of "name = value" into a list.
func (p *parser) parameter(list *[]Parm, w string) bool {
	v, ok := p.parm(w)
	if *list == nil {
		*list = make([]Parm, 0, 2)
	}
	*list = append(*list, v)
	return ok
}

func (p *parser) observedEvents(o *ObservedEvents) bool {
	return p.requestID(&o.ID) && p.block(func(p *parser) bool {
		if o.List == nil {
			o.List = make([]ObservedEvent, 0, 1)
		}
		o.List = append(o.List, ObservedEvent{})
		return p.observedEvent(&o.List[len(o.List)-1])
	})
}

func (p *parser) observedEvent(e *ObservedEvent) bool {
	w, ok := p.name("event")
	if !ok {
		return false
	}
	if isTimestamp(w) {
		e.Time = Timestamp(w)
		if !p.expect(':') {
			return false
		}
		w, ok = p.name("event")
		if !ok {
			return false
		}
	}
	if _, id := cut(w); id == "" {
		return p.fail(ErrUnknownPackage, "event '"+w+"' names no package")
	}
	e.Name = w
	if p.peek() != '{' {
		return true
	}
	return p.block(func(p *parser) bool {
		w, t, ok := p.keyword("event parameter")
		if !ok {
			return false
		}
		if t == tokStream && p.peek() == '=' {
			n, ok := p.number(65535)
			e.Stream = StreamID(n)
			return ok
		}
		return p.parameter(&e.Parms, w)
	})
}

// isTimestamp reports whether w has the form yyyymmddThhmmsscc.
func isTimestamp(w string) bool {
	if len(w) != 17 || lower(w[8]) != 't' {
		return false
	}
	for i := range len(w) {
		if i != 8 && w[i]-'0' > 9 {
			return false
		}
	}
	return true
}

func (p *parser) signals(s *Signals) bool {
	if !p.eat('{') || p.eat('}') {
		return true
	}
	return p.elements('}', func(p *parser) bool {
		if s.List == nil {
			s.List = make([]Signal, 0, 2)
		}
		s.List = append(s.List, Signal{})
		sig := &s.List[len(s.List)-1]
		p.skip()
		start := p.pos
		_, t, ok := p.keyword("signal")
		if !ok {
			return false
		}
		if t != tokSignalList || p.peek() != '=' {
			p.pos = start
			return p.signal(sig)
		}
		n, ok := p.number(65535)
		sig.ListID = uint16(n)
		return ok && p.block(func(p *parser) bool {
			sig.Sequence = append(sig.Sequence, Signal{})
			return p.signal(&sig.Sequence[len(sig.Sequence)-1])
		})
	})
}

func (p *parser) signal(s *Signal) (ok bool) {
	if s.Name, ok = p.packageName("signal"); !ok {
		return false
	}
	if p.peek() != '{' {
		return true
	}
	return p.block(func(p *parser) bool { return p.signalParm(s) })
}

func (p *parser) signalParm(s *Signal) bool {
	w, t, ok := p.keyword("signal parameter")
	if !ok {
		return false
	}
	switch t {
	case tokStream:
		n, ok := p.number(65535)
		s.Stream = StreamID(n)
		return ok
	case tokDuration:
		n, ok := p.number(65535)
		s.Duration, s.HasDuration = uint16(n), true
		return ok
	case tokKeepActive:
		s.KeepActive = true
		return true
	case tokSignalType:
		if !p.expect('=') {
			return false
		}
		switch v, u, ok := p.keyword("signal type"); {
		case !ok:
			return false
		case u == tokOnOff:
			s.Type = SignalOnOff
		case u == tokTimeOut:
			s.Type = SignalTimeOut
		case u == tokBrief:
			s.Type = SignalBrief
		default:
			return p.fail(ErrUnknownValue, "signal type '"+v+"'")
		}
		return true
	case tokNotifyCompletion:
		s.HasCompletion = true
		return p.expect('=') && p.block(func(p *parser) bool { return p.completion(s) })
	case tokDirection, tokRequestID:
		if p.peek() != '=' {
			break
		}
		p.pos++
		v, ok := p.name("value")
		if t == tokDirection {
			s.Direction = v
		} else {
			s.RequestID = v
		}
		return ok
	}
	return p.parameter(&s.Parms, w)
}

func (p *parser) completion(s *Signal) bool {
	w, t, ok := p.keyword("reason of completion")
	switch t {
	case tokTimeOut:
		s.Completion |= OnTimeOut
	case tokInterruptByEvent:
		s.Completion |= OnInterruptByEvent
	case tokInterruptByNew:
		s.Completion |= OnInterruptByNewSignals
	case tokOtherReason:
		s.Completion |= OnOtherReason
	case tokIteration:
		s.Completion |= OnIteration
	default:
		return ok && p.fail(ErrUnknownValue, "reason of completion '"+w+"'")
	}
	return ok
}
