// Package scscf is the serving CSCF: registrar with digest challenge, and a transaction-stateful proxy that finds
// registered subscribers and stays in the route of their dialogs (TS 24.229 cl. 5.4).
//
// Not modelled: HSS and I-CSCF, service triggers, third-party registration, IMS AKA (digest with a shared secret stands
// in), forking to several contacts of one identity.
//
// Validated by registrations with right, wrong and old answers and by requests to known, expired and unknown identities.
package scscf
