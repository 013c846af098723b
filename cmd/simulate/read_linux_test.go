package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// simulateIn runs simulate in a directory; a minute is its limit.
func simulateIn(t *testing.T, dir string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c := exec.Command(self)
	c.Args = append([]string{"simulate"}, args...)
	c.Dir, c.Stdout, c.Stderr = dir, &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(time.Minute, func() { c.Process.Kill() })
	t.Cleanup(func() { kill.Stop() })
	return c, &out
}

// A pipe is no file to wait for: without a writer it is refused at once, with one that is silent after a while, and an
// interruption ends the wait.
func TestPipes(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "s.yaml")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skip(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "link.yaml"), []byte("schema: 1\ntitle: t\nextends: tcp/tcp-relay-orig.yaml\nlinks: {access: {trace: s.yaml}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"validate", "s.yaml"}, {"run", "s.yaml"}, {"explain", "./s.yaml"}, {"validate", "link.yaml"}} {
		c, out := simulateIn(t, dir, args...)
		c.Wait()
		if c.ProcessState.ExitCode() != 2 || !strings.Contains(out.String(), "it is a pipe that nobody writes into") {
			t.Errorf("%v: exit status %d: %s", args, c.ProcessState.ExitCode(), out)
		}
	}
	writer, err := os.OpenFile(fifo, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		for _, args := range [][]string{{"validate", "s.yaml"}, {"validate", "link.yaml"}, {"run", "s.yaml"}} {
			c, out := simulateIn(t, dir, args...)
			time.Sleep(500 * time.Millisecond)
			c.Process.Signal(s)
			began := time.Now()
			c.Wait()
			if c.ProcessState.ExitCode() != 3 || !strings.Contains(out.String(), "interrupted while reading") || time.Since(began) > 3*time.Second {
				t.Errorf("%v, %v: exit status %d after %v: %s", args, s, c.ProcessState.ExitCode(), time.Since(began), out)
			}
		}
	}
	c, out := simulateIn(t, dir, "validate", "s.yaml")
	c.Wait()
	if c.ProcessState.ExitCode() != 2 || !strings.Contains(out.String(), "it is a pipe whose writer is not done after 5s") {
		t.Errorf("exit status %d: %s", c.ProcessState.ExitCode(), out)
	}
}
