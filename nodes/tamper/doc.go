// Package tamper is somebody on the path of SIP who changes what it says. Packets pass as through a router and keep their
// addresses; a message in a UDP datagram is read, changed as a list of rules says, and sent on with a Content-Length that
// fits. Rules are data: which messages, which header field's values or which lines of the body, and what is done to them.
// Removing an entry of Security-Server, another fingerprint in SDP and a message that never arrives are all one rule each.
//
// Not modelled: SIP over TCP and in fragments, which passes as it is (a UE with transport: udp and messages within the
// MTU are the attacker's victims); the whole of a list comes out on one line where one of its entries is changed; lines
// are added at the end of a body alone; attacks on media connections, which are nodes/attacker's.
//
// Validated by tables of messages and rules, and by the scenarios reg-mediasec-verify-mismatch and
// e2ae-msrp-fp-tampered-ue.
package tamper
