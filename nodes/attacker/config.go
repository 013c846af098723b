package attacker

// Config is what a scenario says of an attacker. Without attacks it only ends and opens connections.
type Config struct {
	Attacks []Attack `yaml:"attacks" jsonschema_description:"What is done to connections for media that come by; all of them to each."`
}

// Attack is one thing that is done to a connection.
type Attack struct {
	Do     string `yaml:"do" jsonschema:"required,enum=impersonate,enum=corrupt,enum=replay,enum=truncate,enum=downgrade" jsonschema_description:"impersonate ends TLS in both directions with the attacker's certificate; corrupt flips a bit of a record and replay sends it twice; truncate drops it with all behind it and closes TCP; downgrade takes TLS 1.3 out of the ClientHello."`
	From   string `yaml:"from" jsonschema:"enum=opener,enum=other,default=opener" jsonschema_description:"whose records: those of who has opened the connection or of the other end"`
	Record int    `yaml:"record" jsonschema:"minimum=1,default=1" jsonschema_description:"which of the records with application data, counted from 1; TLS 1.3 counts those of its handshake among them"`
}
