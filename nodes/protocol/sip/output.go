package sip

import (
	"net/netip"

	"imsim/sim"
)

// Transport is what carries messages. TLS and IPsec are below it and no concern of this layer.
type Transport uint8

// The transports.
const (
	UDP Transport = iota
	TCP
)

// String returns the transport's name as Via has it.
func (t Transport) String() string { return [...]string{"UDP", "TCP"}[t] }

// Reliable reports whether retransmission is left to the transport.
func (t Transport) Reliable() bool { return t != UDP }

// Flow says where a message goes, or where it came from.
type Flow struct {
	Transport Transport
	Remote    netip.AddrPort
	Conn      uint32  // the owner's number of a TCP connection; 0: one that the owner chooses or opens
	Timers    *Timers // timer set toward this peer; nil: the layer's
}

// TxID numbers the transactions of a layer from 1; 0 is none.
type TxID uint64

// OutputKind says what an Output asks of the owner or reports to it.
type OutputKind uint8

// The outputs of a layer.
const (
	OutSend           OutputKind = iota + 1 // Wire, the encoding of Message, goes over Flow
	OutRequest                              // Message is a new request; answer with Respond(Tx)
	OutResponse                             // Message answers the request Tx
	OutAck                                  // Message is an ACK for a 2xx; there is no transaction, Flow is where it came from
	OutCancel                               // the INVITE Tx was cancelled by Message and still lacks a final response: answer it with 487
	OutTimeout                              // Timer ran out on Tx: B, F, C and cancelled count as a 408, H says that the ACK never came
	OutTransportError                       // Tx could not be sent: counts as a 503
	OutTerminated                           // Tx is over and unknown from now on
	OutDiscarded                            // Message came to nothing, Text says why
)

var outputNames = [...]string{"none", "send", "request", "response", "ack", "cancel", "timeout", "transport-error", "terminated", "discarded"}

// String returns the kind's name.
func (k OutputKind) String() string { return outputNames[k] }

// Output is one thing that a layer wants done or reports.
type Output struct {
	Kind    OutputKind
	Tx      TxID
	Timer   Timer // OutTimeout, and an OutSend that a timer brought about
	Again   bool  // OutSend: sent before
	Message *Message
	Wire    []byte // OutSend: shared by all retransmissions, so not to be changed
	Flow    Flow
	Text    string
	Why     sim.Cause
}
