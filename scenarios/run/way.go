package run

import (
	"reflect"

	"imsim/netem"
	"imsim/scenarios"
	"imsim/scenarios/linktrace"
	"imsim/sim"
)

// way is one direction of a link at run time: what the scenario says of it, which the timeline may change, and above that
// what its trace says. A column of a trace wins over the timeline.
type way struct {
	k     *sim.Kernel
	dir   *netem.Direction
	link  scenarios.Link // as the scenario or the timeline has it
	over  linktrace.Point
	built scenarios.Link // what the present configuration was made of
	cfg   netem.DirectionConfig
	self  sim.Entity
}

// newWay makes the configuration that a direction starts with.
func (w *world) newWay(name string, direction int, l scenarios.Link) (*way, netem.DirectionConfig, error) {
	y := &way{k: w.k, link: l}
	if len(l.Points) > 0 && l.Points[0].At == 0 {
		y.overlay(l.Points[0])
	}
	y.built = l.With(y.over)
	var err error
	if y.cfg, err = y.built.Direction(); err != nil {
		return nil, y.cfg, err
	}
	end := []string{"forward", "backward"}[direction]
	y.cfg.Discipline, err = l.NewDiscipline(w.k.Rand("queue of " + name + " " + end))
	if len(l.Points) > 0 {
		y.self = w.k.Add("trace of "+name+" "+end, y)
	}
	return y, y.cfg, err
}

// start schedules the first line of the trace that is still to come.
func (y *way) start(d *netem.Direction) {
	y.dir = d
	if y.over.Up != nil {
		d.SetUp(*y.over.Up)
	}
	y.schedule(0)
}

// schedule plans the first line from number i on that lies ahead.
func (y *way) schedule(i int) {
	for ; i < len(y.link.Points); i++ {
		if at := sim.Time(y.link.Points[i].At); at > y.k.Now() {
			y.k.At(at, y.self, uint32(i))
			return
		}
	}
}

// Handle brings line i of the trace into force.
func (y *way) Handle(i uint32) {
	p := y.link.Points[i]
	y.overlay(p)
	if p.Up != nil {
		y.dir.SetUp(*p.Up)
	}
	y.apply()
	y.schedule(int(i) + 1)
}

func (y *way) overlay(p linktrace.Point) {
	over(&y.over.Delay, p.Delay)
	over(&y.over.Jitter, p.Jitter)
	over(&y.over.Rate, p.Rate)
	over(&y.over.Loss, p.Loss)
	over(&y.over.Up, p.Up)
}

func over[T any](to **T, from *T) {
	if from != nil {
		*to = from
	}
}

// set changes what the scenario says.
func (y *way) set(l scenarios.Link) {
	y.link = l
	y.apply()
}

// apply gives the direction its present configuration. Models that have a state keep it unless they themselves change.
func (y *way) apply() {
	l := y.link.With(y.over)
	cfg, err := l.Direction()
	cfg.Discipline = y.cfg.Discipline
	if reflect.DeepEqual(l.Loss, y.built.Loss) {
		cfg.Losses = y.cfg.Losses
	}
	if err == nil {
		err = y.dir.Configure(cfg)
	}
	if err != nil {
		y.k.Fail(err)
	}
	y.built, y.cfg = l, cfg
}
