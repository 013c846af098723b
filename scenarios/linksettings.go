package scenarios

import (
	"strings"

	"imsim/internal/units"
)

// Delay is how long a packet is under way: a constant, or a distribution.
type Delay struct {
	Mean            units.Duration `yaml:"mean" jsonschema_description:"one-way propagation delay, on the average"`
	SD              units.Duration `yaml:"sd" jsonschema_description:"standard deviation"`
	Distribution    string         `yaml:"distribution" jsonschema:"enum=normal,enum=uniform,enum=pareto,enum=paretonormal" jsonschema_description:"shape around the mean, as in tc-netem; normal unless written; uniform is mean ± sd"`
	Table           string         `yaml:"table" jsonschema_description:"file with a tc-netem distribution table, relative to this one, instead of distribution"`
	Quantiles       []Quantile     `yaml:"quantiles" jsonschema_description:"points of the distribution, instead of mean and sd; the first at 0"`
	Correlation     units.Ratio    `yaml:"correlation" jsonschema_description:"of successive packets' delays; the distribution stays as it is"`
	CorrelationTime units.Duration `yaml:"correlation-time" jsonschema_description:"correlation that fades with the time between packets, as exp(-t/this)"`

	Values []int16 `yaml:"-"` // of Table
}

func (Delay) short() string { return "mean" }

// Quantile is a point of a distribution.
type Quantile struct {
	At    units.Ratio    `yaml:"at" jsonschema:"required" jsonschema_description:"share of packets that is no slower"`
	Delay units.Duration `yaml:"delay" jsonschema:"required" jsonschema_description:"their greatest delay"`
}

// Loss is which packets a link loses. Which keys go with which model is checked by validator.loss.
type Loss struct {
	Rate        units.Ratio    `yaml:"rate" jsonschema_description:"probability that a packet is lost"`
	Model       string         `yaml:"model" jsonschema:"enum=bernoulli,enum=gilbert,enum=gilbert-elliott,enum=timed-gilbert,enum=markov" jsonschema_description:"how losses follow each other; bernoulli unless written: independently"`
	Correlation units.Ratio    `yaml:"correlation" jsonschema_description:"bernoulli: as tc-netem's, under which far fewer packets are lost than rate says"`
	Burst       Packets        `yaml:"burst" jsonschema_description:"gilbert: mean number of packets lost in a row; markov: mean length of a burst, received packets in it included"`
	P           units.Ratio    `yaml:"p" jsonschema_description:"gilbert-elliott: probability, with each packet, to turn bad"`
	R           units.Ratio    `yaml:"r" jsonschema_description:"gilbert-elliott: probability, with each packet, to turn good"`
	LossBad     units.Ratio    `yaml:"loss-bad" jsonschema:"default=100%" jsonschema_description:"gilbert-elliott, timed-gilbert: loss in the bad state"`
	LossGood    units.Ratio    `yaml:"loss-good" jsonschema_description:"gilbert-elliott, timed-gilbert: loss in the good state"`
	MeanGood    units.Duration `yaml:"mean-good" jsonschema_description:"timed-gilbert: mean time in the good state"`
	MeanBad     units.Duration `yaml:"mean-bad" jsonschema_description:"timed-gilbert: mean time in the bad state"`
	P13         units.Ratio    `yaml:"p13" jsonschema_description:"markov: from received in a gap to lost in a burst"`
	P31         units.Ratio    `yaml:"p31" jsonschema_description:"markov: from lost in a burst to received in a gap"`
	P32         units.Ratio    `yaml:"p32" jsonschema_description:"markov: from lost to received within a burst"`
	P23         units.Ratio    `yaml:"p23" jsonschema_description:"markov: from received to lost within a burst"`
	P14         units.Ratio    `yaml:"p14" jsonschema_description:"markov: from received to lost alone in a gap"`
	Density     units.Ratio    `yaml:"density" jsonschema_description:"markov, with rate instead of p13…: loss within bursts"`
	Isolated    units.Ratio    `yaml:"isolated" jsonschema_description:"markov, with rate: loss in gaps"`
	Within      Packets        `yaml:"within" jsonschema_description:"markov, with rate: mean number of packets received in a row within a burst"`
	Mark        bool           `yaml:"mark" jsonschema_description:"packets that can be marked (ECN) are, instead of being lost"`
}

func (Loss) short() string { return "rate" }

// Queue is what waits for a limited rate, and by which rule.
type Queue struct {
	Size        units.ByteSize `yaml:"size" jsonschema:"default=256KiB" jsonschema_description:"octets that wait before packets are dropped"`
	Packets     uint           `yaml:"packets" jsonschema_description:"packets that wait before others are dropped; 0: as many as size allows, for codel 1000, for fq-codel 10240"`
	Discipline  string         `yaml:"discipline" jsonschema:"enum=drop-tail,enum=codel,enum=fq-codel,enum=red,enum=token-bucket" jsonschema_description:"which packet goes next, and which are dropped early; drop-tail unless written"`
	Target      units.Duration `yaml:"target" jsonschema:"default=5ms" jsonschema_description:"codel, fq-codel: acceptable standing delay"`
	Interval    units.Duration `yaml:"interval" jsonschema:"default=100ms" jsonschema_description:"codel, fq-codel: how long it may be exceeded"`
	Flows       uint           `yaml:"flows" jsonschema:"default=1024" jsonschema_description:"fq-codel: number of queues"`
	Quantum     units.ByteSize `yaml:"quantum" jsonschema:"default=1514B" jsonschema_description:"fq-codel: octets that a flow sends in its turn"`
	ECN         *bool          `yaml:"ecn" jsonschema_description:"codel, fq-codel, red: mark packets that can be instead of dropping them; without it, only fq-codel does"`
	Min         units.ByteSize `yaml:"min" jsonschema_description:"red: lower threshold of the average"`
	Max         units.ByteSize `yaml:"max" jsonschema_description:"red: upper threshold of the average"`
	Probability units.Ratio    `yaml:"probability" jsonschema:"default=10%" jsonschema_description:"red: of a drop as the average nears max"`
	Weight      uint           `yaml:"weight" jsonschema:"default=9" jsonschema_description:"red: the average moves by 2^-weight of the difference"`
	Gentle      bool           `yaml:"gentle" jsonschema_description:"red: from max to twice max the probability rises to one, instead of jumping"`
	Rate        units.BitRate  `yaml:"rate" jsonschema_description:"token-bucket: rate of tokens"`
	Burst       units.ByteSize `yaml:"burst" jsonschema_description:"token-bucket: octets that may go at once after a pause"`
	Peak        units.BitRate  `yaml:"peak" jsonschema_description:"token-bucket: rate within a burst; without it, unlimited"`
	PeakBurst   units.ByteSize `yaml:"peak-burst" jsonschema_description:"token-bucket: octets that may go at once at the peak rate; without it, the MTU"`
	Police      bool           `yaml:"police" jsonschema_description:"token-bucket: drop what finds no tokens instead of holding it back"`
}

func (Queue) short() string { return "size" }

// Chance is how often something happens to packets.
type Chance struct {
	Probability units.Ratio `yaml:"probability" jsonschema_description:"of each packet"`
	Correlation units.Ratio `yaml:"correlation" jsonschema_description:"of successive decisions, as tc-netem's, under which far fewer packets are concerned than probability says"`
}

func (Chance) short() string { return "probability" }

// Reorder is how packets overtake each other.
type Reorder struct {
	Jitter      bool        `yaml:"jitter" jsonschema_description:"a packet with a shorter delay may overtake another"`
	Probability units.Ratio `yaml:"probability" jsonschema_description:"that a packet skips the delay"`
	Correlation units.Ratio `yaml:"correlation" jsonschema_description:"of successive decisions, as tc-netem's"`
	Gap         uint        `yaml:"gap" jsonschema:"default=1" jsonschema_description:"how many packets are delayed before one may skip the delay again"`
}

func (Reorder) short() string { return "jitter" }

// Slot is at which instants a link delivers.
type Slot struct {
	Min     units.Duration `yaml:"min" jsonschema_description:"least distance of slots"`
	Max     units.Duration `yaml:"max" jsonschema_description:"greatest distance; without it, min"`
	Packets uint           `yaml:"packets" jsonschema_description:"packets in a slot; without it, all that are there"`
	Size    units.ByteSize `yaml:"size" jsonschema_description:"octets after which a slot takes no further packet"`
}

// Packets is a mean number of packets, in thousandths.
type Packets uint64

// UnmarshalText reads a decimal number with at most three places.
func (p *Packets) UnmarshalText(b []byte) error {
	whole, part, _ := strings.Cut(string(b), ".")
	n := uint64(0)
	for _, c := range []byte(whole + (part + "000")[:3]) {
		if c < '0' || c > '9' {
			whole = ""
			break
		}
		n = n*10 + uint64(c-'0')
	}
	if whole == "" || len(whole) > 9 || len(part) > 3 {
		return &units.Error{Text: string(b), What: "is no number of packets", Advice: "write for instance 4 or 2.5"}
	}
	*p = Packets(n)
	return nil
}

// SchemaNumber says that a bare number is right.
func (Packets) SchemaNumber() bool { return true }

// SchemaPattern is the regular expression of the text.
func (Packets) SchemaPattern() string { return `^[0-9]+(\.[0-9]{1,3})?$` }

// SchemaExample is an example of the text.
func (Packets) SchemaExample() string { return "2.5" }
