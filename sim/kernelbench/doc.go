// Package kernelbench measures the kernel: its events against its bare queue and a plain heap, over mixes of delays and
// numbers of pending events, and its lazily re-armed timers against a heap that moves entries.
//
// All cases of a group are measured round robin in one process, in processor time, and compared by the median of each
// round's ratio, since the speed of a shared machine changes from second to second: the ratios are the result, the
// nanoseconds a by-product. Set-up and warm-up are not measured.
//
// Left out: the cost of what handlers do in a real model, and of caches that a real model fills.
package kernelbench
