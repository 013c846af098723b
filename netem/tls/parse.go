package tls

// reader takes fields off the front of a message. After the first field that is not there, it is bad and gives zeros.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if r.bad || n > len(r.b) {
		r.bad = true
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) uint(octets int) int {
	v := 0
	for _, c := range r.take(octets) {
		v = v<<8 | int(c)
	}
	return v
}

// vector takes a field that a length of the given number of octets precedes.
func (r *reader) vector(octets int) []byte { return r.take(r.uint(octets)) }

// end reports whether everything was there and nothing is left.
func (r *reader) end() bool { return !r.bad && len(r.b) == 0 }

// clientHello is what a server looks at.
type clientHello struct {
	random  []byte
	session []byte
	suites  []byte
	hi13    bool // TLS 1.3 is offered
	has12   bool
	share   bool // there is an X25519 key share
	groups  bool // X25519 is among the groups
}

func parseClientHello(b []byte) (h clientHello, ok bool) {
	r := reader{b: b}
	legacy := Version(r.uint(2))
	h.random = r.take(helloRandomLen)
	h.session = r.vector(1)
	h.suites = r.vector(2)
	r.vector(1) // compression methods
	h.has12 = legacy >= TLS12
	if r.bad || len(h.session) > 32 || len(h.suites)%2 != 0 {
		return h, false
	}
	if len(r.b) == 0 {
		return h, true
	}
	ext := reader{b: r.vector(2)}
	if !r.end() {
		return h, false
	}
	for len(ext.b) > 0 && !ext.bad {
		kind, body := ext.uint(2), reader{b: ext.vector(2)}
		switch kind {
		case extVersions: // RFC 8446 §4.2.1: takes the place of the legacy version
			h.has12 = false
			list := reader{b: body.vector(1)}
			for len(list.b) > 0 && !list.bad {
				switch Version(list.uint(2)) {
				case TLS13:
					h.hi13 = true
				case TLS12:
					h.has12 = true
				}
			}
			ext.bad = ext.bad || list.bad || !body.end()
		case extGroups:
			list := reader{b: body.vector(2)}
			for len(list.b) > 0 && !list.bad {
				h.groups = list.uint(2) == groupX25519 || h.groups
			}
			ext.bad = ext.bad || list.bad || !body.end()
		case extKeyShare:
			list := reader{b: body.vector(2)}
			for len(list.b) > 0 && !list.bad {
				group, key := list.uint(2), list.vector(2)
				h.share = h.share || group == groupX25519 && len(key) == 32
			}
			ext.bad = ext.bad || list.bad || !body.end()
		}
	}
	return h, !ext.bad
}

// serverHello is what a client looks at.
type serverHello struct {
	random  []byte
	session []byte
	suite   uint16
	version Version
	share   bool
}

func parseServerHello(b []byte) (h serverHello, ok bool) {
	r := reader{b: b}
	h.version = Version(r.uint(2))
	h.random = r.take(helloRandomLen)
	h.session = r.vector(1)
	h.suite = uint16(r.uint(2))
	r.uint(1)
	if r.bad {
		return h, false
	}
	if len(r.b) == 0 {
		return h, true
	}
	ext := reader{b: r.vector(2)}
	if !r.end() {
		return h, false
	}
	for len(ext.b) > 0 && !ext.bad {
		kind, body := ext.uint(2), reader{b: ext.vector(2)}
		switch kind {
		case extVersions:
			h.version = Version(body.uint(2))
			ext.bad = ext.bad || !body.end()
		case extKeyShare:
			h.share = body.uint(2) == groupX25519 && len(body.vector(2)) == 32
			ext.bad = ext.bad || !body.end()
		}
	}
	return h, !ext.bad
}

// parseCertificate returns the first certificate of a Certificate message, nil when it is empty.
func parseCertificate(b []byte, v Version) (der []byte, ok bool) {
	r := reader{b: b}
	if v == TLS13 {
		if len(r.vector(1)) != 0 {
			return nil, false
		}
	}
	list := reader{b: r.vector(3)}
	if !r.end() {
		return nil, false
	}
	for len(list.b) > 0 && !list.bad {
		c := list.vector(3)
		if v == TLS13 {
			list.vector(2)
		}
		if der == nil {
			der = c
		}
	}
	return der, !list.bad
}
