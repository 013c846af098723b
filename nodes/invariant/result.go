package invariant

import (
	"imsim/sim"
)

// Violation is one breach of an invariant.
type Violation struct {
	At      sim.Time
	Node    string
	Session sim.SessionID // 0: none in particular
	Text    string
}

// Result is what one invariant has come to.
type Result struct {
	Name       string
	Checked    uint64 // how often it was put to the test
	Broken     uint64 // how often it did not hold
	Violations []Violation
}

// most is how many violations of one invariant are described.
const most = 20

// The invariants. Those with a number are the rules of thumb of spec reference §7.5.
const (
	tlsWithinTCP     = iota // (1)
	readyBeforeData         // (2)
	protected               // (2), on the wire of the protected leg
	notifyBeforeFIN         // (3)
	noNotifyAfterRST        // (4)
	truncationShown         // (5)
	replyAtOnce             // (6)
	window
	packets
	leftovers
	sessionsEnded
	timeMonotone
	topologyHidden
	numInvariants
)

var names = [numInvariants]string{
	tlsWithinTCP: "tls-within-tcp", readyBeforeData: "ready-before-data", protected: "protected-octets",
	notifyBeforeFIN: "close-notify-before-fin", noNotifyAfterRST: "no-close-notify-after-rst",
	truncationShown: "truncation-shown", replyAtOnce: "reply-waits-for-no-peer", window: "tcp-window",
	packets: "packets-conserved", leftovers: "nothing-left-over", sessionsEnded: "sessions-ended", timeMonotone: "time-monotone",
	topologyHidden: "topology-hidden",
}

// book collects the results.
type book [numInvariants]Result

func (b *book) checked(i int) { b[i].Checked++ }

func (b *book) broken(i int, at sim.Time, node string, id sim.SessionID, text string) {
	r := &b[i]
	r.Broken++
	if len(r.Violations) < most {
		r.Violations = append(r.Violations, Violation{at, node, id, text})
	}
}
