// Package prefetch asks the processor to bring memory into its caches before it is needed.
//
// A run of very many connections waits for memory more than it computes: each event is about something that no cache holds,
// and what it is about becomes known step by step (a table's entry, then what it refers to), so that the waits add up.
// A simulation knows its next events, though. Asked for some events ahead, memory arrives while others are handled.
//
// Nothing here reads or changes anything, so no result depends on it. Where the processor has no such instruction that we
// know of, nothing happens.
package prefetch
