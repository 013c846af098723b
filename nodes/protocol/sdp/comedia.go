package sdp

import "fmt"

// Setup is a value of a=setup (RFC 4145 §4).
type Setup uint8

// Setup values.
const (
	NoSetup Setup = iota // absent
	Active
	Passive
	ActPass
	HoldConn
	BadSetup // present, but none of these
)

var setups = [...]string{"", "active", "passive", "actpass", "holdconn", "?"}

// ParseSetup returns the value of a=setup, BadSetup when it is none.
func ParseSetup(s string) Setup {
	for i := Active; i <= HoldConn; i++ {
		if s == setups[i] {
			return i
		}
	}
	return BadSetup
}

func (s Setup) String() string { return setups[s] }

// Mirror returns the role of the other side: active for passive and the reverse.
func (s Setup) Mirror() Setup {
	switch s {
	case Active:
		return Passive
	case Passive:
		return Active
	}
	return s
}

// OfferDefault returns what an offer means: without a=setup the offerer opens (RFC 4145 §4.1; for MSRP RFC 4975 §5.4).
func OfferDefault(s Setup) Setup {
	if s == NoSetup {
		return Active
	}
	return s
}

// AnswerDefault returns what an answer means: without a=setup the answerer waits (RFC 4145 §4.1).
func AnswerDefault(s Setup) Setup {
	if s == NoSetup {
		return Passive
	}
	return s
}

// SetupError is an answer that does not fit its offer; the way out is 488 or BYE.
type SetupError struct{ Offer, Answer Setup }

func (e *SetupError) Error() string {
	return fmt.Sprintf("sdp: a=setup:%s cannot answer a=setup:%s (RFC 4145 §4.1)", or(e.Answer), or(e.Offer))
}

func or(s Setup) string {
	if s == NoSetup {
		return "(absent)"
	}
	return s.String()
}

// Negotiate returns the TCP roles that an offer and its answer lead to: Active, Passive or, for both, HoldConn.
// Defaults are applied first; a defaulted answer after an offer of passive or holdconn is illegal like a written one.
func Negotiate(offer, answer Setup) (offerer, answerer Setup, err error) {
	o, a := OfferDefault(offer), AnswerDefault(answer)
	// RFC 4145 §4.1: the table of legal answers.
	legal := false
	switch o {
	case Active:
		legal = a == Passive || a == HoldConn
	case Passive:
		legal = a == Active || a == HoldConn
	case ActPass:
		legal = a == Active || a == Passive || a == HoldConn
	case HoldConn:
		legal = a == HoldConn
	}
	if !legal {
		return NoSetup, NoSetup, &SetupError{offer, answer}
	}
	return a.Mirror(), a, nil
}

// Answer returns the answer to an offer that comes nearest to what the answerer prefers, Active or Passive.
func Answer(offer, prefer Setup) Setup {
	switch OfferDefault(offer) {
	case Active:
		return Passive
	case Passive:
		return Active
	case ActPass:
		if prefer == Active {
			return Active
		}
		return Passive
	}
	return HoldConn
}

// Connection is a value of a=connection (RFC 4145 §5).
type Connection uint8

// Connection values.
const (
	NoConnection Connection = iota // absent
	NewConnection
	ExistingConnection
)

// ParseConnection returns the value of a=connection, NoConnection when it is none.
func ParseConnection(s string) Connection {
	switch s {
	case "new":
		return NewConnection
	case "existing":
		return ExistingConnection
	}
	return NoConnection
}

func (c Connection) String() string { return [...]string{"", "new", "existing"}[c] }

// NegotiateConnection returns whether a connection stays: the answer decides (RFC 4145 §5.1). An answer of existing to
// an offer of new is illegal. An absent value is new.
func NegotiateConnection(offer, answer Connection) (keep bool, err error) {
	if answer != ExistingConnection {
		return false, nil
	}
	if offer != ExistingConnection {
		return false, errConnection
	}
	return true, nil
}

var errConnection = fmt.Errorf("sdp: a=connection:existing cannot answer a=connection:new (RFC 4145 §5.1)")

// ConnectionRule says whether MSRP media heed a=connection: RFC 4145 has it, RFC 6135 §4 does without.
type ConnectionRule uint8

// Connection rules.
const (
	RFC4145Connection ConnectionRule = iota
	IgnoreConnection
)

// Effective returns what an m-line of a later offer or answer says about the connection that prev, the same side's last
// line, set up. Without the attribute, or where it is ignored, the same address and path mean existing and any change
// means new [I]; an offer that changes the address always means new (RFC 4145 §5).
func (l Line) Effective(prev Line, rule ConnectionRule) Connection {
	now, ok1 := l.Address()
	was, ok2 := prev.Address()
	same := ok1 && ok2 && now == was
	c := l.Connection()
	switch {
	case !same:
		return NewConnection
	case c != NoConnection && rule == RFC4145Connection:
		return c
	}
	p, _ := l.Attr(AttrPath)
	q, _ := prev.Attr(AttrPath)
	if p != q {
		return NewConnection
	}
	return ExistingConnection
}
