// Package attach is the edge between a simulated network and real programs: a simulated host offers the interface
// transport.Net of pion, so that any Go program that takes one (or a net.Listener, a net.Conn, a dial function) runs inside
// the topology; a Gateway carries the packets of real machines by a TUN device.
//
// # What it models
//
// A Host gives programs TCP and UDP sockets, a resolver that knows the names of the network's nodes, and the host's
// interfaces. Connections are those of netem/tcp: octets stay there until they are read, so that a program that does not
// read shuts the window and one that writes too much waits. Calls and errors are those of package net: deadlines, half
// close, addresses, net.OpError with the system's error numbers inside.
//
// Time passes in one of two ways. In tests Drive makes virtual time and the fake time of testing/synctest one: a program's
// timers and the network's events go by the same clock, and a minute takes microseconds. In real time a sim.Pacer runs the
// kernel by the wall clock and counts how late it was.
//
// # Conventions
//
//   - Programs run on goroutines of their own and reach the kernel only through its Inbox. The kernel's goroutine never
//     waits for a program, but for Driver.Settle.
//   - A call takes effect at the virtual instant at which it is made, or in real time as soon as the pacer gets to it.
//   - Runs with programs attached are outside the promise that a run can be repeated: programs draw random numbers, and
//     the order of goroutines that wake at one instant is Go's. Within a bubble goroutines that simulated events wake run
//     one after another; what is left is the program's own doing. Fingerprints of such runs are not to be compared.
//   - Names are those of nodes; "localhost" and the unspecified address are the host itself.
//
// # Not modelled
//
//   - 127.0.0.1 and other loopback addresses, IPv6 zones, multicast and broadcast.
//   - Trying several addresses of a name (RFC 8305): the first counts, IPv4 before IPv6.
//   - Sizes of buffers, keep-alive, Nagle by socket: SetReadBuffer and its like do nothing. Host.TCP sets them for all.
//   - Out-of-band data, control messages, message flags; a datagram cut short by a small buffer is not marked.
//   - After a reset, what was not read is gone (RFC 9293 §3.10.7.4); Linux keeps it readable.
//   - After CloseRead, what arrives is thrown away; Linux keeps it readable.
//   - At a gateway: what a device's large segments do not fit into a batch is lost; IP options are dropped.
//
// # How it was validated
//
// The conformance test of golang.org/x/net/nettest, to which net.TCPConn is held, in real time; tables of calls and errors
// in virtual time; net/http and crypto/tls whose requests take the round trips of the standards to the nanosecond; agents
// of pion/ice that connect directly and by a relay of pion/turn at the same virtual instants in every run; the TCP of
// the Linux kernel through a TUN device and a link of 15 ms; hostile packets by table and by fuzzing; leak checks, and the
// race detector.
package attach
