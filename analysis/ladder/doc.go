// Package ladder draws one session's messages to time: nodes as columns, time downwards, a message as an arrow from the
// instant it left to the instant it arrived. It reads a run's trace and writes SVG, plain text or a Mermaid sequence
// diagram.
//
// An arrow is a packet's way from one host to the next, whatever routers and translators lie between. Packets of one
// message are one arrow, pure acknowledgements are left out unless asked for, and a packet that is lost ends in a cross
// where it was lost. What a packet carries comes from the record that made it be sent, from what the trace says of its
// octets, or, at gateways that pass data on, from the packet that brought it in.
//
// The time axis is to scale piece by piece: gaps too short for the eye are widened, items of one instant are written
// below each other, and long gaps are cut, with a mark.
//
// # Not modelled
//
//   - several sessions in one drawing
//   - a search for the best places of all labels: each takes the least crowded place along its arrow in turn
//
// # Validation
//
// Drawings of a hand-made trace are golden, and the text lists what the trace says with its times. That a drawing reads
// well was judged by eye.
package ladder
