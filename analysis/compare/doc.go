// Package compare finds where two runs part: the first record of their traces that differs, or, where one of them has no
// trace, the first milestone; which ingredients of their fingerprints differ; and what they were run with that differs.
//
// # Not modelled
//
//   - what follows from the first difference: from there on everything may differ
//   - runs of one trajectory recorded with different detail: both must have a trace, or milestones are compared
//
// # Validation
//
// Tests change, add and remove single records and milestones and look for the place.
package compare
