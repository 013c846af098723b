package sip

// Verdict says what a provisional response means to the core of a user agent client.
type Verdict uint8

// The verdicts.
const (
	Unreliable Verdict = iota // nothing is owed
	Reliable                  // send Dialog.Prack
	Repeated                  // had before: nothing is owed, the PRACK's own transaction repeats it (RFC 3262 §4)
	OutOfOrder                // RSeq is not the last plus one: drop it, no PRACK (RFC 3262 §4)
)

var verdictNames = [...]string{"unreliable", "reliable", "repeated", "out-of-order"}

// String returns the verdict's word.
func (v Verdict) String() string { return verdictNames[v] }

// UAC is what the core of a user agent client owes one INVITE beyond its transaction: order among reliable provisional
// responses and an ACK for each repetition of a 2xx, for each early dialog that forking made (RFC 3262 §4, RFC 3261 §13.2.2.4).
type UAC struct {
	legs []leg
}

type leg struct {
	tag  string // To tag of the responses
	rseq uint32 // last one taken; 0: none
	ack  *Message
}

func (u *UAC) leg(tag string) *leg {
	for i := range u.legs {
		if u.legs[i].tag == tag {
			return &u.legs[i]
		}
	}
	u.legs = append(u.legs, leg{tag: tag})
	return &u.legs[len(u.legs)-1]
}

// Provisional judges a provisional response to the INVITE.
func (u *UAC) Provisional(m *Message) Verdict {
	rseq, ok := m.RSeq()
	if m.Status <= 100 || !ok || !m.Contains(HRequire, "100rel") {
		return Unreliable
	}
	l := u.leg(m.ToTag())
	switch {
	case l.rseq == 0, rseq == l.rseq+1:
		l.rseq = rseq
		return Reliable
	case rseq <= l.rseq:
		return Repeated
	}
	return OutOfOrder
}

// Acked remembers the ACK made for a 2xx; ack is as Dialog.Ack returned it, before Layer.Request has had it.
func (u *UAC) Acked(response, ack *Message) { u.leg(response.ToTag()).ack = ack.Clone() }

// Success takes a 2xx to the INVITE. For a repetition it returns the ACK to send again; nil says that this is the first
// from its peer, to be acknowledged with Dialog.Ack.
func (u *UAC) Success(m *Message) (again *Message) {
	if ack := u.leg(m.ToTag()).ack; ack != nil {
		return ack.Clone()
	}
	return nil
}
