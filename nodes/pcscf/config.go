package pcscf

import "imsim/nodes/alg"

// Config is what a scenario says of a P-CSCF with IMS-ALG.
type Config struct {
	Home     string   `yaml:"home" node:"scscf" jsonschema:"required" jsonschema_description:"Node that requests towards the home network go to: the S-CSCF."`
	MediaSec []string `yaml:"mediasec" jsonschema:"enum=msrp-tls,enum=bfcp-tls,enum=sdes-srtp,enum=udptl-dtls,default=msrp-tls,default=bfcp-tls" jsonschema_description:"Media security mechanisms that the network announces."`
	IPsec    bool     `yaml:"ipsec" jsonschema:"default=false" jsonschema_description:"List ipsec-3gpp in Security-Server beside the media security (TS 33.203). Only the negotiation: SIP goes in clear."`
	alg.Config
	alg.Access
}
