// Package tls is the TLS layer of simulated hosts: one Session contract, two engines.
package tls
