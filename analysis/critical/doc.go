// Package critical finds the critical path of a milestone: the chain of causes from it back to the start of its session,
// with what each stretch of time was spent on.
//
// The shares of a path add up to its length to the nanosecond, because every record accounts for all of the time since
// its cause; where a record does not, the time is shown as unexplained rather than spread over the others.
//
// # Not modelled
//
//   - slack of what is not on the path: a run has one critical path per milestone, not a schedule
//   - alternatives at joins: where several conditions were awaited, the cause is the last to come true
//
// # Validation
//
// Tests follow hand-made chains and random ones, where the sum must be exact, and chains that break off.
package critical
