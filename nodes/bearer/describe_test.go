package bearer

import (
	"strings"
	"testing"
)

// TestRow reads two rows back as people see them.
func TestRow(t *testing.T) {
	for _, c := range []struct {
		rule Rule
		want string
	}{
		{Rule{ID: "E-1", On: SynIn, X: Cond{TCP: set(TCPIdle, TCPHeld), Role: set(Passive), Link: FwdLate}, Y: Cond{Is: Complete, Not: Client}, DoX: do{Hold}, DoY: do{Establish}},
			"E-1;tcp.in.syn;;tcp=idle|held role=passive link=fwd-late;complete !client;hold;tcp.establish;"},
		{Rule{ID: "E-4", On: TCPUp, If: StrictHolds, Y: Cond{NoLink: TCPPresets, TLS: set(TLSNone)}, DoY: do{Accept, FIN}, Note: "proxy"},
			"E-4;tcp.established;strictHold;;tls=none no-tcp-link;;tcp.accept, tcp.fin;proxy"},
	} {
		if got := strings.Join(c.rule.Row(), ";"); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// TestEveryRuleCanBeRead finds values without a name.
func TestEveryRuleCanBeRead(t *testing.T) {
	for _, table := range [][]Rule{Establishment, ReleaseMatrix} {
		for i := range table {
			r := &table[i]
			row := r.Row()
			if len(row) != len(Columns) || row[0] == "" || row[1] == "-" || row[5]+row[6] == "" {
				t.Errorf("row %d: %q", i, row)
			}
			if (r.X == Cond{}) != (row[3] == "") || (r.Y == Cond{}) != (row[4] == "") || (r.If == 0) != (row[2] == "") {
				t.Errorf("row %d: a condition is not shown: %q", i, row)
			}
		}
	}
}
