package sim

import "fmt"

// Ingredient names one kind of fact that a fingerprint is made of, so that a changed fingerprint says what moved.
type Ingredient uint8

// The ingredients of a run's fingerprint.
const (
	FpTime       Ingredient = iota // instants of packets' departures
	FpNode                         // which node acted
	FpPacket                       // packet headers and lengths
	FpTransition                   // state changes of protocol machines
	FpDraw                         // random draws
	FpKPI                          // milestones and key figures
	NumIngredients
)

var ingredientNames = [NumIngredients]string{"time", "node", "packet", "transition", "draw", "kpi"}

// String returns the ingredient's name.
func (i Ingredient) String() string { return ingredientNames[i] }

// Fingerprint digests a run. Two runs of one scenario, seed and version have equal fingerprints on every machine,
// whatever is observed. It finds differences that happen, not ones that somebody contrives. The zero value is that of a
// run of which nothing was mixed in.
type Fingerprint struct {
	sum [NumIngredients]uint64
}

// Mix adds a fact. The order of facts within an ingredient counts.
func (f *Fingerprint) Mix(i Ingredient, v uint64) {
	x := (f.sum[i]^v)*0x9e3779b97f4a7c15 + 0x6a09e667f3bcc909 // so that a first zero counts, too
	f.sum[i] = x ^ x>>32
}

// Sum returns the digest of one ingredient.
func (f *Fingerprint) Sum(i Ingredient) uint64 { return f.sum[i] }

// Part is the digest of one ingredient with its name, as manifests list it.
type Part struct {
	Name string
	Sum  uint64
}

// Parts returns the digests of all ingredients, in the order of their numbers.
func (f *Fingerprint) Parts() [NumIngredients]Part {
	var parts [NumIngredients]Part
	for i, s := range f.sum {
		parts[i] = Part{ingredientNames[i], s}
	}
	return parts
}

// String returns the digest of all ingredients together as sixteen hexadecimal digits.
func (f *Fingerprint) String() string {
	var all Fingerprint
	for _, s := range f.sum {
		all.Mix(0, s)
	}
	return fmt.Sprintf("%016x", all.sum[0])
}
