package h248

import (
	"testing"

	"imsim/internal/oracle"
)

// Erlang/OTP megaco decodes every example and both our encodings of it, and finds the same meaning in all three.
func TestMegacoAgrees(t *testing.T) {
	texts := examples(t)
	for _, s := range accepted {
		texts = append(texts, example{s.name, []byte(s.text), 0})
	}
	var batch [][]byte
	for _, ex := range texts {
		m := mustParse(t, ex.text)
		batch = append(batch, ex.text, m.Append(nil, Pretty), m.Append(nil, Compact))
	}
	results := oracle.MegacoDecode(t, batch)
	for i, ex := range texts {
		r := results[3*i : 3*i+3]
		for j, form := range []string{"as written", "pretty", "compact"} {
			if r[j].Err != "" {
				t.Errorf("%s, %s: %s\n%s", ex.name, form, r[j].Err, batch[3*i+j])
			} else if r[j].Term != r[0].Term && r[0].Err == "" {
				t.Errorf("%s, %s means something else to OTP:\n%s\nwas\n%s", ex.name, form, r[j].Pretty, r[0].Pretty)
			}
		}
		if ex.compact != 0 && r[0].Err == "" && len(r[0].Compact) != ex.compact {
			t.Errorf("%s: OTP's compact encoding has %d octets, table says %d", ex.name, len(r[0].Compact), ex.compact)
		}
	}
}
