package h248

// AppendSummary writes what a transaction item is in a few words, for traces and ladders: "Request 1002: Modify, Add",
// "Reply 1001: error 510", "Pending 7", "Ack 1, 3-5".
func (it *Item) AppendSummary(dst []byte) []byte {
	dst = append(dst, [...]string{"Request", "Reply", "Pending", "Ack", "Segment"}[it.Kind]...)
	dst = append(dst, ' ')
	if it.Kind == Ack {
		for i, a := range it.Acks {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendUint(dst, uint64(a.First))
			if a.Last != a.First {
				dst = appendUint(append(dst, '-'), uint64(a.Last))
			}
		}
		return dst
	}
	dst = appendUint(dst, uint64(it.ID))
	sep := ": "
	fault := func(e *ErrorDescriptor) {
		if e != nil {
			dst = append(append(dst, sep...), "error "...)
			dst = appendUint(dst, uint64(e.Code))
			sep = ", "
		}
	}
	fault(it.Error)
	for i := range it.Actions {
		for j := range it.Actions[i].Commands {
			c := &it.Actions[i].Commands[j]
			dst = append(append(dst, sep...), c.Verb.String()...)
			sep = " "
			fault(c.Error)
			sep = ", "
		}
		fault(it.Actions[i].Error)
	}
	return dst
}
