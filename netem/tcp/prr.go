package tcp

// prr is Proportional Rate Reduction (RFC 6937 §3.1): during a recovery the window sinks to ssthresh in proportion to what is
// delivered.
type prr struct {
	delivered, out, flight uint32 // prr_delivered, prr_out, RecoverFS
}

func (p *prr) start(flight uint32) { *p = prr{flight: max(flight, 1)} }

// count returns sndcnt after an acknowledgement that delivered n octets. The slow start reduction bound (PRR-SSRB) holds for
// safe acknowledgements, which advance SND.UNA and show no further loss; otherwise the conservative one (PRR-CRB), as in
// Linux: a queue that is still full must not be filled again.
func (p *prr) count(n, pipe, ssthresh, mss uint32, safe bool) uint32 {
	p.delivered += n
	if pipe > ssthresh {
		all := (uint64(p.delivered)*uint64(ssthresh) + uint64(p.flight) - 1) / uint64(p.flight)
		if all <= uint64(p.out) {
			return 0
		}
		return uint32(all) - p.out
	}
	limit := n // MAX(prr_delivered − prr_out, DeliveredData)
	if p.delivered > p.out {
		limit = max(limit, p.delivered-p.out)
	}
	if safe {
		limit += mss
	}
	return min(ssthresh-pipe, limit)
}
