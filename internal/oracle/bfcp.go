package oracle

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

//go:embed bfcp_c.txt
var bfcpSource []byte

// BFCPDecode has libre (Debian: libre-dev, gcc) decode messages. Each result is "error N", or version, R, primitive, conference,
// transaction, user and the attributes as type=value, those of a group in brackets behind it. It skips or fails the test when
// libre is not there.
func BFCPDecode(t *testing.T, messages [][]byte) []string {
	t.Helper()
	Need(t, "gcc")
	if _, err := os.Stat("/usr/include/re/re.h"); err != nil {
		Missing(t, "libre", err)
	}
	dir := t.TempDir()
	source, program := filepath.Join(dir, "bfcp.c"), filepath.Join(dir, "bfcp")
	write(t, source, bfcpSource)
	if out, err := exec.Command("gcc", "-O1", "-DHAVE_STDBOOL_H", "-DHAVE_INTTYPES_H", "-DHAVE_STDINT_H", "-I/usr/include/re", "-o", program, source, "-lre").CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	var batch []byte
	for _, m := range messages {
		batch = append(binary.BigEndian.AppendUint32(batch, uint32(len(m))), m...)
	}
	cmd := exec.Command(program)
	cmd.Stdin = bytes.NewReader(batch)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("libre: %v", err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(messages) {
		t.Fatalf("libre answered %d lines to %d messages", len(lines), len(messages))
	}
	return lines
}
