package rundir

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"imsim/sim"
)

// TraceWriter writes trace.ndjson: one record a line, in the order of the run. Fields that are zero or empty are left out,
// id, t, node and kind never.
type TraceWriter struct {
	w     io.Writer
	name  func(sim.Entity) string
	names [][]byte // quoted, by entity
	buf   []byte
	n     int
	err   error
}

// NewTraceWriter writes to w; name resolves entities and must know each one by the time it is recorded.
func NewTraceWriter(w io.Writer, name func(sim.Entity) string) *TraceWriter {
	return &TraceWriter{w: w, name: name, buf: make([]byte, 0, traceBuffer+4096)}
}

const traceBuffer = 64 << 10

// Record appends one record; it fits sim.Config.Trace. An error is kept for Flush, and ends the writing.
func (t *TraceWriter) Record(id sim.RecordID, r *sim.Record) {
	t.n++
	b := append(t.buf, `{"id":`...)
	b = strconv.AppendUint(b, uint64(id), 10)
	b = append(b, `,"t":`...)
	b = strconv.AppendInt(b, int64(r.At), 10)
	b = appendField(b, `,"cause":`, int64(r.Cause.Record))
	b = appendField(b, `,"session":`, int64(r.Cause.Session))
	b = append(b, `,"node":`...)
	b = append(b, t.quoted(r.Node)...)
	b = append(b, `,"kind":`...)
	b = appendQuoted(b, r.Kind)
	b = appendField(b, `,"queueing":`, int64(r.Queueing))
	b = appendField(b, `,"serialisation":`, int64(r.Serialisation))
	if r.Rest != sim.Instant {
		b = append(b, `,"rest":"`...)
		b = append(b, r.Rest.String()...)
		b = append(b, '"')
	}
	if r.Text != "" {
		b = append(b, `,"text":`...)
		b = appendQuoted(b, r.Text)
	}
	t.buf = append(b, '}', '\n')
	if len(t.buf) >= traceBuffer {
		t.Flush()
	}
}

// Flush writes out what is buffered and returns the first error so far.
func (t *TraceWriter) Flush() error {
	if t.err == nil && len(t.buf) > 0 {
		_, t.err = t.w.Write(t.buf)
	}
	t.buf = t.buf[:0]
	return t.err
}

func (t *TraceWriter) quoted(e sim.Entity) []byte {
	for int(e) >= len(t.names) {
		t.names = append(t.names, nil)
	}
	if t.names[e] == nil {
		t.names[e] = appendQuoted(nil, t.name(e))
	}
	return t.names[e]
}

func appendField(b []byte, key string, n int64) []byte {
	if n == 0 {
		return b
	}
	return strconv.AppendInt(append(b, key...), n, 10)
}

// appendQuoted appends s as a JSON string (RFC 8259 §7). What is not UTF-8 becomes U+FFFD.
func appendQuoted(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += n
			continue
		default:
			b = append(b, c)
		}
		i++
	}
	return append(b, '"')
}

// Record is one record of a trace as it is read: see sim.Record. The node is the name of the record's entity.
type Record struct {
	ID            sim.RecordID
	Cause         sim.RecordID // 0: none
	Session       sim.SessionID
	At            sim.Time
	Queueing      time.Duration
	Serialisation time.Duration
	Rest          sim.Share
	Node          string
	Kind          string
	Text          string
}

// Trace is all records of a run.
type Trace struct {
	Records []Record // numbered from 1: record n is Records[n-1]
}

// At returns the record of a number, or nil.
func (t *Trace) At(id sim.RecordID) *Record {
	if id == 0 || int64(id) > int64(len(t.Records)) {
		return nil
	}
	return &t.Records[id-1]
}

type traceLine struct {
	ID            *uint32 `json:"id"`
	T             *int64  `json:"t"`
	Cause         uint32  `json:"cause"`
	Session       uint32  `json:"session"`
	Node          string  `json:"node"`
	Kind          string  `json:"kind"`
	Queueing      int64   `json:"queueing"`
	Serialisation int64   `json:"serialisation"`
	Rest          string  `json:"rest"`
	Text          string  `json:"text"`
}

var shares = func() map[string]sim.Share {
	m := map[string]sim.Share{"": sim.Instant}
	for s := sim.Instant; s < sim.NumShares; s++ {
		m[s.String()] = s
	}
	return m
}()

// ReadTrace reads a trace.
func ReadTrace(r io.Reader) (*Trace, error) {
	t := &Trace{}
	known := map[string]string{} // one copy of each name
	intern := func(s string) string {
		if k, ok := known[s]; ok {
			return k
		}
		known[s] = s
		return s
	}
	br := bufio.NewReaderSize(r, traceBuffer)
	var last sim.Time
	for n := 1; ; n++ {
		line, err := br.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			return t, nil
		}
		if err == io.EOF {
			return nil, fmt.Errorf("%s:%d: ends in the middle of a line: it is cut off", TraceFile, n)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", TraceFile, n, err)
		}
		var l traceLine
		if err := json.Unmarshal(line, &l); err != nil {
			return nil, fmt.Errorf("%s:%d: is no record: %w", TraceFile, n, err)
		}
		rest, ok := shares[l.Rest]
		switch {
		case l.ID == nil || l.T == nil || l.Kind == "":
			return nil, fmt.Errorf("%s:%d: is no record: it lacks id, t or kind", TraceFile, n)
		case int64(*l.ID) != int64(n):
			return nil, fmt.Errorf("%s:%d: is record %d: records are numbered from 1 without gaps", TraceFile, n, *l.ID)
		case l.Cause >= *l.ID:
			return nil, fmt.Errorf("%s:%d: is caused by record %d, which is not before it", TraceFile, n, l.Cause)
		case sim.Time(*l.T) < last || l.Queueing < 0 || l.Serialisation < 0:
			return nil, fmt.Errorf("%s:%d: time goes backwards", TraceFile, n)
		case !ok:
			return nil, fmt.Errorf("%s:%d: unknown kind of time %q", TraceFile, n, l.Rest)
		}
		last = sim.Time(*l.T)
		t.Records = append(t.Records, Record{
			ID: sim.RecordID(*l.ID), Cause: sim.RecordID(l.Cause), Session: sim.SessionID(l.Session), At: last,
			Queueing: time.Duration(l.Queueing), Serialisation: time.Duration(l.Serialisation), Rest: rest,
			Node: intern(l.Node), Kind: intern(l.Kind), Text: intern(l.Text),
		})
	}
}
