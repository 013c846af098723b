package packet

// DamagesHeader reports whether the flipped bit is one that the checksum of an IPv4 header covers. IPv6 has none: there
// a router passes on what it cannot check.
func (p *Packet) DamagesHeader() bool { return p.Dst.Is4() && p.Flipped < IPv4HeaderLen*8 }
