package rundir

import (
	"fmt"
	"runtime"
	"time"

	"imsim/sim"
)

// Format is the version of the directory's formats, in manifest.json and summary.json. It is raised when a file changes
// in a way that readers notice.
const Format = 1

// program marks a manifest as ours.
const program = "imsim simulate"

// Names of the files in a run directory.
const (
	ManifestFile   = "manifest.json"
	SummaryFile    = "summary.json"
	MilestonesFile = "milestones.csv"
	KPIsFile       = "kpis.csv"
	SessionsFile   = "sessions.parquet"
	TraceFile      = "trace.ndjson"
	CapturesDir    = "captures"
)

// Manifest says what was run. Everything but Started, Wall, Machine, Go and PeakMemory is the same on every machine.
type Manifest struct {
	Program     string         `json:"program"` // set by the writer
	Format      int            `json:"format"`  // set by the writer
	Status      Status         `json:"status"`  // set by the writer
	Scenario    Scenario       `json:"scenario"`
	Overrides   []string       `json:"overrides"` // path=value, as given
	Seed        uint64         `json:"seed"`
	Version     string         `json:"version"` // of the models
	Engine      string         `json:"tls_engine"`
	Trace       bool           `json:"trace"` // whether trace.ndjson was written
	Lines       map[string]int `json:"lines"` // of tables and trace, without headings; set by the writer
	Nodes       []string       `json:"nodes"` // hosts in the order of the drawing
	End         sim.Time       `json:"end_ns"`
	Study       *Study         `json:"study,omitempty"`    // the directory is of a study, not of a run
	Attached    []string       `json:"attached,omitempty"` // nodes of the real world: such a run cannot be repeated
	Events      uint64         `json:"events"`
	Packets     uint64         `json:"packets"`
	Fingerprint string         `json:"fingerprint"`
	Ingredients []Ingredient   `json:"ingredients"`
	Started     time.Time      `json:"started"`
	Wall        int64          `json:"wall_ns"`
	PeakMemory  uint64         `json:"peak_memory_octets"`
	Go          string         `json:"go"`      // set by the writer
	Machine     string         `json:"machine"` // set by the writer
}

// Scenario names what was run and the digest of all it consists of.
type Scenario struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Path  string `json:"path"`
	Hash  string `json:"hash"`
}

// Ingredient is the digest of one kind of fact; see sim.Fingerprint.
type Ingredient struct {
	Name string `json:"name"`
	Sum  string `json:"sum"` // sixteen hexadecimal digits
}

// SetFingerprint enters a run's fingerprint and its ingredients.
func (m *Manifest) SetFingerprint(f *sim.Fingerprint) {
	m.Fingerprint, m.Ingredients = f.String(), nil
	for _, p := range f.Parts() {
		m.Ingredients = append(m.Ingredients, Ingredient{p.Name, fmt.Sprintf("%016x", p.Sum)})
	}
}

// machine describes the computer in one word.
func machine() string {
	return fmt.Sprintf("%s/%s, %d CPUs", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
}

// Status says how far a run came.
type Status string

// The statuses.
const (
	Complete    Status = "complete"
	Interrupted Status = "interrupted" // ended by the user
	Broken      Status = "broken"      // ended by a limit or a fault
)

// Summary is what came out of a run.
type Summary struct {
	Format       int           `json:"format"` // set by the writer
	Status       Status        `json:"status"`
	Error        string        `json:"error,omitempty"` // why the run is not complete
	Outcome      string        `json:"outcome"`         // see measure.Outcomes
	Sessions     Sessions      `json:"sessions"`
	Expectations []Expectation `json:"expectations"`
	Invariants   []Invariant   `json:"invariants"`
	NotModelled  []string      `json:"not_modelled"`
}

// Sessions counts the sessions by what they came to. Released ones were established before.
type Sessions struct {
	Attempted   int `json:"attempted"`
	Established int `json:"established"`
	Failed      int `json:"failed"`
	Released    int `json:"released"`
}

// Expectation is the verdict on one item of expect.
type Expectation struct {
	Text   string `json:"text"`
	Pass   bool   `json:"pass"`
	Actual string `json:"actual"`
}

// Invariant is the verdict on one thing that must hold in every run.
type Invariant struct {
	Name       string   `json:"name"`
	Checked    uint64   `json:"checked"`
	Violations []string `json:"violations"`
}

// Pass reports whether the run is complete and all expectations and invariants hold.
func (s *Summary) Pass() bool {
	for i := range s.Expectations {
		if !s.Expectations[i].Pass {
			return false
		}
	}
	for i := range s.Invariants {
		if len(s.Invariants[i].Violations) > 0 {
			return false
		}
	}
	return s.Status == Complete
}
