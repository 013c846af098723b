// Package measure watches a run: it keeps the ledger of milestones, says what became of sessions and how long their steps
// took, and judges expectations. It only observes: nothing of it reaches a model or the fingerprint.
//
// With Config.Full it keeps every milestone. Otherwise it keeps, for each session, the instants that outcomes and
// quantities are made of, and those of the milestones that expectations name: memory grows with the number of sessions
// and of delivered messages, not with what happens in them.
//
// # Quantities
//
//	session-setup-time     session.start to session.established
//	sip-setup-time         sip.invite.sent to sip.200.received at the node that starts the session
//	tcp-setup-time         first tcp.syn.sent to last tcp.established of the session, over all legs, up to session.established
//	tls-setup-time         first tls.clienthello.sent to last tls.established, likewise
//	message-delay          msrp.send.sent of a message's first SEND to msrp.message.delivered
//	release-time           sip.bye.sent to sip.released at the node that sent the BYE (RFC 6076 §4.4, session disconnect delay)
//	sessions-attempted, sessions-established, sessions-failed, sessions-released
//	                       counts
//
// Quantiles are exact: over all samples, by linear interpolation between order statistics (type 7 of Hyndman and Fan),
// rounded to the nanosecond.
//
// # Not modelled
//
//   - a session with several connections that carry messages at once: SENDs are matched with deliveries in order, one
//     direction at a time
//   - confidence intervals: see package analysis/stats
//
// # Validation
//
// Tests play sessions by hand and compare every figure; quantiles are compared with their definition over random samples.
package measure
