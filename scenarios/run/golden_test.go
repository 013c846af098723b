package run

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"imsim/internal/version"
	"imsim/nodes"
)

var update = flag.Bool("update", false, "write testdata/fingerprints.txt")

const fingerprintFile = "testdata/fingerprints.txt"

// TestFingerprints holds the trajectory of every scenario to the one on record: the same on any machine, for as long as
// version.Model stays. A change that moves a trajectory on purpose raises version.Model, writes the file with -update,
// and says in its commit why.
func TestFingerprints(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "# scenario, fingerprint with engine model, with engine real; see docs/validation.md\nmodels %s\n", version.Model)
	for _, e := range listed(t) {
		sc := load(t, e.Name)
		_, model := play(t, sc, Options{})
		second := "-"
		if sc.File.Plays("real") {
			_, actual := play(t, sc, Options{Engine: nodes.EngineReal})
			second = actual.Fingerprint
		}
		fmt.Fprintf(&b, "%s %s %s\n", e.Name, model.Fingerprint, second)
	}
	got := b.String()
	old, err := os.ReadFile(fingerprintFile)
	if *update {
		if was := models(string(old)); was == version.Model && moved(string(old), got) {
			t.Logf("trajectories moved: version.Model (internal/version) must be raised from %s, unless models %s was never released", was, was)
		}
		if err := os.WriteFile(fingerprintFile, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if string(old) != got {
		t.Errorf("trajectories are not those on record. If that is meant: raise version.Model in internal/version, run\n"+
			"go test ./scenarios/run -run TestFingerprints -update, and say in the commit what moved and why.\n%s", changed(string(old), got))
	}
}

func models(file string) string {
	for line := range strings.Lines(file) {
		if m, ok := strings.CutPrefix(line, "models "); ok {
			return strings.TrimSpace(m)
		}
	}
	return ""
}

// moved tells whether a scenario that both files have differs.
func moved(old, got string) bool {
	was := map[string]string{}
	for line := range strings.Lines(old) {
		name, rest, _ := strings.Cut(line, " ")
		was[name] = rest
	}
	for line := range strings.Lines(got) {
		name, rest, _ := strings.Cut(line, " ")
		if before, ok := was[name]; ok && before != rest {
			return true
		}
	}
	return false
}

// changed lists the lines of one file that the other lacks.
func changed(old, got string) string {
	var b strings.Builder
	for line := range strings.Lines(old) {
		if !strings.Contains(got, line) {
			b.WriteString("- " + line)
		}
	}
	for line := range strings.Lines(got) {
		if !strings.Contains(old, line) {
			b.WriteString("+ " + line)
		}
	}
	return b.String()
}
