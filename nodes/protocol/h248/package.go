package h248

// ValueType is the type of a property, parameter or statistic.
type ValueType uint8

// The types of values in text encoding (H.248.1 §12.2).
const (
	Boolean     ValueType = iota // ON or OFF
	Integer                      // decimal, within Min and Max
	Text                         // quoted string or word
	Enumeration                  // one of Values
	Octets                       // hexadecimal digits
	TopoRules                    // interlinkage rules, see ParseTopology
)

// Place is a set of descriptors in which a property is legal.
type Place uint8

// The places of properties.
const (
	InLocalControl Place = 1 << iota
	InTerminationState
)

// ValueDef defines a property, a parameter or a statistic of a package.
type ValueDef struct {
	ID       string
	Type     ValueType
	Values   []string // of an enumeration
	Min, Max int64    // of an integer; both 0: 0 to 4294967295
	Place    Place    // properties: where they are legal; 0 means InLocalControl
	Required bool     // parameters: must be given
	ReadOnly bool     // properties
	Status   Provenance
	Meaning  string
}

// ItemDef defines a signal or an event with its parameters. Observed are the parameters of an event's report.
type ItemDef struct {
	ID       string
	Parms    []ValueDef
	Observed []ValueDef
	Status   Provenance
	Meaning  string
}

// PackageDef defines a package: everything that may stand behind "ID/".
type PackageDef struct {
	ID         string
	Version    uint16
	Document   string
	Status     Provenance
	Meaning    string
	Properties []ValueDef
	Signals    []ItemDef
	Events     []ItemDef
	Statistics []ValueDef
}

// Provenance tells where an identifier or rule comes from.
type Provenance uint8

// The provenances: S is read in a published source, K is knowledge of the standard whose text was not at hand,
// I is our inference, SIM is assigned by this project and never claimed to be standard.
const (
	S Provenance = iota
	K
	I
	SIM
)

// String returns the tag as documents print it.
func (p Provenance) String() string { return [...]string{"S", "K", "I", "SIM"}[p] }

// LookupPackage finds a package by its id in any case; nil when we do not know it.
func LookupPackage(id string) *PackageDef {
	for i := range PackageTable {
		if equalFold(PackageTable[i].ID, id) {
			return &PackageTable[i]
		}
	}
	return nil
}

func findValue(list []ValueDef, id string) *ValueDef {
	for i := range list {
		if equalFold(list[i].ID, id) {
			return &list[i]
		}
	}
	return nil
}

func findItem(list []ItemDef, id string) *ItemDef {
	for i := range list {
		if equalFold(list[i].ID, id) {
			return &list[i]
		}
	}
	return nil
}
