// Package run builds what a scenario describes and runs it: network, nodes, sessions, changes, captures.
//
// A session's instants count from the start of the run, but a call does not start before both its ends and every
// gateway have registered or been refused, so that no scenario has to guess how long that takes. [I]
package run
