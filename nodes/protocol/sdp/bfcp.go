package sdp

import (
	"strconv"
	"strings"
)

// Names of the attributes of a BFCP line (RFC 8856 §5; RFC 4574 for label).
const (
	AttrFloorControl = "floorctrl"
	AttrConference   = "confid"
	AttrUser         = "userid"
	AttrFloor        = "floorid"
	AttrBFCPVersion  = "bfcpver"
	AttrLabel        = "label"
)

// FloorControl is the roles in floor control that a side can take, or with one of the two does take (RFC 8856 §5.1).
type FloorControl uint8

// The roles.
const (
	FloorClient FloorControl = 1 << iota // c-only
	FloorServer                          // s-only
)

// FloorControl returns what the line says; ok is false when it says nothing, or nothing that is known.
func (l Line) FloorControl() (c FloorControl, ok bool) {
	v, _ := l.Attr(AttrFloorControl)
	for _, role := range strings.Fields(v) {
		switch role {
		case "c-only":
			c |= FloorClient
		case "s-only":
			c |= FloorServer
		case "c-s": // RFC 4583 §4, which RFC 8856 §5.1 has no more
			c |= FloorClient | FloorServer
		}
	}
	return c, c != 0
}

func (c FloorControl) String() string {
	switch c {
	case FloorClient:
		return "c-only"
	case FloorServer:
		return "s-only"
	case FloorClient | FloorServer:
		return "c-only s-only"
	}
	return ""
}

// OfferedFloorControl returns the roles that an offer leaves its sender; without the attribute that is the client's (RFC 8856 §5.1).
func (l Line) OfferedFloorControl() FloorControl {
	if c, ok := l.FloorControl(); ok {
		return c
	}
	return FloorClient
}

// AnswerFloorControl returns the role that the answerer takes: the one it prefers, where the offerer can take the other.
func AnswerFloorControl(offered, prefer FloorControl) FloorControl {
	if other := prefer.Other(); offered&other != 0 {
		return prefer
	}
	return offered.Other() & (FloorClient | FloorServer)
}

// Other returns the role of the other side.
func (c FloorControl) Other() FloorControl {
	switch c {
	case FloorClient:
		return FloorServer
	case FloorServer:
		return FloorClient
	}
	return c
}

// AnsweredFloorControl returns the role that an answer's sender has taken, without the attribute the server's; ok is false for an
// answer that leaves it open, or that takes what the offerer could not leave it (RFC 8856 §5.1).
func (l Line) AnsweredFloorControl(offered FloorControl) (c FloorControl, ok bool) {
	if c, ok = l.FloorControl(); !ok {
		c = FloorServer
	}
	return c, (c == FloorClient || c == FloorServer) && offered&c.Other() != 0
}

// Conference returns a=confid (RFC 8856 §5.2).
func (l Line) Conference() (id uint32, ok bool) {
	v, _ := l.Attr(AttrConference)
	n, err := strconv.ParseUint(v, 10, 32)
	return uint32(n), err == nil
}

// User returns a=userid (RFC 8856 §5.3).
func (l Line) User() (id uint16, ok bool) {
	v, _ := l.Attr(AttrUser)
	n, err := strconv.ParseUint(v, 10, 16)
	return uint16(n), err == nil
}

// Floor is a floor and the labels of the media that it is about (RFC 8856 §5.4).
type Floor struct {
	ID     uint16
	Labels []string
}

// Floors returns the line's a=floorid, in their order. Malformed ones are left out. "m-stream:" counts as "mstrm:": an example of
// RFC 4583 has it.
func (l Line) Floors() (all []Floor) {
	for _, a := range l.m.Attributes {
		if a.Key != AttrFloor {
			continue
		}
		id, rest, _ := strings.Cut(a.Value, " ")
		n, err := strconv.ParseUint(id, 10, 16)
		if err != nil {
			continue
		}
		labels, ok := strings.CutPrefix(rest, "mstrm:")
		if !ok {
			labels, _ = strings.CutPrefix(rest, "m-stream:")
		}
		all = append(all, Floor{uint16(n), strings.Fields(labels)})
	}
	return all
}

func (f Floor) String() string {
	s := strconv.Itoa(int(f.ID))
	if len(f.Labels) > 0 {
		s += " mstrm:" + strings.Join(f.Labels, " ")
	}
	return s
}

// SetFloorServer writes what a side that is, or may be, the floor control server has to say: the conference, the user that the
// other side is in it, and its floors (RFC 8856 §5.2 to §5.4).
func (l Line) SetFloorServer(conference uint32, user uint16, floors ...Floor) {
	l.Set(AttrConference, strconv.FormatUint(uint64(conference), 10))
	l.Set(AttrUser, strconv.Itoa(int(user)))
	l.Remove(AttrFloor)
	for _, f := range floors {
		l.Add(AttrFloor, f.String())
	}
}

// BFCPVersions returns the versions of a=bfcpver, without it the one that goes with the transport (RFC 8856 §5.5).
func (l Line) BFCPVersions() (all []uint8) {
	v, _ := l.Attr(AttrBFCPVersion)
	for _, s := range strings.Fields(v) {
		if n, err := strconv.ParseUint(s, 10, 8); err == nil {
			all = append(all, uint8(n))
		}
	}
	switch {
	case all != nil:
		return all
	case l.Proto().Transport == UDP:
		return []uint8{2}
	}
	return []uint8{1}
}
