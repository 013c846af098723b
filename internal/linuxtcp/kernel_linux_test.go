package linuxtcp

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// dualStack gives the TUN device its IPv6 address and route; the namespace has no other device.
func dualStack() error {
	l, err := netlink.LinkByName("sim0")
	if err != nil {
		return err
	}
	a, err := netlink.ParseAddr(left6.String() + "/128")
	if err != nil {
		return err
	}
	a.Flags = syscall.IFA_F_NODAD
	if err := netlink.AddrAdd(l, a); err != nil {
		return fmt.Errorf("address %v: %w", left6, err)
	}
	dst, err := netlink.ParseIPNet(netip.PrefixFrom(right6, 48).Masked().String())
	if err != nil {
		return err
	}
	return netlink.RouteAdd(&netlink.Route{LinkIndex: l.Attrs().Index, Dst: dst})
}

// fresh runs f on a thread in a new network namespace, which ns refers to from then on.
func fresh(ns *netns.NsHandle, f func() error) error {
	return onThread(func() error {
		var err error
		if *ns, err = netns.New(); err != nil {
			return fmt.Errorf("no network namespace: %w", err)
		}
		if err := f(); err != nil {
			ns.Close()
			return err
		}
		return nil
	})
}

// onThread runs f on a thread that ends with it: one that has been in another namespace is of no more use.
func onThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- f()
	}()
	return <-done
}

// kernelEnd is the kernel in a namespace.
type kernelEnd struct {
	setting
	ns netns.NsHandle
}

func (k *kernelEnd) within(f func() error) error {
	return onThread(func() error {
		if err := netns.Set(k.ns); err != nil {
			return err
		}
		return f()
	})
}

const (
	tcpCongestion = 13 // TCP_CONGESTION of linux/tcp.h, and so on
	tcpKeepIdle   = 4
	tcpKeepIntvl  = 5
	tcpKeepCnt    = 6
	tcpUserTime   = 18
)

// control sets the options of a new socket.
func (k *kernelEnd) control(_, _ string, c syscall.RawConn) (err error) {
	cc := k.congestion
	if cc == "" {
		cc = "cubic"
	}
	if e := c.Control(func(fd uintptr) {
		err = syscall.SetsockoptString(int(fd), syscall.IPPROTO_TCP, tcpCongestion, cc)
		if err == nil {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
		}
		for _, o := range k.options {
			if err == nil {
				err = syscall.SetsockoptInt(int(fd), o.level, o.name, o.value)
			}
		}
	}); e != nil {
		return e
	}
	return err
}

func (k *kernelEnd) dial(local, remote netip.AddrPort, limit time.Duration) (c conn, err error) {
	err = k.within(func() error {
		d := net.Dialer{Timeout: limit, KeepAlive: -1, Control: k.control, LocalAddr: net.TCPAddrFromAddrPort(local)}
		d.SetMultipathTCP(false)
		x, err := d.Dial("tcp", remote.String())
		if err == nil {
			c = x.(conn)
		}
		return err
	})
	return c, err
}

func (k *kernelEnd) listen(local netip.AddrPort) (l net.Listener, err error) {
	err = k.within(func() error {
		c := net.ListenConfig{KeepAlive: -1, Control: k.control}
		c.SetMultipathTCP(false)
		l, err = c.Listen(context.Background(), "tcp", local.String())
		return err
	})
	return l, err
}

// kernelVersion returns the version of the kernel that runs the test.
func kernelVersion() string {
	b, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return "Linux " + strings.TrimSpace(string(b))
}
