package sdp

import (
	"slices"

	pion "github.com/pion/sdp/v3"

	"imsim/nodes/protocol/ice"
)

// Names of the attributes of ICE (RFC 8839 §5).
const (
	AttrCandidate   = "candidate"
	AttrICEUfrag    = "ice-ufrag"
	AttrICEPwd      = "ice-pwd"
	AttrICELite     = "ice-lite"     // session level
	AttrICEMismatch = "ice-mismatch" // in an answer
	AttrICEOptions  = "ice-options"  // session level
)

var iceLine = []string{AttrICEUfrag, AttrICEPwd, AttrCandidate, AttrICEMismatch, "remote-candidates"}

// ICE is what a line says of ICE.
type ICE struct {
	ice.Credentials
	Lite       bool
	Candidates []ice.Candidate // for TCP; others are not ours to use
}

// ICE returns what the line says of ICE; ok is false without credentials and candidates for TCP, or where the default destination
// is none of them, which mismatch tells apart.
func (l Line) ICE() (i ICE, ok, mismatch bool) {
	i.Ufrag, _ = l.inherited(AttrICEUfrag)
	i.Pwd, _ = l.inherited(AttrICEPwd)
	_, i.Lite = first(l.d.Attributes, AttrICELite)
	for _, a := range l.m.Attributes {
		if a.Key != AttrCandidate {
			continue
		}
		if c, ok := ice.ParseCandidate(a.Value); ok {
			i.Candidates = append(i.Candidates, c)
		}
	}
	if !i.Valid() || len(i.Candidates) == 0 {
		return i, false, false
	}
	at, ok := l.Address()
	mismatch = !ok || ice.Mismatch(at, i.Candidates)
	return i, !mismatch, mismatch
}

// SetICE makes the line, of a description with one line, say what i does.
func (l Line) SetICE(i ICE) {
	l.DropICE()
	if i.Lite {
		l.d.Attributes = append(l.d.Attributes, pion.Attribute{Key: AttrICELite})
	}
	// RFC 8839 §5.6: RFC 8445 is what is spoken.
	l.d.Attributes = append(l.d.Attributes, pion.Attribute{Key: AttrICEOptions, Value: "ice2"})
	l.Add(AttrICEUfrag, i.Ufrag)
	l.Add(AttrICEPwd, i.Pwd)
	for _, c := range i.Candidates {
		l.Add(AttrCandidate, c.String())
	}
}

// DropICE removes all attributes of ICE, of the line and of its session.
func (l Line) DropICE() {
	for _, k := range iceLine {
		l.Remove(k)
	}
	l.d.Attributes = slices.DeleteFunc(l.d.Attributes, func(a pion.Attribute) bool {
		return a.Key == AttrICELite || a.Key == AttrICEOptions || slices.Contains(iceLine, a.Key)
	})
}

// ICE returns what a fragment says of ICE; ok is false without credentials. Of a fragment that a gateway has to fill in, choose is
// true.
func (f *Fragment) ICE() (i ICE, ok, choose bool) {
	i.Ufrag, ok = f.Attr(AttrICEUfrag)
	i.Pwd, _ = f.Attr(AttrICEPwd)
	_, i.Lite = f.Attr(AttrICELite)
	if i.Ufrag == "$" {
		return i, false, true
	}
	for _, a := range f.Attributes {
		if c, ok := ice.ParseCandidate(a.Value); ok && a.Key == AttrCandidate {
			i.Candidates = append(i.Candidates, c)
		}
	}
	return i, ok && i.Valid(), false
}

// SetICE makes the fragment say what i does.
func (f *Fragment) SetICE(i ICE) {
	f.DropICE()
	f.Add(AttrICEUfrag, i.Ufrag)
	f.Add(AttrICEPwd, i.Pwd)
	for _, c := range i.Candidates {
		f.Add(AttrCandidate, c.String())
	}
	if i.Lite {
		f.Add(AttrICELite, "")
	}
}

// ChooseICE asks a gateway for its credentials and candidates.
func (f *Fragment) ChooseICE() {
	f.DropICE()
	f.Add(AttrICEUfrag, "$")
	f.Add(AttrICEPwd, "$")
	f.Add(AttrCandidate, "$")
	f.Add(AttrICELite, "")
}

// DropICE removes all attributes of ICE.
func (f *Fragment) DropICE() {
	for _, k := range append(iceLine, AttrICELite) {
		f.Remove(k)
	}
}
