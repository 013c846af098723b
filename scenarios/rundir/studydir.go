package rundir

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"imsim/sim"
)

// Names of the files that only the directory of a study has.
const (
	PointsFile       = "points.csv"
	ResultsFile      = "results.csv"
	ReplicationsFile = "replications.ndjson"
	partsDir         = "parts"
	unfinished       = ".unfinished"
)

// Study says what a study consists of, in the manifest of its directory.
type Study struct {
	Axes       []string `json:"axes"`
	Points     int      `json:"points"` // of the whole study
	Runs       int      `json:"runs"`   // in this directory; set by the writer
	Confidence string   `json:"confidence"`
	Shard      string   `json:"shard,omitempty"` // i/N: the points i-1, i-1+N, …
	Show       []string `json:"show"`            // what tables and pictures show, metric.stat (session class)
}

// Replication is one run of a study.
type Replication struct {
	Key         string    `json:"key"` // digest of all that decides what comes out
	Point       int       `json:"point"`
	Labels      []string  `json:"labels"`
	Set         []string  `json:"set"`         // overrides
	Replication int       `json:"replication"` // from 1
	Seed        uint64    `json:"seed"`
	Fingerprint string    `json:"fingerprint"`
	Events      uint64    `json:"events"`
	Packets     uint64    `json:"packets"`
	Status      Status    `json:"status"`
	Error       string    `json:"error,omitempty"`
	Outcome     string    `json:"outcome"`
	Sessions    Sessions  `json:"sessions"`
	Failed      []string  `json:"failed,omitempty"` // expectations that do not hold, and violations of invariants
	Warmup      sim.Time  `json:"warmup_ns,omitempty"`
	Batches     []Batches `json:"batches,omitempty"`
	KPIs        []KPI     `json:"kpis"`

	Rows []Session `json:"rows,omitempty"` // in sessions.parquet of a finished study
}

// Batches are the means of a quantity over parts of one long run.
type Batches struct {
	Metric string    `json:"metric"`
	Means  []float64 `json:"means_ns"`
	Lag1   float64   `json:"lag1"` // correlation of neighbours
}

// Estimate is one line of a study's kpis.csv: what the replications of a point say of a statistic.
type Estimate struct {
	Point     int
	Labels    []string
	Metric    string
	Stat      string
	Class     string
	Unit      string
	N         int
	Mean, Std float64
	Half      float64 // of the confidence interval; +Inf of fewer than two
	Min, Max  float64
}

// StudySession is one row of a study's sessions.parquet.
//
// Its fields are those of Session, written out: parquet-go reads what is null in an embedded struct as zero.
type StudySession struct {
	Point       uint32 `parquet:"point"`
	Replication uint32 `parquet:"replication"`
	Session     uint32 `parquet:"session"`
	Class       string `parquet:"class,dict"`
	From        string `parquet:"from,dict"`
	Outcome     string `parquet:"outcome,dict"`
	Start       int64  `parquet:"start_ns"`
	Established *int64 `parquet:"established_ns,optional"`
	End         *int64 `parquet:"end_ns,optional"`
	SetUp       *int64 `parquet:"session_setup_ns,optional"`
	SIPSetUp    *int64 `parquet:"sip_setup_ns,optional"`
	TCPSetUp    *int64 `parquet:"tcp_setup_ns,optional"`
	TLSSetUp    *int64 `parquet:"tls_setup_ns,optional"`
	Release     *int64 `parquet:"release_ns,optional"`
	Messages    uint32 `parquet:"messages"`
	FirstDelay  *int64 `parquet:"first_message_delay_ns,optional"`
}

func studySession(r *Replication, s *Session) StudySession {
	return StudySession{
		uint32(r.Point), uint32(r.Replication), s.Session, s.Class, s.From, s.Outcome, s.Start, s.Established, s.End, s.SetUp, s.SIPSetUp,
		s.TCPSetUp, s.TLSSetUp, s.Release, s.Messages, s.FirstDelay,
	}
}

func (s *StudySession) session() Session {
	return Session{
		s.Session, s.Class, s.From, s.Outcome, s.Start, s.Established, s.End, s.SetUp, s.SIPSetUp, s.TCPSetUp, s.TLSSetUp, s.Release,
		s.Messages, s.FirstDelay,
	}
}

// StudyWriter keeps the runs of a study as they end, in a directory beside the one asked for, named ….unfinished; Finish
// makes the tables and puts them in place. A study that is killed is found there again.
type StudyWriter struct {
	w   *Writer
	old map[[2]int]*Replication
}

// ErrUnfinished is why a study is not begun: one that was not finished is in its place.
var ErrUnfinished = errors.New("an unfinished study is there")

// CreateStudy prepares for a study into dir. With resume it takes up what an unfinished one left; without, such a one is an
// error.
func CreateStudy(dir string, resume bool) (*StudyWriter, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("output directory: %w", err)
	}
	if err := Replaceable(dir); err != nil {
		return nil, err
	}
	s := &StudyWriter{w: &Writer{dir: dir, tmp: dir + unfinished, lines: map[string]int{}}, old: map[[2]int]*Replication{}}
	parts := filepath.Join(s.w.tmp, partsDir)
	if _, err := os.Stat(parts); err == nil {
		if !resume {
			return nil, fmt.Errorf("%w: %s (go on with --resume, or remove it)", ErrUnfinished, s.w.tmp)
		}
		if err := s.read(parts); err != nil {
			return nil, err
		}
	} else if err := os.MkdirAll(parts, 0o777); err != nil {
		return nil, fmt.Errorf("output directory %s cannot be made: %w (name another with --out)", s.w.tmp, cause(err))
	}
	return s, nil
}

// Where returns the directory that runs are kept in for now.
func (s *StudyWriter) Where() string { return s.w.tmp }

// read takes up what is there. Files that were cut off, under temporary names or by a full disk, are removed.
func (s *StudyWriter) read(parts string) error {
	list, err := os.ReadDir(parts)
	if err != nil {
		return fmt.Errorf("%s: %w", parts, cause(err))
	}
	for _, e := range list {
		path := filepath.Join(parts, e.Name())
		b, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, cause(err))
		}
		var r Replication
		if filepath.Ext(path) != ".json" || json.Unmarshal(b, &r) != nil || e.Name() != partName(r.Point, r.Replication) {
			if err := os.Remove(path); err != nil {
				return fmt.Errorf("%s: %w", path, cause(err))
			}
			continue
		}
		s.old[[2]int{r.Point, r.Replication}] = &r
	}
	// Tables of an end that was cut off are made again.
	list, err = os.ReadDir(s.w.tmp)
	if err != nil {
		return fmt.Errorf("%s: %w", s.w.tmp, cause(err))
	}
	for _, e := range list {
		if e.Name() != partsDir {
			if err := os.RemoveAll(filepath.Join(s.w.tmp, e.Name())); err != nil {
				return fmt.Errorf("%s: %w", s.w.tmp, cause(err))
			}
		}
	}
	return nil
}

// Kept returns the run that an unfinished study left of a point, if it was one of the same key.
func (s *StudyWriter) Kept(point, replication int, key string) *Replication {
	if r := s.old[[2]int{point, replication}]; r != nil && r.Key == key {
		return r
	}
	return nil
}

func partName(point, replication int) string {
	return fmt.Sprintf("p%06d-r%06d.json", point, replication)
}

// Keep writes a run that has ended. Several goroutines may keep different runs.
func (s *StudyWriter) Keep(r *Replication) error {
	name := filepath.Join(partsDir, partName(r.Point, r.Replication))
	path := filepath.Join(s.w.tmp, name)
	b, err := json.Marshal(r)
	if err == nil {
		err = os.WriteFile(path+".new", b, 0o666)
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		os.Remove(path + ".new")
		e := &writeError{path, cause(err)}
		return e
	}
	return nil
}

// Finish writes the tables of a study, whose runs are in the order of points and replications, and puts the directory in
// place.
func (s *StudyWriter) Finish(m Manifest, sum Summary, runs []*Replication, estimates []Estimate) (where string, err error) {
	w := s.w
	st := *m.Study
	st.Runs = len(runs)
	m.Study = &st
	if err := w.whole(PointsFile, func(f io.Writer) error { return writePoints(f, &st, runs) }); err != nil {
		return "", err
	}
	if err := w.whole(ResultsFile, func(f io.Writer) error { return writeResults(f, &st, runs) }); err != nil {
		return "", err
	}
	if err := w.whole(KPIsFile, func(f io.Writer) error { return writeEstimates(f, &st, estimates) }); err != nil {
		return "", err
	}
	if err := w.whole(SessionsFile, func(f io.Writer) error { return writeStudySessions(f, &m, runs) }); err != nil {
		return "", err
	}
	if err := w.whole(ReplicationsFile, func(f io.Writer) error {
		e := json.NewEncoder(f)
		e.SetEscapeHTML(false)
		for _, r := range runs {
			short := *r
			short.Rows = nil
			if err := e.Encode(&short); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return "", err
	}
	w.lines[ReplicationsFile] = len(runs)
	m, sum = w.stamp(m, sum)
	if err := w.json(SummaryFile, &sum); err != nil {
		return "", err
	}
	if err := w.json(ManifestFile, &m); err != nil {
		return "", err
	}
	if err := w.place(w.dir); err != nil {
		return "", err
	}
	// Only now: until here, all can be made again from them.
	if err := os.RemoveAll(filepath.Join(w.dir, partsDir)); err != nil {
		return "", w.fail(partsDir, err)
	}
	return w.dir, nil
}

// number writes a figure with ten digits: as many as are the same on machines that round sums differently.
func number(x float64) string { return strconv.FormatFloat(x, 'g', 10, 64) }

// writePoints writes a line a point: how often it was run and what became of it.
func writePoints(f io.Writer, st *Study, runs []*Replication) error {
	c := csv.NewWriter(f)
	c.Write(slices.Concat([]string{"point"}, st.Axes, []string{"replications", "complete", "passed", "sessions_attempted", "sessions_established", "sessions_failed", "set"}))
	for i := 0; i < len(runs); {
		first := runs[i]
		var n, complete, passed, attempted, established, failed int
		for ; i < len(runs) && runs[i].Point == first.Point; i++ {
			r := runs[i]
			n++
			if r.Status == Complete {
				complete++
				if len(r.Failed) == 0 {
					passed++
				}
			}
			attempted, established, failed = attempted+r.Sessions.Attempted, established+r.Sessions.Established, failed+r.Sessions.Failed
		}
		row := slices.Concat([]string{strconv.Itoa(first.Point)}, first.Labels)
		for _, x := range []int{n, complete, passed, attempted, established, failed} {
			row = append(row, strconv.Itoa(x))
		}
		c.Write(append(row, strings.Join(first.Set, " ")))
	}
	c.Flush()
	return c.Error()
}

// writeResults writes a line a statistic of a run.
func writeResults(f io.Writer, st *Study, runs []*Replication) error {
	c := csv.NewWriter(f)
	c.Write(slices.Concat([]string{"point"}, st.Axes, []string{"replication", "seed"}, kpiColumns))
	for _, r := range runs {
		head := slices.Concat([]string{strconv.Itoa(r.Point)}, r.Labels, []string{strconv.Itoa(r.Replication), strconv.FormatUint(r.Seed, 10)})
		for i := range r.KPIs {
			c.Write(r.KPIs[i].row(slices.Clip(head)))
		}
	}
	c.Flush()
	return c.Error()
}

var estimateColumns = []string{"metric", "stat", "session_class", "unit", "n", "mean", "sd", "half_width", "low", "high", "min", "max"}

// writeEstimates writes a line a statistic of a point.
func writeEstimates(f io.Writer, st *Study, list []Estimate) error {
	c := csv.NewWriter(f)
	c.Write(slices.Concat([]string{"point"}, st.Axes, estimateColumns))
	for i := range list {
		e := &list[i]
		row := slices.Concat([]string{strconv.Itoa(e.Point)}, e.Labels, []string{e.Metric, e.Stat, e.Class, e.Unit, strconv.Itoa(e.N)})
		for _, x := range []float64{e.Mean, e.Std, e.Half, e.Mean - e.Half, e.Mean + e.Half, e.Min, e.Max} {
			row = append(row, number(x))
		}
		c.Write(row)
	}
	c.Flush()
	return c.Error()
}

func writeStudySessions(f io.Writer, m *Manifest, runs []*Replication) error {
	pw := parquet.NewGenericWriter[StudySession](f, parquet.Compression(&zstd.Codec{}), parquet.CreatedBy("imsim", m.Version, ""))
	pw.SetKeyValueMetadata("scenario", m.Scenario.Name)
	pw.SetKeyValueMetadata("scenario_hash", m.Scenario.Hash)
	pw.SetKeyValueMetadata("version", m.Version)
	for _, r := range runs {
		rows := make([]StudySession, len(r.Rows))
		for i := range rows {
			rows[i] = studySession(r, &r.Rows[i])
		}
		if _, err := pw.Write(rows); err != nil {
			return err
		}
	}
	return pw.Close()
}

// Estimates reads a study's kpis.csv.
func (r *Run) Estimates() (list []Estimate, err error) {
	st := r.Manifest.Study
	if st == nil {
		return nil, fmt.Errorf("%s is a run's directory, not a study's (write one with simulate sweep)", r.Dir)
	}
	return inFile(r, KPIsFile, func(f io.Reader) ([]Estimate, error) {
		c := csv.NewReader(f)
		rows, err := c.ReadAll()
		want := slices.Concat([]string{"point"}, st.Axes, estimateColumns)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", KPIsFile, err)
		case len(rows) == 0 || !slices.Equal(rows[0], want):
			return nil, fmt.Errorf("%s does not have the columns %v: it is of another version or cut off", KPIsFile, want)
		}
		k := len(st.Axes)
		for i, f := range rows[1:] {
			e := Estimate{Labels: f[1 : 1+k], Metric: f[1+k], Stat: f[2+k], Class: f[3+k], Unit: f[4+k]}
			var errs []error
			whole := func(s string) int { n, err := strconv.Atoi(s); errs = append(errs, err); return n }
			real := func(s string) float64 { x, err := strconv.ParseFloat(s, 64); errs = append(errs, err); return x }
			e.Point, e.N = whole(f[0]), whole(f[5+k])
			e.Mean, e.Std, e.Half = real(f[6+k]), real(f[7+k]), real(f[8+k])
			e.Min, e.Max = real(f[11+k]), real(f[12+k])
			if err := errors.Join(errs...); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", KPIsFile, i+2, err)
			}
			list = append(list, e)
		}
		return list, nil
	})
}

// Replications reads the runs of a study, with their sessions where rows is set.
func (r *Run) Replications(rows bool) (runs []*Replication, err error) {
	if r.Manifest.Study == nil {
		return nil, fmt.Errorf("%s is a run's directory, not a study's (write one with simulate sweep)", r.Dir)
	}
	runs, err = inFile(r, ReplicationsFile, func(f io.Reader) (runs []*Replication, err error) {
		d := json.NewDecoder(bufio.NewReader(f))
		for {
			x := &Replication{}
			if err := d.Decode(x); err == io.EOF {
				return runs, nil
			} else if err != nil {
				return nil, fmt.Errorf("%s is damaged or cut off behind line %d: %w", ReplicationsFile, len(runs), err)
			}
			runs = append(runs, x)
		}
	})
	if err == nil {
		err = r.lines(ReplicationsFile, len(runs))
	}
	if err != nil || !rows {
		return runs, err
	}
	all, _, err := readParquet[StudySession](filepath.Join(r.Dir, SessionsFile))
	if err != nil {
		return nil, err
	}
	at := map[[2]uint32]*Replication{}
	for _, x := range runs {
		at[[2]uint32{uint32(x.Point), uint32(x.Replication)}] = x
	}
	for i := range all {
		x := at[[2]uint32{all[i].Point, all[i].Replication}]
		if x == nil {
			return nil, fmt.Errorf("%s: %s has sessions of point %d, replication %d, which the study does not have", r.Dir, SessionsFile, all[i].Point, all[i].Replication)
		}
		x.Rows = append(x.Rows, all[i].session())
	}
	return runs, nil
}

// Unfinished reports whether an unfinished study is beside dir, and where.
func Unfinished(dir string) (string, bool) {
	_, err := os.Stat(filepath.Join(dir+unfinished, partsDir))
	return dir + unfinished, !errors.Is(err, fs.ErrNotExist)
}
