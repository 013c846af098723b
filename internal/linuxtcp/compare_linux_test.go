package linuxtcp

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"imsim/netem/tcp"
)

// trial is a script with what it is played with.
type trial struct {
	name    string
	setting setting
	script  script
	both    bool          // compare the right end's segments too; a peer's are the script's own
	timed   time.Duration // compare the times of the left's segments with so much slack; 0: do not
	differs []deviation
	v4only  bool
}

// performance is what came of a trial with the kernel.
type performance struct {
	trial
	v6     bool
	list   []wirePacket
	notes  []string
	failed error
	done   chan struct{}
}

// TestSegments plays every trial with the kernel's TCP and with ours on the left, and compares the segments.
func TestSegments(t *testing.T) {
	needKernel(t)
	t.Log(kernelVersion())
	var all []*performance
	for _, x := range slices.Concat(socketTrials, receiverTrials, senderTrials, openingTrials, endingTrials) {
		for _, v6 := range []bool{false, true} {
			if v6 && x.v4only {
				continue
			}
			all = append(all, &performance{trial: x, v6: v6, done: make(chan struct{})})
		}
	}
	for _, x := range all { // they wait most of their time: all at once
		go x.withKernel()
	}
	segments, differences := 0, 0
	for _, x := range all {
		name := x.name + "/IPv4"
		if x.v6 {
			name = x.name + "/IPv6"
		}
		t.Run(name, func(t *testing.T) {
			select {
			case <-x.done:
			case <-time.After(150 * time.Second):
				t.Fatal("the play with the kernel does not end")
			}
			n, d := x.judge(t)
			segments += n
			differences += d
		})
	}
	t.Logf("%d trials, %d segments compared, %d of them differ for a reason that is named", len(all), segments, differences)
}

func (x *performance) set() setting {
	s := x.setting
	s.v6, s.ours = x.v6, linuxProfile()
	s.ours.RecvBuffer = 128 << 10
	return s
}

func (x *performance) withKernel() {
	defer close(x.done)
	r, err := newKernelRig(x.set())
	if err != nil {
		x.failed = err
		return
	}
	defer r.stop()
	x.list, x.notes, x.failed = perform(r, x.v6, x.script)
}

// judge plays the trial with ours on the left and compares. It returns how many segments were compared, and how many of
// them differ for a named reason.
func (x *performance) judge(t *testing.T) (segments, differences int) {
	var list []wirePacket
	var notes []string
	var failed error
	simulated(t, x.set(), func(r *rig) { list, notes, failed = perform(r, x.v6, x.script) })
	kernel, ours := words(x.list), words(list)
	if x.failed != nil || failed != nil {
		t.Errorf("the script failed: with the kernel %v, with ours %v", x.failed, failed)
	}
	if k, o := strings.Join(x.notes, "\n"), strings.Join(notes, "\n"); k != o {
		t.Errorf("programs saw, with the kernel:\n%s\nwith ours:\n%s", k, o)
	}
	var differ []string
	for d, dir := range []string{">", "<"} {
		if d == 0 || x.both {
			differ = append(differ, compare(dir, kernel[d], ours[d])...)
			segments += len(kernel[d])
		}
	}
	left := slices.Clone(x.differs)
	for _, line := range differ {
		i := slices.IndexFunc(left, func(d deviation) bool { return d.line == line })
		if i < 0 {
			t.Errorf("without a reason: %s", line)
			continue
		}
		left = slices.Delete(left, i, i+1)
		differences++
	}
	for _, d := range left {
		t.Errorf("no longer differs: %s (%s)", d.line, d.why)
	}
	if x.timed > 0 {
		for _, w := range gaps(kernel[0], ours[0], x.timed) {
			t.Error(w)
		}
	}
	if t.Failed() || testing.Verbose() {
		t.Logf("kernel:\n%s\nours:\n%s", story(x.list), story(list))
	}
	return segments, differences
}

// story lists segments for people.
func story(list []wirePacket) string {
	dirs := words(list)
	var b strings.Builder
	for i, j := 0, 0; i < len(dirs[0]) || j < len(dirs[1]); {
		if j == len(dirs[1]) || i < len(dirs[0]) && dirs[0][i].at <= dirs[1][j].at {
			fmt.Fprintf(&b, "%9.4f > %s\n", time.Duration(dirs[0][i].at).Seconds(), dirs[0][i].text)
			i++
		} else {
			fmt.Fprintf(&b, "%9.4f < %s\n", time.Duration(dirs[1][j].at).Seconds(), dirs[1][j].text)
			j++
		}
	}
	return b.String()
}

var _ = tcp.Config{}
