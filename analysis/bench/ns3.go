package bench

import (
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"imsim/netem"
	"imsim/netem/tcp"
	"imsim/sim"
	"imsim/sim/kernelbench"
)

//go:embed ns3/ns3tcp.cc
var ns3Source []byte

// errNoNS3 says that ns-3 or a compiler for it is not installed.
var errNoNS3 = errors.New("ns-3 is not installed (Debian: libns3-dev, g++)")

// ns3Program compiles the program for ns-3 into the user's cache, once.
func ns3Program() (string, error) {
	compiler, err := exec.LookPath("g++")
	if err != nil {
		return "", errNoNS3
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	dir = filepath.Join(dir, "imsim")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	program := filepath.Join(dir, fmt.Sprintf("ns3tcp-%x", sha256.Sum256(ns3Source))[:24])
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	source := program + ".cc"
	if err := os.WriteFile(source, ns3Source, 0o666); err != nil {
		return "", err
	}
	defer os.Remove(source)
	args := []string{"-O2", "-std=c++17", "-o", program + ".new", source}
	for _, module := range []string{"core", "network", "internet", "point-to-point", "applications", "traffic-control"} {
		args = append(args, "-lns3-"+module)
	}
	if out, err := exec.Command(compiler, args...).CombinedOutput(); err != nil {
		if strings.Contains(string(out), "ns3/") && strings.Contains(string(out), "No such file") {
			return "", errNoNS3
		}
		return "", fmt.Errorf("the program for ns-3 does not compile: %w\n%.600s", err, out)
	}
	return program, os.Rename(program+".new", program)
}

// traffic is what both simulators play: two hosts, and one link or a path of links and routers.
type traffic struct {
	short   bool // a connection every 5 ms with 2 KB each way; otherwise one transfer without end
	routers int
	rate    uint64        // of each link
	delay   time.Duration // of each link
	queue   int           // packets
	loss    float64       // of data segments
	seconds int           // virtual
	run     int           // of the random streams
}

// played is what came of it.
type played struct {
	cpu                        float64 // seconds
	packets, octets, connected uint64
}

// ns3 plays a load in ns-3.
func (l traffic) ns3(program string) (played, error) {
	kind := "bulk"
	if l.short {
		kind = "short"
	}
	out, err := exec.Command(program, "--kind="+kind, fmt.Sprintf("--rate=%dbps", l.rate), fmt.Sprintf("--delay=%dns", l.delay),
		fmt.Sprintf("--routers=%d", l.routers), fmt.Sprintf("--queue=%d", l.queue), fmt.Sprintf("--loss=%g", l.loss), fmt.Sprintf("--seconds=%d", l.seconds), fmt.Sprintf("--run=%d", l.run)).Output()
	f := strings.Fields(string(out))
	if err != nil || len(f) < 4 {
		return played{}, fmt.Errorf("ns-3: %v: %q", err, out)
	}
	var p played
	p.cpu, _ = strconv.ParseFloat(f[0], 64)
	for i, to := range []*uint64{&p.packets, &p.octets, &p.connected} {
		*to, _ = strconv.ParseUint(f[i+1], 10, 64)
	}
	return p, nil
}

// ours plays the same in this simulator: NewReno with selective acknowledgements, RTO of at least 1 s, 1448 octets a segment,
// ten segments at first, buffers of 1 MiB, as the program for ns-3 sets it.
func (l traffic) ours() (played, error) {
	data := netem.DirectionConfig{Rate: netem.BitRate(l.rate), Delay: l.delay, QueuePackets: l.queue, Overhead: 2 /* of PPP in ns-3 */}
	back := data
	if l.loss > 0 {
		data.Loss = sim.Prob(l.loss * float64(sim.Certain))
	}
	p, err := newPairOf(netem.LinkConfig{AtoB: data, BtoA: back}, l.routers, uint64(l.run))
	if err != nil {
		return played{}, err
	}
	p.cfg = tcp.Config{SendBuffer: 1 << 20, RecvBuffer: 1 << 20, TimeWait: time.Minute}
	if l.short {
		p.ends[0].size, p.ends[1].size = 2048, 2048
		s := &short{pair: p}
		s.self = p.k.Add("caller", s)
		p.k.At(sim.Time(time.Millisecond), s.self, 0)
	} else {
		p.ends[0].bulk = true
		if err := p.dial(); err != nil {
			return played{}, err
		}
	}
	before := kernelbench.CPUTime()
	if err := p.k.Run(sim.Time(l.seconds) * sim.Time(time.Second)); err != nil {
		return played{}, err
	}
	r := played{cpu: (kernelbench.CPUTime() - before).Seconds(), octets: p.ends[1].got + p.ends[0].got, connected: uint64(p.ends[1].ended)}
	for _, d := range p.net.Directions() {
		r.packets += d.Stats.Packets - d.Stats.Drops()
	}
	return r, nil
}

// versusNS3 plays the same loads in both simulators by turns.
func versusNS3(cfg Config, each func(Line)) error {
	const group = "beside ns-3 as Debian packages it, with logging compiled in"
	program, err := ns3Program()
	if errors.Is(err, errNoNS3) {
		each(Line{Group: group, What: "not measured", Beside: err.Error()})
		return nil
	}
	if err != nil {
		return err
	}
	for _, c := range []struct {
		what, goal string
		traffic
	}{
		{"bulk, 100 Mbit/s, 10 ms: packets delivered a CPU second", "≥ 100 ×", traffic{rate: 100e6, delay: 10 * time.Millisecond, queue: 100, seconds: pick(cfg, 5, 20)}},
		{"the same over five such links and four routers: packets delivered by all", "≥ 100 ×", traffic{routers: 4, rate: 100e6, delay: 2 * time.Millisecond, queue: 100, seconds: pick(cfg, 2, 5)}},
		{"short connections of 2 KB each way, a CPU second", "", traffic{short: true, rate: 10e9, delay: 10 * time.Millisecond, queue: 100, seconds: pick(cfg, 5, 20)}},
	} {
		var ours, theirs []float64
		for round := range pick(cfg, 3, 5) {
			c.run = round + 1
			t, err := c.traffic.ns3(program)
			if err != nil {
				return err
			}
			// A run of ours is over before the clock has ticked often: several.
			var o played
			for range 20 {
				one, err := c.traffic.ours()
				if err != nil {
					return err
				}
				o.cpu, o.packets, o.connected = o.cpu+one.cpu, o.packets+one.packets, o.connected+one.connected
			}
			if c.short {
				ours, theirs = append(ours, float64(o.connected)/o.cpu), append(theirs, float64(t.connected)/t.cpu)
			} else {
				ours, theirs = append(ours, float64(o.packets)/o.cpu), append(theirs, float64(t.packets)/t.cpu)
			}
		}
		a, b := median(ours), median(theirs)
		each(Line{Group: group, What: c.what, Figure: fmt.Sprintf("%.0f ×", a/b), Beside: fmt.Sprintf("%s; ns-3 %s", perSecond(1e9/a), perSecond(1e9/b)), Goal: c.goal})
	}
	return nil
}
