package netstack

// difference says why the segments of pairings differ from those of our TCP with itself.
type difference struct {
	script   string
	pairings []string
	reason   string
}

var (
	gvisorSends = []string{"gvisor to ours", "gvisor to gvisor"}
	gvisorTakes = []string{"ours to gvisor", "gvisor to gvisor"}
	anyGvisor   = []string{"ours to gvisor", "gvisor to ours", "gvisor to gvisor"}
)

var differences = []difference{
	{"half-close", anyGvisor, "gVisor keeps the room that three SACK blocks take free in every segment: 1420 octets. We take only that of the options that are there: 1448 (RFC 6691 §2)."},
	{"data-after-close", gvisorTakes, "In answer to octets that nobody will read gVisor sends RST,ACK in the connection's sequence; we send RST with SEG.ACK as its sequence number, as of a connection that is gone (RFC 9293 §3.10.7.1). Both are in the window."},
	{"no-answer", gvisorSends, "SYN repetitions: our profile is Linux since 6.5, five at a second's distance before they double; gVisor is Linux before that (our Classic)."},
	{"simultaneous-open", anyGvisor, "RFC 9293 §3.5 figure 8: the SYN,ACK that meets SYN-RECEIVED brings ESTABLISHED, as with us. gVisor takes it for a segment outside of the window (§3.10.7.4, first), answers with an ACK and waits for one; from us it gets that when it repeats its SYN,ACK after a second."},
	{"keepalive", anyGvisor, "The ends' timers differ by the delay of the path, so that the probe of one arrives as the other's timer expires. What comes first is each implementation's own; ours to ours both probe."},
	{"last-segment-lost", gvisorSends, "RFC 8985 §7.2: the tail loss probe goes no later than the retransmission timer would expire, SRTT + 200 ms after the last acknowledgement; gVisor waits the whole 2·SRTT + 200 ms."},
	{"zero-window", anyGvisor, "gVisor probes with an octet that the peer has, which is why we report it by D-SACK; ours is Linux's empty segment before SND.UNA. gVisor offers half of its buffer. After the probes gVisor begins with one segment. Segments of 1420 octets, as above. We do not answer a second probe in 500 ms (ChallengeEvery), like Linux."},
	{"segment-lost-twice", gvisorSends, "RFC 6298 §2.4 bounds the timeout from below; Linux and our profile bound the variance term, SRTT + 200 ms (VarianceFloor), gVisor the whole, 200 ms."},
}
