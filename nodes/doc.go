// Package nodes holds what every IMS node has in common: its host, its processor, and the marks it leaves for
// observers. The nodes themselves are the packages below, one a role.
//
// A node is wiring. It owns protocol machines, a host and a processor, and turns the outputs of one into the inputs of
// another; what is decided is decided in the machines.
package nodes
