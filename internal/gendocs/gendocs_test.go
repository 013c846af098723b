package gendocs

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the pages")

// reference is where the pages are.
const reference = "../../docs/reference"

// TestPagesAreFresh makes the pages; with -update, as go generate runs it, it writes them.
func TestPagesAreFresh(t *testing.T) {
	for name, page := range map[string]string{"scenario.md": scenarioPage(t), "not-modelled.md": omissionsPage(), "tcp-conformance.md": conformancePage(t), "engines.md": enginesPage()} {
		path := filepath.Join(reference, name)
		if *update {
			if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != page {
			t.Errorf("docs/reference/%s is stale: run go generate ./internal/gendocs (%v)", name, err)
		}
	}
}
