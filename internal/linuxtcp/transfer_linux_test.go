package linuxtcp

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"imsim/internal/oracle"
	"imsim/netem/capture"
	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

// transfer is a connection that carries octets both ways at once, through losses both ways.
type transfer struct {
	name       string
	profile    tcp.Config
	v6, byLeft bool
	congestion string
	loss       sim.Prob
	octets     int // each way
	seed       uint64

	took    time.Duration
	longest time.Duration // without an octet for either program
	packets int
	lost    uint64
	list    []wirePacket
	err     error
	done    chan struct{}
}

const (
	stalled = 35 * time.Second // a transfer without an octet for so long has stalled; RFC 6298 needs 1 + 2 + 4 + 8 + 16 s for five losses in a row
	bounded = 2 * time.Minute  // with two busy cores one takes up to ten seconds
)

// TestTransfers moves octets both ways at once between the kernel and each profile of ours.
func TestTransfers(t *testing.T) {
	needKernel(t)
	rounds, octets := 1, 512<<10
	if isLong() {
		rounds, octets = 10, 1<<20
	}
	var all []*transfer
	for round := range rounds {
		for _, profile := range []string{"rfc", "linux"} {
			for _, v6 := range []bool{false, true} {
				for _, congestion := range []string{"reno", "cubic"} {
					for _, percent := range []int{0, 1, 3, 5} {
						x := &transfer{
							name:    fmt.Sprintf("%s/IPv%d/%s/%d%%", profile, 4+2*b2i(v6), congestion, percent),
							profile: tcp.ProfileRFC(), v6: v6, congestion: congestion, loss: sim.Prob(percent * 1e7), octets: octets,
							seed: uint64(round*100 + len(all) + 1), byLeft: len(all)%3 != 0, done: make(chan struct{}),
						}
						if profile == "linux" {
							x.profile = tcp.ProfileLinux()
						}
						x.profile.Congestion = tcp.NewReno
						if congestion == "cubic" {
							x.profile.Congestion = tcp.CUBIC
						}
						all = append(all, x)
					}
				}
			}
		}
	}
	queue := make(chan *transfer, len(all))
	for i := len(all) - 1; i >= 0; i-- {
		queue <- all[i]
	}
	close(queue)
	for range stages {
		go func() {
			for x := range queue {
				x.err = x.play()
				close(x.done)
			}
		}()
	}
	var packets int
	var lost uint64
	var octetsMoved int64
	for _, x := range all {
		t.Run(x.name, func(t *testing.T) {
			<-x.done
			if x.err != nil {
				t.Error(x.err)
			}
			t.Logf("%d octets each way in %v, at most %v without one; %d packets, %d lost", x.octets, x.took.Round(time.Millisecond), x.longest.Round(time.Millisecond), x.packets, x.lost)
			packets += x.packets
			lost += x.lost
			octetsMoved += 2 * int64(x.octets)
			if x.loss > 0 && x.lost == 0 {
				t.Error("nothing was lost")
			}
		})
	}
	t.Run("TShark", func(t *testing.T) { analyse(t, all[:32]) })
	t.Logf("%s: %d transfers, %d octets, %d packets, %d of them lost", kernelVersion(), len(all), octetsMoved, packets, lost)
}

func (x *transfer) play() error {
	r, err := newKernelRig(setting{v6: x.v6, loss: x.loss, rate: 50e6, seed: x.seed, congestion: x.congestion, ours: x.profile})
	if err != nil {
		return err
	}
	defer r.stop()
	p := &play{rig: r, v6: x.v6}
	defer func() {
		for _, c := range p.closer {
			c.Close()
		}
	}()
	l, c, err := p.open(x.byLeft)
	if err != nil {
		return err
	}
	begin := time.Now()
	var progress, longest atomic.Int64
	var wait sync.WaitGroup
	errs := make(chan error, 4)
	one := func(from, to conn, seed uint64) {
		sent, got := sha256.New(), sha256.New()
		wait.Add(2)
		go func() {
			defer wait.Done()
			src := io.LimitReader(rand.NewChaCha8([32]byte{byte(seed), byte(x.seed)}), int64(x.octets))
			if _, err := io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(from, sent)}, src, make([]byte, 8000)); err != nil {
				errs <- fmt.Errorf("write: %w", err)
				return
			}
			if err := from.CloseWrite(); err != nil {
				errs <- fmt.Errorf("half-close: %w", err)
			}
		}()
		go func() {
			defer wait.Done()
			buf, n := make([]byte, 1<<16), 0
			for {
				to.SetReadDeadline(time.Now().Add(stalled))
				k, err := to.Read(buf)
				got.Write(buf[:k])
				n += k
				now := int64(time.Since(begin))
				if gap := now - progress.Swap(now); gap > longest.Load() {
					longest.Store(gap)
				}
				if err == io.EOF {
					break
				}
				if err != nil {
					errs <- fmt.Errorf("read after %d octets: %w", n, err)
					return
				}
			}
			if a, b := sent.Sum(nil), got.Sum(nil); n != x.octets || string(a) != string(b) {
				errs <- fmt.Errorf("%d octets of %d arrived, digest %x of %x", n, x.octets, b[:4], a[:4])
			}
		}()
	}
	time.AfterFunc(bounded, func() { // which ends the calls that wait
		l.SetDeadline(time.Now())
		c.SetDeadline(time.Now())
	})
	one(l, c, 1)
	one(c, l, 2)
	wait.Wait()
	x.took, x.longest = time.Since(begin), time.Duration(longest.Load())
	r.at.Do(func() { x.lost = r.seen.lost() })
	x.list = r.seen.end()
	x.packets = len(x.list)
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// analyse has TShark look at what passed the kernel's device: nothing may be malformed or have a wrong checksum or an error.
// Its warnings, of repetitions and full windows, tell of losses and of how busy the machine is.
func analyse(t *testing.T, all []*transfer) {
	oracle.Need(t, "tshark")
	frames := 0
	for _, x := range all {
		if x.loss != 0 && x.loss != 5e7 || !strings.HasPrefix(x.name, "rfc/IPv4/reno") && !strings.HasPrefix(x.name, "linux/IPv6/cubic") {
			continue // four are enough
		}
		name := filepath.Join(t.TempDir(), "kernel.pcapng")
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w := capture.NewWriter(f, capture.Options{Application: "imsim", Wire: (*packet.Packet).Marshal})
		id := w.Interface("kernel.sim0", capture.Raw, "")
		for i := range x.list {
			y := &x.list[i]
			w.Packet(id, y.at, y.out, &y.p, "")
		}
		if err := errors.Join(w.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
		shark := oracle.NewTShark(t, name)
		for _, r := range shark.Fields(`ip.checksum.status == "Bad" || tcp.checksum.status == "Bad"`, "frame.number", "frame.protocols") {
			t.Errorf("%s: wrong checksum in frame %s", x.name, strings.Join(r, ": "))
		}
		for _, r := range shark.Fields(`_ws.malformed || _ws.expert.severity >= "Error"`, "frame.protocols", "frame.number", "_ws.expert.message") {
			// Now and then TShark takes drawn octets for a protocol that it guesses, and finds them malformed.
			if _, above, _ := strings.Cut(r[0], ":tcp"); above == "" || above == ":data" {
				t.Errorf("%s: frame %s", x.name, strings.Join(r[1:], ": "))
			}
		}
		frames += len(x.list)
	}
	t.Logf("%d frames", frames)
}
