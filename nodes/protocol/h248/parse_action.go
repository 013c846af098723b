package h248

func (p *parser) actions(item *Item, reply bool) bool {
	if !p.seed.hasActions {
		p.seed.hasActions, item.Actions = true, p.seed.actions[:0]
	}
	return p.elements('}', func(p *parser) bool {
		item.Actions = append(item.Actions, Action{})
		return p.action(&item.Actions[len(item.Actions)-1], reply)
	})
}

func (p *parser) action(a *Action, reply bool) bool {
	w, t, ok := p.keyword("Context")
	if !ok {
		return false
	}
	if t != tokContext {
		return p.syntax("Context expected, not '" + w + "'")
	}
	level := p.level
	p.level = ErrActionSyntax
	if !p.expect('=') || !p.contextID(&a.Context) || !p.expect('{') {
		return false
	}
	if p.eat('}') { // an action reply may be empty; a request may not
		p.level = level
		return reply || p.fail(ErrActionSyntax, "command expected")
	}
	if !p.seed.hasCommands {
		p.seed.hasCommands = true
		a.Commands = p.seed.commands[:0]
	}
	if !p.elements('}', func(p *parser) bool { return p.actionItem(a, reply) }) {
		return false
	}
	p.level = level
	return true
}

func (p *parser) contextID(c *ContextID) bool {
	w := p.word()
	switch w {
	case "-":
		*c = NullContext
	case "$":
		*c = ChooseContext
	case "*":
		*c = AllContexts
	default:
		// H.248.1 §6.1.1: 0, 0xFFFFFFFE and 0xFFFFFFFF are reserved and not written as numbers.
		n, ok := parseUint(w, uint64(ChooseContext)-1)
		if !ok || n == 0 {
			return p.fail(ErrIdentifier, "ContextID expected, not '"+w+"'")
		}
		*c = ContextID(n)
	}
	return true
}

func (p *parser) actionItem(a *Action, reply bool) bool {
	p.skip()
	start := p.pos
	w, t, ok := p.keyword("command")
	if !ok {
		return false
	}
	if a.Error != nil {
		return p.failAt(start, ErrActionSyntax, "nothing expected after the Error of an action")
	}
	switch t {
	case tokTopology, tokPriority, tokEmergency, tokEmergencyOff, tokContextAudit, tokContextAttr, tokIEPS:
		if len(a.Commands) > 0 {
			return p.failAt(start, ErrUnknownAction, "context properties stand before the commands")
		}
		return p.contextProperty(a, t)
	case tokError:
		if !reply {
			return p.failAt(start, ErrActionSyntax, "Error is not part of a request")
		}
		a.Error, ok = p.errorDescriptor()
		return ok
	}
	a.Commands = append(a.Commands, Command{})
	c := &a.Commands[len(a.Commands)-1]
	if !p.verb(c, start, w, t, reply) {
		return false
	}
	level := p.level
	p.level = ErrCommandSyntax
	ok = p.command(c, reply)
	p.level = level
	return ok
}

// verb takes the prefixes off a command's name and finds out what it is.
func (p *parser) verb(c *Command, start int, w string, t token, reply bool) bool {
	for len(w) > 2 && w[1] == '-' {
		ok := !c.WildcardReply && !reply
		switch lower(w[0]) {
		case 'o': // stands before W-
			ok = ok && !c.Optional
			c.Optional = true
		case 'w':
			c.WildcardReply = true
		default:
			ok = false
		}
		if !ok {
			return p.failAt(start, ErrUnknownCommand, "command expected, not '"+w+"'")
		}
		w = w[2:]
		t = lookup(w)
	}
	for v := Add; v <= ServiceChange; v++ {
		if verbTokens[v] == t {
			c.Verb = v
			return true
		}
	}
	return p.failAt(start, ErrUnknownCommand, "command expected, not '"+w+"'")
}

func (p *parser) contextProperty(a *Action, t token) bool {
	if a.Properties == nil {
		a.Properties = new(ContextProperties)
	}
	c := a.Properties
	switch t {
	case tokTopology:
		return p.topology(c)
	case tokPriority:
		n, ok := p.number(65535)
		c.Priority, c.HasPriority = uint16(n), true
		return ok
	case tokEmergency:
		c.Emergency = On
		return true
	case tokEmergencyOff:
		c.Emergency = Off
		return true
	case tokIEPS:
		v, ok := p.parm("IEPSCall")
		c.Attributes = append(c.Attributes, v)
		return ok
	case tokContextAttr:
		return p.block(func(p *parser) bool {
			w, ok := p.name("property")
			if !ok {
				return false
			}
			v, ok := p.parm(w)
			c.Attributes = append(c.Attributes, v)
			return ok
		})
	}
	c.HasAudit = true
	return p.block(func(p *parser) bool {
		w, t, ok := p.keyword("context property")
		switch t {
		case tokTopology:
			c.Audit |= AuditTopology
		case tokEmergency:
			c.Audit |= AuditEmergency
		case tokPriority:
			c.Audit |= AuditPriority
		case tokIEPS:
			c.Audit |= AuditIEPS
		default:
			return ok && p.fail(ErrUnknownProperty, "unknown context property '"+w+"'")
		}
		return true
	})
}

func (p *parser) topology(c *ContextProperties) bool {
	if !p.expect('{') {
		return false
	}
	for len(c.Topology) < MaxListLength {
		var t TopologyTriple
		a, ok := p.name("termination")
		if !ok || !p.expect(',') {
			return false
		}
		b, ok := p.name("termination")
		if !ok || !p.expect(',') {
			return false
		}
		w, dir, ok := p.keyword("topology direction")
		if !ok {
			return false
		}
		switch dir {
		case tokBothway:
			t.Direction = Bothway
		case tokIsolate:
			t.Direction = Isolate
		case tokOneway:
			t.Direction = Oneway
		default:
			return p.fail(ErrUnknownValue, "unknown topology direction '"+w+"'")
		}
		t.A, t.B = TerminationID(a), TerminationID(b)
		more := p.eat(',')
		if more {
			// The next word is either this triple's stream or the next triple's first termination.
			start := p.pos
			if w := p.word(); lookupWord(w) == tokStream && p.peek() == '=' {
				n, ok := p.number(65535)
				if !ok {
					return false
				}
				t.Stream = StreamID(n)
				more = p.eat(',')
			} else {
				p.pos = start
			}
		}
		c.Topology = append(c.Topology, t)
		if !more {
			return p.expect('}')
		}
	}
	return p.syntax("list too long")
}

// lookupWord is lookup for a word that may be empty.
func lookupWord(w string) token {
	if w == "" {
		return tokNone
	}
	return lookup(w)
}

func (p *parser) command(c *Command, reply bool) bool {
	if !p.expect('=') {
		return false
	}
	switch {
	case p.eat('['): // version 3: a list of terminations
		if !p.terminations(c, ']') {
			return false
		}
	default:
		w, ok := p.name("TerminationID")
		if !ok {
			return false
		}
		audit := c.Verb == AuditValue || c.Verb == AuditCapability
		if audit && reply && lookup(w) == tokContext && p.peek() == '{' {
			// H.248.1 Annex B.2 contextTerminationAudit: the terminations of a context.
			c.ContextAudit = true
			p.pos++
			start := p.pos
			if _, t, ok := p.keyword("TerminationID"); ok && t == tokError && p.peek() == '=' {
				c.Error, ok = p.errorDescriptor()
				return ok && p.expect('}')
			}
			p.pos = start
			return p.terminations(c, '}')
		}
		c.Termination = TerminationID(w)
	}
	if !p.eat('{') {
		return reply || commandMayBeBare(c.Verb) || p.syntax("'{' expected: "+c.Verb.String()+" needs a descriptor")
	}
	seen := uint32(0)
	return p.elements('}', func(p *parser) bool { return p.descriptor(c, reply, &seen) })
}

func commandMayBeBare(v Verb) bool { return v <= AuditCapability }

func (p *parser) terminations(c *Command, end byte) bool {
	return p.elements(end, func(p *parser) bool {
		w, ok := p.name("TerminationID")
		if c.Termination == "" {
			c.Termination = TerminationID(w)
		} else {
			c.More = append(c.More, TerminationID(w))
		}
		return ok
	})
}
