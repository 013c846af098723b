// Package sim is the discrete-event kernel: it knows time, events, timers, random streams, processors and causes, and
// no network.
//
// # What it models
//
// A [Kernel] is one run. It holds virtual time in integer nanoseconds and calls the [Handler] of an [Entity] for each
// event, in one goroutine. An event is an entity and 32 bits that mean something to it; nothing is allocated for one.
//
// Events are ordered by time. Within an instant, those that were scheduled earlier run by entity, then by the entity's
// own order of scheduling; those that are scheduled in the instant run after them, in the order scheduled. So the order
// does not depend on who else scheduled what in between, and observing a run cannot change it.
//
// There is no cancelling. The owner of a deadline keeps it in a [Timer], whose one entry in the queue is put back when
// it comes early; moving the deadline later costs a store.
//
// The queue is a radix ladder (ladder.go), of which the order is exact and the cost about the same for every mix of
// delays and number of events; [Reference] selects a plain heap of the same order to check it against.
//
// A [Stream] of random numbers is a function of the seed, its name and a counter. Samples of distributions are read off
// quantile tables in integers, one draw each, so that they are the same on every machine.
//
// A [Server] is a processor with a queue of jobs. A [Cause] says what brought something about; [Kernel.Record] makes a
// trace of causes where one is wanted. A [Fingerprint] digests the run by named ingredients. A [Pacer] runs the same
// loop in step with a real clock and counts lateness; a paced run of a closed model has the same trajectory as any
// other.
//
// # Limits
//
// A run that handles too many events, or too many in one instant, breaks off with a [LimitError] that names the
// entity, and so does one with more than 2^24 entities, 2^40 events scheduled by one of them, or 2^32 records. Layers
// above add limits of their own with [Kernel.Limit]. [Kernel.Interrupt] ends a run from outside. Whatever ends a run, it
// stands between two events, so that results can be read.
//
// # Not modelled
//
//   - parallel runs: a kernel is one goroutine; several kernels can run side by side, as they share nothing
//   - processes with a flow of control of their own: models are state machines
//   - processors with priorities, preemption or time slices: a Server is first come, first served
//   - clocks that drift: all nodes see one time
//
// # Validation
//
// The order is compared event by event with its definition, a searched list, and over long runs with the reference heap,
// for the mixes of delays of [Mix] and for bursts, ties, and delays of all scales; FuzzLadder does so for arbitrary
// schedules and checks the ladder's invariants. Distributions are compared with gonum's distuv: quantiles from 2^-40 to
// 1-2^-40, Kolmogorov-Smirnov, moments; the first draws are golden. Servers are compared with Lindley's recursion and
// the Pollaczek-Khinchine formula. The steady state is tested to allocate nothing. Package kernelbench measures costs.
package sim
