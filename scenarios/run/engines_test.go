package run

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imsim/nodes"
	"imsim/scenarios"
)

// A scenario for engine model only is refused by the other one, with its reason.
func TestOnlyModel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.yaml")
	text := "schema: 1\ntitle: t\nengines: [model]\nengines-why: crypto/tls cannot renegotiate\nnodes: {r: {kind: router}}\n"
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	sc, err := scenarios.Load(path, scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Run(sc, Options{}); err != nil {
		t.Error(err)
	}
	if _, err := Run(sc, Options{Engine: nodes.EngineReal}); !errors.Is(err, ErrBuild) || !strings.Contains(err.Error(), "engine real cannot play") || !strings.Contains(err.Error(), "renegotiate") {
		t.Errorf("engine real: %v", err)
	}
}
