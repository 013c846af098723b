package oracle

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TShark reads a capture with Wireshark's dissectors (Debian: tshark). Checksums are verified. options are more of its
// command line, such as -d tcp.port==50732,msrp or -X lua_script:FILE.
//
// It has limits: MSRP is not reassembled over segments and only the first of two messages in a segment is shown; BFCP
// is off by default and known in version 1 only. So pair it with a strict decoder.
type TShark struct {
	t       testing.TB
	file    string
	options []string
}

// NewTShark skips the test, or fails it with IMSIM_ORACLES=require, when TShark is not installed.
func NewTShark(t testing.TB, file string, options ...string) *TShark {
	t.Helper()
	if _, err := exec.LookPath("tshark"); err != nil {
		if os.Getenv("IMSIM_ORACLES") == "require" {
			t.Fatal("oracle tshark is not installed, and IMSIM_ORACLES=require")
		}
		t.Skip("oracle tshark is not installed")
	}
	return &TShark{t, file, options}
}

// Run returns what TShark prints.
func (s *TShark) Run(args ...string) string {
	s.t.Helper()
	all := []string{"-r", s.file, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"}
	cmd := exec.Command("tshark", append(append(all, s.options...), args...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("tshark: %v: %s", err, stderr.String())
	}
	return string(out)
}

// Fields returns the named fields of every packet that a display filter lets through, one row a packet; filter "" takes
// all. Several values of one field are joined by commas.
func (s *TShark) Fields(filter string, fields ...string) [][]string {
	s.t.Helper()
	args := []string{"-T", "fields", "-E", "separator=/t", "-E", "occurrence=a"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	if filter != "" {
		args = append(args, "-Y", filter)
	}
	var rows [][]string
	for line := range strings.Lines(s.Run(args...)) {
		rows = append(rows, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return rows
}

// Complaints returns a line for every packet that TShark calls malformed, every expert finding of severity warning or
// error, and every bad checksum: frame number, protocols, message.
func (s *TShark) Complaints() []string {
	s.t.Helper()
	const filter = `_ws.malformed || _ws.expert.severity >= "Warning" || ip.checksum.status == "Bad" || tcp.checksum.status == "Bad" || udp.checksum.status == "Bad"`
	var lines []string
	for _, r := range s.Fields(filter, "frame.number", "frame.protocols", "_ws.expert.message") {
		lines = append(lines, strings.Join(r, " "))
	}
	return lines
}
