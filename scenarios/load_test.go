package scenarios

import "testing"
import "os"

func TestX(t *testing.T) {
	s, err := Load("fwd-late-tls12", Options{Set: []string{"links.access.delay=17ms"}})
	if err != nil { t.Fatal(err) }
	s.Explain(os.Stdout)
	s.WriteResolved(os.Stdout)
}
