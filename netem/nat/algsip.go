package nat

import (
	"bytes"
	"net/netip"
	"strconv"

	"imsim/netem/packet"
)

// This is a scanner of SIP and SDP as an ALG has one: it knows where addresses stand, and copies everything else.

// maxSIP is the longest message that is looked at, in octets.
const maxSIP = 65535

// isSIP reports whether octets begin with a request line or a status line (RFC 3261 §7.1, §7.2).
func isSIP(b []byte) bool {
	end := bytes.IndexByte(b, '\n')
	if end < 0 {
		return false
	}
	line := bytes.TrimSuffix(b[:end], []byte("\r"))
	return bytes.HasPrefix(line, []byte("SIP/2.0 ")) || bytes.HasSuffix(line, []byte(" SIP/2.0")) && line[0] >= 'A' && line[0] <= 'Z'
}

// lengthSIP returns the length of the message at the beginning of b, of which not all need be there (RFC 3261 §18.3). It is
// not known where the head is not complete or is none of SIP's.
func lengthSIP(b []byte) (n int, known bool) {
	head := bytes.Index(b, []byte("\r\n\r\n"))
	if head < 0 || !isSIP(b) {
		return 0, false
	}
	head += 4
	eachHeader(b[:head], func(name, value []byte) {
		if isName(name, "content-length", "l") {
			n = number(value)
		}
	})
	return head + n, n >= 0 && n <= maxSIP
}

// number reads a decimal number, or returns -1.
func number(b []byte) int {
	b = bytes.TrimSpace(b)
	if len(b) == 0 || len(b) > 9 {
		return -1
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return -1
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// eachHeader calls f for every header of head behind the first line, with its folded lines (RFC 3261 §7.3.1).
func eachHeader(head []byte, f func(name, value []byte)) {
	at := bytes.IndexByte(head, '\n') + 1
	for at < len(head) {
		end := lineEnd(head, at)
		if name, value, ok := bytes.Cut(head[at:end], []byte(":")); ok {
			f(bytes.TrimRight(name, " \t"), value)
		}
		at = end
	}
}

// lineEnd returns where the header that begins at ends, behind its last line's end.
func lineEnd(b []byte, at int) int {
	for {
		n := bytes.IndexByte(b[at:], '\n')
		if n < 0 {
			return len(b)
		}
		at += n + 1
		if at >= len(b) || b[at] != ' ' && b[at] != '\t' {
			return at
		}
	}
}

func isName(name []byte, long, short string) bool {
	return bytes.EqualFold(name, []byte(long)) || short != "" && bytes.EqualFold(name, []byte(short))
}

// rewriteSIP translates the addresses of a message. ok is false where it stays as it is.
func rewriteSIP(msg []byte, a *announcer) (out []byte, ok bool) {
	head := bytes.Index(msg, []byte("\r\n\r\n"))
	if head < 0 {
		return nil, false
	}
	head += 4
	body := msg[head:]
	sdp := false
	eachHeader(msg[:head], func(name, value []byte) {
		if isName(name, "content-type", "c") {
			sdp = sdp || bytes.HasPrefix(bytes.ToLower(bytes.TrimSpace(value)), []byte("application/sdp"))
		}
	})
	newBody := body
	if sdp {
		newBody = rewriteSDP(body, a)
	}
	out = make([]byte, 0, len(msg)+growth)
	start := bytes.IndexByte(msg, '\n') + 1
	out = rewriteURIs(out, msg[:start], a)
	for at := start; at < head; {
		end := lineEnd(msg[:head], at)
		line := msg[at:end]
		name, value, _ := bytes.Cut(line, []byte(":"))
		name = bytes.TrimRight(name, " \t")
		switch {
		case isName(name, "via", "v"):
			out = rewriteVia(out, line, a)
		case isName(name, "contact", "m"), isName(name, "from", "f"), isName(name, "to", "t"), isName(name, "route", ""), isName(name, "record-route", ""):
			out = rewriteURIs(out, line, a)
		case isName(name, "content-length", "l") && len(newBody) != len(body) && number(value) == len(body):
			out = append(out, name...)
			out = append(strconv.AppendInt(append(out, ": "...), int64(len(newBody)), 10), "\r\n"...)
		default:
			out = append(out, line...)
		}
		at = end
	}
	out = append(out, newBody...)
	return out, !bytes.Equal(out, msg)
}

// hostPort reads an address and the port behind it; n is how long they are, 0 where there is no address.
func hostPort(b []byte) (at packet.AddrPort, port bool, n int) {
	text := 0
	if len(b) > 0 && b[0] == '[' {
		end := bytes.IndexByte(b[:min(len(b), 48)], ']')
		if end < 0 {
			return at, false, 0
		}
		text, n = 1, end+1
	} else {
		for n < len(b) && n < 16 && (b[n] >= '0' && b[n] <= '9' || b[n] == '.') {
			n++
		}
	}
	if n <= 2*text {
		return at, false, 0
	}
	addr, err := netip.ParseAddr(string(b[text : n-text]))
	if err != nil || addr.Zone() != "" || (text == 1) != addr.Is6() {
		return at, false, 0
	}
	// A name may begin with digits.
	if n < len(b) && (b[n] >= 'a' && b[n] <= 'z' || b[n] >= 'A' && b[n] <= 'Z' || b[n] == '-' || b[n] == '_') {
		return at, false, 0
	}
	at = packet.AddrPort{Addr: packet.AddrFrom(addr), Port: sipPort}
	if n < len(b) && b[n] == ':' {
		end := n + 1
		for end < len(b) && b[end] >= '0' && b[end] <= '9' {
			end++
		}
		v := number(b[n+1 : end])
		if v <= 0 || v > 65535 {
			return at, false, 0
		}
		at.Port, port, n = uint16(v), true, end
	}
	return at, port, n
}

func appendAddr(out []byte, a packet.Addr) []byte {
	if a.Is4() {
		return a.Netip().AppendTo(out)
	}
	return append(a.Netip().AppendTo(append(out, '[')), ']')
}

// appendHost writes an endpoint; the port where there was one or it is not SIP's.
func appendHost(out []byte, at packet.AddrPort, port bool) []byte {
	out = appendAddr(out, at.Addr)
	if port || at.Port != sipPort {
		out = strconv.AppendInt(append(out, ':'), int64(at.Port), 10)
	}
	return out
}

// rewriteURIs copies text and translates the hosts of its SIP URIs (RFC 3261 §19.1.1).
func rewriteURIs(out, text []byte, a *announcer) []byte {
	for {
		i := bytes.Index(text, []byte("sip:"))
		if i < 0 {
			return append(out, text...)
		}
		i += 4
		out, text = append(out, text[:i]...), text[i:]
		// The user part ends at an @ before whatever ends a URI.
		if end := bytes.IndexAny(text, "@>,; \t\r\n"); end >= 0 && text[end] == '@' {
			out, text = append(out, text[:end+1]...), text[end+1:]
		}
		at, port, n := hostPort(text)
		if n == 0 {
			continue
		}
		if to, ok := a.uri(at, transportOf(text[n:])); ok {
			out = appendHost(out, to, port)
		} else {
			out = append(out, text[:n]...)
		}
		text = text[n:]
	}
}

// transportOf returns the transport parameter behind a URI's host (RFC 3261 §19.1.1), or nothing.
func transportOf(rest []byte) []byte {
	if end := bytes.IndexAny(rest, ">,? \t\r\n"); end >= 0 {
		rest = rest[:end]
	}
	for part := range bytes.SplitSeq(rest, []byte(";")) {
		if name, value, ok := bytes.Cut(part, []byte("=")); ok && bytes.EqualFold(name, []byte("transport")) {
			return value
		}
	}
	return nil
}

// rewriteVia copies a Via header and translates its first sent-by, which is that of the last hop, with received and rport
// (RFC 3261 §18.2, RFC 3581 §4).
func rewriteVia(out, line []byte, a *announcer) []byte {
	i := bytes.Index(line, []byte("SIP/2.0/"))
	if i < 0 {
		return append(out, line...)
	}
	for i += 8; i < len(line) && line[i] != ' ' && line[i] != '\t'; i++ {
	}
	for ; i < len(line) && (line[i] == ' ' || line[i] == '\t'); i++ {
	}
	at, port, n := hostPort(line[i:])
	if n == 0 {
		return append(out, line...)
	}
	to, ok := a.signalling(at)
	if !ok {
		return append(out, line...)
	}
	out = appendHost(append(out, line[:i]...), to, port)
	rest := line[i+n:]
	stop := bytes.IndexByte(rest, ',')
	if stop < 0 {
		stop = len(rest)
	}
	params := rest[:stop]
	if j := bytes.Index(params, []byte("received=")); j >= 0 {
		if _, _, n := hostPort(params[j+9:]); n > 0 && a.from == Outside {
			out = appendAddr(append(out, params[:j+9]...), to.Addr)
			params = params[j+9+n:]
		}
	}
	if j := bytes.Index(params, []byte("rport=")); j >= 0 && a.from == Outside {
		end := j + 6
		for end < len(params) && params[end] >= '0' && params[end] <= '9' {
			end++
		}
		out = strconv.AppendInt(append(out, params[:j+6]...), int64(to.Port), 10)
		params = params[end:]
	}
	return append(append(out, params...), rest[stop:]...)
}
