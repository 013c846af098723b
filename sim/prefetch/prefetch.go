package prefetch

import "unsafe"

// line is the size of a cache line in octets, of amd64 and of most of arm64.
const line = 64

// Of asks for all that *p takes. A nil p does no harm.
func Of[T any](p *T) { lines(span(uintptr(unsafe.Pointer(p)), unsafe.Sizeof(*p))) }

// First asks for the first line of *p. Where several things are to be fetched, their first lines are best asked for before
// all the rest: to find out where a page is takes longer than what follows, but goes on side by side.
func First[T any](p *T) { lines(span(uintptr(unsafe.Pointer(p)), 1)) }

// span returns where the lines begin that some octets lie in, and how many they are.
func span(at, size uintptr) (first, n uintptr) {
	first = at &^ (line - 1)
	return first, (at - first + size + line - 1) / line
}
