package sip

import "encoding/binary"

// Packed is a dialog in one piece of text: half the memory, for dialogs that last and are seldom used. "" is none.
type Packed string

// Pack returns the dialog's packed form. It shares nothing with the dialog.
func (d *Dialog) Pack() Packed {
	b := make([]byte, 0, 256)
	for _, n := range [...]uint32{d.LocalSeq, d.RemoteSeq, d.InviteSeq} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	flags := byte(0)
	if d.Confirmed {
		flags |= 1
	}
	if d.UAC {
		flags |= 2
	}
	b = append(b, flags)
	for _, s := range [...]string{d.CallID, d.LocalTag, d.RemoteTag, d.Local, d.Remote, d.Contact, d.Target} {
		b = appendText(b, s)
	}
	for _, r := range d.Routes {
		b = appendText(b, r)
	}
	return Packed(b)
}

// Dialog unpacks the dialog; nil for "".
func (p Packed) Dialog() *Dialog {
	if p == "" {
		return nil
	}
	d := &Dialog{}
	for _, n := range [...]*uint32{&d.LocalSeq, &d.RemoteSeq, &d.InviteSeq} {
		*n = uint32(p.number())
	}
	d.Confirmed, d.UAC = p[0]&1 != 0, p[0]&2 != 0
	p = p[1:]
	for _, s := range [...]*string{&d.CallID, &d.LocalTag, &d.RemoteTag, &d.Local, &d.Remote, &d.Contact, &d.Target} {
		*s = p.text()
	}
	for p != "" {
		d.Routes = append(d.Routes, p.text())
	}
	return d
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func (p *Packed) number() (n uint64) {
	for shift := 0; ; shift += 7 {
		c := (*p)[0]
		*p = (*p)[1:]
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return n
		}
	}
}

func (p *Packed) text() string {
	n := p.number()
	s := string((*p)[:n])
	*p = (*p)[n:]
	return s
}
