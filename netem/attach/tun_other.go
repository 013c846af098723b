//go:build !linux

package attach

import (
	"errors"
	"net/netip"
)

// ErrNoTUN says that this system has no TUN devices that we can use.
var ErrNoTUN = errors.New("TUN devices need Linux")

// OpenTUN fails: only Linux is supported.
func OpenTUN(string, string, int, netip.Addr, ...netip.Prefix) (Device, error) { return nil, ErrNoTUN }
