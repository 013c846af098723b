package study

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"imsim/scenarios"
)

// Point is one run of a study.
type Point struct {
	Name     string // of its directory among those of the study
	Path     string // the scenario as it was asked for
	Scenario *scenarios.Scenario
}

// Load reads scenarios: files, folders of files, names of embedded ones. All that is wrong with all of them comes as
// scenarios.Errors. many tells whether each run has a directory of its own below the study's.
func Load(args []string, opt scenarios.Options) (points []Point, many bool, err error) {
	var errs scenarios.Errors
	many = len(args) > 1
	for _, arg := range args {
		files, folder, err := expand(arg)
		if err != nil {
			errs = append(errs, &scenarios.Error{Pos: scenarios.Pos{File: arg}, Wrong: err.Error()})
			continue
		}
		many = many || folder
		for _, f := range files {
			sc, err := scenarios.Load(f, opt)
			if list, ok := err.(scenarios.Errors); ok {
				errs = append(errs, list...)
			} else if err != nil {
				errs = append(errs, &scenarios.Error{Pos: scenarios.Pos{File: f}, Wrong: err.Error()})
			} else {
				points = append(points, Point{Name: sc.Name, Path: f, Scenario: sc})
			}
		}
	}
	seen := map[string]string{}
	for _, p := range points {
		if other, ok := seen[p.Name]; ok {
			errs = append(errs, &scenarios.Error{Pos: scenarios.Pos{File: p.Path},
				Wrong: fmt.Sprintf("would be written into the directory of %s", other), Right: "run scenarios of one name one by one, each with --out"})
		}
		seen[p.Name] = p.Path
	}
	if len(errs) > 0 {
		return nil, many, unique(errs)
	}
	return points, many, nil
}

// unique drops repetitions: what is wrong with an override is wrong in every scenario.
func unique(errs scenarios.Errors) scenarios.Errors {
	seen := map[string]bool{}
	return slices.DeleteFunc(errs, func(e *scenarios.Error) bool {
		was := seen[e.Error()]
		seen[e.Error()] = true
		return was
	})
}

// expand returns the scenarios of a folder, or the argument itself.
func expand(arg string) (files []string, folder bool, err error) {
	st, err := os.Stat(arg)
	if err != nil || !st.IsDir() || slices.ContainsFunc(scenarios.List(), func(e scenarios.Entry) bool { return e.Name == arg }) {
		return []string{arg}, false, nil
	}
	list, err := os.ReadDir(arg)
	if err != nil {
		return nil, true, fmt.Errorf("cannot be read: %w", err)
	}
	var folders []string
	for _, e := range list {
		switch ext := filepath.Ext(e.Name()); {
		case e.IsDir():
			folders = append(folders, e.Name())
		case (ext == ".yaml" || ext == ".yml") && e.Type()&fs.ModeIrregular == 0:
			files = append(files, filepath.Join(arg, e.Name()))
		}
	}
	if len(files) > 0 {
		return files, true, nil
	}
	if len(folders) > 0 {
		return nil, true, fmt.Errorf("the folder has no scenario files itself (name one of its folders: %s)", strings.Join(folders, ", "))
	}
	return nil, true, fmt.Errorf("the folder has no scenario files (their names end in .yaml)")
}
