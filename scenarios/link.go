package scenarios

import (
	"strings"

	"imsim/internal/units"
	"imsim/scenarios/linktrace"
)

// Link connects two interfaces. Each direction has the link's values unless forward or backward says otherwise.
type Link struct {
	Between   []Endpoint     `yaml:"between" jsonschema:"required,minItems=2,maxItems=2" jsonschema_description:"the two ends: a node, or node.interface; an interface has the link's name unless named"`
	Profile   string         `yaml:"profile" jsonschema:"enum=lte,enum=lte-edge,enum=5g,enum=wlan,enum=fixed,enum=satellite-geo,enum=satellite-leo" jsonschema_description:"settings of a kind of access to start from; the first end is the subscriber's"`
	Delay     Delay          `yaml:"delay" jsonschema_description:"one-way propagation delay"`
	Jitter    units.Duration `yaml:"jitter" jsonschema_description:"the delay of each packet varies evenly by up to this, both ways, but not below zero"`
	Reorder   Reorder        `yaml:"reorder" jsonschema_description:"whether and how packets overtake each other; true: jitter may let them"`
	Rate      units.BitRate  `yaml:"rate" jsonschema:"default=unlimited" jsonschema_description:"serialisation rate, or unlimited"`
	Loss      Loss           `yaml:"loss" jsonschema_description:"which packets are lost"`
	Duplicate Chance         `yaml:"duplicate" jsonschema_description:"probability that a second packet follows"`
	Corrupt   Chance         `yaml:"corrupt" jsonschema_description:"probability that a bit is flipped, so that the receiver drops the packet"`
	Slot      Slot           `yaml:"slot" jsonschema_description:"delivery in slots, as a radio's grants make it"`
	Queue     Queue          `yaml:"queue" jsonschema_description:"what waits for a limited rate"`
	MTU       units.ByteSize `yaml:"mtu" jsonschema:"default=1500B" jsonschema_description:"largest IP packet"`
	Trace     string         `yaml:"trace" jsonschema_description:"file with the link's values over time, relative to this one: CSV with a header, or JSON lines (.jsonl), with time and delay, jitter, rate, loss, up"`
	Forward   *LinkChange    `yaml:"forward" jsonschema_description:"what differs from the first end to the second"`
	Backward  *LinkChange    `yaml:"backward" jsonschema_description:"what differs from the second end to the first"`

	Points []linktrace.Point `yaml:"-"` // of Trace
}

// LinkChange is what differs in one direction. What is nil does not.
type LinkChange struct {
	Delay     *Delay          `yaml:"delay" jsonschema_description:"one-way propagation delay"`
	Jitter    *units.Duration `yaml:"jitter" jsonschema_description:"the delay of each packet varies evenly by up to this, both ways, but not below zero"`
	Reorder   *Reorder        `yaml:"reorder" jsonschema_description:"whether and how packets overtake each other; true: jitter may let them"`
	Rate      *units.BitRate  `yaml:"rate" jsonschema_description:"serialisation rate, or unlimited"`
	Loss      *Loss           `yaml:"loss" jsonschema_description:"which packets are lost"`
	Duplicate *Chance         `yaml:"duplicate" jsonschema_description:"probability that a second packet follows"`
	Corrupt   *Chance         `yaml:"corrupt" jsonschema_description:"probability that a bit is flipped, so that the receiver drops the packet"`
	Slot      *Slot           `yaml:"slot" jsonschema_description:"delivery in slots, as a radio's grants make it"`
	Queue     *Queue          `yaml:"queue" jsonschema_description:"what waits for a limited rate"`
	Trace     *string         `yaml:"trace" jsonschema_description:"file with the direction's values over time"`

	Points []linktrace.Point `yaml:"-"` // of Trace
}

// Toward returns the link as it is in one direction: 0 from the first end to the second, 1 back. Forward and Backward of
// the result are nil.
func (l Link) Toward(direction int) Link {
	c := l.Forward
	if direction == 1 {
		c = l.Backward
	}
	l.Forward, l.Backward = nil, nil
	if c == nil {
		return l
	}
	replace(&l.Delay, c.Delay)
	replace(&l.Jitter, c.Jitter)
	replace(&l.Reorder, c.Reorder)
	replace(&l.Rate, c.Rate)
	replace(&l.Loss, c.Loss)
	replace(&l.Duplicate, c.Duplicate)
	replace(&l.Corrupt, c.Corrupt)
	replace(&l.Slot, c.Slot)
	replace(&l.Queue, c.Queue)
	if c.Trace != nil {
		l.Trace, l.Points = *c.Trace, c.Points
	}
	return l
}

func replace[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// Endpoint is one end of a link: an interface of a node. Interface is empty where it has the link's name.
type Endpoint struct{ Node, Interface string }

// Name returns the interface's name on the link called link.
func (e Endpoint) Name(link string) string {
	if e.Interface == "" {
		return e.Node + "." + link
	}
	return e.Node + "." + e.Interface
}

// UnmarshalText reads "node" or "node.interface".
func (e *Endpoint) UnmarshalText(b []byte) error {
	node, iface, dot := strings.Cut(string(b), ".")
	if !isName(node) || dot && !isName(iface) {
		return &units.Error{Text: string(b), What: "is no end of a link", Advice: "write node or node.interface"}
	}
	*e = Endpoint{node, iface}
	return nil
}

// SchemaPattern is the regular expression of the text.
func (Endpoint) SchemaPattern() string { return `^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)?$` }

// SchemaExample is an end as people write it.
func (Endpoint) SchemaExample() string { return "agw.core" }

// isName tells whether s is a name as nodes, links and sessions have.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || i > 0 && (c >= '0' && c <= '9' || c == '-')) {
			return false
		}
	}
	return s != ""
}
