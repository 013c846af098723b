package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Run is a run directory opened for reading.
type Run struct {
	Dir      string
	Manifest Manifest
	Summary  Summary
}

// Open opens a run directory.
func Open(dir string) (*Run, error) {
	st, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s does not exist (give the directory that simulate run wrote)", dir)
	case err != nil:
		return nil, err
	case !st.IsDir():
		return nil, fmt.Errorf("%s is a file (give the directory that simulate run wrote)", dir)
	}
	m, err := readManifest(dir)
	if errors.Is(err, errForeign) {
		if list, e := os.ReadDir(dir); e == nil && len(list) == 0 {
			return nil, fmt.Errorf("%s is empty: no run was written there", dir)
		}
		return nil, fmt.Errorf("%s is no run directory: %w", dir, err)
	}
	if err != nil {
		return nil, err
	}
	r := &Run{Dir: dir, Manifest: *m}
	b, err := os.ReadFile(filepath.Join(dir, SummaryFile))
	if err == nil {
		err = json.Unmarshal(b, &r.Summary)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %s is missing, damaged or cut off: %w", dir, SummaryFile, err)
	}
	return r, nil
}

// Milestones reads milestones.csv.
func (r *Run) Milestones() ([]Milestone, error) {
	rows, err := inFile(r, MilestonesFile, func(f io.Reader) ([]Milestone, error) {
		return readTable[Milestone](f, MilestonesFile, milestoneColumns)
	})
	if err == nil {
		err = r.lines(MilestonesFile, len(rows))
	}
	return rows, err
}

// KPIs reads kpis.csv.
func (r *Run) KPIs() ([]KPI, error) {
	rows, err := inFile(r, KPIsFile, func(f io.Reader) ([]KPI, error) { return readTable[KPI](f, KPIsFile, kpiColumns) })
	if err == nil {
		err = r.lines(KPIsFile, len(rows))
	}
	return rows, err
}

// Sessions reads sessions.parquet and its metadata.
func (r *Run) Sessions() ([]Session, map[string]string, error) {
	return ReadSessions(filepath.Join(r.Dir, SessionsFile))
}

// ErrNoTrace is why a run's trace cannot be read: none was written.
var ErrNoTrace = errors.New("no trace was written")

// Trace reads trace.ndjson. The error is ErrNoTrace, with advice, where there is none.
func (r *Run) Trace() (*Trace, error) {
	if !r.Manifest.Trace {
		return nil, fmt.Errorf("%s: %w (run again with --trace all)", r.Dir, ErrNoTrace)
	}
	t, err := inFile(r, TraceFile, ReadTrace)
	if err == nil {
		err = r.lines(TraceFile, len(t.Records))
	}
	return t, err
}

// lines tells a file that was cut off at the end of a line from a whole one.
func (r *Run) lines(name string, got int) error {
	if want := r.Manifest.Lines[name]; got != want {
		return fmt.Errorf("%s: %s has %d lines, the run left %d: it was cut off or changed", r.Dir, name, got, want)
	}
	return nil
}

// Captures lists the capture files.
func (r *Run) Captures() ([]string, error) {
	return filepath.Glob(filepath.Join(r.Dir, CapturesDir, "*.pcapng"))
}

func inFile[T any](r *Run, name string, read func(io.Reader) (T, error)) (out T, err error) {
	f, err := os.Open(filepath.Join(r.Dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return out, fmt.Errorf("%s lacks %s, which a run always leaves: was it removed?", r.Dir, name)
	}
	if err != nil {
		return out, err
	}
	defer f.Close()
	if out, err = read(f); err != nil {
		return out, fmt.Errorf("%s: %w", r.Dir, err)
	}
	return out, nil
}
