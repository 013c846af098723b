// Package sim is the discrete-event kernel: it knows time, events, timers, random streams, processors and causes, and no network.
package sim
