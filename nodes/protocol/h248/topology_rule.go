package h248

import "fmt"

// Trigger is an event at a SEP that acts on another SEP, or on the other layer of the same one. The tokens are SIM.
type Trigger uint8

// The triggers, with the interlinkage preset that each stands for.
const (
	TCPIncoming      Trigger = iota // tcpest:in — fwd-late
	TCPIncomingEarly                // tcpest:in+early — fwd-early
	TCPUp                           // tcpest:up — tls-same-leg, target self only
	TLSIncoming                     // tlsest:in — tls-cross
	TLSUp                           // tlsest:up — tls-then-tcp
	TLSUpTLS                        // tlsest:up+tls — tls-tls
	numTriggers
)

var triggerTokens = [numTriggers]string{"tcpest:in", "tcpest:in+early", "tcpest:up", "tlsest:in", "tlsest:up", "tlsest:up+tls"}
var triggerPresets = [numTriggers]string{"fwd-late", "fwd-early", "tls-same-leg", "tls-cross", "tls-then-tcp", "tls-tls"}

// String returns the token of t.
func (t Trigger) String() string { return triggerTokens[t] }

// Preset returns the name of the interlinkage preset that t stands for.
func (t Trigger) Preset() string { return triggerPresets[t] }

// The special targets of a rule.
const (
	TargetOther TerminationID = "*"    // the other SEP of the stream, which may not exist yet
	TargetSelf  TerminationID = "self" // the SEP that holds the rule
)

// TopologyRule is one rule of the property seplink/x_topo, set at the SEP where the trigger happens.
type TopologyRule struct {
	Trigger Trigger
	Target  TerminationID
}

// ParseTopology reads the value of seplink/x_topo: rule *(";" rule), rule = trigger ">" target. An empty text holds no
// rule and takes all rules away. The error names the token and is to be answered with 449.
func ParseTopology(text string) ([]TopologyRule, error) {
	var rules []TopologyRule
	for text != "" {
		rule := text
		text = ""
		for i := range len(rule) {
			if rule[i] == ';' {
				rule, text = rule[:i], rule[i+1:]
				if text == "" {
					return nil, fmt.Errorf("rule expected behind ';'")
				}
				break
			}
		}
		r, err := parseRule(rule)
		if err != nil {
			return nil, err
		}
		for _, o := range rules {
			if o.Trigger == r.Trigger {
				return nil, fmt.Errorf("trigger %q twice", r.Trigger)
			}
		}
		for _, o := range rules {
			// tls-cross waits for a ClientHello that is never sent to a client [SIM].
			if o.Trigger == TCPUp && r.Trigger == TLSIncoming || o.Trigger == TLSIncoming && r.Trigger == TCPUp {
				return nil, fmt.Errorf("tlsest:in waits for a ClientHello that tcpest:up>self has the gateway send itself; tcpest:in, tcpest:in+early or tlsest:up expected beside it")
			}
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func parseRule(rule string) (r TopologyRule, err error) {
	at := -1
	for i := range len(rule) {
		if rule[i] == '>' {
			at = i
			break
		}
	}
	if at < 0 || at == len(rule)-1 {
		return r, fmt.Errorf("rule %q: trigger>target expected", rule)
	}
	r.Target = TerminationID(rule[at+1:])
	for i := at + 1; i < len(rule); i++ {
		if charClass[rule[i]] != safeChar {
			return r, fmt.Errorf("rule %q: termination, '*' or self expected behind '>'", rule)
		}
	}
	if equalFold(string(r.Target), string(TargetSelf)) {
		r.Target = TargetSelf
	}
	for r.Trigger = 0; r.Trigger < numTriggers; r.Trigger++ {
		if equalFold(triggerTokens[r.Trigger], rule[:at]) {
			break
		}
	}
	switch {
	case r.Trigger == numTriggers:
		return r, fmt.Errorf("unknown trigger %q; one of tcpest:in, tcpest:in+early, tcpest:up, tlsest:in, tlsest:up, tlsest:up+tls expected", rule[:at])
	case (r.Trigger == TCPUp) != (r.Target == TargetSelf):
		return r, fmt.Errorf("rule %q: self is the target of tcpest:up and of no other trigger", rule)
	}
	return r, nil
}

// AppendTopology writes rules as ParseTopology reads them.
func AppendTopology(dst []byte, rules []TopologyRule) []byte {
	for i, r := range rules {
		if i > 0 {
			dst = append(dst, ';')
		}
		dst = append(append(append(dst, triggerTokens[r.Trigger]...), '>'), r.Target...)
	}
	return dst
}
