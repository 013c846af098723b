// Package queue has queue disciplines for links: drop tail, CoDel (RFC 8289), FQ-CoDel (RFC 8290), RED (Floyd and
// Jacobson 1993, with the gentle variant) and the token bucket. They are netem.Disciplines: the transmitter asks for the
// next packet when it is free.
//
// Everything is integers. Where ECN is on, a packet whose sender allows it (RFC 3168: ECT or CE) is marked where another
// would be dropped early; a full queue drops in any case.
//
// # Not modelled
//
//   - Random hash keys of FQ-CoDel: the hash is fixed, so that flows collide the same way in every run.
//   - The memory overhead of packets: limits in octets count IP packets.
//   - RED's adaptive variants, its byte mode, and hard marking: beyond the upper threshold packets are dropped.
//
// # How it was validated
//
// CoDel against instants worked out by hand from the pseudo code of RFC 8289 §5; FQ-CoDel by shares and by the sparse
// flow that bypasses a bulk flow; RED's drop rate against its curve; the token bucket's conformance over every interval,
// exactly; allocations counted.
package queue
