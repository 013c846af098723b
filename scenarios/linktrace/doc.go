// Package linktrace reads what a link was like over time: CSV with a header line, or JSON lines. Values are written as in
// scenarios, with units: "20ms", "5Mbit/s", "1%". A column that a line leaves empty keeps its value. Times rise strictly;
// at the end the last values stay.
//
// Not modelled: repetition of a trace, and interpolation between its lines.
//
// Validated by tables of right and wrong files, and by fuzzing.
package linktrace
