// Package bench measures what the simulator costs, in processor time: the kernel, TCP, short connections, many
// established connections, ns-3 on the same transfers where it is installed, whole sessions
// with their shares by layer, the memory of a live session, and the start of a small run.
//
// What is compared is measured round robin in one run, and the median over the rounds counts, as a machine that is shared
// moves a figure by half from one minute to the next but two neighbours together. Every line says the goal beside the figure.
//
// # Not measured
//
//   - Other simulators than ns-3.
//   - Several runs in parallel: a run has one goroutine, and a study runs one after another on every core.
package bench
