package netem

import (
	"imsim/netem/packet"
	"imsim/sim"
)

type tcpHost struct{ waits timeWaits }
type timeWaits struct{}

func (timeWaits) deadline() sim.Time        { return sim.Never }
func (h *Host) expireTimeWait(now sim.Time) {}
func (h *Host) streamDue(uint32)            {}
func (h *Host) streamReports(uint32)        {}
func (h *Host) tcpICMP(p *packet.Packet)    {}
func (h *Host) receiveTCP(p *packet.Packet) { h.ignore(p, "no TCP") }
