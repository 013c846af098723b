// Package gendocs writes the pages below docs/reference from what they are about: the schema of scenario files and the
// list of omissions. It has no code outside its tests; one of them fails when a page is stale.
package gendocs

//go:generate go test -run TestPagesAreFresh -update .
