package tamper

import (
	"strconv"
	"strings"
)

// Config is what a scenario says of a SIP attacker. Without rules it is a router.
type Config struct {
	Rules []Rule `yaml:"rules" jsonschema_description:"What is done to SIP messages that pass, rule by rule in this order."`
}

// Rule is one change. Without header and line it is about the message as a whole.
type Rule struct {
	Message string `yaml:"message" jsonschema:"required" jsonschema_description:"Which messages: a method for requests (REGISTER) or a status for responses (401) or both for responses to such a request (200 INVITE)."`
	Do      string `yaml:"do" jsonschema:"required,enum=remove,enum=replace,enum=add,enum=drop" jsonschema_description:"remove or replace what matches; add a header field or line; drop the message."`
	Header  string `yaml:"header" jsonschema_description:"Name of the header field whose values it is about; a value of a list is one entry."`
	Line    string `yaml:"line" jsonschema_description:"How the lines of the body begin that it is about (a=fingerprint:)."`
	Match   string `yaml:"match" jsonschema_description:"Text within the value or line; without it all match."`
	With    string `yaml:"with" jsonschema_description:"What is added; or what takes the place of the text of match and without match of the whole value or line."`
	Times   int    `yaml:"times" jsonschema:"minimum=1" jsonschema_description:"How many messages it changes before it rests; default all."`
}

// Validate reports rules that can change nothing.
func (c *Config) Validate(report func(field, wrong, right string)) {
	for i := range c.Rules {
		r, at := &c.Rules[i], "rules."+strconv.Itoa(i)
		if _, _, ok := r.about(); !ok && r.Message != "" {
			report(at+".message", strconv.Quote(r.Message)+" is no kind of message", "write for instance REGISTER, 401 or 200 INVITE")
		}
		switch {
		case r.Header != "" && r.Line != "":
			report(at, "a rule is about a header field or about lines of the body", "write two rules")
		case r.Do == "drop" && r.Header+r.Line+r.Match+r.With != "":
			report(at+".do", "a message is dropped as a whole", "leave header, line, match and with out")
		case r.Do != "drop" && r.Do != "" && r.Header+r.Line == "":
			report(at+".do", "nothing to "+r.Do, "write header: and a name, or line: and how it begins")
		case (r.Do == "add" || r.Do == "replace") && r.With == "":
			report(at+".do", "nothing to "+r.Do+" with", "write with: and a text")
		case r.Do == "add" && r.Match != "":
			report(at+".match", "what is added matches nothing", "leave match out")
		}
	}
}

// about reads Message: a status or 0, and a method or "".
func (r *Rule) about() (status int, method string, ok bool) {
	first, second, two := strings.Cut(r.Message, " ")
	n, err := strconv.Atoi(first)
	switch {
	case err == nil && n >= 100 && n <= 699:
		return n, second, !two || isMethod(second)
	case two:
		return 0, "", false
	}
	return 0, first, isMethod(first)
}

func isMethod(s string) bool {
	return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
