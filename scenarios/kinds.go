package scenarios

// kinds are the kinds of nodes: to register one, add a line with the zero value of its configuration. Schema, decoding,
// defaults and checks follow from the type (see the package documentation for the tags); then run go generate.
var kinds = []variant{
	{"ue", "user equipment", UE{}},
	{"pcscf", "P-CSCF with the IMS-ALG", PCSCF{}},
	{"scscf", "S-CSCF", SCSCF{}},
	{"mediagw", "media gateway (IMS-AGW, TrGW)", MediaGW{}},
	{"router", "IP router", Router{}},
}

// Kinds returns the kinds of nodes, in the order in which they were registered, with a line about each.
func Kinds() (names, about []string) {
	for _, k := range kinds {
		names, about = append(names, k.name), append(about, k.about)
	}
	return names, about
}

// Validator is what a kind's configuration may implement to check itself beyond what tags can say. self is the node's name;
// kindOf tells the kind of a node; report takes the field's path below the node ("" for the node itself), what is wrong and
// what would be right. Only built-in types occur, so that node packages need not import this one.
type Validator interface {
	Validate(self string, kindOf func(node string) (kind string, ok bool), report func(field, wrong, right string))
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
