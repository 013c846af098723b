package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"imsim/analysis/study"
)

// patience is how long a run may take before it says something.
const patience = 500 * time.Millisecond

// showProgress shows how far the run is: a bar on a terminal, a line every ten seconds elsewhere. It ends when the
// function returned is called.
func showProgress(w io.Writer, p *study.Progress, runs int) (end func()) {
	quit := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		if terminal(w) {
			showBar(w, p, runs, quit)
		} else {
			showLines(w, p, quit)
		}
	})
	return func() {
		close(quit)
		done.Wait()
	}
}

func showBar(w io.Writer, p *study.Progress, runs int, quit <-chan struct{}) {
	tick := time.NewTicker(patience)
	defer tick.Stop()
	var bar *progressbar.ProgressBar
	for {
		select {
		case <-quit:
			if bar != nil {
				bar.Clear()
			}
			return
		case <-tick.C:
		}
		if bar == nil {
			bar = progressbar.NewOptions(1000, progressbar.OptionSetWriter(w), progressbar.OptionSetWidth(30),
				progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))
		}
		s := p.Look()
		bar.Describe(describe(s))
		bar.Set(s.Part())
	}
}

func showLines(w io.Writer, p *study.Progress, quit <-chan struct{}) {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-quit:
			return
		case <-tick.C:
			s := p.Look()
			fmt.Fprintf(w, "%s: %d %%\n", describe(s), s.Part()/10)
		}
	}
}

// describe says where a run is.
func describe(s study.State) string {
	text := fmt.Sprintf("%s at %.1f s", s.Name, float64(s.Now)/1e9)
	if s.Planned > 1 {
		text += fmt.Sprintf(", %d of %d sessions", s.Ended, s.Planned)
	}
	return text
}
