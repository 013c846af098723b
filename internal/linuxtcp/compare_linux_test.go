package linuxtcp

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
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
	v6only  bool
}

// performance is a trial in one IP version, and what came of it.
type performance struct {
	trial
	v6     bool
	ours   outcomes
	kernel outcomes
	wrong  []string // what differs without a reason, in the last attempt
	tries  int
	late   bool          // times were allowed to be far off
	behind time.Duration // the network was behind the clock at worst
	heads  int           // TCP headers that went through our codec
	done   chan struct{}
}

// outcomes are what one performance of a script shows.
type outcomes struct {
	list   []wirePacket
	notes  []string
	failed error
}

const (
	stages   = 16 // performances at a time: they wait most of their time, but a late one is of no use
	attempts = 6  // the machine's load can make a play with the kernel late, and then something else happens
	strict   = 3  // of them; the kernel takes lateness for round-trip time, and then its schedules are longer by as much
)

// TestSegments plays every trial with the kernel's TCP and with ours on the left, and compares the segments.
func TestSegments(t *testing.T) {
	needKernel(t)
	var all []*performance
	for _, x := range slices.Concat(senderTrials, openingTrials, endingTrials, socketTrials, receiverTrials) { // long ones first
		for _, v6 := range []bool{false, true} {
			if v6 && x.v4only || !v6 && x.v6only {
				continue
			}
			p := &performance{trial: x, v6: v6, done: make(chan struct{})}
			simulated(t, p.set(), func(r *rig) { p.ours = perform(r, p.v6, p.script) })
			all = append(all, p)
		}
	}
	queue := make(chan *performance, len(all))
	for _, x := range all {
		queue <- x
	}
	close(queue)
	for range stages {
		go func() {
			for x := range queue {
				x.withKernel()
			}
		}()
	}
	count, named, again, heads, late := 0, 0, 0, 0, 0
	for _, x := range all {
		name := x.name + "/IPv4"
		if x.v6 {
			name = x.name + "/IPv6"
		}
		t.Run(name, func(t *testing.T) {
			<-x.done
			for _, w := range x.wrong {
				t.Error(w)
			}
			again += x.tries - 1
			named += len(x.differs)
			count += x.segments()
			heads += x.heads
			late += b2i(x.late)
			if t.Failed() {
				t.Logf("kernel:\n%s\nours:\n%s", story(x.kernel.list), story(x.ours.list))
			}
		})
	}
	t.Logf("%s: %d plays, %d segments compared, %d differences with a reason, %d headers of the kernel written again to the octet, %d plays repeated, %d late",
		kernelVersion(), len(all), count, named, heads, again, late)
}

func (x *performance) set() setting {
	s := x.setting
	s.v6, s.ours = x.v6, linuxProfile()
	s.ours.RecvBuffer = 128 << 10
	return s
}

// withKernel plays with the kernel until nothing differs without a reason, a few times at most.
func (x *performance) withKernel() {
	defer close(x.done)
	for x.tries = 1; ; x.tries++ {
		r, err := newKernelRig(x.set())
		if err != nil {
			x.wrong = []string{err.Error()}
			return
		}
		x.kernel = perform(r, x.v6, x.script)
		r.stop()
		x.behind = r.late()
		var misread []string
		x.heads, misread = r.codec.result()
		late := x.tries > strict
		x.late = late && x.timed > 0
		if x.wrong = append(x.judge(late), misread...); len(x.wrong) == 0 || x.tries == attempts {
			return
		}
	}
}

// segments returns how many are compared.
func (x *performance) segments() int {
	dirs := words(x.kernel.list)
	if !x.both {
		return len(dirs[0])
	}
	return len(dirs[0]) + len(dirs[1])
}

// judge returns what differs without a reason.
func (x *performance) judge(late bool) (wrong []string) {
	if x.kernel.failed != nil || x.ours.failed != nil {
		wrong = append(wrong, fmt.Sprintf("the script failed: with the kernel %v, with ours %v", x.kernel.failed, x.ours.failed))
	}
	if k, o := strings.Join(x.kernel.notes, "; "), strings.Join(x.ours.notes, "; "); k != o {
		wrong = append(wrong, fmt.Sprintf("programs saw, with the kernel: %s; with ours: %s", k, o))
	}
	kernel, ours := words(x.kernel.list), words(x.ours.list)
	var differ []string
	for d, dir := range []string{">", "<"} {
		if d == 0 || x.both {
			differ = append(differ, compare(dir, kernel[d], ours[d])...)
		}
	}
	left := slices.Clone(x.differs)
	for _, line := range differ {
		i := slices.IndexFunc(left, func(d deviation) bool { return d.is(line) })
		if i < 0 {
			wrong = append(wrong, "without a reason: "+line)
			continue
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, d := range left {
		wrong = append(wrong, fmt.Sprintf("differs no longer: %s (%s)", d.line, d.why))
	}
	if x.timed > 0 {
		wrong = append(wrong, gaps(kernel[0], ours[0], x.timed, x.behind, late)...)
	}
	return wrong
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
