// Package packet is what travels between hosts: addresses, IP packets with parsed headers, payloads of real and synthetic octets, and their wire form.
package packet
