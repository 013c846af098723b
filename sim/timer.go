package sim

// Timer is a deadline with at most one entry in the queue. Moving the deadline later costs a store; the entry that
// comes early is put back. So the queue needs no cancel, and a timer that is re-armed with every packet costs nothing.
// The zero value is not armed. A machine with several deadlines keeps them itself and arms one Timer with the earliest.
type Timer struct {
	deadline Time
	queued   Time // of the entry that counts; meaningful while pending
	armed    bool
	pending  bool
}

// Armed reports whether a deadline is set.
func (t *Timer) Armed() bool { return t.armed }

// Deadline returns the instant the timer is set to, or Never.
func (t *Timer) Deadline() Time {
	if !t.armed {
		return Never
	}
	return t.deadline
}

// Arm sets t to fire at the given instant; Never disarms it. Entity e's handler will be called with arg, then or
// earlier, and must ask Due.
func (k *Kernel) Arm(t *Timer, e Entity, arg uint32, at Time) {
	if at == Never {
		t.armed = false
		return
	}
	t.armed, t.deadline = true, at
	if !t.pending || at < t.queued {
		t.pending, t.queued = true, at
		k.At(at, e, arg)
	}
}

// Due is called by the handler of a timer's event. It reports whether the deadline has come; if so the timer is
// disarmed, if not it is put back in the queue where needed.
func (k *Kernel) Due(t *Timer, e Entity, arg uint32) bool {
	if !t.pending || k.now != t.queued {
		return false // an entry that an earlier deadline overtook
	}
	t.pending = false
	if !t.armed {
		return false
	}
	if t.deadline > k.now {
		t.pending, t.queued = true, t.deadline
		k.At(t.deadline, e, arg)
		return false
	}
	t.armed = false
	return true
}
