// Package study runs scenarios: it reads them, measures while they run, judges what came out and writes each run's
// directory. A single run is a study of one point.
//
// Nothing is run before every scenario has been read and found right and every output directory may be written; nothing
// that a run leaves is in its place before it is complete. An interrupted run is kept, and says so.
//
// # Not modelled
//
//   - Sweeps, replications and stop rules: a study has one point a scenario.
//   - Runs side by side: points run one after another.
//
// # Validation
//
// Tests run scenarios into directories that exist, are foreign or cannot be written, interrupt runs, and compare
// fingerprints with observers on and off; the scripts of cmd/simulate do the same from outside.
package study
