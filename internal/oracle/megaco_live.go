package oracle

import (
	"bufio"
	_ "embed"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

//go:embed megaco_peer.escript
var megacoPeer []byte

// MegacoPeer is a live Erlang/OTP megaco entity on 127.0.0.1. Lines is what it says of itself, a line each, and is closed
// when it ends; the first line, that it listens, is not among them.
type MegacoPeer struct {
	Lines <-chan string
	cmd   *exec.Cmd
}

// StartMegaco starts a peer in a role, "mg" or "mgc", that writes in a style, "compact" or "pretty", listens on port own and
// sends to port far. It is ended with the test. Called in a network namespace, it is in that namespace.
func StartMegaco(t *testing.T, role, style string, own, far int) *MegacoPeer {
	t.Helper()
	Need(t, "escript", "erl")
	script := filepath.Join(t.TempDir(), "megaco_peer.escript")
	write(t, script, megacoPeer)
	p := &MegacoPeer{cmd: exec.Command("escript", script, role, style, strconv.Itoa(own), strconv.Itoa(far))}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = p.cmd.Stdout
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("escript: %v", err)
	}
	lines := make(chan string, 100)
	p.Lines = lines
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.cmd.Wait()
	})
	select {
	case line := <-lines:
		if line != "listening" {
			t.Fatalf("Erlang did not start: %s (is erlang-megaco installed?)", line)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("Erlang did not start in 20 s")
	}
	return p
}
