package h248

// AuditPart is the part of a Media descriptor in which an audited property is.
type AuditPart uint8

// The parts. PartWhole asks for all of a stream, or is not of Media.
const (
	PartWhole AuditPart = iota
	PartControl
	PartState
	PartLocal
	PartRemote
	PartStatistics
)

var partTokens = [...]token{PartControl: tokLocalControl, PartState: tokTerminationState, PartLocal: tokLocal, PartRemote: tokRemote, PartStatistics: tokStatistics}

// AuditProperty is one thing that an audit asks for out of a descriptor (H.248.1 §7.1.12 of version 2 and later).
//
// Name is "package/item", one of Mode, ReservedValue, ReservedGroup, ServiceStates, Buffer, the name of a digit map, or
// "package-version"; "" asks for all of Part.
type AuditProperty struct {
	Of         AuditItems // one bit
	Stream     StreamID   // Media: 0 for the only stream
	Part       AuditPart  // Media
	Name       string
	Request    uint32 // Events, when HasRequest
	HasRequest bool
}

// auditSingle reads what stands behind a descriptor's name in an Audit (Annex B.2, indAudterminationAudit).
func (p *parser) auditSingle(a *Audit, item AuditItems) bool {
	one := AuditProperty{Of: item}
	names := func(p *parser) bool { return p.auditName(a, one) }
	switch item {
	case AuditMedia:
		return p.block(func(p *parser) bool { return p.auditMedia(a, one, true) })
	case AuditEvents:
		if p.peek() == '=' {
			n, ok := p.number(AllRequests)
			if !ok {
				return false
			}
			one.Request, one.HasRequest = uint32(n), true
		}
		return p.block(names)
	case AuditSignals, AuditStatistics, AuditPackages, AuditEventBuffer:
		if p.peek() == '=' {
			return p.syntax("'{' expected")
		}
		return p.block(names)
	case AuditDigitMap:
		if !p.expect('=') {
			return false
		}
		return p.auditName(a, one)
	}
	return p.fail(ErrNotImplemented, "audit of parts of Mux, Modem and ObservedEvents")
}

// auditName reads one name. H.248.1 Annex B.2: a signal list and version 3's filter by value are not read.
func (p *parser) auditName(a *Audit, one AuditProperty) bool {
	w, ok := p.name("name of what is audited")
	if !ok {
		return false
	}
	if c := p.peek(); c == '=' || c == '{' || c == '#' || c == '<' || c == '>' {
		return p.fail(ErrNotImplemented, "audit filtered by value, or of a signal list")
	}
	one.Name = w
	switch t := lookup(w); t {
	case tokMode, tokReservedValue, tokReservedGroup, tokServiceStates, tokBuffer:
		one.Name = tokenText[t][0]
	}
	if len(a.Single) == MaxListLength {
		return p.syntax("list too long")
	}
	a.Single = append(a.Single, one)
	return true
}

func (p *parser) auditMedia(a *Audit, one AuditProperty, streams bool) bool {
	w, t, ok := p.keyword("part of Media")
	if !ok {
		return false
	}
	if t == tokStream && streams {
		n, ok := p.number(65535)
		if !ok {
			return false
		}
		one.Stream = StreamID(n)
		return p.block(func(p *parser) bool { return p.auditMedia(a, one, false) })
	}
	for part := PartControl; part <= PartStatistics; part++ {
		if partTokens[part] != t || part == PartState && !streams {
			continue
		}
		one.Part = part
		if p.peek() == '{' && part != PartLocal && part != PartRemote {
			return p.block(func(p *parser) bool { return p.auditName(a, one) })
		}
		a.Single = append(a.Single, one)
		return true
	}
	return p.fail(ErrUnknownDescriptor, "unknown part of Media '"+w+"'")
}

// auditSingle writes single properties; neighbours of one descriptor, stream and part share its braces.
func (e *encoder) auditSingle(list []AuditProperty) {
	for i := 0; i < len(list); {
		one := list[i]
		n := i + 1
		for n < len(list) && list[n].Of == one.Of {
			n++
		}
		group := list[i:n]
		i = n
		e.next()
		for bit, t := range auditTokens {
			if one.Of == 1<<bit {
				e.tok(t)
			}
		}
		if one.Of == AuditDigitMap {
			e.eq()
			e.str(one.Name)
			continue
		}
		if one.HasRequest {
			e.eq()
			e.uint(uint64(one.Request))
		}
		e.open()
		if one.Of == AuditMedia {
			e.auditStreams(group)
		} else {
			e.auditNames(group)
		}
		e.close()
	}
}

func (e *encoder) auditStreams(list []AuditProperty) {
	for i := 0; i < len(list); {
		n := i + 1
		for n < len(list) && list[n].Stream == list[i].Stream {
			n++
		}
		if s := list[i].Stream; s != 0 {
			e.numberField(tokStream, uint64(s))
			e.open()
			e.auditParts(list[i:n])
			e.close()
		} else {
			e.auditParts(list[i:n])
		}
		i = n
	}
}

func (e *encoder) auditParts(list []AuditProperty) {
	for i := 0; i < len(list); {
		n := i + 1
		for n < len(list) && list[n].Part == list[i].Part {
			n++
		}
		e.next()
		e.tok(partTokens[list[i].Part])
		if list[i].Name != "" {
			e.open()
			e.auditNames(list[i:n])
			e.close()
		}
		i = n
	}
}

func (e *encoder) auditNames(list []AuditProperty) {
	for i := range list {
		e.next()
		switch t := lookupWord(list[i].Name); t {
		case tokMode, tokReservedValue, tokReservedGroup, tokServiceStates, tokBuffer:
			e.tok(t)
		default:
			e.str(list[i].Name)
		}
	}
}

// Wants reports whether an audit asks for any of the given descriptors, whole or in part.
func (a *Audit) Wants(items AuditItems) bool {
	if a == nil {
		return false
	}
	if a.Items&items != 0 {
		return true
	}
	for i := range a.Single {
		if a.Single[i].Of&items != 0 {
			return true
		}
	}
	return false
}
