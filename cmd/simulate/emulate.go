package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"imsim/analysis/story"
	"imsim/analysis/study"
	"imsim/scenarios"
	"imsim/scenarios/emulate"
)

func emulateCommand() *cobra.Command {
	var (
		set    []string
		seed   uint64
		trace  string
		engine string
		limit  time.Duration
		opt    study.Options
	)
	cmd := &cobra.Command{
		Use:   "emulate SCENARIO",
		Short: "Play a scenario in real time, with real machines in it",
		Long: "emulate makes a TUN device for each node of kind tun, routes the simulated hosts' addresses to it, and plays the scenario\n" +
			"by the clock until it is interrupted (Ctrl-C), run.until comes, or the time given by --for is over. It says how late\n" +
			"it was; devices and routes are gone afterwards. Linux only; it needs the right to make devices: root, or a namespace of\n" +
			"your own.",
		Example: "  sudo simulate emulate emulate-nat\n  unshare --user --map-root-user --net simulate emulate emulate-nat --for 30s",
		Args:    exactly(1, "a scenario"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var errs []error
			var err error
			if opt.Trace, err = study.ParseTracing(trace); err != nil {
				errs = append(errs, fmt.Errorf("--trace: %w", err))
			}
			if opt.Engine, err = study.ParseEngine(engine); err != nil {
				errs = append(errs, fmt.Errorf("--tls: %w", err))
			}
			if limit < 0 {
				errs = append(errs, fmt.Errorf("--for: %v (write a time such as 30s)", limit))
			}
			if err := errors.Join(errs...); err != nil {
				return err
			}
			given := scenarios.Options{Set: set}
			if cmd.Flags().Changed("seed") {
				given.Seed = &seed
			}
			points, many, err := load(cmd, args, given)
			if err != nil {
				return err
			}
			if many || len(points) != 1 {
				return errors.New("give one scenario")
			}
			sc := points[0].Scenario
			if len(sc.File.Live()) == 0 {
				return fmt.Errorf("%s has no node of kind tun or web: nothing of the real world takes part (simulate run %[1]s plays it in virtual time)", args[0])
			}
			live := emulate.New(cmd.Context(), sc)
			live.Limit = limit
			quit := make(chan struct{})
			began := false
			live.Ready = func(s *emulate.Session) {
				began = true
				tell(cmd.OutOrStdout(), s)
				go progress(cmd.ErrOrStderr(), s, quit)
			}
			opt.Live, opt.Progress = live, &study.Progress{}
			out := story.Printer{W: cmd.OutOrStdout(), Err: cmd.ErrOrStderr(), Names: len(points[0].Name)}
			err = study.Execute(cmd.Context(), points, false, opt, func(r *study.Result) {
				close(quit)
				if began && (r.Err == nil || r.Written) {
					account(cmd.OutOrStdout(), live)
				}
				out.Print(r)
			})
			worst := out.Finish()
			switch {
			case errors.Is(err, study.ErrWrong):
				return err
			case err != nil:
				fmt.Fprintln(cmd.ErrOrStderr(), err)
				worst = study.Broken
			}
			if worst != study.Passed {
				return status(worst)
			}
			return nil
		},
	}
	f := cmd.Flags()
	setFlag(cmd, &set)
	f.DurationVar(&limit, "for", 0, "end after this `time`; 0: when interrupted, or at run.until")
	f.Uint64Var(&seed, "seed", 0, "seed of all random streams, instead of the scenario's")
	f.StringVar(&opt.Out, "out", "", "`directory` to write into")
	f.BoolVar(&opt.Capture, "capture", false, "capture packets, a file a host: what the scenario names, or every host")
	f.StringVar(&trace, "trace", "auto", "record causes: all, or none, which auto is here")
	f.StringVar(&engine, "tls", "model", "TLS engine: model or real")
	return cmd
}

// tell says what has been made and how to use it.
func tell(w io.Writer, s *emulate.Session) {
	for _, d := range s.Devices {
		where := "this machine"
		if d.Namespace != "" {
			where = "namespace " + d.Namespace
		}
		fmt.Fprintf(w, "%s is %s: device %s, address %v\n", d.Node, where, d.Name, d.Addr)
		var routes []string
		for _, r := range d.Routes {
			routes = append(routes, strings.TrimSuffix(r.String(), fmt.Sprintf("/%d", r.Addr().BitLen())))
		}
		fmt.Fprintf(w, "  routes by %s: %s\n", d.Name, strings.Join(routes, " "))
	}
	names := 0
	for _, h := range s.Hosts {
		names = max(names, len(h.Name))
	}
	fmt.Fprintln(w, "nodes:")
	for _, h := range s.Hosts {
		var addrs []string
		for _, a := range h.Addrs {
			addrs = append(addrs, a.String())
		}
		fmt.Fprintf(w, "  %-*s  %s\n", names, h.Name, strings.Join(addrs, " "))
	}
	for _, x := range s.Servers {
		try := "curl " + x.URL
		if i := slices.IndexFunc(s.Devices, func(d *emulate.Device) bool { return d.Namespace != "" }); i >= 0 {
			try = "ip netns exec " + s.Devices[i].Namespace + " " + try
		}
		fmt.Fprintf(w, "try: %s\n", try)
	}
	fmt.Fprintln(w, "Ctrl-C ends it")
}

// progress tells every ten seconds how late the run is.
func progress(w io.Writer, s *emulate.Session, quit <-chan struct{}) {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-quit:
			return
		case <-tick.C:
			l, now := s.Look()
			var in, out uint64
			for _, d := range s.Devices {
				st := d.Stats()
				in, out = in+st.In, out+st.Out
			}
			fmt.Fprintf(w, "%.0f s: %d packets in, %d out; half of %d instants within %v, 99 %% within %v, latest %v\n",
				float64(now)/1e9, in, out, l.Instants, l.Quantile(500), l.Quantile(990), l.Max.Round(time.Microsecond))
		}
	}
}

// account says at the end how late the run was and what became of packets.
func account(w io.Writer, s *emulate.Session) {
	l := s.Lateness()
	fmt.Fprintf(w, "lateness: %d instants; half within %v, 99 %% within %v, latest %v (at %v); %d later than %v\n",
		l.Instants, l.Quantile(500), l.Quantile(990), l.Max.Round(time.Microsecond), l.MaxAt, l.Late, l.Threshold)
	for _, d := range s.Devices {
		st := d.Stats()
		fmt.Fprintf(w, "%s: %d packets in, %d out", d.Name, st.In, st.Out)
		for _, x := range []struct {
			n    uint64
			what string
		}{
			{st.Malformed, "malformed"}, {st.Checksum, "with a wrong checksum"}, {st.Spoofed, "from a foreign source"},
			{st.Unroutable, "for nobody"}, {st.Overflow, "too many at a time"}, {st.Failed, "refused by the device"},
		} {
			if x.n > 0 {
				fmt.Fprintf(w, "; dropped: %d %s", x.n, x.what)
			}
		}
		fmt.Fprintln(w)
	}
}
