package h248

func (e *encoder) media(m *Media) {
	e.next()
	e.tok(tokMedia)
	e.open()
	if s := m.State; s != nil {
		e.terminationState(s)
	}
	for i := range m.Streams {
		s := &m.Streams[i]
		if s.Implied {
			e.streamParms(s)
			continue
		}
		e.numberField(tokStream, uint64(s.ID))
		e.open()
		e.streamParms(s)
		e.close()
	}
	e.close()
}

func (e *encoder) streamParms(s *Stream) {
	if s.Control != nil {
		e.localControl(s.Control)
	}
	if s.Local != nil {
		e.raw(tokLocal, s.Local)
	}
	if s.Remote != nil {
		e.raw(tokRemote, s.Remote)
	}
	if s.Statistics != nil {
		e.statistics(s.Statistics)
	}
}

func (e *encoder) localControl(c *LocalControl) {
	e.next()
	e.tok(tokLocalControl)
	e.open()
	if c.Mode != ModeUnset {
		e.field(tokMode)
		e.tok(modeTokens[c.Mode])
	}
	e.onOff(tokReservedValue, c.ReservedValue)
	e.onOff(tokReservedGroup, c.ReservedGroup)
	e.parms(c.Properties)
	e.close()
}

func (e *encoder) onOff(t token, s Switch) {
	if s == Unset {
		return
	}
	e.field(t)
	if s == On {
		e.tok(tokOn)
	} else {
		e.tok(tokOff)
	}
}

func (e *encoder) terminationState(s *TerminationState) {
	e.next()
	e.tok(tokTerminationState)
	e.open()
	if s.Service != ServiceUnset {
		e.field(tokServiceStates)
		e.tok([...]token{ServiceTest: tokTest, OutOfService: tokOutOfSvc, InService: tokInSvc}[s.Service])
	}
	switch s.Buffer {
	case On:
		e.field(tokBuffer)
		e.tok(tokLockStep)
	case Off:
		e.field(tokBuffer)
		e.tok(tokOff)
	}
	e.parms(s.Properties)
	e.close()
}

func (e *encoder) parms(list []Parm) {
	for i := range list {
		e.parm(&list[i])
	}
}

func (e *encoder) parm(v *Parm) {
	e.next()
	e.str(v.Name)
	switch v.Relation {
	case RelNone:
		return
	case RelEqual:
		e.eq()
	default:
		e.relation([...]byte{RelNotEqual: '#', RelLess: '<', RelGreater: '>'}[v.Relation])
	}
	if v.Kind == Single {
		e.value(&v.Value)
		return
	}
	brackets, sep := "[]", byte(',')
	switch v.Kind {
	case AllOf:
		brackets = "{}"
	case Range:
		sep = ':'
	}
	e.b = append(e.b, brackets[0])
	for i := range v.List {
		if i > 0 {
			e.b = append(e.b, sep)
		}
		e.value(&v.List[i])
	}
	e.b = append(e.b, brackets[1])
}

func (e *encoder) relation(c byte) {
	if e.pretty {
		e.b = append(e.b, ' ', c, ' ')
	} else {
		e.b = append(e.b, c)
	}
}

func (e *encoder) statistics(s *Statistics) {
	e.next()
	e.tok(tokStatistics)
	if len(s.List) > 0 {
		e.open()
		e.parms(s.List)
		e.close()
	}
}

func (e *encoder) requestID(id uint32) {
	e.eq()
	if id == AllRequests {
		e.b = append(e.b, '*')
	} else {
		e.uint(uint64(id))
	}
}

func (e *encoder) events(v *Events) {
	e.next()
	e.tok(tokEvents)
	if !v.HasID {
		return
	}
	e.requestID(v.ID)
	e.open()
	for i := range v.List {
		e.event(&v.List[i])
	}
	e.close()
}

func (e *encoder) event(v *Event) {
	e.next()
	e.str(v.Name)
	if v.Stream == 0 && !v.KeepActive && v.DigitMap == "" && v.Embed == nil && len(v.Parms) == 0 {
		return
	}
	e.open()
	if v.Stream != 0 {
		e.numberField(tokStream, uint64(v.Stream))
	}
	if v.KeepActive {
		e.next()
		e.tok(tokKeepActive)
	}
	e.opaque(tokDigitMap, v.DigitMap)
	if v.Embed != nil {
		e.next()
		e.tok(tokEmbed)
		e.open()
		if v.Embed.Signals != nil {
			e.signals(v.Embed.Signals)
		}
		if v.Embed.Events != nil {
			e.events(v.Embed.Events)
		}
		e.close()
	}
	e.parms(v.Parms)
	e.close()
}

func (e *encoder) observedEvents(o *ObservedEvents) {
	e.next()
	e.tok(tokObservedEvents)
	e.requestID(o.ID)
	e.open()
	for i := range o.List {
		e.observedEvent(&o.List[i])
	}
	e.close()
}

func (e *encoder) observedEvent(v *ObservedEvent) {
	e.next()
	if v.Time != "" {
		e.str(string(v.Time))
		e.b = append(e.b, ':')
	}
	e.str(v.Name)
	if v.Stream == 0 && len(v.Parms) == 0 {
		return
	}
	e.open()
	if v.Stream != 0 {
		e.numberField(tokStream, uint64(v.Stream))
	}
	e.parms(v.Parms)
	e.close()
}

func (e *encoder) signals(s *Signals) {
	e.next()
	e.tok(tokSignals)
	if len(s.List) == 0 { // stops all signals; OTP does not take the empty braces of the standard's later grammar
		return
	}
	e.open()
	for i := range s.List {
		v := &s.List[i]
		if len(v.Sequence) == 0 {
			e.signal(v)
			continue
		}
		e.numberField(tokSignalList, uint64(v.ListID))
		e.open()
		for j := range v.Sequence {
			e.signal(&v.Sequence[j])
		}
		e.close()
	}
	e.close()
}

func (e *encoder) signal(s *Signal) {
	e.next()
	e.str(s.Name)
	if s.Stream == 0 && s.Type == SignalDefault && !s.HasDuration && !s.HasCompletion && !s.KeepActive &&
		s.Direction == "" && s.RequestID == "" && len(s.Parms) == 0 {
		return
	}
	e.open()
	if s.Stream != 0 {
		e.numberField(tokStream, uint64(s.Stream))
	}
	if s.Type != SignalDefault {
		e.field(tokSignalType)
		e.tok([...]token{SignalOnOff: tokOnOff, SignalTimeOut: tokTimeOut, SignalBrief: tokBrief}[s.Type])
	}
	if s.HasDuration {
		e.numberField(tokDuration, uint64(s.Duration))
	}
	if s.HasCompletion {
		e.next()
		e.tok(tokNotifyCompletion)
		e.eq()
		e.b = append(e.b, '{')
		first := true
		for i, t := range [...]token{tokTimeOut, tokInterruptByEvent, tokInterruptByNew, tokOtherReason, tokIteration} {
			if s.Completion&(1<<i) == 0 {
				continue
			}
			if !first {
				e.b = append(e.b, ',')
			}
			first = false
			e.tok(t)
		}
		e.b = append(e.b, '}')
	}
	if s.KeepActive {
		e.next()
		e.tok(tokKeepActive)
	}
	e.stringField(tokDirection, s.Direction)
	e.stringField(tokRequestID, s.RequestID)
	e.parms(s.Parms)
	e.close()
}

func (e *encoder) stringField(t token, s string) {
	if s != "" {
		e.field(t)
		e.str(s)
	}
}

func (e *encoder) services(s *Services) {
	e.next()
	e.tok(tokServices)
	e.open()
	if s.Method != MethodNone {
		e.field(tokMethod)
		e.tok(methodTokens[s.Method])
	} else {
		e.stringField(tokMethod, s.OtherMethod)
	}
	e.stringField(tokServiceChangeAddress, s.Address)
	if s.Version != 0 {
		e.numberField(tokVersion, uint64(s.Version))
	}
	if s.Reason != "" {
		e.field(tokReason)
		e.quoted(s.Reason)
	}
	if s.HasDelay {
		e.numberField(tokDelay, uint64(s.Delay))
	}
	e.stringField(tokProfile, s.Profile)
	e.stringField(tokMgcID, s.MgcID)
	if s.Time != "" {
		e.next()
		e.str(string(s.Time))
	}
	e.auditItems(s.Audit)
	e.parms(s.Extensions)
	e.close()
}
