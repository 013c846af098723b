package megaco

import (
	"strconv"
	"strings"
	"time"

	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/transport"
	"imsim/sim"
)

// entity is what controllers and gateways have in common: rules for answers, and transactions that take their time.
type entity struct {
	nodes.Base
	env   *nodes.Env
	rules []Answer
	seen  []int             // how often each rule has fitted
	jobs  map[uint32]*job   // being executed, by number; never ranged over
	open  map[jobKey]uint32 // their numbers
	last  uint32
}

// jobKey names a transaction of a peer.
type jobKey struct {
	of *transport.H248
	id h248.TransactionID
}

// job is a transaction of a peer that takes time.
type job struct {
	key jobKey
	do  func(why sim.Cause)
	why sim.Cause
}

// firstJob is the least argument of events that end an execution.
const firstJob = 1 << 31

var sentNames = map[h248.Verb]string{
	h248.Add: nodes.AddSent, h248.Modify: nodes.ModifySent, h248.Subtract: nodes.SubtractSent, h248.AuditValue: nodes.AuditSent,
	h248.Notify: nodes.NotifySent, h248.ServiceChange: nodes.ServiceChangeSent,
}

var receivedNames = map[h248.Verb]string{
	h248.Add: nodes.AddReceived, h248.Modify: nodes.ModifyReceived, h248.Subtract: nodes.SubtractRecv, h248.AuditValue: nodes.AuditReceived,
	h248.Notify: nodes.NotifyReceived, h248.ServiceChange: nodes.ServiceChangeRecv,
}

// send sends transactions in one message, and marks their commands.
func (e *entity) send(t *transport.H248, list [][]h248.Action, why sim.Cause) h248.TransactionID {
	for _, actions := range list {
		for i := range actions {
			for j := range actions[i].Commands {
				c := &actions[i].Commands[j]
				if name := sentNames[c.Verb]; name != "" {
					why = e.Mark(why, "", name, string(c.Termination))
				}
			}
		}
	}
	return t.RequestAll(list, why)
}

// received marks a command that is carried out.
func (e *entity) received(c *h248.Command, why sim.Cause) sim.Cause {
	detail := string(c.Termination)
	if c.Services != nil {
		detail = c.Services.Method.String() + ", " + c.Services.Reason
	}
	if name := receivedNames[c.Verb]; name != "" {
		why = e.Mark(why, "", name, detail)
	}
	return why
}

// answered marks a reply, and the first error in it.
func (e *entity) answered(reply *h248.Item, why sim.Cause) sim.Cause {
	err := reply.FirstError()
	if err == nil {
		return e.Mark(why, "", nodes.ReplyReceived, "")
	}
	code := strconv.Itoa(int(err.Code))
	return e.Mark(e.Mark(why, "", nodes.ReplyReceived, code), "", nodes.ErrorReceived+code, err.Text)
}

// fit returns the rule for a command, nil for none.
func (e *entity) fit(c *h248.Command) *Answer {
	for i := range e.rules {
		r := &e.rules[i]
		if r.To != c.Verb.String() || !strings.HasPrefix(string(c.Termination), r.Termination) {
			continue
		}
		if e.seen[i]++; r.Nth == 0 || r.Nth == e.seen[i] {
			return r
		}
	}
	return nil
}

// plan is what the rules make of a transaction.
type plan struct {
	after  time.Duration
	ack    bool
	silent bool
	rules  []*Answer // by command, in their order
}

func (e *entity) plan(actions []h248.Action) (p plan) {
	for i := range actions {
		for j := range actions[i].Commands {
			r := e.fit(&actions[i].Commands[j])
			p.rules = append(p.rules, r)
			if r != nil {
				p.after = max(p.after, time.Duration(r.After))
				p.ack, p.silent = p.ack || r.Ack, p.silent || r.Silent
			}
		}
	}
	return p
}

// later carries out a transaction when its execution is over; at once where it takes no time.
func (e *entity) later(key jobKey, after time.Duration, why sim.Cause, do func(why sim.Cause)) {
	if after == 0 {
		do(why)
		return
	}
	if e.jobs == nil {
		e.jobs, e.open = map[uint32]*job{}, map[jobKey]uint32{}
	}
	e.last++
	n := firstJob + e.last
	e.jobs[n], e.open[key] = &job{key, do, why}, n
	e.K.At(e.K.Now().Add(after), e.Entity, n)
}

// over ends an execution.
func (e *entity) over(n uint32) {
	if j := e.jobs[n]; j != nil {
		delete(e.jobs, n)
		delete(e.open, j.key)
		why := j.why
		if e.K.Tracing() {
			why = e.K.Record(sim.Record{Cause: why, Node: e.Entity, Kind: "h248.executed", Rest: sim.Processing})
		}
		j.do(why)
	}
}

// abort gives an execution up.
func (e *entity) abort(key jobKey) {
	if n, ok := e.open[key]; ok {
		delete(e.jobs, n)
		delete(e.open, key)
	}
}
