package sim

import (
	"errors"
	"fmt"
)

// ErrLimit is what errors.Is finds in the error of a run that exceeded a limit; errors.As finds a *LimitError.
var ErrLimit = errors.New("sim: limit exceeded")

// ErrInterrupted is what a run that was interrupted ends with.
var ErrInterrupted = errors.New("sim: interrupted")

// LimitError says which limit a run exceeded, when, and at whom. Layers above the kernel use it for limits of their
// own, with Kernel.Fail.
type LimitError struct {
	What   string // what is limited, in the plural: "events", "live packets"
	Max    uint64
	Entity string // the name of the entity at which the limit was exceeded
	At     Time
	Hint   string // what would be right; may be empty
}

// Error names the limit, the entity and the instant.
func (e *LimitError) Error() string {
	s := fmt.Sprintf("sim: more than %d %s at %s, entity %q", e.Max, e.What, e.At, e.Entity)
	if e.Hint != "" {
		s += ": " + e.Hint
	}
	return s
}

// Is makes every LimitError an ErrLimit.
func (e *LimitError) Is(target error) bool { return target == ErrLimit }

// The limits that come with the kernel.
const (
	MaxEntities       = 1 << entityBits
	DefaultMaxInstant = 10_000_000
	maxScheduled      = 1<<counterBits - 1 // events that one entity may schedule for later instants in a run
)

// Fail breaks the run off: after the current event, Run returns err, now and from then on. The first error counts.
func (k *Kernel) Fail(err error) {
	if k.err == nil {
		k.err = err
	}
	k.stopped = true
}

// Limit breaks the run off because e exceeded a limit, the largest allowed value of which is max.
func (k *Kernel) Limit(what string, max uint64, e Entity, hint string) {
	k.Fail(&LimitError{What: what, Max: max, Entity: k.Name(e), At: k.now, Hint: hint})
}

// Interrupt makes Run return ErrInterrupted within 1024 events, or before the first where no Run is under way. It may
// be called from any goroutine. The run stands between two events then: its results can be read and it can be
// continued with another Run.
func (k *Kernel) Interrupt() {
	k.interrupt.Store(true)
	k.rouse()
}
