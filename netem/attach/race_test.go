//go:build race

package attach

// raced: the race detector changes the order in which goroutines that wake at one instant run.
const raced = true
