package explore

// Kind is how a cell ended, as the picture and the tables tell it.
type Kind uint8

// The kinds. A failure that is of several is of the last of them.
const (
	Connected Kind = iota
	Rejected       // the signalling refuses the offer
	Private        // a gateway opens to a private address
	Shut           // a NAT lets in nothing that is no part of a connection
	Port           // ports are not those that were seen before
	Early          // a SYN came before its partner had opened, and was answered
	Ended          // a SYN got through, but an answer to the other one had ended the attempt
	numKinds
)

var kindMarks = [numKinds]string{"●", "r", "a", "s", "p", "e", "x"}

// kindNames are for the CSV and JSON.
var kindNames = [numKinds]string{"connected", "rejected", "private-address", "shut", "port", "early", "ended"}

func (k Kind) String() string { return kindNames[k] }

// kindTexts explain them.
var kindTexts = [numKinds]string{
	"connected", "the offer is refused", "the SYN goes to a private address", "kept out although all ports fit",
	"kept out: ports are not those seen before", "a SYN came too early and was answered", "a SYN got in, but the attempt had been ended",
}
