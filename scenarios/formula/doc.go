// Package formula is the small language in which scenarios state closed forms: "7*a + 3*b", "2*(a+b) < 1s".
//
//	condition  = comparison { "and" comparison }
//	comparison = sum [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) sum ]
//	sum        = term { ( "+" | "-" ) term }
//	term       = factor { ( "*" | "/" ) factor }
//	factor     = "-" factor | integer | duration | name | path | ( "max" | "min" ) "(" sum { "," sum } ")" | "(" condition ")"
//
// A name is a lower-case letter and then letters, digits and underscores. A path is names joined by dots; behind the first
// dot a hyphen between letters or digits belongs to the name, so a minus next to a path needs spaces.
//
// Values are 64-bit integers of a power of time: a plain number has power 0, a duration power 1 and is in nanoseconds.
// Durations and numbers cannot be added or compared, so a forgotten unit is found before the run. Arithmetic is exact: an
// overflow and a division that leaves a remainder are errors.
//
// Not modelled: or, not, remainders, fractions, other functions.
package formula
