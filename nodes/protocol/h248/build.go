package h248

import "imsim/sim"

// Word is a value without quotes, Quoted one between quotes.
func Word(text string) Value { return Value{Text: text} }

// Quoted makes a value that is written between quotes.
func Quoted(text string) Value { return Value{Text: text, Quoted: true} }

// Number is a decimal value.
func Number(n uint64) Value { return Value{Text: string(appendUint(nil, n))} }

// Set is "name = value".
func Set(name string, v Value) Parm { return Parm{Name: name, Relation: RelEqual, Value: v} }

// Find returns the parameter of a name in any case, or nil.
func Find(list []Parm, name string) *Parm {
	for i := range list {
		if equalFold(list[i].Name, name) {
			return &list[i]
		}
	}
	return nil
}

// FindStream returns the description of a stream, or nil. The result is good until the command changes.
func (c *Command) FindStream(id StreamID) *Stream {
	if c.Media == nil {
		return nil
	}
	for i := range c.Media.Streams {
		if c.Media.Streams[i].ID == id {
			return &c.Media.Streams[i]
		}
	}
	return nil
}

// Stream returns the description of a stream, which is made when there is none. The result is good until the next call.
func (c *Command) Stream(id StreamID) *Stream {
	if s := c.FindStream(id); s != nil {
		return s
	}
	if c.Media == nil {
		c.Media = new(Media)
	}
	c.Media.Streams = append(c.Media.Streams, Stream{ID: id})
	return &c.Media.Streams[len(c.Media.Streams)-1]
}

func (s *Stream) control() *LocalControl {
	if s.Control == nil {
		s.Control = new(LocalControl)
	}
	return s.Control
}

// SetMode sets the mode of a stream.
func (c *Command) SetMode(id StreamID, m Mode) { c.Stream(id).control().Mode = m }

// SetProperty sets a LocalControl property of a stream.
func (c *Command) SetProperty(id StreamID, name string, v Value) {
	ctl := c.Stream(id).control()
	if p := Find(ctl.Properties, name); p != nil {
		*p = Set(name, v)
		return
	}
	ctl.Properties = append(ctl.Properties, Set(name, v))
}

// Topology sets the interlinkage rules of a stream; none takes all rules away.
func (c *Command) Topology(id StreamID, rules ...TopologyRule) {
	c.SetProperty(id, "seplink/x_topo", Quoted(string(AppendTopology(nil, rules))))
}

// Watch adds an event to the Events descriptor, whose RequestID is request.
func (c *Command) Watch(request uint32, ev Event) {
	if c.Events == nil {
		c.Events = new(Events)
	}
	c.Events.ID, c.Events.HasID = request, true
	c.Events.List = append(c.Events.List, ev)
}

// Order adds a signal.
func (c *Command) Order(sig Signal) {
	if c.Signals == nil {
		c.Signals = new(Signals)
	}
	c.Signals.List = append(c.Signals.List, sig)
}

// SubtractOf is the command that takes a termination out of its context and asks for its statistics.
func SubtractOf(t TerminationID) Command {
	return Command{Verb: Subtract, Termination: t, Descriptors: Descriptors{Audit: &Audit{Items: AuditStatistics}}}
}

// NotifyOf is the report of one event that an Events descriptor with that RequestID asked for.
func NotifyOf(t TerminationID, request uint32, ev ObservedEvent) Command {
	return Command{Verb: Notify, Termination: t, Descriptors: Descriptors{ObservedEvents: &ObservedEvents{ID: request, List: []ObservedEvent{ev}}}}
}

// ServiceChangeOf is the command by which a gateway announces itself or its end.
func ServiceChangeOf(t TerminationID, s Services) Command {
	return Command{Verb: ServiceChange, Termination: t, Descriptors: Descriptors{Services: &s}}
}

// In is an action on a context.
func In(c ContextID, commands ...Command) Action { return Action{Context: c, Commands: commands} }

// Stamp writes an instant as yyyymmddThhmmsscc (H.248.1 Annex B, TimeStamp).
func Stamp(now sim.Time) Timestamp {
	b := now.Wall().AppendFormat(make([]byte, 0, 18), "20060102T150405.00")
	return Timestamp(append(b[:15], b[16:]...))
}
