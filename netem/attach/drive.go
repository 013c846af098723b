package attach

import (
	"sync"
	"time"

	"imsim/sim"
)

// Driver runs a kernel in step with the time package. In a bubble of testing/synctest, whose time passes only while all
// goroutines wait, virtual time and the bubble's time are one.
type Driver struct {
	k      *sim.Kernel
	settle func()
	start  time.Time
	mu     sync.Mutex
	inbox  []func()
	batch  []func() // swapped with inbox
	wake   chan struct{}
	stop   chan struct{}
	done   chan struct{}
	once   sync.Once
	err    error
}

// Drive starts a goroutine that runs k from now on, until Stop. settle is synctest.Wait in a bubble and nil elsewhere;
// nobody else may call synctest.Wait while the driver runs. With it goroutines that simulated events wake run one after
// another, each to where it waits again, so that runs repeat as far as the programs themselves do.
//
// k must have been made in the bubble, at time zero.
func Drive(k *sim.Kernel, settle func()) *Driver {
	d := &Driver{
		k: k, settle: settle, start: time.Now().Add(-time.Duration(k.Now())),
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
	go d.run()
	return d
}

// Inject implements Inbox.
func (d *Driver) Inject(f func()) {
	d.mu.Lock()
	d.inbox = append(d.inbox, f)
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Settle returns when all other goroutines of the bubble wait. Only the kernel's goroutine may call it.
func (d *Driver) Settle() {
	if d.settle != nil {
		d.settle()
	}
}

// Stop ends the driver and returns what broke the run off, if anything did. It may be called more than once.
func (d *Driver) Stop() error {
	d.once.Do(func() { close(d.stop) })
	<-d.done
	return d.err
}

// Done is closed when the driver has ended: by Stop, or because the kernel stopped or failed.
func (d *Driver) Done() <-chan struct{} { return d.done }

func (d *Driver) run() {
	defer close(d.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		d.Settle()
		now := sim.Time(time.Since(d.start))
		if d.err = d.k.Run(now); d.err != nil || d.k.Stopped() {
			return
		}
		d.Settle()
		if d.admit() {
			continue
		}
		wait := time.Duration(1<<63 - 1)
		if next := d.k.Next(); next != sim.Never {
			wait = next.Sub(sim.Time(time.Since(d.start)))
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-d.wake:
		case <-d.stop:
			return
		}
	}
}

// admit makes the injected calls and reports whether there were any.
func (d *Driver) admit() bool {
	d.mu.Lock()
	d.inbox, d.batch = d.batch[:0], d.inbox
	d.mu.Unlock()
	for i, f := range d.batch {
		d.batch[i] = nil
		f()
	}
	return len(d.batch) > 0
}
