// Package rundir is the directory that a run leaves: its files' formats, the writer and the reader. Whatever is analysed
// is read through it, never from live objects.
//
//	manifest.json     what was run, with which fingerprint, on which machine
//	summary.json      status, outcome, sessions, expectations, invariants
//	milestones.csv    session,node,leg,milestone,n,time_ns,detail
//	kpis.csv          metric,stat,value,unit,session_class,window
//	sessions.parquet  one row a session
//	trace.ndjson      one record a line, where a trace was asked for
//	captures/         pcapng files
//
// A run is written into a hidden sibling of its directory and renamed when it is complete, so that a reader never sees
// half a run and a run that breaks off leaves an older one as it was. What simulate did not write is neither replaced
// nor added to.
//
// # Not modelled
//
//   - two runs that write the same directory at the same time: the last to finish stays
//   - a machine that stops between the two renames of a replacement leaves the old run under a hidden name, which the
//     next run into the directory puts back
//   - a process that is killed leaves its hidden sibling, named after its number
//
// # Validation
//
// Tests read back everything that is written, replace, interrupt and break off runs, and read directories that are
// empty, foreign, of another version or cut off at every length.
package rundir
