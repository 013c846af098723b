package scenarios

import "imsim/internal/units"

// Session is a class of calls: who calls whom, when, and what they exchange.
type Session struct {
	From     string         `yaml:"from" node:"ue,mrfc" jsonschema:"required" jsonschema_description:"the UE that calls, or the conference server that calls a user into the conference"`
	To       string         `yaml:"to" node:"ue,mrfc" jsonschema:"required" jsonschema_description:"the UE that is called, or the conference server that a user dials into"`
	Media    string         `yaml:"media" jsonschema:"enum=msrp,enum=audio,default=msrp" jsonschema_description:"what the call begins with: msrp or audio, an RTP flow in either direction to which a re-INVITE may add messages"`
	Security string         `yaml:"security" jsonschema:"enum=none,enum=e2ae,enum=e2e-cert,default=none" jsonschema_description:"media security: none, TLS to the access edge, or TLS from end to end with certificates"`
	At       units.Duration `yaml:"at" jsonschema_description:"when the first call starts"`
	Count    int            `yaml:"count" jsonschema:"minimum=1,default=1" jsonschema_description:"number of calls"`
	Arrivals *Arrivals      `yaml:"arrivals" jsonschema_description:"how calls follow each other; without it all start at once"`
	GiveUp   units.Duration `yaml:"give-up" jsonschema:"default=3m" jsonschema_description:"how long the caller waits for an answer before giving up"`
	Messages []Message      `yaml:"messages" jsonschema_description:"what is sent once media can flow, in this order"`
	Hold     units.Duration `yaml:"hold" jsonschema_description:"how long the call lasts after the last message"`
	Release  *Release       `yaml:"release" jsonschema_description:"who ends the call; without it nobody does"`
}

// Arrivals says how calls follow each other: one of the two.
type Arrivals struct {
	Every   *units.Duration `yaml:"every" jsonschema_description:"fixed distance"`
	Poisson *units.Duration `yaml:"poisson" jsonschema_description:"mean distance, exponentially distributed"`
}

// Message is one message of a session: text, or a number of octets.
type Message struct {
	From   string          `yaml:"from" node:"*" jsonschema:"required" jsonschema_description:"the end that sends"`
	After  units.Duration  `yaml:"after" jsonschema_description:"pause after the message before it, or after media can flow"`
	Text   *string         `yaml:"text" jsonschema_description:"what is sent"`
	Stream int             `yaml:"stream" jsonschema:"minimum=1,maximum=8" jsonschema_description:"number of the message line that it goes over; default the first that has not been taken out"`
	Size   *units.ByteSize `yaml:"size" jsonschema_description:"how much is sent, where the text does not matter"`
}

// Release says who ends a call and when.
type Release struct {
	By    string         `yaml:"by" node:"*" jsonschema:"required" jsonschema_description:"the node that ends the call"`
	After units.Duration `yaml:"after" jsonschema_description:"pause after hold"`
}
