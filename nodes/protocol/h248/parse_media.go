package h248

// mediaSeed is what nearly every Media descriptor has one of, in one piece.
type mediaSeed struct {
	media   Media
	stream  [1]Stream
	control LocalControl
}

func (p *parser) media(s *mediaSeed) bool {
	m := &s.media
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
				m.Streams = s.stream[:0]
			}
			m.Streams = append(m.Streams, Stream{ID: StreamID(n)})
			st := &m.Streams[len(m.Streams)-1]
			return p.block(func(p *parser) bool {
				p.skip()
				start := p.pos
				w, t, ok := p.keyword("Local, Remote or LocalControl")
				return ok && p.streamParm(st, s, start, w, t)
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
			m.Streams = append(s.stream[:0], Stream{ID: 1, Implied: true})
		}
		return p.streamParm(&m.Streams[implied], s, start, w, t)
	})
}

func (p *parser) streamParm(s *Stream, in *mediaSeed, start int, w string, t token) (ok bool) {
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
		if len(in.media.Streams) == 1 && !twice {
			s.Control = &in.control
		} else {
			s.Control = new(LocalControl)
		}
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
