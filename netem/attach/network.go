package attach

import (
	"fmt"
	"net"
	"os"
	"sync"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/sim"
)

// Inbox is the one way by which foreign goroutines reach a kernel: a sim.Pacer in real time, a Driver in the fake time of
// testing/synctest.
type Inbox interface {
	// Inject has f called by the goroutine that runs the kernel, between two events. Calls are made in the order injected.
	Inject(f func())
}

// Network lets Go programs use the hosts of a simulated network.
type Network struct {
	net    *netem.Network
	in     Inbox
	settle func()
	names  map[string][]packet.Addr
	hosts  map[string]*Host
	closed chan struct{}   // Close
	ended  <-chan struct{} // the driver's end; nil: never
	once   sync.Once
}

// New attaches to a network that is complete: nodes, addresses and names are taken as they are now. It must be called
// before the kernel runs, and within the bubble where there is one.
func New(n *netem.Network, in Inbox) *Network {
	a := &Network{net: n, in: in, names: map[string][]packet.Addr{}, hosts: map[string]*Host{}, closed: make(chan struct{})}
	if d, ok := in.(*Driver); ok {
		a.settle, a.ended = d.Settle, d.Done()
	}
	for _, node := range n.Nodes() {
		c := netem.CoreOf(node)
		for _, i := range c.Interfaces() {
			a.names[c.Name()] = append(a.names[c.Name()], i.Addrs...)
		}
		if h, ok := node.(*netem.Host); ok {
			a.hosts[c.Name()] = newHost(a, h)
		}
	}
	return a
}

// Host returns the network as a program on the host of that name sees it.
func (a *Network) Host(name string) (*Host, error) {
	if h := a.hosts[name]; h != nil {
		return h, nil
	}
	return nil, fmt.Errorf("attach: no host %q in the network", name)
}

// Close ends all calls that are waiting and those to come, with net.ErrClosed: the kernel runs no more. It may be
// called from any goroutine, more than once.
func (a *Network) Close() { a.once.Do(func() { close(a.closed) }) }

// Closed is closed by Close.
func (a *Network) Closed() <-chan struct{} { return a.closed }

// Do has f called by the kernel's goroutine, between two events, and returns when that has happened: for programs that
// look at the simulated network or change it. The error is net.ErrClosed when the kernel runs no more.
func (a *Network) Do(f func()) error {
	return a.do(nil, nil, func() error {
		f()
		return nil
	})
}

// cause is why the simulated network does what a program asked for.
func (a *Network) cause(h *netem.Host, kind string) sim.Cause {
	if k := a.net.K; k.Tracing() {
		return k.Record(sim.Record{Node: h.Entity(), Kind: kind})
	}
	return sim.Cause{}
}

// call is something that a foreign goroutine waits for. Both sides touch it under its lock, which nobody holds while
// waiting, so that whoever loses the race between answer and deadline knows.
type call struct {
	mu   sync.Mutex
	over bool // answered or withdrawn
	n    int
	err  error
	done chan struct{}
}

func newCall() *call { return &call{done: make(chan struct{})} }

// try runs step on behalf of c unless c is over, and answers c when step returns true. It reports whether c is over.
// Only the kernel's goroutine calls it.
func (a *Network) try(c *call, step func() bool) bool {
	c.mu.Lock()
	if c.over || !step() {
		over := c.over
		c.mu.Unlock()
		return over
	}
	c.over = true
	c.mu.Unlock()
	close(c.done)
	if a.settle != nil {
		a.settle()
	}
	return true
}

// wait returns when c is answered, or what came before that: the deadline or the end of what the call is about.
func (a *Network) wait(c *call, deadline, closed <-chan struct{}) error {
	var why error
	select {
	case <-c.done:
		return nil
	case <-deadline:
		why = os.ErrDeadlineExceeded
	case <-closed:
		why = net.ErrClosed
	case <-a.closed:
		why = net.ErrClosed
	case <-a.ended:
		why = net.ErrClosed
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return nil
	}
	c.over = true
	return why
}

// do has step called by the kernel's goroutine and returns when that has happened.
func (a *Network) do(deadline, closed <-chan struct{}, step func() error) error {
	c := newCall()
	a.in.Inject(func() {
		a.try(c, func() bool {
			c.err = step()
			return true
		})
	})
	if err := a.wait(c, deadline, closed); err != nil {
		return err
	}
	return c.err
}

// acquire takes a place in a channel of capacity one. A mutex would not do: a goroutine that waits for one keeps the
// time of a bubble from passing.
func (a *Network) acquire(turn chan struct{}, deadline, closed <-chan struct{}) error {
	select { // what is over comes before what is free
	case <-closed:
		return net.ErrClosed
	default:
	}
	select {
	case <-deadline:
		return os.ErrDeadlineExceeded
	default:
	}
	select {
	case turn <- struct{}{}:
		return nil
	case <-deadline:
		return os.ErrDeadlineExceeded
	case <-closed:
	case <-a.closed:
	case <-a.ended:
	}
	return net.ErrClosed
}
