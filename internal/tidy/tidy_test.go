package tidy

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// layers, from the bottom: a package imports its own layer and those before it.
var layers = [][]string{
	{"internal/units"},
	{"sim"},
	{"netem/packet"},
	{"netem/tcp", "netem/tls"},
	{"netem"},
	{"nodes/protocol"},
	{"nodes", "nodes/bearer", "nodes/transport"},
	{"nodes/alg", "nodes/mrfp"},
	{"nodes/ue", "nodes/pcscf", "nodes/ibcf", "nodes/scscf", "nodes/mediagw", "nodes/mrfc", "nodes/attacker", "nodes/tamper", "nodes/invariant"},
	{"scenarios/formula", "scenarios/rundir"},
	{"scenarios", "scenarios/measure"},
	{"scenarios/run"},
	{"analysis"},
	{"cmd"},
}

// trajectory lists what decides a trajectory; what is not here reads results or prepares runs.
var trajectory = []string{"sim", "netem", "nodes"}

// exempt are the places where a rule does not hold, each for one reason. A single line is waived by a comment on it,
// //tidy:RULE and why.
var exempt = map[string][]string{
	"clock":     {"sim/pacer.go" /* drives virtual time by real time */, "sim/kernelbench" /* measures */, "netem/attach" /* the real world's edge */},
	"float":     {"sim/kernelbench" /* prints ratios */, "netem/compute.go" /* gonum's path weights: whole numbers below 2^53, exact */},
	"goroutine": {"sim/pacer.go" /* waits for the real world */, "netem/attach" /* foreign goroutines end here */},
	"coroutine": {"netem/tls/real.go" /* crypto/tls blocks */},
	"reflect":   {"sim/prefetch" /* addresses, for the processor alone */},
	"random":    {"netem/tls/real.go", "netem/tls/certificate.go", "netem/tls/pool.go" /* crypto/tls wants the types */},
}

type listed struct {
	ImportPath, Dir, Export string
	GoFiles, Imports        []string
	Standard                bool
}

// load lists the project's packages and the export data of all that they import, once for all tests.
func load(t *testing.T) ([]listed, map[string]string) {
	t.Helper()
	loaded.Do(func() { own, exports = list(t) })
	if own == nil {
		t.Fatal("the packages could not be listed")
	}
	return own, exports
}

var (
	loaded  sync.Once
	own     []listed
	exports map[string]string
)

func list(t *testing.T) (own []listed, exports map[string]string) {
	t.Helper()
	cmd := exec.Command("go", "list", "-pgo=off", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,Imports,Standard", "imsim/...")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exports = map[string]string{}
	for dec := json.NewDecoder(out); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		if strings.HasPrefix(p.ImportPath, "imsim/") {
			own = append(own, p)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if len(own) < 10 {
		t.Fatalf("only %d packages of the project were found", len(own))
	}
	return own, exports
}

func rank(path string) int {
	best, at := -1, -1
	for i, layer := range layers {
		for _, p := range layer {
			if (path == p || strings.HasPrefix(path, p+"/")) && len(p) > best {
				best, at = len(p), i
			}
		}
	}
	return at
}

func TestImportsPointDown(t *testing.T) {
	own, _ := load(t)
	for _, p := range own {
		path := strings.TrimPrefix(p.ImportPath, "imsim/")
		for _, imp := range p.Imports {
			only(t, path, imp, "gvisor.dev/gvisor", "a test")
		}
		if strings.HasPrefix(path, "internal/") && path != "internal/units" {
			continue
		}
		from := rank(path)
		if from < 0 {
			t.Errorf("%s has no layer: add it to the list in this test and to docs/architecture.md", path)
			continue
		}
		for _, imp := range p.Imports {
			dep, ok := strings.CutPrefix(imp, "imsim/")
			if ok && rank(dep) > from {
				t.Errorf("%s imports %s, which is above it", path, dep)
			}
			if ok && strings.HasPrefix(path, "nodes/protocol/") && rank(dep) > rank("netem/packet") && rank(dep) < rank("nodes/protocol") {
				t.Errorf("%s imports %s: a protocol knows time, causes and payload, but no network and no node", path, dep)
			}
			only(t, path, imp, "gopkg.in/yaml.v3", "scenarios")
			only(t, path, imp, "github.com/google/gopacket", "netem/capture")
			only(t, path, imp, "github.com/pion/transport/v2", "netem/attach")
			only(t, path, imp, "gonum.org/v1/plot", "analysis/plot")
		}
	}
}

// only reports an import of lib outside the one package that may have it.
func only(t *testing.T, path, imp, lib, home string) {
	t.Helper()
	if (imp == lib || strings.HasPrefix(imp, lib+"/")) && path != home {
		t.Errorf("%s imports %s; only %s may", path, imp, home)
	}
}

func TestTrajectoryCode(t *testing.T) {
	own, exports := load(t)
	fset := token.NewFileSet()
	imp := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("no export data for %s", path)
		}
		return os.Open(exports[path])
	})
	checked := 0
	for _, p := range own {
		path := strings.TrimPrefix(p.ImportPath, "imsim/")
		if !slices.ContainsFunc(trajectory, func(l string) bool { return path == l || strings.HasPrefix(path, l+"/") }) || strings.HasPrefix(path, "netem/capture") {
			continue
		}
		var files []*ast.File
		for _, f := range p.GoFiles {
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, f), nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
		info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
		if _, err := (&types.Config{Importer: imp}).Check(p.ImportPath, fset, files, info); err != nil {
			t.Fatal(err)
		}
		for i, file := range files {
			c := &checker{t: t, fset: fset, info: info, name: path + "/" + p.GoFiles[i], waived: waivers(fset, file)}
			ast.Inspect(file, c.node)
			checked++
		}
	}
	if checked < 20 {
		t.Fatalf("only %d files were checked", checked)
	}
}

// waivers returns the rules waived on each line of a file.
func waivers(fset *token.FileSet, f *ast.File) map[int]string {
	w := map[int]string{}
	for _, g := range f.Comments {
		for _, c := range g.List {
			if rule, why, ok := strings.Cut(strings.TrimPrefix(c.Text, "//tidy:"), " "); ok && strings.HasPrefix(c.Text, "//tidy:") && why != "" {
				w[fset.Position(c.Pos()).Line] = rule
			}
		}
	}
	return w
}

type checker struct {
	t      *testing.T
	fset   *token.FileSet
	info   *types.Info
	name   string
	waived map[int]string
}

func (c *checker) report(n ast.Node, rule, format string, args ...any) {
	pos := c.fset.Position(n.Pos())
	if c.waived[pos.Line] == rule {
		return
	}
	for _, e := range exempt[rule] {
		if c.name == e || strings.HasPrefix(c.name, e+"/") {
			return
		}
	}
	c.t.Errorf("%s:%d: %s", c.name, pos.Line, fmt.Sprintf(format, args...))
}

var clocks = []string{"Now", "Sleep", "Since", "Until", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

func (c *checker) node(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GoStmt:
		c.report(n, "goroutine", "starts a goroutine: trajectory code has one")
	case *ast.SelectStmt, *ast.SendStmt:
		c.report(n, "goroutine", "uses a channel: trajectory code has one goroutine")
	case *ast.RangeStmt:
		if _, ok := c.info.TypeOf(n.X).Underlying().(*types.Map); ok {
			c.report(n, "order", "ranges over a map, whose order differs from run to run: range over sorted keys")
		}
	case *ast.ImportSpec:
		switch path := strings.Trim(n.Path.Value, `"`); path {
		case "math/rand", "math/rand/v2", "crypto/rand":
			c.report(n, "random", "imports %s: random numbers come from sim.Stream", path)
		case "sync", "sync/atomic":
			c.report(n, "goroutine", "imports %s: trajectory code has one goroutine", path)
		case "reflect", "unsafe":
			c.report(n, "reflect", "imports %s", path)
		}
	case *ast.SelectorExpr:
		if obj := c.info.Uses[n.Sel]; obj != nil && obj.Pkg() != nil && obj.Pkg().Path() == "time" && slices.Contains(clocks, obj.Name()) {
			if _, isFunc := obj.(*types.Func); isFunc && obj.Parent() == obj.Pkg().Scope() {
				c.report(n, "clock", "reads the wall clock: time.%s", obj.Name())
			}
		}
		if obj := c.info.Uses[n.Sel]; obj != nil && obj.Pkg() != nil && obj.Pkg().Path() == "iter" && strings.HasPrefix(obj.Name(), "Pull") {
			c.report(n, "coroutine", "starts a coroutine with iter.%s: those are for engine real only", obj.Name())
		}
	case *ast.BinaryExpr:
		c.float(n)
	case *ast.CallExpr:
		c.float(n)
	}
	return true
}

// float refuses expressions of floating-point type: rounding, fused operations and library functions differ between machines.
func (c *checker) float(e ast.Expr) {
	tv := c.info.Types[e]
	if b, ok := tv.Type.(*types.Basic); ok && b.Info()&types.IsFloat != 0 && tv.Value == nil {
		c.report(e, "float", "computes in floating point")
	}
}
