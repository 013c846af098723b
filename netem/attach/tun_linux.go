package attach

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.zx2c4.com/wireguard/tun"
)

// TUN is a TUN device of Linux.
type TUN struct {
	tun.Device
	name string
}

// OpenTUN makes a TUN device in a network namespace that ip netns knows by name, or with "" in that of the calling thread;
// CAP_NET_ADMIN is needed, for another namespace CAP_SYS_ADMIN too. The device has the given address, which is the real
// machine's (a gateway has it too), and routes to the given prefixes, which are the simulated network's. It goes away with
// Close, and its routes with it.
func OpenTUN(name, namespace string, mtu int, addr netip.Addr, routes ...netip.Prefix) (Device, error) {
	if namespace == "" {
		return openTUN(name, mtu, addr, routes)
	}
	ns, err := netns.GetFromName(namespace)
	if err != nil {
		return nil, fmt.Errorf("attach: network namespace %s: %w", namespace, err)
	}
	defer ns.Close()
	type result struct {
		dev Device
		err error
	}
	done := make(chan result)
	go func() {
		// The thread is never unlocked: it ends with the goroutine, so that none is left in a foreign namespace.
		runtime.LockOSThread()
		if err := netns.Set(ns); err != nil {
			done <- result{nil, fmt.Errorf("attach: network namespace %s: %w", namespace, err)}
			return
		}
		dev, err := openTUN(name, mtu, addr, routes)
		done <- result{dev, err}
	}()
	r := <-done
	return r.dev, r.err
}

func openTUN(name string, mtu int, addr netip.Addr, routes []netip.Prefix) (Device, error) {
	dev, err := tun.CreateTUN(name, mtu)
	if err != nil {
		return nil, fmt.Errorf("attach: TUN device %s: %w", name, err)
	}
	t := &TUN{Device: dev}
	go func() { // nobody waits for them, but the device does for a reader
		for range dev.Events() {
		}
	}()
	if t.name, err = dev.Name(); err == nil {
		err = configure(t.name, addr, routes)
	}
	if err != nil {
		dev.Close()
		return nil, fmt.Errorf("attach: TUN device %s: %w", name, err)
	}
	return t, nil
}

// configure gives a device its address and routes, and sets it up.
func configure(name string, addr netip.Addr, routes []netip.Prefix) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	a, err := netlink.ParseAddr(netip.PrefixFrom(addr, addr.BitLen()).String())
	if err != nil {
		return err
	}
	if err := netlink.AddrAdd(link, a); err != nil {
		return fmt.Errorf("address %v: %w", addr, err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return err
	}
	for _, p := range routes {
		dst, err := netlink.ParseIPNet(p.Masked().String())
		if err != nil {
			return err
		}
		if err := netlink.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Dst: dst}); err != nil {
			return fmt.Errorf("route to %v: %w", p, err)
		}
	}
	return nil
}

// Read implements Device.
func (t *TUN) Read(bufs [][]byte, sizes []int, offset int) (int, error) {
	n, err := t.Device.Read(bufs, sizes, offset)
	if errors.Is(err, tun.ErrTooManySegments) {
		err = nil // the rest of a large segment is lost, as packets may be
	}
	return n, err
}

// InterfaceName returns the device's name.
func (t *TUN) InterfaceName() string { return t.name }
