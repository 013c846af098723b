// Package tidy holds the project's source rules as a test over its own tree: imports point down, and trajectory code is
// deterministic by construction; and documentation runs: its commands, links and lists of packages and tests are checked. It
// has no code outside its tests.
//
// A line that a rule would refuse and that is right all the same carries `//tidy:NAME why` at its end, NAME being the
// rule: order, float, clock, random, goroutine, coroutine, reflect.
package tidy
