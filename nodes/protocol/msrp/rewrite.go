package msrp

import "imsim/netem/packet"

// Rewriter replaces the paths of every request and response that passes one way through a gateway which knows MSRP (TR 29.828
// cl. 4.1.4: application-aware). Bodies go through as they come, heads are written anew. The zero value is ready.
type Rewriter struct{ parser Parser }

// Push takes octets whose heads somebody else is to edit: Head finds them.
func (r *Rewriter) Push(in packet.Payload) { r.parser.Push(in) }

// Head goes on to the next head, which it returns as octets; everything before it is appended to out, and what is to become of it the
// caller appends. It returns nil when more octets are needed.
func (r *Rewriter) Head(out *packet.Payload) (head []byte, err error) {
	for {
		e, ok := r.parser.Next()
		if !ok {
			return nil, nil
		}
		switch e.Kind {
		case Head:
			return AppendHead(make([]byte, 0, 256), e.Msg), nil
		case Body:
			out.Append(e.Span)
		case End:
			out.Append(packet.Bytes(AppendEnd(nil, e.Msg.ID, e.Msg.ContentType != "", e.Flag)))
		case Broken:
			return nil, e.Err
		}
	}
}

// Rewrite appends to out what becomes of the octets of in: To-Path and From-Path are to and from. A stream that makes no sense ends
// with an error, and nothing behind that point passes.
func (r *Rewriter) Rewrite(in packet.Payload, out *packet.Payload, to, from string) error {
	r.parser.Push(in)
	for {
		e, ok := r.parser.Next()
		if !ok {
			return nil
		}
		switch e.Kind {
		case Head:
			h := *e.Msg
			h.To, h.From = to, from
			out.Append(packet.Bytes(AppendHead(make([]byte, 0, 256), &h)))
		case Body:
			out.Append(e.Span)
		case End:
			out.Append(packet.Bytes(AppendEnd(nil, e.Msg.ID, e.Msg.ContentType != "", e.Flag)))
		case Broken:
			return e.Err
		}
	}
}
