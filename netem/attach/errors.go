package attach

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/netem/tcp"
)

// opError wraps what went wrong the way package net does. nil and io.EOF stay what they are.
func opError(op, network string, src, dst net.Addr, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	var no syscall.Errno
	if errors.As(err, &no) {
		err = os.NewSyscallError(syscallOf(op), no)
	}
	return &net.OpError{Op: op, Net: network, Source: src, Addr: dst, Err: err}
}

// syscallOf names the system call that package net would have made.
func syscallOf(op string) string {
	switch op {
	case "dial":
		return "connect"
	case "listen":
		return "bind"
	}
	return op
}

// reasonError translates why a connection ended before its time.
func reasonError(r tcp.Reason) error {
	switch r {
	case tcp.Refused:
		return syscall.ECONNREFUSED
	case tcp.Unreachable:
		return syscall.EHOSTUNREACH
	case tcp.TimedOut:
		return syscall.ETIMEDOUT
	case tcp.Aborted:
		return net.ErrClosed
	}
	return syscall.ECONNRESET
}

// reach returns why h cannot send from local, which may be zero, to an address, or nil, and the address it would send
// from.
func reach(h *netem.Host, local, to packet.Addr) (packet.Addr, error) {
	if local.IsValid() && !h.Owns(local) {
		return local, syscall.EADDRNOTAVAIL
	}
	out := h.Route(to)
	if out == nil {
		return local, syscall.ENETUNREACH
	}
	if !local.IsValid() {
		if local = out.Addr(to); h.Owns(to) {
			local = to
		}
	}
	if !local.IsValid() || local.Is4() != to.Is4() {
		return local, syscall.ENETUNREACH
	}
	return local, nil
}
