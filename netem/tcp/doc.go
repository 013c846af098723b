// Package tcp is the TCP machine of simulated hosts, without I/O (RFC 9293).
package tcp
