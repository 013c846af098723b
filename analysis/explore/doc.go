// Package explore plays a question through all its cases. There is one so far, the traversal matrix: which pairs of NATs a
// TCP connection between two UEs gets through, by which method, and what is in the way of the others.
//
// A cell of the matrix is a whole run, never a rule: relay, fwd and merge are calls of the scenario nat-types-matrix through
// two access gateways, with SIP and H.248; open, punch and predict are peers of package nodes/punch on hosts behind NATs. The
// reason of a failure is put together from what the run showed: what the NATs refused and why, how attempts to connect
// ended, what the signalling said.
//
// Methods:
//
//	relay    gateways relay segments; a=setup is the UEs' own
//	fwd      gateways end TCP and keep the direction; a=setup is the UEs' own
//	merge    gateways end TCP, and the ALG makes a UE behind a NAT the one that opens (TS 23.334 §5.16.2.3)
//	open     no gateway; both UEs open at once to where the other was seen, and neither listens
//	punch    the same, and both listen on the same port (RFC 5128 §3.4)
//	punch-again  as punch, and a refused UE opens again each second
//	predict  the same, and a UE whose partner's NAT takes another port for every destination guesses the next one
//
// # Not modelled
//
// NATs in a row, hairpinning, UDP (SIP finds the preset behind any class of TCP); a second connection between the same
// endpoints after the first, which alone tells CDM from APDM and CDF from APDF; offsets other than the given ones; probing for the kind of the partner's NAT, which
// method predict knows.
//
// # Validation
//
// The cells without gateways are held against a predictor that knows nothing of packets: conditions on mapping, filtering
// and answers, connection-dependent ones too, derived from RFC 5128 and the times at which the SYNs leave. Results do not depend on the number of workers.
package explore
