package tcp

// reno is the congestion window of RFC 5681, in octets. What it counts is the sender's business: it never looks at
// sequence numbers.
type reno struct {
	cwnd     uint32
	ssthresh uint32
}

// initialWindow returns IW of RFC 6928 §2, or one segment when the handshake had to be repeated.
func initialWindow(mss uint32, repeated bool) uint32 {
	if repeated {
		return mss // RFC 6928 §2: a lost SYN or SYN,ACK
	}
	return min(10*mss, max(2*mss, 14600))
}

// initialWindow returns the connection's.
func (c *Conn) initialWindow() uint32 {
	if k := c.cfg.InitialWindow; k > 0 && (!c.repeated || c.syns <= 2) {
		return uint32(k) * c.mss // Linux: one lost SYN is forgiven
	}
	return initialWindow(c.mss, c.repeated)
}

// unlimited is ssthresh before the first loss (RFC 5681 §3.1: arbitrarily high).
const unlimited = 1 << 30

func (r *reno) init(iw uint32) {
	r.cwnd = iw
	r.ssthresh = unlimited
}

// acked grows the window for n octets newly acknowledged while flight octets were under way before.
func (r *reno) acked(n, flight, mss uint32) {
	if r.cwnd < r.ssthresh {
		// RFC 7661 §4.1 in spirit [SIM]: a window that the application does not use proves nothing.
		if 2*flight > r.cwnd {
			r.cwnd += min(n, mss) // RFC 5681 §3.1 (2)
		}
		return
	}
	if flight+mss > r.cwnd {
		r.cwnd += max(mss*mss/r.cwnd, 1) // RFC 5681 §3.1 (3)
	}
}

// halve sets ssthresh after a loss with flight octets under way (RFC 5681 §3.1 (4)).
func (r *reno) halve(flight, mss uint32) { r.ssthresh = max(flight/2, 2*mss) }

// restart is for the first data after an idle time longer than the RTO (RFC 5681 §4.1).
func (r *reno) restart(iw uint32) { r.cwnd = min(iw, r.cwnd) }
