package nat

import (
	"bytes"
	"net/netip"
	"strconv"

	"imsim/netem/packet"
)

// media is an m= line of a session description and the address that is valid for it.
type media struct {
	addr packet.Addr
	port int
	tcp  bool
}

// rewriteSDP translates the origin, the connection addresses and the media ports of a session description (RFC 8866 §5.2,
// §5.7, §5.14). Addresses in a= lines stay: MSRP matches its path by text (RFC 4975 §7.3), ICE checks its candidates.
func rewriteSDP(body []byte, a *announcer) []byte {
	all := mediaOf(body)
	swapped := make([]packet.AddrPort, len(all))
	var was, session packet.Addr // the first address that changes, which stands before the first m= line, and what becomes of it
	haveSession := false
	for i, m := range all {
		swapped[i] = packet.AddrPort{Addr: m.addr, Port: uint16(m.port)}
		proto := packet.Proto(packet.UDP)
		if m.tcp {
			proto = packet.TCP
		}
		switch {
		case m.port == 0: // RFC 3264 §6: refused
			continue
		case m.tcp && m.port == 9: // RFC 4145 §4.1: who only opens has no port
			if to, ok := a.address(m.addr); ok {
				swapped[i].Addr = to
			}
		default:
			if to, ok := a.endpoint(proto, swapped[i]); ok {
				swapped[i] = to
			}
		}
		if !haveSession {
			was, session, haveSession = m.addr, swapped[i].Addr, swapped[i].Addr != m.addr
		}
	}
	out := make([]byte, 0, len(body)+growth)
	n := -1
	for at := 0; at < len(body); {
		end := len(body)
		if j := bytes.IndexByte(body[at:], '\n'); j >= 0 {
			end = at + j + 1
		}
		line := body[at:end]
		at = end
		if len(line) < 2 || line[1] != '=' {
			out = append(out, line...)
			continue
		}
		switch line[0] {
		case 'm':
			if n++; n < len(all) && int(swapped[n].Port) != all[n].port {
				f := bytes.SplitN(line, []byte(" "), 3)
				out = append(append(out, f[0]...), ' ')
				out = append(strconv.AppendInt(out, int64(swapped[n].Port), 10), ' ')
				out = append(out, f[2]...)
				continue
			}
			out = append(out, line...)
		case 'c', 'o':
			addr, from, to := addressOf(line)
			becomes := addr
			switch {
			case from == to:
			case line[0] == 'c' && n >= 0 && n < len(all) && all[n].addr == addr:
				becomes = swapped[n].Addr
			case n < 0 && haveSession && addr == was:
				becomes = session
			default:
				becomes, _ = a.address(addr)
			}
			if becomes == addr {
				out = append(out, line...)
				continue
			}
			out = append(becomes.Netip().AppendTo(append(out, line[:from]...)), line[to:]...)
		default:
			out = append(out, line...)
		}
	}
	return out
}

// mediaOf lists the media of a description.
func mediaOf(body []byte) (all []media) {
	var session packet.Addr
	for line := range bytes.Lines(body) {
		switch {
		case bytes.HasPrefix(line, []byte("m=")):
			f := bytes.SplitN(line, []byte(" "), 3)
			m := media{addr: session}
			if len(f) == 3 {
				if n := number(f[1]); n > 0 && n <= 65535 {
					m.port = n
				}
				m.tcp = bytes.HasPrefix(f[2], []byte("TCP"))
			}
			if all = append(all, m); len(all) > maxMedia {
				return all[:maxMedia]
			}
		case bytes.HasPrefix(line, []byte("c=")):
			if a, from, to := addressOf(line); from != to {
				if len(all) == 0 {
					session = a
				} else {
					all[len(all)-1].addr = a
				}
			}
		}
	}
	return all
}

// maxMedia is how many media of a description are looked at: each may need a mapping.
const maxMedia = 16

// addressOf finds the address at the end of a c= or o= line; from equals to where there is none.
func addressOf(line []byte) (a packet.Addr, from, to int) {
	i := bytes.Index(line, []byte("IN IP"))
	if i < 0 || i+7 > len(line) || line[i+6] != ' ' {
		return a, 0, 0
	}
	from = i + 7
	for to = from; to < len(line) && line[to] != ' ' && line[to] != '\r' && line[to] != '\n' && line[to] != '/'; to++ {
	}
	addr, err := netip.ParseAddr(string(line[from:to]))
	if err != nil || addr.Zone() != "" {
		return a, 0, 0
	}
	return packet.AddrFrom(addr), from, to
}
