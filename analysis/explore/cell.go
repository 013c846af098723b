package explore

import "time"

// Method is a way to a connection.
type Method uint8

// The methods, explained in the package documentation.
const (
	Relay Method = iota
	Fwd
	Merge
	Open
	Punch
	Repunch
	Predict
	numMethods
)

var methodNames = [numMethods]string{"relay", "fwd", "merge", "open", "punch", "punch-again", "predict"}

func (m Method) String() string { return methodNames[m] }

// gateways reports whether the method goes through gateways.
func (m Method) gateways() bool { return m <= Merge }

// Variant is how a method is used: who says what in a=setup, or how much later UE-B begins.
type Variant struct {
	Method Method
	// Offer is UE-A's a=setup and Answer is UE-B's, where it has a choice.
	Offer, Answer string
	// Offset is how much later than UE-A UE-B sends its first SYN; the one-way delay between the NATs is Between.
	Offset time.Duration
}

// Between is the one-way delay from NAT to NAT in cells without gateways.
const Between = 20 * time.Millisecond

// String tells a variant in few words.
func (v Variant) String() string {
	if v.Method.gateways() {
		return v.Method.String() + ", UE-A offers " + v.Offer + ", UE-B answers " + v.Answer
	}
	switch {
	case v.Offset == 0:
		return v.Method.String() + ", both at once"
	case v.Offset < 0:
		return v.Method.String() + ", UE-A " + (-v.Offset).String() + " later"
	}
	return v.Method.String() + ", UE-B " + v.Offset.String() + " later"
}

// variants are all uses of a method.
func variants(m Method) []Variant {
	if m.gateways() {
		return []Variant{
			{Method: m, Offer: "actpass", Answer: "active"}, {Method: m, Offer: "actpass", Answer: "passive"},
			{Method: m, Offer: "active", Answer: "passive"}, {Method: m, Offer: "passive", Answer: "active"},
		}
	}
	return []Variant{{Method: m}, {Method: m, Offset: Between / 2}, {Method: m, Offset: 3 * Between}}
}

// Cell is one case.
type Cell struct {
	Variant
	A, B Class // NATs of UE-A and UE-B
}

// Result is how it ended.
type Result struct {
	Cell
	OK     bool
	Kind   Kind   // Connected where OK
	Reason string // what was in the way, in full; how it came up where it did
	Cause  string // the same without what was answered and how attempts ended
}
