package tcp

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestConformanceIndex holds testdata/conformance.txt to what there is: every rule has a test which exists, runs and passes,
// or says what happens instead, and every test named by an RFC holds a rule.
func TestConformanceIndex(t *testing.T) {
	text, err := os.ReadFile("testdata/conformance.txt")
	if err != nil {
		t.Fatal(err)
	}
	used, want := map[string]bool{}, map[string]string{}
	elsewhere := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSuffix(line, "\n"); strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.SplitN(line, " | ", 5)
		if len(f) != 5 || f[1] == "" || f[3] == "" {
			t.Errorf("%q: five fields wanted", line)
			continue
		}
		if why, left := strings.CutPrefix(f[4], "- : "); left && why != "" {
			continue
		}
		for _, name := range strings.Split(f[4], "; ") {
			if dir, test, ok := strings.Cut(name, ".Test"); ok && strings.HasPrefix(dir, "netem") {
				elsewhere["Test"+test] = strings.TrimPrefix(strings.TrimPrefix(dir, "netem"), "/")
				continue
			} else if dir, test, ok := strings.Cut(name, ".Fuzz"); ok && strings.HasPrefix(dir, "netem") {
				elsewhere["Fuzz"+test] = strings.TrimPrefix(strings.TrimPrefix(dir, "netem"), "/")
				continue
			}
			want[strings.ReplaceAll(name, " ", "_")] = f[3]
			top, _, _ := strings.Cut(name, "/")
			used[top] = true
		}
	}
	for test, dir := range elsewhere {
		if !declared(t, filepath.Join("..", dir), test) {
			t.Errorf("netem/%s has no %s", dir, test)
		}
	}
	// The tests named run once more, in a process of their own that says which.
	names := make([]string, 0, len(used))
	for n := range used {
		names = append(names, n)
	}
	out, err := exec.Command(os.Args[0], "-test.v", "-test.run", "^("+strings.Join(names, "|")+")$").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	passed := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^ *--- PASS: (.*) \([0-9.]+s\)$`).FindAllSubmatch(out, -1) {
		passed[string(m[1])] = true
	}
	for name, rule := range want {
		if !passed[name] {
			t.Errorf("%s: no test %s has run", rule, name)
		}
	}
	for _, n := range testsOf(t, ".") {
		if strings.HasPrefix(n, "TestRFC") && !used[n] {
			t.Errorf("%s holds no rule of the index", n)
		}
	}
}

// testsOf returns the names of the test functions in a directory.
func testsOf(t *testing.T, dir string) (names []string) {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllSubmatch(b, -1) {
			names = append(names, string(m[1]))
		}
	}
	return names
}

func declared(t *testing.T, dir, test string) bool {
	for _, n := range testsOf(t, dir) {
		if n == test {
			return true
		}
	}
	return false
}
