// Package plot draws what runs and studies leave, fit for a paper: for one column or two, readable in grey, as SVG, PNG and PDF, each
// with a Vega-Lite specification that has the data in it, for those who want to draw it otherwise.
//
// Of a run: the distribution of each quantity with the band in which the true one lies, box plots of the steps of a set-up, set-up
// time over the run, and what the critical paths of set-ups were spent on. Of a study: means with their intervals over the axis
// with the most numbers, a line a combination of the others; heat maps; distributions by point.
//
// The same directory gives the same octets, on every machine: fonts come with the program, and PDF files have a fixed date.
//
// # Not modelled
//
//   - choices of what is drawn: the Vega-Lite specifications and the tables are there for that
//   - distributions of more than 100,000 values are thinned for drawing, to 500 steps
//
// # Validation
//
// Tests draw each kind of figure twice and compare the octets, count curves and labels in the SVG, and compile the Vega-Lite
// specifications against what their data hold.
package plot
