package scenarios

import (
	"net/netip"
	"regexp"
	"strconv"

	"imsim/internal/units"
)

// Kinds of nodes by which the real world takes part. A scenario that has one is played in real time, by simulate emulate,
// and its runs are outside the promise that they can be repeated.

var deviceName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]*$`)

// TUN is a real machine, or a network namespace of one, behind a TUN device: what the simulated network sends to its
// address goes out by the device, and what its programs send into the network comes in.
type TUN struct {
	Device    string         `yaml:"device" jsonschema:"default=sim0" jsonschema_description:"Name of the TUN device that is made."`
	Namespace string         `yaml:"namespace" jsonschema_description:"Network namespace that the device is put into as ip netns names it; without it that of the program."`
	MTU       units.ByteSize `yaml:"mtu" jsonschema:"default=1500B" jsonschema_description:"Largest packet of the device."`
	Routes    []string       `yaml:"routes" jsonschema_description:"Prefixes that the real machine reaches by the device; without it the addresses of all simulated hosts."`
}

// Validate checks name, size and prefixes.
func (t *TUN) Validate(report func(field, wrong, right string)) {
	if n := t.Device; n != "" && (len(n) > 15 || !deviceName.MatchString(n)) {
		report("device", strconv.Quote(n)+" is no name for a device", "at most 15 letters, digits, dots and dashes")
	}
	if n := t.Namespace; n != "" && !deviceName.MatchString(n) {
		report("namespace", strconv.Quote(n)+" is no name of a namespace", "as ip netns list shows it")
	}
	if t.MTU != 0 && (t.MTU < 576 || t.MTU > 65535) {
		report("mtu", t.MTU.String()+" is out of range", "from 576B to 65535B")
	}
	for i, r := range t.Routes {
		if _, err := netip.ParsePrefix(r); err != nil {
			report("routes."+itoa(i), strconv.Quote(r)+" is no prefix", "for instance 10.0.0.0/16")
		}
	}
}

// Web is a simulated host with a web server, which net/http runs on the host's TCP.
type Web struct {
	Port int        `yaml:"port" jsonschema:"minimum=1,maximum=65535,default=80" jsonschema_description:"Port that it listens on."`
	TCP  TCPProfile `yaml:"tcp" jsonschema:"enum=rfc,enum=linux,default=linux" jsonschema_description:"Profile of the host's TCP."`
}

// TCPProfile names a profile of netem/tcp.
type TCPProfile = string

// Live returns the nodes by which the real world takes part, in order.
func (f *File) Live() (names []string) {
	for _, name := range Names(f.Nodes) {
		switch f.Nodes[name].Settings.(type) {
		case *TUN, *Web:
			names = append(names, name)
		}
	}
	return names
}
