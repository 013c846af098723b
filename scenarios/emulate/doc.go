// Package emulate plays a scenario in real time, with real machines in it: nodes of kind tun are TUN devices of this machine
// or of its network namespaces, nodes of kind web are simulated hosts with a web server.
//
// The kernel runs under a sim.Pacer: an event is handled when its instant has come by the machine's clock, or as soon after
// as the machine manages. How late that was is counted and told, since what a real program measures includes it.
//
// Such a run cannot be repeated: packets of the real world come when they come. Its manifest says so.
//
// # Not modelled
//
//   - systems other than Linux; several TUN devices for one node
//   - addresses that the real machine gets by DHCP or SLAAC: the device has the address of its node, and nothing else
//
// # Validation
//
// curl in a network namespace fetches from a simulated web server through a simulated NAT and link; its times are the round
// trips of the link within the lateness told. Devices and routes are gone afterwards.
package emulate
