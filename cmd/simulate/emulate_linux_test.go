package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"imsim/internal/oracle"
	"imsim/netem/attach"
)

// emulation is a simulate emulate that runs in the thread's namespace.
type emulation struct {
	cmd      *exec.Cmd
	out, err bytes.Buffer
}

// startEmulation starts simulate emulate emulate-nat in dir; it is killed after ten seconds.
func startEmulation(t *testing.T, dir string, args ...string) *emulation {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	e := &emulation{cmd: exec.Command(self)}
	e.cmd.Args = append([]string{"simulate", "emulate", "emulate-nat"}, args...)
	e.cmd.Dir, e.cmd.Stdout, e.cmd.Stderr = dir, &e.out, &e.err
	if err := e.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(10*time.Second, func() { e.cmd.Process.Kill() })
	t.Cleanup(func() { kill.Stop() })
	return e
}

// device waits until the device is there, or is not.
func device(t *testing.T, there bool) netlink.Link {
	t.Helper()
	for range 500 {
		l, err := netlink.LinkByName("sim0")
		if (err == nil) == there {
			return l
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("device there: %v, want %v", !there, there)
	return nil
}

// end waits for the exit status; -1: by a signal.
func (e *emulation) end() int {
	e.cmd.Wait()
	return e.cmd.ProcessState.ExitCode()
}

// TestEmulate ends simulate emulate in every way: its exit status, what it says, and that no device is left.
func TestEmulate(t *testing.T) {
	oracle.InNamespace(t, func() {
		dev, err := attach.OpenTUN("sim7", "", 1500, netip.MustParseAddr("192.0.2.1"))
		if err != nil {
			oracle.Missing(t, "TUN device", err)
			return
		}
		dev.Close()
		dir := t.TempDir()
		for _, c := range []struct {
			name   string
			args   []string
			end    func(*emulation)
			status []int
			want   []string // in the output
		}{
			{"time given", []string{"--for", "300ms", "--out", "a"}, nil, []int{0}, []string{"device sim0", "Ctrl-C ends it", "lateness:", "packets in", "no other run will take the same course"}},
			{"run.until", []string{"--set", "run.until=300ms", "--out", "b"}, nil, []int{0}, []string{"lateness:"}},
			{"interrupted", []string{"--out", "c"}, func(e *emulation) { e.cmd.Process.Signal(os.Interrupt) }, []int{0}, []string{"lateness:", "sim0:"}},
			{"interrupted twice", []string{"--out", "d"}, func(e *emulation) {
				e.cmd.Process.Signal(os.Interrupt)
				e.cmd.Process.Signal(syscall.SIGINT)
			}, []int{0, -1}, nil},
			{"killed", []string{"--out", "e"}, func(e *emulation) { e.cmd.Process.Kill() }, []int{-1}, nil},
			{"device removed", []string{"--out", "f"}, func(*emulation) {
				if l := device(t, true); l != nil {
					netlink.LinkDel(l)
				}
			}, []int{3}, []string{"nodes.laptop: the device sim0 has gone", "lateness:"}},
		} {
			e := startEmulation(t, dir, c.args...)
			if c.end != nil {
				device(t, true)
				time.Sleep(200 * time.Millisecond)
				c.end(e)
			}
			status := e.end()
			text := e.out.String() + e.err.String()
			if !slices.Contains(c.status, status) {
				t.Errorf("%s: exit status %d, want one of %v\n%s", c.name, status, c.status, text)
			}
			for _, w := range c.want {
				if !strings.Contains(text, w) {
					t.Errorf("%s: %q is not in\n%s", c.name, w, text)
				}
			}
			device(t, false)
		}
		if dev, err = attach.OpenTUN("sim0", "", 1500, netip.MustParseAddr("192.0.2.1")); err == nil {
			e := startEmulation(t, dir, "--out", "g")
			status := e.end()
			if text := e.out.String() + e.err.String(); status != 3 || strings.Contains(text, "invariants") || strings.Contains(text, "lateness") || !strings.Contains(text, "sim0") {
				t.Errorf("device taken: exit status %d\n%s", status, text)
			}
			dev.Close()
		}
		var m struct{ Attached []string }
		b, err := os.ReadFile(filepath.Join(dir, "a", "manifest.json"))
		if err = errors.Join(err, json.Unmarshal(b, &m)); err != nil || len(m.Attached) != 2 {
			t.Errorf("manifest names %v as attached (%v)", m.Attached, err)
		}
	})
}
