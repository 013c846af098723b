// Package oracle lets tests ask independent implementations, which share no code with ours, for their judgement.
//
// An oracle that is not installed skips its test with a line that says what is missing. With IMSIM_ORACLES=require in
// the environment the test fails instead, so that a continuous-integration machine cannot lose an oracle unnoticed.
package oracle

import (
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

//go:embed megaco.escript
var megacoScript []byte

// Megaco is what Erlang/OTP's megaco makes of one H.248 text message. Err is empty when it decoded it; then Term is a
// digest of the decoded message, equal for messages that mean the same, and Compact and Pretty are its re-encodings.
// OTP lowers the case of names and values, ends SDP lines with CR LF and drops quotes that are not needed.
type Megaco struct {
	Err     string
	Term    string
	Compact []byte
	Pretty  []byte
}

// MegacoDecode decodes messages with one start of Erlang (Debian: erlang-base, erlang-megaco, erlang-asn1,
// erlang-runtime-tools). It skips or fails the test when Erlang is not there.
func MegacoDecode(t *testing.T, messages [][]byte) []Megaco {
	t.Helper()
	Need(t, "escript", "erl")
	dir := t.TempDir()
	script, input := filepath.Join(dir, "megaco.escript"), filepath.Join(dir, "messages")
	var batch []byte
	for _, m := range messages {
		batch = binary.BigEndian.AppendUint32(batch, uint32(len(m)))
		batch = append(batch, m...)
	}
	write(t, script, megacoScript)
	write(t, input, batch)
	out, err := exec.Command("escript", script, input).Output()
	if err != nil {
		t.Fatalf("escript: %v (is erlang-megaco installed?)", err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(messages) {
		t.Fatalf("Erlang answered %d lines to %d messages: %.200s", len(lines), len(messages), out)
	}
	results := make([]Megaco, len(lines))
	for i, l := range lines {
		f := strings.Split(l, " ")
		if f[0] != "ok" || len(f) != 4 {
			results[i].Err = l
			continue
		}
		results[i] = Megaco{Term: f[1], Compact: decode(t, f[2]), Pretty: decode(t, f[3])}
	}
	return results
}

// Missing skips the test because something that it needs of the machine is not there, or fails it when
// IMSIM_ORACLES=require.
func Missing(t *testing.T, what string, err error) {
	t.Helper()
	if os.Getenv("IMSIM_ORACLES") == "require" {
		t.Fatalf("no %s here (%v), and IMSIM_ORACLES=require", what, err)
	}
	t.Skipf("no %s here: %v", what, err)
}

// Need skips the test, or fails it when IMSIM_ORACLES=require, unless all programs are installed.
func Need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err == nil {
			continue
		}
		if os.Getenv("IMSIM_ORACLES") == "require" {
			t.Fatalf("oracle %s is not installed, and IMSIM_ORACLES=require", p)
		}
		t.Skipf("oracle %s is not installed", p)
	}
}

func write(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func decode(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
