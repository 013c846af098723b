// Package version says which models these are, and from which source the program was built.
package version

import (
	"runtime"
	"runtime/debug"
)

// Model is the version of the models. Runs of one scenario and seed have equal fingerprints as long as it stays; it is
// raised on purpose, with the change that moves a trajectory.
const Model = "4"

// Info describes the program.
type Info struct {
	Model    string `json:"model"`
	Module   string `json:"module"`             // version of the Go module; "(devel)" for a build from a checkout
	Go       string `json:"go"`                 // of the compiler
	Platform string `json:"platform"`           // operating system and processor
	Revision string `json:"revision,omitempty"` // of the source, where the build knows it
	Time     string `json:"time,omitempty"`     // of that revision
	Modified bool   `json:"modified,omitempty"` // there were changes beside it
}

// Read returns what the build left in the program.
func Read() Info {
	i := Info{Model: Model, Module: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	b, ok := debug.ReadBuildInfo()
	if !ok {
		return i
	}
	if b.Main.Version != "" {
		i.Module = b.Main.Version
	}
	for _, s := range b.Settings {
		switch s.Key {
		case "vcs.revision":
			i.Revision = s.Value
		case "vcs.time":
			i.Time = s.Value
		case "vcs.modified":
			i.Modified = s.Value == "true"
		}
	}
	return i
}
