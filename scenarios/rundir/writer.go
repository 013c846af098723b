package rundir

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"imsim/sim"
)

// Writer writes one run. It works in a hidden directory beside the one asked for; Finish puts it in place, Abandon
// removes it.
type Writer struct {
	dir   string   // where the run shall be
	tmp   string   // where it is written
	above []string // directories that were made for it, the innermost first
	trace *TraceWriter
	open  []*file
	lines map[string]int // of text files, without headings
	err   error
}

// Create prepares for a run into dir. It fails, before anything is run, where dir cannot be written or holds something
// that simulate did not write.
func Create(dir string) (*Writer, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("output directory: %w", err)
	}
	if to, err := filepath.EvalSymlinks(dir); err == nil {
		dir = to // a link is followed, not replaced
	} else if _, err := os.Lstat(dir); err == nil {
		return nil, fmt.Errorf("output directory %s is a link that leads nowhere (remove it, or name another with --out)", dir)
	}
	parent := filepath.Dir(dir)
	w := &Writer{dir: dir, above: missing(parent), lines: map[string]int{}}
	if err := os.MkdirAll(parent, 0o777); err != nil {
		w.removeAbove()
		return nil, fmt.Errorf("output directory %s cannot be made: %w (name another with --out)", dir, cause(err))
	}
	recoverReplaced(dir)
	if err := Replaceable(dir); err != nil {
		return nil, err
	}
	if w.tmp, err = hidden(dir, "partial"); err != nil {
		w.removeAbove()
		return nil, fmt.Errorf("nothing can be written in %s: %w (name another directory with --out)", parent, cause(err))
	}
	return w, nil
}

// missing returns dir and what is above it, as far as it does not exist.
func missing(dir string) (list []string) {
	for {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return list
		}
		list = append(list, dir)
		dir = filepath.Dir(dir)
	}
}

// removeAbove takes back the directories that were made, as far as nothing else has come to be in them.
func (w *Writer) removeAbove() {
	for _, dir := range w.above {
		os.Remove(dir)
	}
}

// hidden makes a directory beside dir that no other process makes.
func hidden(dir, what string) (string, error) {
	for i := 0; ; i++ {
		name := filepath.Join(filepath.Dir(dir), fmt.Sprintf(".%s.%s-%d-%d", filepath.Base(dir), what, os.Getpid(), i))
		if err := os.Mkdir(name, 0o777); !errors.Is(err, os.ErrExist) || i > 1000 {
			return name, err
		}
	}
}

// Dir returns the directory that files are written into for now.
func (w *Writer) Dir() string { return w.tmp }

// Trace starts trace.ndjson. name resolves the names of entities.
func (w *Writer) Trace(name func(sim.Entity) string) (*TraceWriter, error) {
	f, err := w.create(TraceFile)
	if err != nil {
		return nil, err
	}
	w.trace = NewTraceWriter(f, name)
	return w.trace, nil
}

// Capture starts captures/name.pcapng. The writer closes it in Finish.
func (w *Writer) Capture(name string) (io.Writer, error) {
	if err := os.MkdirAll(filepath.Join(w.tmp, CapturesDir), 0o777); err != nil {
		return nil, w.fail(CapturesDir, err)
	}
	return w.create(filepath.Join(CapturesDir, name+".pcapng"))
}

// Milestones writes milestones.csv.
func (w *Writer) Milestones(rows iter.Seq[Milestone]) error {
	return w.whole(MilestonesFile, func(f io.Writer) (err error) {
		w.lines[MilestonesFile], err = writeTable(f, milestoneColumns, rows)
		return err
	})
}

// KPIs writes kpis.csv.
func (w *Writer) KPIs(rows iter.Seq[KPI]) error {
	return w.whole(KPIsFile, func(f io.Writer) (err error) {
		w.lines[KPIsFile], err = writeTable(f, kpiColumns, rows)
		return err
	})
}

// Sessions writes sessions.parquet, with the scenario's name and hash, the seed and the version of m as metadata.
func (w *Writer) Sessions(m *Manifest, rows iter.Seq[Session]) error {
	return w.whole(SessionsFile, func(f io.Writer) error { return writeSessions(f, m, rows) })
}

// File writes a file of an analysis into the directory. Its name must be one that a run directory may hold.
func (w *Writer) File(name string, write func(io.Writer) error) error { return w.whole(name, write) }

// Err returns the first error of writing so far, for a run to look at now and then.
func (w *Writer) Err() error {
	if w.err == nil && w.trace != nil && w.trace.err != nil {
		return w.trace.err
	}
	return w.err
}

// Finish writes manifest and summary and puts the directory in place; it returns where the run is. Its status is that of
// s. A run that is not complete does not replace one that is: it goes beside it, named after its status. After an error
// nothing is left but what was there before.
func (w *Writer) Finish(m Manifest, s Summary) (where string, err error) {
	defer func() {
		if err != nil {
			w.Abandon()
		}
	}()
	m, s = w.stamp(m, s)
	if w.trace != nil {
		if err := w.trace.Flush(); err != nil {
			return "", err
		}
		w.lines[TraceFile] = w.trace.n
	}
	if err := w.closeAll(); err != nil {
		return "", err
	}
	if err := w.json(SummaryFile, &s); err != nil {
		return "", err
	}
	if err := w.json(ManifestFile, &m); err != nil {
		return "", err
	}
	where = w.dir
	if s.Status != Complete && finished(w.dir) {
		where += "." + string(s.Status)
		if err := Replaceable(where); err != nil {
			return "", err
		}
	}
	return where, w.place(where)
}

// stamp enters what the writer knows, and makes lists of what is missing.
func (w *Writer) stamp(m Manifest, s Summary) (Manifest, Summary) {
	m.Program, m.Format, m.Status, m.Trace = program, Format, s.Status, w.trace != nil
	m.Lines = w.lines
	m.Go, m.Machine = runtime.Version(), machine()
	if m.Overrides == nil {
		m.Overrides = []string{}
	}
	s.Format = Format
	if s.Expectations == nil {
		s.Expectations = []Expectation{}
	}
	if s.NotModelled == nil {
		s.NotModelled = []string{}
	}
	s.Invariants = append([]Invariant{}, s.Invariants...)
	for i := range s.Invariants {
		if s.Invariants[i].Violations == nil {
			s.Invariants[i].Violations = []string{}
		}
	}
	return m, s
}

// place renames the written directory to where it belongs, over what is there.
func (w *Writer) place(where string) error {
	old := ""
	if _, err := os.Lstat(where); err == nil {
		if err := Replaceable(where); err != nil { // the run took a while
			return err
		}
		if old, err = hidden(where, "replaced"); err != nil {
			return w.fail(where, err)
		}
		err := os.Remove(old) // the name is ours now; os.Rename wants it free
		if err == nil {
			err = os.Rename(where, old)
		}
		if errors.Is(err, syscall.EBUSY) { // a mount point cannot be renamed
			err = w.fill(where)
			return w.fail(where, err)
		}
		if err != nil {
			return w.fail(where, err)
		}
	}
	if err := os.Rename(w.tmp, where); err != nil {
		if old != "" {
			os.Rename(old, where)
		}
		return w.fail(where, err)
	}
	w.tmp = ""
	if old != "" {
		if err := os.RemoveAll(old); err != nil {
			return fmt.Errorf("the run is in %s; what it replaced cannot be removed: %w", where, err)
		}
	}
	return nil
}

// fill puts the written files into a directory that itself must stay.
func (w *Writer) fill(where string) error {
	list, err := os.ReadDir(where)
	if err != nil {
		return err
	}
	for _, e := range list {
		if err := os.RemoveAll(filepath.Join(where, e.Name())); err != nil {
			return err
		}
	}
	if err := os.CopyFS(where, os.DirFS(w.tmp)); err != nil {
		return err
	}
	err = os.RemoveAll(w.tmp)
	w.tmp = ""
	return err
}

// Abandon removes what was written. It does nothing after Finish.
func (w *Writer) Abandon() {
	if w.tmp == "" {
		return
	}
	for _, f := range w.open {
		f.f.Close()
	}
	w.open = nil
	os.RemoveAll(w.tmp)
	w.tmp = ""
	w.removeAbove()
}

// recoverReplaced puts back a run whose replacement was cut off between its two renames.
func recoverReplaced(dir string) {
	if _, err := os.Lstat(dir); err == nil {
		return
	}
	old, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+".replaced-*"))
	for _, o := range old {
		if finished(o) && os.Rename(o, dir) == nil {
			return
		}
	}
}

// file is an open file of the run, buffered, that remembers its first error.
type file struct {
	w *Writer
	*bufio.Writer
	f    *os.File
	name string
}

func (f *file) Write(p []byte) (int, error) {
	n, err := f.Writer.Write(p)
	return n, f.w.fail(f.name, err)
}

func (f *file) close() error {
	err := f.Flush()
	if e := f.f.Close(); err == nil {
		err = e
	}
	return f.w.fail(f.name, err)
}

func (w *Writer) create(name string) (*file, error) {
	f, err := os.OpenFile(filepath.Join(w.tmp, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, w.fail(name, err)
	}
	x := &file{w: w, Writer: bufio.NewWriterSize(f, traceBuffer), f: f, name: name}
	w.open = append(w.open, x)
	return x, nil
}

func (w *Writer) closeAll() error {
	for _, f := range w.open {
		if err := f.close(); err != nil {
			return err
		}
	}
	w.open = nil
	return w.err
}

// whole writes one file from start to end.
func (w *Writer) whole(name string, write func(io.Writer) error) error {
	f, err := w.create(name)
	if err != nil {
		return err
	}
	w.open = w.open[:len(w.open)-1]
	err = write(f)
	if e := f.close(); err == nil {
		err = e
	}
	return w.fail(name, err)
}

func (w *Writer) json(name string, v any) error {
	return w.whole(name, func(f io.Writer) error {
		e := json.NewEncoder(f)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(v)
	})
}

// fail makes a file's error one that says what to do, and keeps the first.
func (w *Writer) fail(name string, err error) error {
	if err == nil {
		return nil
	}
	var own *writeError
	if !errors.As(err, &own) {
		err = &writeError{filepath.Join(w.dir, strings.TrimPrefix(name, w.dir)), cause(err)}
	}
	if w.err == nil {
		w.err = err
	}
	return err
}

type writeError struct {
	path string
	err  error
}

func (e *writeError) Unwrap() error { return e.err }

func (e *writeError) Error() string {
	advice := "check the directory, or name another with --out"
	if noSpace(e.err) {
		advice = "make room, or name a directory elsewhere with --out"
	}
	return fmt.Sprintf("%s cannot be written: %v (%s)", e.path, e.err, advice)
}

func noSpace(err error) bool { return strings.Contains(err.Error(), "no space left") }

// cause drops from a path error what the message says already.
func cause(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}
