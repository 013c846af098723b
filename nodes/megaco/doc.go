// Package megaco has light H.248 entities for scenarios about the protocol itself: a controller (MGC) that sends the
// transactions which a scenario writes, and a gateway (MG) without media that carries out commands on contexts and
// terminations. Transactions are those of package h248, so loss, repetition, Pending, acknowledgement and errors are as in
// every other node; what an entity answers, and how long it takes, is written as rules.
//
// Modelled: Add, Modify, Subtract, AuditValue, Notify and ServiceChange; packages of a profile, with gaps; several gateways
// at one node; the maximum waiting delay before a restart is announced (H.248.1 §9.2); disconnection, failover and handoff
// (§11.5); at the controller the audit of a gateway that comes back, after which contexts that it does not know are
// subtracted.
//
// Not modelled: media, events that a gateway finds by itself, statistics other than duration, Move, AuditCapability,
// topology between terminations.
//
// Validated by tests of rules, faults and recovery, and by the scenarios of family h248, whose captures Erlang megaco decodes.
package megaco
