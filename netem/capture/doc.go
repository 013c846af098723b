// Package capture writes pcapng files (draft-ietf-opsawg-pcapng) of simulated traffic: one interface for each point of
// observation, nanosecond times, packet numbers that follow a packet across hops, comments, names, TLS secrets, and
// decrypted or in-process messages on upper-PDU interfaces.
//
// A Writer turns packets into wire octets, checksums included, only here. It buffers and allocates nothing per packet.
// The first error of the underlying writer stops all writing and is what Close returns: a full disk ends a capture, not
// a run. Virtual time zero is 2026-01-01T00:00:00Z in the file.
//
// Secrets must be known to a reader before the packets that need them, and TShark reads once from front to back: so
// Secrets writes its block at once, and the owner of a TLS session calls it before it sends the flight whose keys the
// session has just derived. Both ends do: in TLS 1.2 the client has the keys first, in 1.3 the server. Lines that come
// twice do no harm. Names go out in front of the next packet.
//
// Not modelled: other time resolutions than nanoseconds, Ethernet headers, per-packet checksums other than the packet's
// own, packets above MaxPacket octets (they are cut, with their true length beside).
//
// Validated byte for byte by the vector of the protocol reference, by reading everything back with gopacket, by a
// block reader in the tests that checks lengths and padding, and by TShark.
package capture
