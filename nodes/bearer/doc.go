// Package bearer is the media connection of a gateway and of an endpoint: a stream endpoint (SEP) is one TCP connection
// with its TLS as one object, and what an event on one leg of a stream means for the other stands in two tables.
//
// table.go holds the rows (E-… establishment, R-… release), rule.go their language; Machine, a comparable value without
// clock or I/O, applies them. Leg carries out what an owner decides and reports what happens; it decides nothing.
//
// Sources: TS 23.334 cl. 5.16 and 6.2, TS 29.334, H.248.84, .89, .92. The rule language and the completion of the tables
// are ours [SIM].
//
// A Table may differ from the spec reference's: Override says how, in the words of the printed table.
//
// Not modelled: fwd.splice, streams of more than two SEPs.
//
// Validated by a case written by hand for each row, by random walks that hold the rules of thumb of spec reference §7.5,
// by an exploration of every order of events in an environment of its own (TestExplore), by changing one thing about one
// rule after another (TestFlips), and by the closed forms of the scenarios of family timeline.
package bearer
