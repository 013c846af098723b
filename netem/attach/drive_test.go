package attach

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// TestEndOfRun checks that nobody waits for a kernel that runs no more, whatever ended it.
func TestEndOfRun(t *testing.T) {
	broken := errors.New("broken off")
	for name, c := range map[string]struct {
		end  func(r *rig, d *Driver)
		want error
	}{
		"stopped driver": {func(_ *rig, d *Driver) { d.Stop() }, nil},
		"closed network": {func(r *rig, _ *Driver) { r.at.Close() }, nil},
		"stopped kernel": {func(r *rig, _ *Driver) { r.at.Do(r.k.Stop) }, nil},
		"failed kernel":  {func(r *rig, _ *Driver) { r.at.Do(func() { r.k.Fail(broken) }) }, broken},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, oneWay/2)
				d := Drive(r.k, synctest.Wait)
				r.attach(t, d)
				s, err := r.server.ListenPacket("udp", ":7")
				if err != nil {
					t.Fatal(err)
				}
				go func() {
					time.Sleep(time.Second)
					c.end(r, d)
				}()
				_, _, err = s.ReadFrom(nil)
				wantErr(t, "read", err, net.ErrClosed)
				wantAt(t, r, "end", time.Second)
				_, err = r.client.Dial("tcp", "server:7")
				wantErr(t, "dial", err, net.ErrClosed)
				if err := d.Stop(); !errors.Is(err, c.want) {
					t.Errorf("the driver ended with %v, want %v", err, c.want)
				}
			})
		})
	}
}

// TestDriverKeepsTheBubblesTime checks that an injected call finds virtual time where the bubble's is, also when no event
// is due for long.
func TestDriverKeepsTheBubblesTime(t *testing.T) {
	bubble(t, oneWay, func(t *testing.T, r *rig) {
		for _, d := range []time.Duration{0, 1, time.Hour, 365 * 24 * time.Hour} {
			time.Sleep(d)
			var now time.Duration
			r.at.Do(func() { now = time.Duration(r.k.Now()) })
			if now != r.elapsed() {
				t.Errorf("virtual time is %v, the bubble's %v", now, r.elapsed())
			}
		}
	})
}
