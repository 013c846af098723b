package h248

import (
	"fmt"
	"testing"
	"time"

	"imsim/sim"
)

// Scripts of what happens to a gateway with two controllers, and the ServiceChanges that follow, as "controller method reason".
func TestRegistration(t *testing.T) {
	ok := &Item{Actions: []Action{In(NullContext, ServiceChangeOf(Root, Services{Version: 2}))}}
	refused := &Item{Error: Describe(ErrServiceUnavailable, "")}
	for _, tt := range []struct {
		name  string
		steps string
		want  []string
		state RegistrationState
	}{
		{"cold boot", "boot ok", []string{"0 Restart 901 Cold Boot at 0s"}, Registered},
		{"random wait", "wait-boot pass ok", []string{"0 Restart 901 Cold Boot at 3s"}, Registered},
		{"first is dead", "boot fail ok", []string{"0 Restart 901 Cold Boot at 0s", "1 Restart 901 Cold Boot at 0s"}, Registered},
		{"all refuse", "boot no no pass ok", []string{"0 Restart 901 Cold Boot at 0s", "1 Restart 901 Cold Boot at 0s", "0 Restart 901 Cold Boot at 5s"}, Registered},
		{"lost and back", "boot ok lose ok", []string{"0 Restart 901 Cold Boot at 0s", "0 Disconnected 900 Service Restored at 0s"}, Registered},
		{"failover", "boot ok lose fail ok", []string{"0 Restart 901 Cold Boot at 0s", "0 Disconnected 900 Service Restored at 0s", "1 Failover 909 MGC Impending Failure at 0s"}, Registered},
		{"handoff", "boot ok handoff ok", []string{"0 Restart 901 Cold Boot at 0s", "1 HandOff 903 MGC Directed Change at 0s"}, Registered},
		{"handoff fails", "boot ok handoff no ok", []string{"0 Restart 901 Cold Boot at 0s", "1 HandOff 903 MGC Directed Change at 0s", "0 Failover 909 MGC Impending Failure at 0s"}, Registered},
		{"redirected", "boot redirect ok", []string{"0 Restart 901 Cold Boot at 0s", "1 Restart 901 Cold Boot at 0s"}, Registered},
		{"redirected without end", "boot redirect redirect redirect redirect", []string{"0 Restart 901 Cold Boot at 0s", "1 Restart 901 Cold Boot at 0s", "1 Restart 901 Cold Boot at 0s", "1 Restart 901 Cold Boot at 0s"}, Registered},
		{"given up", "boot no no pass no no pass no no pass", []string{"0 Restart 901 Cold Boot at 0s", "1 Restart 901 Cold Boot at 0s", "0 Restart 901 Cold Boot at 5s",
			"1 Restart 901 Cold Boot at 5s", "0 Restart 901 Cold Boot at 10s", "1 Restart 901 Cold Boot at 10s"}, Unregistered},
		{"closed", "boot ok close lose", []string{"0 Restart 901 Cold Boot at 0s"}, Unregistered},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := NewRegistration(RegistrationConfig{MGCs: 2, Rounds: 3, Profile: "simiq/1", Version: 2})
			now := sim.Time(0)
			var got []string
			for _, s := range fields(tt.steps) {
				switch s {
				case "boot":
					r.Boot(now, why1, 0, "901 Cold Boot")
				case "wait-boot":
					r.Boot(now, why1, 3*time.Second, "901 Cold Boot")
				case "pass":
					now = min(r.Deadline(), now.Add(time.Hour))
					r.Tick(now, r.Waited())
				case "ok":
					r.Answered(now, why1, ok, -1)
				case "redirect":
					r.Answered(now, why1, ok, 1)
				case "no":
					r.Answered(now, why1, refused, -1)
				case "fail":
					r.Failed(now, why1)
				case "lose":
					r.Lost(now, why1, 0)
				case "handoff":
					r.HandOff(now, why1, 1)
				case "close":
					r.Close()
				}
				for a, ok := r.Next(); ok; a, ok = r.Next() {
					got = append(got, fmt.Sprintf("%d %s %s at %v", a.MGC, tokenText[methodTokens[a.Services.Method]][0], a.Services.Reason, time.Duration(now)))
					if a.Cause == (sim.Cause{}) {
						t.Error("no cause")
					}
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(tt.want) || r.State() != tt.state {
				t.Errorf("got  %q in state %d\nwant %q in state %d", got, r.State(), tt.want, tt.state)
			}
		})
	}
}

func fields(s string) (out []string) {
	for s != "" {
		i := 0
		for i < len(s) && s[i] != ' ' {
			i++
		}
		out, s = append(out, s[:i]), s[min(i+1, len(s)):]
	}
	return out
}
