package oracle

import (
	"runtime"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// InNamespace runs f on a thread that is in a network namespace of its own with a loopback device that is up; namespace and
// thread end with f. Programs that f starts are in it too. Where no namespace can be made, the test skips or fails as for a
// missing program.
func InNamespace(t *testing.T, f func()) {
	t.Helper()
	made := make(chan error)
	over := make(chan struct{})
	go func() {
		defer close(over)
		runtime.LockOSThread() // and never unlocked: the thread is of no more use to others
		ns, err := netns.New()
		if err == nil {
			defer ns.Close()
			var lo netlink.Link
			if lo, err = netlink.LinkByName("lo"); err == nil {
				err = netlink.LinkSetUp(lo)
			}
		}
		made <- err
		if err == nil {
			f()
		}
	}()
	err := <-made
	<-over
	if err != nil {
		Missing(t, "network namespaces", err)
	}
}
