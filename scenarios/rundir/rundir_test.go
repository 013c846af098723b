package rundir

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imsim/sim"
)

var sampleMilestones = []Milestone{
	{1, "ue-a", "", "session.start", 1, 0, "chat"},
	{1, "agw", "access", "tls.failed", 2, 20e6, "bad \"certificate\", expired"},
	{0, "pcscf", "", "h248.association.up", 1, 20e6, ""},
}

var sampleKPIs = []KPI{{"session-setup-time", "p95", "189000000", "ns", "chat", "run"}, {"session-establishment-ratio", "mean", "0.5", "1", "", "run"}}

func ptr(n int64) *int64 { return &n }

var sampleSessions = []Session{
	{Session: 1, Class: "chat", From: "ue-a", Outcome: "released", Start: 5, Established: ptr(10), End: ptr(20), SetUp: ptr(5), Messages: 2},
	{Session: 2, Class: "chat", From: "ue-a", Outcome: "failed", Start: 7},
}

func writeRun(t *testing.T, dir, title string, status Status) string {
	t.Helper()
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	tw, err := w.Trace(func(e sim.Entity) string { return []string{"ue-a", "agw.access>ue-a.eth0"}[e] })
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range sampleTrace {
		tw.Record(sim.RecordID(i+1), &r)
	}
	m := Manifest{Scenario: Scenario{Name: "s", Title: title, Hash: "abc"}, Seed: 7, Version: "1", Nodes: []string{"ue-a"}, Started: time.Unix(0, 0).UTC()}
	m.SetFingerprint(&sim.Fingerprint{})
	c, err := w.Capture("all")
	if err == nil {
		_, err = c.Write([]byte("pcap"))
	}
	if err == nil {
		err = w.Milestones(slices.Values(sampleMilestones))
	}
	if err == nil {
		err = w.KPIs(slices.Values(sampleKPIs))
	}
	if err == nil {
		err = w.Sessions(&m, slices.Values(sampleSessions))
	}
	if err != nil {
		t.Fatal(err)
	}
	where, err := w.Finish(m, Summary{Status: status, Outcome: "partial", Sessions: Sessions{2, 1, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	return where
}

var sampleTrace = []sim.Record{
	{At: 0, Node: 0, Kind: "session.start", Text: " chat", Cause: sim.Cause{Session: 1}},
	{At: 20e6, Node: 1, Kind: "link.hop", Cause: sim.Cause{Record: 1, Session: 1}, Queueing: 1, Serialisation: 2, Rest: sim.Propagation},
	{At: 20e6, Node: 0, Kind: "sip.received", Text: "a \"b\"\\\n\x01\xffü", Cause: sim.Cause{Record: 2, Session: 1}},
}

func TestReadBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out", "run")
	if where := writeRun(t, dir, "title", Complete); where != dir {
		t.Errorf("written to %s", where)
	}
	if left, _ := os.ReadDir(filepath.Dir(dir)); len(left) != 1 {
		t.Errorf("beside the run there is %v", left)
	}
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if r.Manifest.Scenario.Title != "title" || r.Manifest.Seed != 7 || !r.Manifest.Trace || r.Summary.Sessions != (Sessions{2, 1, 1, 1}) {
		t.Errorf("%+v %+v", r.Manifest, r.Summary)
	}
	if len(r.Manifest.Ingredients) != int(sim.NumIngredients) || r.Manifest.Fingerprint == "" {
		t.Errorf("fingerprint %v", r.Manifest.Ingredients)
	}
	ms, err := r.Milestones()
	if err != nil || cmp.Diff(sampleMilestones, ms) != "" {
		t.Error(err, cmp.Diff(sampleMilestones, ms))
	}
	ks, err := r.KPIs()
	if err != nil || cmp.Diff(sampleKPIs, ks) != "" {
		t.Error(err, cmp.Diff(sampleKPIs, ks))
	}
	ss, meta, err := r.Sessions()
	if err != nil || cmp.Diff(sampleSessions, ss) != "" {
		t.Error(err, cmp.Diff(sampleSessions, ss))
	}
	if meta["seed"] != "7" || meta["scenario_hash"] != "abc" || meta["version"] != "1" {
		t.Error(meta)
	}
	tr, err := r.Trace()
	if err != nil {
		t.Fatal(err)
	}
	want := []Record{
		{ID: 1, Session: 1, Node: "ue-a", Kind: "session.start", Text: " chat"},
		{ID: 2, Cause: 1, Session: 1, At: 20e6, Queueing: 1, Serialisation: 2, Rest: sim.Propagation, Node: "agw.access>ue-a.eth0", Kind: "link.hop"},
		{ID: 3, Cause: 2, Session: 1, At: 20e6, Node: "ue-a", Kind: "sip.received", Text: "a \"b\"\\\n\x01\ufffdü"},
	}
	if d := cmp.Diff(want, tr.Records); d != "" {
		t.Error(d)
	}
	if tr.At(0) != nil || tr.At(4) != nil || tr.At(3).Kind != "sip.received" {
		t.Error("records by number")
	}
	if c, err := r.Captures(); err != nil || len(c) != 1 || filepath.Base(c[0]) != "all.pcapng" {
		t.Error(c, err)
	}
}

func title(t *testing.T, dir string) string {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r.Manifest.Scenario.Title + " " + string(r.Summary.Status)
}

func TestReplace(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	writeRun(t, dir, "first", Interrupted)
	if got := title(t, dir); got != "first interrupted" {
		t.Error(got)
	}
	writeRun(t, dir, "second", Complete)
	if got := title(t, dir); got != "second complete" {
		t.Error(got)
	}
	if err := os.WriteFile(filepath.Join(dir, "ladder-3.svg"), nil, 0o666); err != nil {
		t.Fatal(err)
	}

	w, err := Create(dir) // breaks off without a word
	if err != nil {
		t.Fatal(err)
	}
	if got := title(t, dir); got != "second complete" {
		t.Error("while another is under way:", got)
	}
	w.Abandon()
	if got := title(t, dir); got != "second complete" {
		t.Error("after another broke off:", got)
	}

	where := writeRun(t, dir, "third", Interrupted)
	if got := title(t, where); where != dir+".interrupted" || got != "third interrupted" {
		t.Error(where, got)
	}
	if got := title(t, dir); got != "second complete" {
		t.Error("after an interrupted one:", got)
	}
	writeRun(t, dir, "fourth", Complete)
	if got := title(t, dir); got != "fourth complete" {
		t.Error(got)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), ".*")); len(left) > 0 {
		t.Error("left over:", left)
	}

	// A machine that stopped between the two renames.
	if err := os.Rename(dir, filepath.Join(filepath.Dir(dir), ".run.replaced-1-0")); err != nil {
		t.Fatal(err)
	}
	if w, err = Create(dir); err != nil {
		t.Fatal(err)
	}
	w.Abandon()
	if got := title(t, dir); got != "fourth complete" {
		t.Error("put back:", got)
	}
}

// TestLinksAndMounts writes through a symbolic link, and into a directory that cannot be renamed.
func TestLinksAndMounts(t *testing.T) {
	base := t.TempDir()
	link, nowhere := filepath.Join(base, "link"), filepath.Join(base, "nowhere")
	if err := os.Mkdir(filepath.Join(base, "real"), 0o777); err != nil {
		t.Fatal(err)
	}
	if os.Symlink(filepath.Join(base, "real"), link) != nil || os.Symlink(filepath.Join(base, "absent"), nowhere) != nil {
		t.Skip("no symbolic links here")
	}
	writeRun(t, link, "linked", Complete)
	st, err := os.Lstat(link)
	if err != nil || st.Mode().Type() != os.ModeSymlink {
		t.Errorf("the link was replaced: %v, %v", st, err)
	}
	if got := title(t, filepath.Join(base, "real")); got != "linked complete" {
		t.Error(got)
	}
	if _, err := Create(nowhere); err == nil || !strings.Contains(err.Error(), "leads nowhere") {
		t.Error(err)
	}

	mounted := filepath.Join(base, "mounted")
	writeRun(t, mounted, "first", Complete)
	w, err := Create(filepath.Join(base, "second"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.tmp, KPIsFile), []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := w.fill(mounted); err != nil {
		t.Fatal(err)
	}
	if list, err := os.ReadDir(mounted); err != nil || len(list) != 1 || list[0].Name() != KPIsFile {
		t.Errorf("%v, %v", list, err)
	}
	if left, _ := filepath.Glob(filepath.Join(base, ".*")); len(left) > 0 {
		t.Error("left over:", left)
	}
}

func TestRefused(t *testing.T) {
	base := t.TempDir()
	put := func(name, content string) {
		t.Helper()
		p := filepath.Join(base, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	put("foreign/notes.txt", "mine")
	put("other/manifest.json", `{"name": "an app"}`)
	put("file", "")
	writeRun(t, filepath.Join(base, "mixed"), "", Complete)
	put("mixed/notes.txt", "mine")
	for name, want := range map[string]string{
		"foreign": "was not written by simulate", "other": "was not written by simulate", "file": "is a file",
		"mixed": "holds notes.txt", "file/below": "cannot be made",
	} {
		if _, err := Create(filepath.Join(base, name)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if err := os.Mkdir(filepath.Join(base, "empty"), 0o777); err != nil {
		t.Fatal(err)
	}
	writeRun(t, filepath.Join(base, "empty"), "", Complete)
	if left, _ := filepath.Glob(filepath.Join(base, ".*")); len(left) > 0 {
		t.Error("left over:", left)
	}
	if os.Getuid() != 0 {
		if err := os.Mkdir(filepath.Join(base, "closed"), 0o555); err != nil {
			t.Fatal(err)
		}
		if _, err := Create(filepath.Join(base, "closed", "run")); err == nil || !strings.Contains(err.Error(), "nothing can be written") {
			t.Error(err)
		}
	}
}

func TestDiskFull(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	dir := filepath.Join(t.TempDir(), "run")
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	f, err := w.create(TraceFile)
	if err != nil {
		t.Fatal(err)
	}
	f.f.Close()
	if f.f, err = os.OpenFile("/dev/full", os.O_WRONLY, 0); err != nil {
		t.Fatal(err)
	}
	f.Writer.Reset(f.f)
	w.trace = NewTraceWriter(f, func(sim.Entity) string { return "ue-a" })
	for i := range 5000 {
		w.trace.Record(sim.RecordID(i+1), &sampleTrace[0])
	}
	if err := w.Err(); err == nil || !strings.Contains(err.Error(), "no space left") || !strings.Contains(err.Error(), "make room") {
		t.Errorf("while the run goes on: %v", err)
	}
	if _, err := w.Finish(Manifest{}, Summary{Status: Complete}); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, TraceFile)) {
		t.Errorf("at the end: %v", err)
	}
	if left, _ := os.ReadDir(filepath.Dir(dir)); len(left) > 0 {
		t.Error("left over:", left)
	}
	if !noSpace(syscall.ENOSPC) {
		t.Error("ENOSPC is not known")
	}
}

func TestDamaged(t *testing.T) {
	good := filepath.Join(t.TempDir(), "run")
	writeRun(t, good, "", Complete)
	read := func(dir string) error {
		r, err := Open(dir)
		if err == nil {
			_, err = r.Milestones()
		}
		if err == nil {
			_, err = r.KPIs()
		}
		if err == nil {
			_, _, err = r.Sessions()
		}
		if err == nil {
			_, err = r.Trace()
		}
		return err
	}
	for _, name := range []string{ManifestFile, SummaryFile, MilestonesFile, KPIsFile, SessionsFile, TraceFile} {
		whole, err := os.ReadFile(filepath.Join(good, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{0, 1, len(whole) / 3, len(whole) / 2, len(whole) - 2, len(whole) - 1} {
			if (name == ManifestFile || name == SummaryFile) && n == len(whole)-1 {
				continue // nothing but the last line's end is missing
			}
			if err := os.WriteFile(filepath.Join(good, name), whole[:n], 0o666); err != nil {
				t.Fatal(err)
			}
			if err := read(good); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s of %d octets cut to %d: %v", name, len(whole), n, err)
			}
		}
		if err := os.WriteFile(filepath.Join(good, name), whole, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := read(good); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ file, old, new, want string }{
		{ManifestFile, `"format": 1`, `"format": 99`, "format 99"},
		{ManifestFile, program, "x", "another program"},
		{MilestonesFile, "time_ns", "time", "another version"},
		{MilestonesFile, ",20000000,", ",soon,", "whole numbers"},
		{TraceFile, `"id":2`, `"id":4`, "without gaps"},
		{TraceFile, `"cause":1`, `"cause":2`, "not before it"},
		{TraceFile, "propagation", "teleport", "unknown kind of time"},
		{TraceFile, `"t":20000000,"cause":2`, `"t":3`, "backwards"},
	} {
		p := filepath.Join(good, c.file)
		whole, _ := os.ReadFile(p)
		os.WriteFile(p, bytes.ReplaceAll(whole, []byte(c.old), []byte(c.new)), 0o666)
		if err := read(good); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with %s: %v, want %q", c.file, c.new, err, c.want)
		}
		os.WriteFile(p, whole, 0o666)
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Error(err)
	}
	if _, err := Open(filepath.Join(good, "nowhere")); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(good, KPIsFile)); err != nil {
		t.Fatal(err)
	}
	if err := read(good); err == nil || !strings.Contains(err.Error(), "lacks kpis.csv") {
		t.Error(err)
	}
}

func TestTraceWriterAllocatesNothing(t *testing.T) {
	var out bytes.Buffer
	out.Grow(1 << 20)
	w := NewTraceWriter(&out, func(sim.Entity) string { return "ue-a" })
	w.Record(1, &sampleTrace[1])
	id := sim.RecordID(1)
	if n := testing.AllocsPerRun(1000, func() { id++; w.Record(id, &sampleTrace[1]) }); n > 0 {
		t.Errorf("%v allocations a record", n)
	}
}

func FuzzReadTrace(f *testing.F) {
	var out bytes.Buffer
	w := NewTraceWriter(&out, func(sim.Entity) string { return "ue-a" })
	for i, r := range sampleTrace {
		w.Record(sim.RecordID(i+1), &r)
	}
	w.Flush()
	f.Add(out.Bytes())
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		tr, err := ReadTrace(bytes.NewReader(b))
		if err != nil {
			return
		}
		for i := range tr.Records {
			if r := &tr.Records[i]; r.Cause >= r.ID {
				t.Fatal("a record is caused by a later one")
			}
		}
	})
}

func BenchmarkTraceWriter(b *testing.B) {
	w := NewTraceWriter(discard{}, func(sim.Entity) string { return "agw.access>ue-a.eth0" })
	id := sim.RecordID(0)
	for b.Loop() {
		id++
		w.Record(id, &sampleTrace[1])
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
