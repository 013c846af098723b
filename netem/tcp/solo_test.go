package tcp

import (
	"fmt"
	"strings"
	"testing"

	"imsim/netem/packet"
	"imsim/sim"
)

// solo is one connection whose peer is the test. Sequence numbers in its scripts are relative: the connection's to its
// ISS, the peer's to the peer's.
type solo struct {
	Conn
	t      testing.TB
	cfg    Config
	at     sim.Time
	syn    packet.TCPHeader // the peer's SYN
	events []Event
	last   sim.Cause // of the last segment out
}

const (
	soloISS = 1000
	soloIRS = 5000
)

func newSolo(t testing.TB) *solo {
	return &solo{t: t, cfg: Config{NoTimestamps: true, NoWindowScale: true, DelayedACK: -1, RecvBuffer: 4000},
		syn: packet.TCPHeader{Seq: soloIRS, Flags: packet.SYN, Window: 10000, HasMSS: true, MSS: 1000}}
}

// cause makes causes that tell what they stand for.
func cause(n int) sim.Cause { return sim.Cause{Record: sim.RecordID(n)} }

func flags(s string) (f packet.Flags) {
	for _, r := range s {
		f |= 1 << strings.IndexRune("FSRP.UEW", r)
	}
	return f
}

// recv lets a segment arrive.
func (s *solo) recv(f string, seq, ack, n int) {
	h := packet.TCPHeader{Flags: flags(f), Seq: soloIRS + uint32(seq), Window: 10000}
	if h.Flags&packet.ACK != 0 {
		h.Ack = soloISS + uint32(ack)
	}
	if h.Flags&packet.SYN != 0 {
		h.HasMSS, h.MSS = true, 1000
	}
	s.recvHeader(&h, n)
}

func (s *solo) recvHeader(h *packet.TCPHeader, n int) {
	p := packet.Payload{}
	p.Append(packet.Synthetic(1, uint64(h.Seq-soloIRS), n))
	s.Segment(s.at, cause(int(s.at/ms)), h, &p)
}

func (s *solo) write(n int) int {
	return s.Write(s.at, cause(int(s.at/ms)), packet.Payload{Spans: []packet.Span{packet.Synthetic(9, uint64(s.end), n)}, Len: n})
}

// out drains segments and events and shows the segments.
func (s *solo) out() string {
	var l []string
	var p packet.Packet
	for s.Emit(s.at, &p) {
		h := &p.TCP
		line := fmt.Sprintf("%v %d", h.Flags, int32(h.Seq-soloISS))
		if h.Flags == packet.RST && h.Seq == 0 || h.Flags == packet.RST|packet.ACK && h.Seq == 0 {
			line = fmt.Sprintf("%v zero", h.Flags)
		}
		if p.Payload.Len > 0 {
			line += fmt.Sprintf("(%d)", p.Payload.Len)
		}
		if h.Flags&packet.ACK != 0 {
			line += fmt.Sprintf(" ack %d", int32(h.Ack-soloIRS))
		}
		s.last = p.Cause
		l = append(l, line)
	}
	for {
		e, ok := s.NextEvent()
		if !ok {
			break
		}
		s.events = append(s.events, e)
	}
	return strings.Join(l, "; ")
}

func (s *solo) want(what string) {
	s.t.Helper()
	if got := s.out(); got != what {
		s.t.Errorf("%v: sent %q, want %q", s.at, got, what)
	}
}

func (s *solo) wantState(st State) {
	s.t.Helper()
	if s.State() != st {
		s.t.Errorf("%v: state %d, want %d", s.at, s.State(), st)
	}
}

// wantEvents compares the kinds of the events since the last call.
func (s *solo) wantEvents(kinds ...EventKind) {
	s.t.Helper()
	var got []EventKind
	for _, e := range s.events {
		got = append(got, e.Kind)
	}
	if fmt.Sprint(got) != fmt.Sprint(kinds) {
		s.t.Errorf("%v: events %v, want %v", s.at, got, kinds)
	}
	s.events = nil
}

// advance moves the clock to the next deadline, which must be d away, and lets it pass.
func (s *solo) advance(d sim.Time) {
	s.t.Helper()
	if got := s.Deadline(); got != s.at+d {
		s.t.Errorf("%v: deadline %v, want %v", s.at, got, s.at+d)
	}
	s.at += d
	s.Tick(s.at, cause(int(s.at/ms)))
}

// into makes a connection in the given state, with nothing left to send.
func into(t testing.TB, st State, change ...func(*solo)) *solo {
	t.Helper()
	s := newSolo(t)
	for _, f := range change {
		f(s)
	}
	switch st {
	case Closed:
		return s
	case SynSent:
		s.OpenActive(s.at, cause(1), &s.cfg, addrA, addrB, soloISS)
	default:
		s.OpenPassive(s.at, &Opening{Local: addrA, Remote: addrB, Header: s.syn, Why: cause(1)}, &s.cfg, soloISS, false)
	}
	s.out()
	if st > SynReceived {
		s.recv(".", 1, 1, 0)
	}
	switch st {
	case FinWait1, Closing:
		s.CloseWrite(s.at, cause(2))
		s.out()
	case FinWait2, TimeWait:
		s.CloseWrite(s.at, cause(2))
		s.out()
		s.recv(".", 1, 2, 0)
	case CloseWait, LastAck:
		s.recv("F.", 1, 1, 0)
	}
	s.out()
	switch st {
	case Closing:
		s.recv("F.", 1, 1, 0)
	case TimeWait:
		s.recv("F.", 1, 2, 0)
	case LastAck:
		s.CloseWrite(s.at, cause(2))
	}
	s.out()
	s.events = nil
	s.wantState(st)
	return s
}
