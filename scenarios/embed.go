package scenarios

import (
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// embedded holds the scenarios that come with the program: <family>/<name>.yaml, and topology/<name>.yaml to extend.
//
//go:embed */*.yaml
var embedded embed.FS

// TopologyFamily is the folder of files that are there to be extended; List leaves them out.
const TopologyFamily = "topology"

// Entry is an embedded scenario.
type Entry struct{ Name, Family, Title string }

// List returns the embedded scenarios, by family and name. A file that cannot be read as YAML has no title.
func List() []Entry {
	var out []Entry
	for _, p := range embeddedPaths() {
		e := entryOf(p)
		if e.Family == TopologyFamily {
			continue
		}
		text, err := embedded.ReadFile(p)
		if err != nil {
			panic("scenarios: " + err.Error()) // the path is from the same file system
		}
		var errs Errors
		if t := readYAML(p, 0, text, &errs).get("title"); t != nil {
			e.Title = t.text
		}
		out = append(out, e)
	}
	return out
}

// Restricted returns the embedded scenarios that can be played with one TLS engine only, loaded.
func Restricted() (list []*Scenario) {
	for _, e := range List() {
		if sc, err := Load(e.Name, Options{}); err == nil && len(sc.File.Engines) == 1 {
			list = append(list, sc)
		}
	}
	return list
}

func entryOf(p string) Entry {
	return Entry{Name: strings.TrimSuffix(path.Base(p), ".yaml"), Family: path.Dir(p)}
}

// embeddedPaths returns the paths of the embedded files in order.
func embeddedPaths() []string {
	paths, err := fs.Glob(embedded, "*/*.yaml")
	if err != nil {
		panic("scenarios: " + err.Error())
	}
	slices.Sort(paths)
	return paths
}

// findEmbedded returns the path of the embedded scenario called name or family/name, or what was probably meant.
func findEmbedded(name string) (p, hint string) {
	var known []string
	for _, p := range embeddedPaths() {
		e := entryOf(p)
		if name == e.Name || name == e.Family+"/"+e.Name || name == p {
			return p, ""
		}
		known = append(known, e.Name)
	}
	return "", suggest(name, known)
}
