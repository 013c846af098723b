// Package story tells on a terminal what a run came to: the verdict first, then the steps of its first session, what its
// set-up time was spent on, and where the files are. All but the verdict is read from the run's directory.
//
// # Not modelled
//
//   - Colours, and widths of other than single-column letters.
//   - More than the first session of a run: the ladder and critical-path commands show any.
//
// # Validation
//
// Golden texts in the scripts of cmd/simulate, and tables of single lines here.
package story
