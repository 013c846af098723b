package transport

import (
	"net/netip"
	"strings"

	"imsim/netem/packet"
	"imsim/nodes/protocol/sip"
)

// URI returns the node's SIP URI with its address, for Contact, Route and Path.
func (t *SIP) URI(user string) string {
	if user != "" {
		user += "@"
	}
	return "sip:" + user + t.Local.String()
}

// FlowTo returns the flow to the SIP port of an address, or to the given one.
func (t *SIP) FlowTo(to packet.AddrPort) sip.Flow {
	f := sip.Flow{Remote: to.Netip()}
	if t.tcpOnly {
		f.Transport = sip.TCP
	}
	return f
}

// FlowToURI returns the flow to the address in a SIP URI; names are not resolved.
func (t *SIP) FlowToURI(uri string) (sip.Flow, error) {
	u, err := sip.ParseURI(uri)
	if err != nil {
		return sip.Flow{}, err
	}
	a, err := netip.ParseAddr(strings.Trim(u.Host, "[]"))
	if err != nil {
		return sip.Flow{}, err
	}
	port := u.Port
	if port == 0 {
		port = SIPPort
	}
	f := t.FlowTo(packet.AddrPort{Addr: packet.AddrFrom(a), Port: port})
	if tr, _ := u.Params.Get("transport"); tr == "tcp" {
		f.Transport = sip.TCP
	}
	return f, nil
}

func fromNetip(a netip.AddrPort) packet.AddrPort {
	return packet.AddrPort{Addr: packet.AddrFrom(a.Addr()), Port: a.Port()}
}
