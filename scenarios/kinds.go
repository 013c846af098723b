package scenarios

import (
	"imsim/nodes/attacker"
	"imsim/nodes/ibcf"
	"imsim/nodes/mediagw"
	"imsim/nodes/megaco"
	"imsim/nodes/mrfc"
	"imsim/nodes/pcscf"
	"imsim/nodes/scscf"
	"imsim/nodes/tamper"
	"imsim/nodes/ue"
)

// kinds are the kinds of nodes: to register one, add a line with the zero value of its configuration. Schema, decoding,
// defaults and checks follow from the type (see the package documentation for the tags); then run go generate.
var kinds = []variant{
	{"ue", "user equipment", ue.Config{}},
	{"pcscf", "P-CSCF with the IMS-ALG", pcscf.Config{}},
	{"ibcf", "IBCF: the border to another network", ibcf.Config{}},
	{"scscf", "S-CSCF with registrar", scscf.Config{}},
	{"mrfc", "conference server: focus and MRFC", mrfc.Config{}},
	{"mediagw", "media gateway: IMS-AGW or TrGW or MRFP", mediagw.Config{}},
	{"mgc", "scripted H.248 controller", megaco.MGCConfig{}},
	{"mg", "scripted H.248 gateway, without media", megaco.MGConfig{}},
	{"attacker", "somebody on the path who attacks media connections", attacker.Config{}},
	{"sip-attacker", "somebody on the path who changes SIP messages", tamper.Config{}},
	{"router", "IP router", Router{}},
	{"tun", "real machine behind a TUN device (simulate emulate)", TUN{}},
	{"web", "host with a web server (simulate emulate)", Web{}},
}

// Router forwards packets. It has no settings of its own.
type Router struct{}

// Kinds returns the kinds of nodes, in the order in which they were registered, with a line about each.
func Kinds() (names, about []string) {
	for _, k := range kinds {
		names, about = append(names, k.name), append(about, k.about)
	}
	return names, about
}

// Validator is what a kind's configuration may implement to check itself beyond what tags can say. report takes the field's
// path below the node ("" for the node itself), what is wrong and what would be right. Only built-in types occur, so that
// node packages need not import this one. What concerns several nodes is checked in wiring.go.
type Validator interface {
	Validate(report func(field, wrong, right string))
}

func (*Node) variants() (string, []variant) { return "kind", kinds }
func (n *Node) setVariant(v any)            { n.Settings = v }
func (n *Node) variant() any                { return n.Settings }

// variant is one of the shapes that a value takes.
type variant struct {
	name, about string
	zero        any
}

// union is a value whose keys depend on one of them: the one that variants names, or, where that is empty, the one that is
// a variant's name. setVariant takes a pointer to the filled variant, which variant returns.
type union interface {
	variants() (tag string, all []variant)
	setVariant(any)
	variant() any
}
