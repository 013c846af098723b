package study

import (
	"os"
	"path/filepath"

	"imsim/analysis/ladder"
	"imsim/scenarios/rundir"
)

// LadderFile is the drawing of the first session.
const LadderFile = "ladder.svg"

// draw adds pictures to a finished run that has a trace and a session.
func draw(dir string) error {
	r, err := rundir.Open(dir)
	if err != nil {
		return err
	}
	if !r.Manifest.Trace || r.Summary.Sessions.Attempted == 0 {
		return nil
	}
	d, err := ladder.FromRun(r, ladder.Options{})
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "ladder-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing is there once it has its name
	err = d.SVG(f)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, LadderFile))
	}
	return err
}
