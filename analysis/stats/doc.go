// Package stats says how far a mean, a quantile or a difference can be trusted.
//
// Replications of a run are independent, so a mean over them has Student's t interval. One long run is correlated with itself:
// its start is left out by MSER-5, and the rest is cut into batches whose means are nearly independent. Quantiles have
// intervals that assume no distribution. Two versions of a model are compared by pairs with the same seed.
//
// # Not modelled
//
//   - intervals for ratios of means, and bootstraps: replications are cheap, and their means near enough to normal
//   - sequential tests: a stop rule looks at the interval after every replication, which makes its coverage a little less than
//     stated when the smallest number of replications is small
//
// # Validation
//
// Student's t, Holm, the paired test and the quantile intervals are held against R 4.2.2 on the same data, whose
// figures stand in the tests and are compared again where R is installed. The coverage of intervals, of
// batch means on an AR(1) series and of the equivalence test are counted by simulation.
package stats
