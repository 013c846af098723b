package ue

import (
	"bytes"

	"imsim/netem/packet"
	"imsim/sim"
)

// pdus puts the octets of each direction together into whole MSRP messages, for observers.
type pdus struct{ in, out []byte }

// observe shows the messages that are complete to the observer, where the line is protected: in clear they are in the
// packets anyway.
func (m *media) observe(out bool, p packet.Payload, at sim.Time) {
	u := m.c.u
	if !m.secure || u.cfg.TLSFault == "plain" || !u.Obs.WantsPDUs() {
		return
	}
	if m.pdus == nil {
		m.pdus = &pdus{}
	}
	buf := &m.pdus.in
	if out {
		buf = &m.pdus.out
	}
	*buf = p.AppendTo(*buf)
	for {
		n := messageLen(*buf)
		if n == 0 {
			return
		}
		u.Obs.UpperPDU(u.Name, "", "msrp", at, out, m.leg.Stream().Local(), m.leg.Stream().Remote(), (*buf)[:n])
		*buf = append((*buf)[:0:0], (*buf)[n:]...)
	}
}

// messageLen returns the length of the message that b begins with, 0 while it is not complete. RFC 4975 §7.1: it ends
// with seven hyphens, its transaction identifier, a flag and CRLF.
func messageLen(b []byte) int {
	line, _, ok := bytes.Cut(b, []byte("\r\n"))
	if !ok {
		return 0
	}
	f := bytes.Fields(line)
	if len(f) < 3 {
		return 0
	}
	end := append([]byte("\r\n-------"), f[1]...)
	i := bytes.Index(b, end)
	if n := i + len(end) + 3; i >= 0 && n <= len(b) {
		return n
	}
	return 0
}
