package mrfc

import (
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sdp"
)

// theLine finds the message line of a body, with an address.
func theLine(body string) (l sdp.Line, ok bool) {
	d, err := sdp.Parse([]byte(body))
	if err != nil || d.Lines() == 0 {
		return l, false
	}
	l = d.Line(0)
	if _, ok := l.Address(); !ok || l.Rejected() || l.Media() != "message" || l.Proto().App != sdp.MSRP {
		return l, false
	}
	return l, true
}

// takeLine takes the participant's line.
func (c *call) takeLine(l sdp.Line) {
	c.peer, c.heard = l, true
	c.secure = l.Proto().Security == sdp.TLS
}

func (c *call) proto() sdp.Proto {
	p := sdp.Proto{Transport: sdp.TCP, App: sdp.MSRP}
	if c.secure {
		p.Security = sdp.TLS
	}
	return p
}

// client reports whether the MRFP is TLS client: with MSRP who opens TCP is (RFC 4572, RFC 6135).
func (c *call) client() bool { return c.secure && c.role == sdp.Active }

// describe writes our side for SIP: the termination's address, path and fingerprint.
func (c *call) describe(setup sdp.Setup) string {
	ap, _ := c.local.Address()
	d := sdp.New(uint64(c.slot)+1, 1, ap.Addr())
	l := d.AddLine("message", ap.Port(), c.proto(), "*")
	path, _ := c.local.Attr(sdp.AttrPath)
	l.Set(sdp.AttrPath, path)
	l.Set(sdp.AttrAcceptTypes, "message/cpim text/plain application/octet-stream")
	l.SetSetup(setup)
	fps, _ := c.local.Fingerprints()
	for _, fp := range fps {
		l.Add(sdp.AttrFingerprint, fp.String())
	}
	return string(d.Bytes())
}

// wanted is the Local descriptor that leaves address, path and fingerprint to the MRFP.
func (c *call) wanted(setup sdp.Setup) []byte {
	f := sdp.Fragment{Media: "message", AnyPort: true, Family: sdp.IP6, Proto: c.proto(), Format: "*"}
	if c.m.Addr.Is4() {
		f.Family = sdp.IP4
	}
	f.Add(sdp.AttrSetup, setup.String())
	f.Add(sdp.AttrPath, "$")
	if c.secure {
		f.Add(sdp.AttrFingerprint, "SHA-256 $")
	}
	return f.Append(nil)
}

// remote is the Remote descriptor: where the participant is, its path and its fingerprints; nil while it has not said.
func (c *call) remote() []byte {
	if !c.heard {
		return nil
	}
	f := sdp.Fragment{Media: "message", Port: c.peer.Port(), Proto: c.proto(), Format: "*"}
	if ap, ok := c.peer.Address(); ok {
		f.SetAddress(ap)
	}
	if path, ok := c.peer.Attr(sdp.AttrPath); ok {
		f.Add(sdp.AttrPath, path)
	}
	if c.secure {
		for _, fp := range c.peer.Fingerprints() {
			f.Add(sdp.AttrFingerprint, fp.String())
		}
	}
	return f.Append(nil)
}

// orders has the MRFP open the connection where it is active, and start TLS where it is client (§2.3).
func (c *call) orders(cmd *h248.Command) {
	if c.role != sdp.Active || !c.heard {
		return
	}
	cmd.Order(h248.Signal{Name: "tcpbcc/EstBNC", Stream: 1})
	if c.client() {
		cmd.Order(h248.Signal{Name: "tlsbsc/EstBNC", Stream: 1})
	}
}
