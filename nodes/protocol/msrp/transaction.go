package msrp

import "imsim/sim"

// transaction is a request whose response may still come.
type transaction struct {
	id       string
	msg      *outgoing // nil for a binding SEND
	s        *Session
	deadline sim.Time
	why      sim.Cause
}

// maxRemembered bounds the transactions that are kept without a timer, for an error response that may come.
const maxRemembered = 64

// await adds a transaction in the order of deadlines: at the end, unless sessions have different timeouts.
func (c *Conn) await(t transaction) {
	c.waiting = append(c.waiting, t)
	for i := len(c.waiting) - 1; i > 0 && c.waiting[i-1].deadline > c.waiting[i].deadline; i-- {
		c.waiting[i-1], c.waiting[i] = c.waiting[i], c.waiting[i-1]
	}
}

// remember keeps a transaction that gets no response when all is well (Failure-Report: partial).
func (c *Conn) remember(t transaction) {
	if len(c.quiet) == maxRemembered {
		c.quiet = append(c.quiet[:0], c.quiet[1:]...)
	}
	c.quiet = append(c.quiet, t)
}

func take(list *[]transaction, id string) (transaction, bool) {
	l := *list
	for i := range l {
		if l[i].id != id {
			continue
		}
		t := l[i]
		switch {
		case len(l) == 1:
			*list = nil // an idle session keeps nothing
		case i == 0: // the usual case, responses come in order
			l[0] = transaction{}
			*list = l[1:]
		default:
			*list = append(l[:i], l[i+1:]...)
		}
		return t, true
	}
	return transaction{}, false
}

func (c *Conn) onResponse(m *Message) {
	t, ok := take(&c.waiting, m.ID)
	if !ok {
		t, ok = take(&c.quiet, m.ID)
	}
	if !ok && len(c.queue) > 0 && c.queue[0].open && c.queue[0].tid == m.ID {
		// An error may come while its chunk is still being sent; that chunk ends with "#".
		t, ok = transaction{id: m.ID, msg: c.queue[0], s: c.queue[0].s}, m.Code != 200
		if ok {
			c.queue[0].pending++
		}
	}
	if !ok {
		return // late, or to an aborted chunk
	}
	if m.Code != 200 {
		c.failed(t, m.Code)
		return
	}
	if t.msg == nil {
		return
	}
	t.msg.pending--
	if t.msg.finished && t.msg.pending == 0 && !t.msg.failed && t.msg.FailureReport == FailureYes {
		c.emit(Output{Kind: OutConfirmed, Session: t.s, ID: t.msg.ID, Code: 200})
	}
}

// failed handles an error response or the lack of any.
func (c *Conn) failed(t transaction, code int) {
	if t.msg == nil {
		c.emit(Output{Kind: OutUnsent, Session: t.s, Name: "bind", Code: code})
	} else {
		t.msg.pending--
		if !t.msg.failed { // RFC 4975 §7.2: 413 and 415 stop this message; so does every other error
			t.msg.failed = true
			c.emit(Output{Kind: OutUnsent, Session: t.s, ID: t.msg.ID, Code: code})
		}
	}
	if (code == 481 || code == 506) && t.s.conn == c { // RFC 4975 §10: the session is over
		c.unbind(t.s)
		c.emit(Output{Kind: OutFailed, Session: t.s, Code: code})
	}
}

// forget drops what session s still sends or waits for. An open chunk is closed with "#" by the next send.
func (c *Conn) forget(s *Session) {
	for _, m := range c.queue {
		if m.s == s {
			m.failed = true
		}
	}
	keep := func(l []transaction) []transaction {
		k := l[:0]
		for _, t := range l {
			if t.s != s {
				k = append(k, t)
			}
		}
		clear(l[len(k):])
		return k
	}
	c.waiting, c.quiet = keep(c.waiting), keep(c.quiet)
}
