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
