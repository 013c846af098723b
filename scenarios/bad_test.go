package scenarios

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each case of testdata/bad.txt is a wrong scenario and every message about it. A case is a line "== name", the YAML, and a
// line "--" with the messages below; a line "set: …" before the YAML is an override; a line "small: …" puts what follows
// behind the small scenario that is right.
func TestWrongFiles(t *testing.T) {
	p := filepath.Join("testdata", "bad.txt")
	text, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	head, cases, _ := strings.Cut(string(text), "\n== ")
	out.WriteString(head)
	for c := range strings.SplitSeq(cases, "\n== ") {
		name, body, _ := strings.Cut(c, "\n")
		body, want, _ := strings.Cut(body, "\n--\n")
		in, opt := body, Options{}
		for strings.HasPrefix(in, "set: ") {
			var set string
			set, in, _ = strings.Cut(in, "\n")
			opt.Set = append(opt.Set, strings.TrimPrefix(set, "set: "))
		}
		if more, ok := strings.CutPrefix(in, "small\n"); ok {
			in = small + more
		}
		_, err := Parse("x.yaml", []byte(strings.ReplaceAll(in, "<TAB>", "\t")), opt)
		got := fmt.Sprint(err)
		if got != strings.TrimRight(want, "\n") && !*update {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
		fmt.Fprintf(&out, "\n== %s\n%s\n--\n%s\n", name, body, got)
	}
	if *update {
		if err := os.WriteFile(p, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Limits and circles that need files or bulk.
func TestLimits(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"size":    {strings.Repeat("#", maxFileBytes+1), "x.yaml: is too long (at most 4194304 octets)"},
		"nesting": {"schema: 1\ntitle: " + strings.Repeat("[", 80) + strings.Repeat("]", 80), "nested too deeply (at most 64 levels)"},
		"aliases": {bomb(), "too many values (at most 200000, aliases counted where they are used)"},
	} {
		_, err := Parse("x.yaml", []byte(c.text), Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %.300v", name, err)
		}
	}
	_, err := Load("testdata/circle/a.yaml", Options{})
	want := "testdata/circle/b.yaml:1:10: extends: files extend each other in circles: testdata/circle/a.yaml → testdata/circle/b.yaml → testdata/circle/a.yaml"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Error(err)
	}
}

// A file without an end is an error, too, and not read for ever.
func TestEndless(t *testing.T) {
	if _, err := os.Stat("/dev/zero"); err != nil {
		t.Skip("no /dev/zero")
	}
	text := "schema: 1\ntitle: t\nnodes: {a: {kind: router}, b: {kind: router}}\nlinks: {l: {between: [a, b], trace: /dev/zero, delay: {mean: 5ms, sd: 1ms, table: /dev/zero}}}\n"
	_, err := Parse("x.yaml", []byte(text), Options{})
	want := "x.yaml:4:37: links.l.trace: /dev/zero is too long (at most 4194304 octets)\nx.yaml:4:83: links.l.delay.table: /dev/zero is too long (at most 4194304 octets)"
	if fmt.Sprint(err) != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
	if _, err := Load("/dev/zero", Options{}); err == nil || !strings.Contains(err.Error(), "/dev/zero: is too long") {
		t.Error(err)
	}
}

// bomb is a document whose aliases stand for a billion values.
func bomb() string {
	s := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 9; i++ {
		s += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), i-1)
	}
	return s
}
