package sim

import "time"

// Mix is a way of drawing delays in the hold model, the usual load to measure queues of events with: take the next
// event, schedule one after a drawn delay, so that the number of pending events holds.
type Mix uint8

// The mixes.
const (
	MixExponential Mix = iota // exponential; one event a microsecond over all
	MixNetwork                // short serialisation, fixed propagation, some think time, a timer now and then
	MixTies                   // on a grid of 125 µs, up to 64 ms ahead
	MixZero                   // half of the delays zero, the others on a grid of 1 ms
	MixHeavyTail              // Pareto with exponent 1.1 from 1 µs, cut at 2 s
	NumMixes
)

var mixNames = [NumMixes]string{"exponential", "network", "ties", "zero", "heavy tail"}

// String returns the mix's name.
func (m Mix) String() string { return mixNames[m] }

// Delay draws a delay; pending is how many events the model holds.
func (m Mix) Delay(s *Stream, pending int) time.Duration {
	switch m {
	case MixExponential:
		return s.Exponential(time.Duration(pending) * time.Microsecond)
	case MixNetwork:
		switch p := s.Below(100); {
		case p < 40:
			return 12 * time.Microsecond
		case p < 80:
			return time.Duration(1+p%8*5) * time.Millisecond
		case p < 95:
			return s.Exponential(100 * time.Millisecond)
		default:
			return 200 * time.Millisecond
		}
	case MixTies:
		return time.Duration(1+s.Below(512)) * 125 * time.Microsecond
	case MixZero:
		if u := s.Below(64); u >= 32 {
			return time.Duration(u-31) * time.Millisecond
		}
		return 0
	default:
		return min(s.Pareto(time.Microsecond, 1_100_000_000), 2*time.Second)
	}
}

// Engine is what carries the hold model.
type Engine uint8

// The engines.
const (
	EngineKernel Engine = iota // events with handlers
	EngineLadder               // the kernel's queue alone
	EngineHeap                 // the reference queue alone
	NumEngines
)

var engineNames = [NumEngines]string{"kernel", "bare ladder", "plain heap"}

// String returns the engine's name.
func (e Engine) String() string { return engineNames[e] }

// Hold is the hold model on one engine, to be timed by the caller: this package does not look at clocks.
type Hold struct {
	engine Engine
	delays []time.Duration // drawn in advance, so that only the queue is measured
	i      int
	k      *Kernel
	nodes  []holdNode
	ladder ladder
	heap   reference
	now    Time
	tie    uint64
}

type holdNode struct {
	h    *Hold
	self Entity
}

// Most entities that a Hold has: the state of many would be measured along with the queue.
const holdEntities = 1024

// NewHold makes the model with the given number of pending events.
func NewHold(mix Mix, pending int, engine Engine) *Hold {
	h := &Hold{engine: engine, k: New(Config{}), delays: make([]time.Duration, 1<<14)}
	s := h.k.Rand("hold")
	s.fp = nil
	for i := range h.delays {
		h.delays[i] = mix.Delay(&s, pending)
	}
	h.nodes = make([]holdNode, min(pending, holdEntities))
	for i := range h.nodes {
		h.nodes[i] = holdNode{h, h.k.Add("hold", &h.nodes[i])}
	}
	for i := range pending {
		h.schedule(Entity(i%len(h.nodes)), 0, mix.Delay(&s, pending))
	}
	return h
}

// Step takes and schedules the given number of events.
func (h *Hold) Step(events int) {
	if h.engine == EngineKernel {
		for left := uint64(events); left > 0; left -= min(left, interruptEvery) { // as Run does
			h.k.handle(Never, min(left, interruptEvery))
		}
		return
	}
	for range events {
		var e entry
		if h.engine == EngineLadder {
			e, _ = h.ladder.pop(h.now, Never)
		} else {
			e, _ = h.heap.pop(Never)
		}
		h.now = e.at
		h.schedule(e.to(), e.arg, h.delay())
	}
}

// Handle schedules the next event.
func (n *holdNode) Handle(arg uint32) {
	n.h.k.At(n.h.k.now+Time(n.h.delay()), n.self, arg)
}

func (h *Hold) delay() time.Duration {
	h.i++
	return h.delays[h.i%(1<<14)]
}

func (h *Hold) schedule(to Entity, arg uint32, d time.Duration) {
	h.tie++
	e := entry{at: h.now + Time(d), tie: uint64(to)<<counterBits | h.tie, arg: arg}
	switch h.engine {
	case EngineKernel:
		h.k.At(e.at, to, arg)
	case EngineHeap:
		h.heap.push(e, d == 0)
	default:
		if d == 0 {
			h.ladder.calls.push(call{to, arg})
		} else {
			h.ladder.push(e)
		}
	}
}
