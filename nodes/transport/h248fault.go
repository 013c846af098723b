package transport

import (
	"time"

	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/sim"
)

// faults are what befalls the messages that one side of an association sends, by order of a scenario.
type faults struct {
	drop    int // messages still to be lost
	late    int // messages still to be kept back
	by      time.Duration
	twice   int // messages still to be sent twice
	twiceBy time.Duration
	mute    bool
	kept    map[uint32]kept // what waits, by number; never ranged over
	lastNum uint32
}

type kept struct {
	bytes []byte
	why   sim.Cause
}

// Drop loses the next n messages that this side sends.
func (t *H248) Drop(n int) { t.faults.drop += n }

// Delay keeps the next n messages back, so that what is sent behind them overtakes them.
func (t *H248) Delay(n int, by time.Duration) { t.faults.late, t.faults.by = n, by }

// Duplicate sends the next n messages again after a while, as a network may.
func (t *H248) Duplicate(n int, by time.Duration) { t.faults.twice, t.faults.twiceBy = n, by }

// Mute makes this side lose all that it sends and all that comes, as a machine does that is down; false ends it.
func (t *H248) Mute(on bool) { t.faults.mute = on }

// struck applies the faults to a message; true means that it does not go now.
func (f *faults) struck(t *H248, b []byte, why sim.Cause) bool {
	switch {
	case f.mute:
		return true
	case f.drop > 0:
		f.drop--
		return true
	case f.late > 0:
		f.late--
		f.keep(t, b, why, f.by)
		return true
	case f.twice > 0:
		f.twice--
		f.keep(t, b, why, f.twiceBy)
	}
	return false
}

func (f *faults) keep(t *H248, b []byte, why sim.Cause, by time.Duration) {
	if f.kept == nil {
		f.kept = map[uint32]kept{}
	}
	f.lastNum++
	f.kept[f.lastNum] = kept{b, why}
	k := t.base.K
	k.At(k.Now().Add(by), t.self, f.lastNum)
}

// release sends what has been kept back long enough.
func (t *H248) release(n uint32) {
	m := t.faults.kept[n]
	delete(t.faults.kept, n)
	if !t.faults.mute {
		t.carry(m.bytes, t.base.Waited(m.why, "h248.fault"))
	}
}

// marks are the steps of transactions that their users do not see.
var marks = map[h248.OutputKind]string{
	h248.PendingSeen: nodes.PendingReceived, h248.Aborted: nodes.TransactionAborted, h248.RefusedNotReady: nodes.TransactionRefused,
	h248.RepeatAbsorbed: nodes.RepeatReceived, h248.Acknowledged: nodes.AckOfReplyReceived, h248.ReplyUnconfirmed: nodes.ReplyUnconfirmed,
	h248.PeerError: nodes.H248Error, h248.Malformed: nodes.H248Malformed,
}

// mark reports a step of a transaction.
func (t *H248) mark(o h248.Output) {
	if name := marks[o.Kind]; name != "" {
		t.base.Mark(o.Cause, "", name, codeText(o.Code))
	}
}

// markSent reports what a message is, where that is no command and no first reply, which their users report.
func (t *H248) markSent(o h248.Output, why sim.Cause) sim.Cause {
	name := ""
	switch {
	case o.Sent == h248.Pending:
		name = nodes.PendingSent
	case o.Sent == h248.Ack:
		name = nodes.AckOfReplySent
	case o.Resent && o.Sent == h248.Request:
		name = nodes.RequestRepeated
	case o.Resent && o.Sent == h248.Reply:
		name = nodes.ReplyRepeated
	default:
		return why
	}
	return t.base.Mark(why, "", name, "")
}

func codeText(c h248.ErrorCode) string {
	if c == 0 {
		return ""
	}
	return string([]byte{byte('0' + c/100%10), byte('0' + c/10%10), byte('0' + c%10)})
}
