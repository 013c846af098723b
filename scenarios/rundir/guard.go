package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// written are the names in a run directory that simulate writes, during a run or afterwards, up to the first dot or dash.
var written = map[string]bool{
	"manifest": true, "summary": true, "milestones": true, "kpis": true, "sessions": true, "trace": true, "captures": true,
	"ladder": true, "critical": true, "report": true, "plots": true, "topology": true, "matrix": true,
	"points": true, "results": true, "replications": true, "parts": true,
}

// Replaceable reports with an error that a directory must not be replaced by a run: it is no directory, simulate did not
// write it, or it holds something else as well. One that does not exist or is empty may be.
func Replaceable(dir string) error {
	st, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("output directory %s: %w", dir, cause(err))
	case !st.IsDir():
		return fmt.Errorf("output directory %s is a file (name a directory with --out)", dir)
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("output directory %s: %w", dir, cause(err))
	}
	if len(list) == 0 {
		return nil
	}
	if _, err := readManifest(dir); errors.Is(err, errForeign) {
		return fmt.Errorf("%s was not written by simulate, so it is not replaced (name another directory with --out)", dir)
	}
	for _, e := range list {
		stem := e.Name()
		if i := strings.IndexAny(stem, ".-"); i >= 0 {
			stem = stem[:i]
		}
		if !written[stem] {
			return fmt.Errorf("%s holds %s, which simulate did not write, so it is not replaced (move it, or name another directory with --out)",
				dir, e.Name())
		}
	}
	return nil
}

// finished tells whether a directory holds a complete run.
func finished(dir string) bool {
	m, err := readManifest(dir)
	return err == nil && m.Status == Complete
}

var errForeign = errors.New("not written by simulate")

// readManifest reads and checks the manifest of a run directory.
func readManifest(dir string) (*Manifest, error) {
	b, err := os.ReadFile(filepath.Join(dir, ManifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s has no %s", errForeign, dir, ManifestFile)
	}
	if err != nil {
		return nil, err
	}
	var head struct {
		Program string `json:"program"`
		Format  int    `json:"format"`
	}
	var m Manifest
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, fmt.Errorf("%w: %s in %s is damaged or cut off: %v", errForeign, ManifestFile, dir, err)
	}
	switch {
	case head.Program != program:
		return nil, fmt.Errorf("%w: %s in %s is of another program", errForeign, ManifestFile, dir)
	case head.Format != Format:
		return nil, fmt.Errorf("%s is of format %d; this version reads format %d (run the scenario again)", dir, head.Format, Format)
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("%s in %s is damaged: %w", ManifestFile, dir, err)
	}
	return &m, nil
}
