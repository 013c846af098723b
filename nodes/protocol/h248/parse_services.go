package h248

// services reads the content of a ServiceChange (H.248.1 Annex B.2 serviceChangeParm).
func (p *parser) services(s *Services) bool {
	seen := [numTokens]bool{}
	return p.block(func(p *parser) bool {
		p.skip()
		start := p.pos
		w, t, ok := p.keyword("parameter of Services")
		if !ok {
			return false
		}
		if isTimestamp(w) {
			if s.Time != "" {
				return p.failAt(start, ErrCommandSyntax, "time stamp twice")
			}
			s.Time = Timestamp(w)
			return true
		}
		if t != tokNone && seen[t] {
			return p.failAt(start, ErrCommandSyntax, tokenText[t][0]+" twice")
		}
		seen[t] = true
		if item := auditItem(t); item != 0 && p.peek() != '=' {
			s.Audit |= item
			return true
		}
		return p.serviceParm(s, start, w, t)
	})
}

func (p *parser) serviceParm(s *Services, start int, w string, t token) (ok bool) {
	switch t {
	case tokMethod:
		return p.method(s)
	case tokReason:
		return p.expect('=') && p.reason(s)
	case tokServiceChangeAddress:
		s.Address, ok = p.address()
	case tokMgcID:
		s.MgcID, ok = p.address()
	case tokProfile:
		if !p.expect('=') {
			return false
		}
		s.Profile, ok = p.name("profile/version")
		if _, v := cut(s.Profile); ok && v == "" {
			return p.syntax("profile/version expected, not '" + s.Profile + "'")
		}
	case tokVersion:
		n, good := p.number(99)
		s.Version, ok = uint8(n), good
		if ok && n == 0 {
			return p.fail(ErrVersion, "version 0")
		}
	case tokDelay:
		n, good := p.number(0xFFFFFFFF)
		s.Delay, s.HasDelay, ok = uint32(n), true, good
	default:
		// Annex B.2 extension: "X-…" or the name of a package's parameter.
		if p.peek() != '=' || len(w) < 3 || (lower(w[0]) != 'x' && t == tokNone && !hasSlash(w)) {
			return p.failAt(start, ErrUnknownParameter, "unknown parameter '"+w+"' of Services")
		}
		return p.parameter(&s.Extensions, w)
	}
	return ok
}

func hasSlash(w string) bool { _, rest := cut(w); return rest != "" }

func (p *parser) method(s *Services) bool {
	if !p.expect('=') {
		return false
	}
	w, t, ok := p.keyword("method")
	if !ok {
		return false
	}
	for m := Graceful; m <= Failover; m++ {
		if methodTokens[m] == t {
			s.Method = m
			return true
		}
	}
	if lower(w[0]) != 'x' && !hasSlash(w) {
		return p.fail(ErrUnknownValue, "method '"+w+"'")
	}
	s.OtherMethod = w
	return true
}

func (p *parser) reason(s *Services) bool {
	v, ok := p.value()
	s.Reason = v.Text
	return ok
}

// address reads a port or a message identifier and keeps its text.
func (p *parser) address() (string, bool) {
	if !p.expect('=') {
		return "", false
	}
	var m MID
	if !p.mid(&m) {
		return "", false
	}
	return m.String(), true
}
