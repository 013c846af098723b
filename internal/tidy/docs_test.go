package tidy

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// root is the top of the source tree, seen from this package.
const root = "../.."

// pages returns the README and every page below docs, by path from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	add := func(path string) {
		b, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		texts[path] = string(b)
	}
	add("README.md")
	err := fs.WalkDir(os.DirFS(root), "docs", func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".md" {
			add(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

var block = regexp.MustCompile("(?ms)^```sh( skip)?\n(.*?)^```$")

// TestDocumentedCommands runs every command of the program that the documentation shows, page by page, each page in a
// directory of its own. A block that is not run says so: sh skip.
func TestDocumentedCommands(t *testing.T) {
	if _, err := os.Stat(filepath.Join(root, "cmd", "simulate")); err != nil {
		t.Skip("cmd/simulate is not there")
	}
	if runtime.GOOS == "windows" {
		t.Skip("the commands are written for a POSIX shell")
	}
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(bin, "simulate"), "./cmd/simulate")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for page, text := range pages(t) {
		t.Run(page, func(t *testing.T) {
			dir := t.TempDir()
			for _, b := range block.FindAllStringSubmatch(text, -1) {
				if b[1] != "" {
					continue
				}
				for line := range strings.Lines(b[2]) {
					line = strings.TrimSpace(strings.Replace(line, "go run ./cmd/simulate", "simulate", 1))
					if !strings.HasPrefix(line, "simulate ") {
						t.Errorf("%q is no command of the program: mark its block as sh skip", line)
						continue
					}
					cmd := exec.Command("sh", "-c", line)
					cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
					if out, err := cmd.CombinedOutput(); err != nil {
						t.Errorf("%s: %v\n%s", line, err, out)
					}
				}
			}
		})
	}
}

var link = regexp.MustCompile(`[^!]\[[^]]*\]\(([^)#:]+)\)`)

// TestLinks follows every link of the documentation to a file of the tree.
func TestLinks(t *testing.T) {
	n := 0
	for page, text := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			n++
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
			}
		}
	}
	if n < 10 {
		t.Errorf("only %d links were found", n)
	}
}

// TestArchitectureNamesPackages wants a line for every package in the table of docs/architecture.md.
func TestArchitectureNamesPackages(t *testing.T) {
	own, _ := load(t)
	text := pages(t)["docs/architecture.md"]
	for _, p := range own {
		if path := strings.TrimPrefix(p.ImportPath, "imsim/"); !strings.Contains(text, "| `"+path+"` |") {
			t.Errorf("docs/architecture.md: no line for package %s", path)
		}
	}
}

// TestCitedTests wants every test and benchmark that docs/validation.md names to exist.
func TestCitedTests(t *testing.T) {
	text := pages(t)["docs/validation.md"]
	var source strings.Builder
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(filepath.Join(root, path))
		source.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	all := source.String()
	for _, name := range regexp.MustCompile(`\b(?:Test|Benchmark|Fuzz)[A-Z]\w*`).FindAllString(text, -1) {
		if !strings.Contains(all, "func "+name) {
			t.Errorf("docs/validation.md names %s, which is not there", name)
		}
	}
}
