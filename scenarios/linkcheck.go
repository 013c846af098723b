package scenarios

import (
	"slices"

	"imsim/internal/units"
	"imsim/sim"
)

// linkCheck holds the settings of a link against what is possible. tree is where they were written.
type linkCheck struct {
	tree    *tree
	base    []string // the link's path
	section string   // forward or backward
	report  func(path []string, wrong, right string)
}

// check looks at each direction as it comes out.
func (c linkCheck) check(l Link) {
	for d := range 2 {
		c.section = at("forward", "backward")[d]
		c.settings(l.Toward(d))
	}
}

// path returns where a setting was written: in the section, or else for the whole link.
func (c *linkCheck) path(keys ...string) []string {
	in := append(slices.Clone(c.base), c.section)
	if _, ok := c.tree.at(append(in, keys[0])); ok {
		return append(in, keys...)
	}
	return append(slices.Clone(c.base), keys...)
}

func (c *linkCheck) wrong(wrong, right string, keys ...string) {
	c.report(c.path(keys...), wrong, right)
}

// has tells whether a setting was written.
func (c *linkCheck) has(keys ...string) bool {
	_, ok := c.tree.at(c.path(keys...))
	return ok
}

func (c *linkCheck) settings(l Link) {
	c.delay(&l)
	c.loss(l.Loss)
	c.queue(&l)
	c.chance("duplicate", l.Duplicate.Probability, l.Duplicate.Correlation)
	c.chance("corrupt", l.Corrupt.Probability, l.Corrupt.Correlation)
	c.chance("reorder", l.Reorder.Probability, l.Reorder.Correlation)
	switch r := l.Reorder; {
	case r.Probability > 0 && l.Delay.Mean == 0 && len(l.Delay.Quantiles) == 0:
		c.wrong("no delay that packets could skip", "write delay", "reorder", "probability")
	case r.Probability == 0 && c.has("reorder", "gap"):
		c.wrong("gap belongs to probability", "", "reorder", "gap")
	case r.Gap == 0 && c.has("reorder", "gap"):
		c.wrong("0 packets between two that overtake", "at least 1", "reorder", "gap")
	}
	switch s := l.Slot; {
	case s.Max > 0 && s.Max < s.Min:
		c.wrong("max is less than min, "+s.Min.String(), "", "slot", "max")
	case s.Max == 0 && s.Min == 0 && c.has("slot"):
		c.wrong("slots without a distance", "write min", "slot")
	case s.Max+s.Min > 0 && (l.Reorder.Jitter || l.Reorder.Probability > 0):
		c.wrong("packets that wait for slots keep their order", "slot or reorder", "slot")
	}
	if len(l.Points) > 0 {
		c.trace(&l)
	}
}

func (c *linkCheck) delay(l *Link) {
	d := l.Delay
	spread := d.SD > 0 || len(d.Quantiles) > 0
	if len(d.Quantiles) > 0 {
		for _, key := range at("mean", "sd", "distribution", "table") {
			if c.has("delay", key) {
				c.wrong(key+" and quantiles exclude each other", "", "delay", key)
				return
			}
		}
		if _, err := d.distribution(); err != nil {
			c.wrong(err.Error(), "write for instance [{at: 0, delay: 5ms}, {at: 50%, delay: 8ms}, {at: 99%, delay: 20ms}]", "delay", "quantiles")
		}
	} else if c.has("delay", "quantiles") {
		c.wrong("a distribution without points has no mass", "write at least two", "delay", "quantiles")
		return
	}
	if d.Table != "" && d.Distribution != "" {
		c.wrong("table and distribution exclude each other", "", "delay", "table")
	}
	for _, key := range at("distribution", "table", "correlation", "correlation-time") {
		if !spread && c.has("delay", key) {
			c.wrong("a delay without sd is constant: "+key+" means nothing", "write sd", "delay", key)
			return
		}
	}
	switch {
	case d.Correlation >= units.One:
		c.wrong("delays that never change", "less than 100%", "delay", "correlation")
	case d.Correlation > 0 && d.CorrelationTime > 0:
		c.wrong("correlation and correlation-time exclude each other", "", "delay", "correlation-time")
	case spread && l.Jitter > 0:
		c.wrong("jitter and a distribution of delays exclude each other", "", "jitter")
	}
}

// lossKeys are the keys that go with each model; rate and mark go with more than one.
var lossKeys = map[string][]string{
	"bernoulli":       {"rate", "correlation"},
	"gilbert":         {"rate", "burst"},
	"gilbert-elliott": {"p", "r", "loss-bad", "loss-good"},
	"timed-gilbert":   {"mean-good", "mean-bad", "loss-bad", "loss-good"},
	"markov":          {"rate", "burst", "density", "isolated", "within", "p13", "p31", "p32", "p23", "p14"},
}

// markovFigures are the keys that stand for the chain's probabilities.
var markovFigures = lossKeys["markov"][:5]

func (c *linkCheck) loss(l Loss) {
	model := l.Model
	if model == "" {
		model = "bernoulli"
	}
	if !c.only("loss", "model "+model, lossKeys[model], "model", "mark") {
		return
	}
	if model == "markov" && l.Rate > 0 {
		for _, key := range lossKeys["markov"][len(markovFigures):] {
			if c.has("loss", key) {
				c.wrong("rate and "+key+" exclude each other", "", "loss", key)
				return
			}
		}
	}
	if l.Correlation >= units.One {
		c.wrong("decisions that never change", "less than 100%", "loss", "correlation")
	} else if l.Correlation > 0 && l.Rate == 0 {
		c.wrong("correlation belongs to rate", "write rate", "loss", "correlation")
	} else if !l.plain() {
		if _, err := (Link{Loss: l, MTU: 1500}).Direction(); err != nil {
			c.wrong(err.Error(), "", "loss")
		}
	}
}

// queueKeys are the keys that go with each discipline.
var queueKeys = map[string][]string{
	"drop-tail":    {"size", "packets"},
	"codel":        {"size", "packets", "target", "interval", "ecn"},
	"fq-codel":     {"size", "packets", "target", "interval", "ecn", "flows", "quantum"},
	"red":          {"size", "min", "max", "probability", "weight", "gentle", "ecn"},
	"token-bucket": {"size", "packets", "rate", "burst", "peak", "peak-burst", "police"},
}

func (c *linkCheck) queue(l *Link) {
	q, discipline := l.Queue, l.Queue.Discipline
	if discipline == "" {
		discipline = "drop-tail"
	}
	if !c.only("queue", discipline, queueKeys[discipline], "discipline") {
		return
	}
	if (l.Rate > 0 || discipline == "token-bucket") && q.Size < l.MTU && l.MTU <= 65535 {
		c.wrong(q.Size.String()+" does not hold one packet", "at least the MTU, "+l.MTU.String(), "queue")
		return
	}
	if q.managed() && discipline != "token-bucket" && l.Rate == 0 {
		c.wrong("nothing waits for an unlimited rate", "write the link's rate", "queue", "discipline")
		return
	}
	switch {
	case discipline == "token-bucket" && q.Rate == 0:
		c.wrong("a token bucket without a rate", "write rate and burst", "queue")
		return
	case discipline == "token-bucket" && q.Burst < l.MTU:
		c.wrong(q.Burst.String()+" of tokens never let a whole packet pass", "at least the MTU, "+l.MTU.String(), "queue", "burst")
		return
	case q.PeakBurst > 0 && q.PeakBurst < l.MTU:
		c.wrong(q.PeakBurst.String()+" of tokens never let a whole packet pass", "at least the MTU, "+l.MTU.String(), "queue", "peak-burst")
		return
	case discipline == "red" && q.Max > q.Size:
		c.wrong(q.Max.String()+" is never reached", "at most the size, "+q.Size.String(), "queue", "max")
		return
	}
	if _, err := l.NewDiscipline(sim.Stream{}); err != nil {
		c.wrong(err.Error(), "", "queue")
	}
}

// only reports keys of a map that do not go with what was chosen.
func (c *linkCheck) only(key, chosen string, allowed []string, always ...string) bool {
	t, ok := c.tree.at(c.path(key))
	if !ok || t.kind != mapTree || allowed == nil {
		return allowed != nil
	}
	clean := true
	for _, e := range t.keys {
		if !slices.Contains(allowed, e.key) && !slices.Contains(always, e.key) {
			c.wrong(e.key+" does not go with "+chosen, suggest(e.key, allowed), key, e.key)
			clean = false
		}
	}
	return clean
}

func (c *linkCheck) chance(key string, p, correlation units.Ratio) {
	switch {
	case correlation >= units.One:
		c.wrong("decisions that never change", "less than 100%", key, "correlation")
	case correlation > 0 && p == 0:
		c.wrong("correlation belongs to probability", "write probability", key, "correlation")
	}
}

// trace checks that what a trace changes can be changed.
func (c *linkCheck) trace(l *Link) {
	for _, p := range l.Points {
		switch {
		case p.Delay != nil && len(l.Delay.Quantiles) > 0:
			c.wrong("the trace has delays, and so has quantiles", "one of the two", "trace")
		case p.Jitter != nil && (l.Delay.SD > 0 || len(l.Delay.Quantiles) > 0):
			c.wrong("the trace has jitter, and delay a distribution", "one of the two", "trace")
		case p.Loss != nil && !l.Loss.plain():
			c.wrong("the trace has loss, and loss a model", "one of the two", "trace")
		case p.Rate != nil && *p.Rate == 0 && l.Queue.managed() && l.Queue.Discipline != "token-bucket":
			c.wrong("the trace has an unlimited rate, for which nothing waits in the queue's discipline", "a rate", "trace")
		default:
			continue
		}
		return
	}
}
