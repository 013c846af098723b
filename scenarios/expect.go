package scenarios

// Expectation is one thing that must come out: a check and what it is about.
type Expectation struct {
	Session string   `yaml:"session" jsonschema_description:"the class of sessions it is about; without it every session"`
	Domain  *Formula `yaml:"domain" jsonschema_description:"condition on the scenario's values under which the expectation is stated; outside it fails, saying so"`
	Check   any      `yaml:"-"` // one of the …Check types; nil only beside an error
}

// MilestoneCheck is about the instant of a milestone, from the start of the run or since another milestone.
type MilestoneCheck struct {
	Milestone Milestone  `yaml:"milestone" jsonschema_description:"the milestone"`
	Since     *Milestone `yaml:"since" jsonschema_description:"the milestone from which time is counted; without it the start of the run"`
	Equals    *Formula   `yaml:"equals" jsonschema_description:"the exact duration"`
	Within    *Within    `yaml:"within" jsonschema_description:"bounds of the duration"`
}

// Within are bounds, themselves allowed.
type Within struct {
	Min *Formula `yaml:"min" jsonschema_description:"lower bound"`
	Max *Formula `yaml:"max" jsonschema_description:"upper bound"`
}

// OrderCheck is about milestones that come one after another, by the order in which they were recorded.
type OrderCheck struct {
	Order []Milestone `yaml:"order" jsonschema:"minItems=2" jsonschema_description:"milestones in the order in which they must come"`
}

// NeverCheck is about a milestone that must not come.
type NeverCheck struct {
	Never Milestone `yaml:"never" jsonschema_description:"the milestone that must not come"`
}

// CountCheck is about how often a milestone comes in a session.
type CountCheck struct {
	Count Count `yaml:"count" jsonschema_description:"how often a milestone comes"`
}

// Count is how often a milestone comes.
type Count struct {
	Milestone Milestone `yaml:"milestone" jsonschema:"required" jsonschema_description:"the milestone"`
	Equals    *Formula  `yaml:"equals" jsonschema:"required" jsonschema_description:"how often"`
}

// OutcomeCheck is about how a session ends.
type OutcomeCheck struct {
	Outcome string `yaml:"outcome" jsonschema:"enum=established,enum=released,enum=rejected,enum=cancelled,enum=failed" jsonschema_description:"how the session ends: still up at the end of the run, up and then released, refused by signalling, given up by the caller, or broken"`
}

// KPICheck is about a measured quantity.
type KPICheck struct {
	KPI KPI `yaml:"kpi" jsonschema_description:"a measured quantity"`
}

// KPI bounds one statistic of a quantity; bounds themselves are not allowed.
type KPI struct {
	Name  string   `yaml:"name" jsonschema:"required" jsonschema_description:"the quantity, as kpis.csv names it"`
	Stat  string   `yaml:"stat" jsonschema:"enum=count,enum=mean,enum=min,enum=max,enum=p50,enum=p90,enum=p95,enum=p99,enum=p999,enum=total,default=mean" jsonschema_description:"the statistic"`
	Below *Formula `yaml:"below" jsonschema_description:"upper bound"`
	Above *Formula `yaml:"above" jsonschema_description:"lower bound"`
}

// SessionsCheck is about how many sessions came to what.
type SessionsCheck struct {
	Sessions SessionCounts `yaml:"sessions" jsonschema_description:"how many sessions came to what"`
}

// SessionCounts is how many sessions came to what. A session that was released was established before.
type SessionCounts struct {
	Attempted   *int `yaml:"attempted" jsonschema:"minimum=0" jsonschema_description:"sessions that started"`
	Established *int `yaml:"established" jsonschema:"minimum=0" jsonschema_description:"sessions that were up at some time"`
	Released    *int `yaml:"released" jsonschema:"minimum=0" jsonschema_description:"sessions that were up and then released"`
	Failed      *int `yaml:"failed" jsonschema:"minimum=0" jsonschema_description:"sessions that were rejected or broke"`
}

var checks = []variant{
	{"milestone", "the instant of a milestone", MilestoneCheck{}},
	{"order", "milestones one after another", OrderCheck{}},
	{"never", "a milestone that does not come", NeverCheck{}},
	{"count", "how often a milestone comes", CountCheck{}},
	{"outcome", "how the session ends", OutcomeCheck{}},
	{"kpi", "a measured quantity", KPICheck{}},
	{"sessions", "how many sessions came to what", SessionsCheck{}},
}

// variants has no tag: the key of the check's own name selects it.
func (*Expectation) variants() (string, []variant) { return "", checks }
func (e *Expectation) setVariant(v any)            { e.Check = v }
func (e *Expectation) variant() any                { return e.Check }
