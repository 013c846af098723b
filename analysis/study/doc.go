// Package study runs scenarios: it reads them, measures while they run, judges what came out and writes each run's
// directory. A single run is a study of one point.
//
// Nothing is run before every scenario has been read and found right and every output directory may be written; nothing
// that a run leaves is in its place before it is complete. An interrupted run is kept, and says so.
//
// A study (Sweep) runs a scenario at many points, many times, side by side. Its results depend on the scenario alone: not on how
// many runs go on at once, nor on whether it was interrupted and taken up again.
//
// # Not modelled
//
//   - points in an order of their own: all points of a study are run, none is searched for
//   - runs on other machines: shards are run by whoever has machines, and merged
//
// # Validation
//
// Tests run scenarios into directories that exist, are foreign or cannot be written, interrupt runs, and compare
// fingerprints with observers on and off; the scripts of cmd/simulate do the same from outside. Studies are run with one to
// seven runs at once, interrupted, killed, taken up again, and cut into shards, and their files compared octet for octet, with
// the race detector too. Every study that comes with the program is held against closed forms where nothing is left to chance.
package study
