package ibcf

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// thig is the topology hiding inter-network gateway of TS 24.229 cl. 5.10.4: it turns what the own network has put into header
// fields into tokens, and back.
type thig struct {
	env  *nodes.Env
	seal sealer
	tag  string // ";tokenized-by=" and the network
	own  string // our Route value
	addr packet.AddrPort

	begun map[string]string // Call-IDs of calls that began inside, as they are outside; never ranged over
	gone  []goneCall        // of calls that are over, oldest first
}

// goneCall is a call that is over, but whose last transactions may not be.
type goneCall struct {
	id string
	at sim.Time
}

func newThig(env *nodes.Env, network string) *thig {
	return &thig{env: env, seal: newSealer(network), tag: ";tokenized-by=" + network, begun: map[string]string{}}
}

// at says where the IBCF is.
func (t *thig) at(a packet.AddrPort) { t.addr, t.own = a, route(a) }

// hide makes a message fit to leave the network. What is hidden already stays as it is.
func (t *thig) hide(m *sip.Message) {
	switch {
	case m.Method == sip.REGISTER:
		t.list(m, sip.HVia, false)
		t.list(m, sip.HPath, false) // its Contact is the registrar's to know
	case m.IsRequest():
		t.list(m, sip.HVia, false)
		t.list(m, sip.HRecordRoute, false)
		t.contact(m)
		t.callID(m)
	default:
		// The Via entries of a response are the other network's, and so is what stands below ours in Record-Route.
		t.list(m, sip.HRecordRoute, true)
		if m.Has(sip.HServiceRoute) {
			if m.First(sip.HServiceRoute) != t.own {
				m.Prepend(sip.HServiceRoute, t.own)
			}
			t.list(m, sip.HServiceRoute, false)
		}
		t.contact(m)
		if out := t.begun[m.CallID()]; out != "" {
			m.Set(sip.HCallID, out)
		}
	}
	if w, err := sip.ParseWarning(m.Get(sip.HWarning)); err == nil && w.Agent != t.addr.String() {
		w.Agent = t.addr.String()
		m.Set(sip.HWarning, w.String())
	}
	t.origin(m)
}

// list turns the entries of the own network into tokens: those that stand below our own entry or, in a response, above it. All
// that follow each other become one token, and order stays (cl. 5.10.4.3 items 1 to 3).
func (t *thig) list(m *sip.Message, id sip.HeaderID, above bool) {
	all := slices.Collect(m.Values(id))
	own := slices.Index(all, t.own)
	if own < 0 && above || len(all) == 0 {
		return
	}
	first, last := own+1, len(all)
	if above {
		first, last = 0, own
	}
	out := slices.Clone(all[:first])
	for i := first; i < last; {
		n := i
		for n < last && !strings.Contains(all[n], ";tokenized-by=") {
			n++
		}
		if n > i {
			run := slices.Clone(all[i:n])
			if above {
				// The caller turns Record-Route round and sends it back as Route (RFC 3261 §12.1.2), where a token stays as it is.
				slices.Reverse(run)
			}
			token := t.seal.seal(strings.Join(run, ", ")) + t.tag
			if id == sip.HVia {
				token = "SIP/2.0/UDP " + token
			} else {
				token = "<sip:" + token + ";lr>"
			}
			out = append(out, token)
			i = n
			continue
		}
		out = append(out, all[i]) // of another network on the way, or done before
		i++
	}
	put(m, id, append(out, all[last:]...))
}

// put replaces the values of a list header.
func put(m *sip.Message, id sip.HeaderID, values []string) {
	m.Remove(id)
	for _, v := range slices.Backward(values) {
		m.Prepend(id, v)
	}
}

// contact has the other network address the end by a token at this IBCF [SIM].
func (t *thig) contact(m *sip.Message) {
	a, err := m.Contact()
	if err != nil {
		return
	}
	if u, err := sip.ParseURI(a.URI); err != nil || t.here(u) {
		return
	}
	a.URI = "sip:" + t.seal.seal(a.URI) + "@" + t.addr.String()
	m.Set(sip.HContact, a.String())
}

// here reports a URI of this IBCF.
func (t *thig) here(u sip.URI) bool { return u.Host+":"+strconv.Itoa(int(u.Port)) == t.addr.String() }

// callID gives a call that began inside another Call-ID outside, since UEs put their address into it [SIM].
func (t *thig) callID(m *sip.Message) {
	id := m.CallID()
	out := t.begun[id]
	if out == "" {
		if m.Method != sip.INVITE || m.ToTag() != "" {
			return // a call that began outside
		}
		id = strings.Clone(id)
		out = t.seal.seal(id) + "@" + t.addr.String()
		t.begun[id] = out
		if s := t.env.Scripts[id]; s != nil {
			t.env.Scripts[out] = s // labels of causes, and what the far end does, are found by it
		}
	}
	m.Set(sip.HCallID, out)
}

// ended notes that a call is over, and forgets those for which nothing can come any more (RFC 3261 §17.1.2.2: timer F).
func (t *thig) ended(id string) {
	now := t.env.K.Now()
	if t.begun[id] != "" {
		t.gone = append(t.gone, goneCall{id, now})
	}
	for len(t.gone) > 0 && now.Sub(t.gone[0].at) > 2*64*sip.CoreTimers.T1+time.Second {
		out := t.begun[t.gone[0].id]
		delete(t.begun, t.gone[0].id)
		delete(t.env.Scripts, out)
		t.gone = t.gone[1:]
	}
}

// origin puts our address in the place of the UE's in a description: o= names the session and needs no more than to be unique
// (RFC 4566 §5.2) [SIM].
func (t *thig) origin(m *sip.Message) {
	_, line, ok := strings.Cut(m.Body, "\no=")
	line, _, _ = strings.Cut(line, "\n")
	i := strings.LastIndexByte(strings.TrimRight(line, "\r"), ' ')
	if !ok || i < 0 {
		return
	}
	family := " IP4 "
	if !t.addr.Addr.Is4() {
		family = " IP6 "
	}
	head := line[:i]
	if j := strings.LastIndex(head, " IP"); j >= 0 {
		head = head[:j]
	}
	end := ""
	if strings.HasSuffix(line, "\r") {
		end = "\r"
	}
	m.SetBody(m.ContentType(), strings.Replace(m.Body, "\no="+line, "\no="+head+family+t.addr.Addr.String()+end, 1))
}

// reveal puts back what our tokens stand for (cl. 5.10.4.4).
func (t *thig) reveal(m *sip.Message) {
	for _, id := range []sip.HeaderID{sip.HVia, sip.HRoute, sip.HRecordRoute, sip.HPath, sip.HServiceRoute} {
		t.open(m, id)
	}
	if u, err := sip.ParseURI(m.URI); m.IsRequest() && err == nil && u.User != "" && t.here(u) {
		if uri, ok := t.seal.open(u.User); ok {
			m.URI = uri
		}
	}
	if token, host, ok := strings.Cut(m.CallID(), "@"); ok && host == t.addr.String() {
		if id, ok := t.seal.open(token); ok {
			m.Set(sip.HCallID, id)
		}
	}
}

// open puts back the entries of one list header.
func (t *thig) open(m *sip.Message, id sip.HeaderID) {
	if !slices.ContainsFunc(m.Fields, func(h sip.Header) bool { return h.ID == id && strings.Contains(h.Value(), t.tag) }) {
		return
	}
	var out []string
	for v := range m.Values(id) {
		token, _, ours := strings.Cut(v, t.tag)
		token = token[strings.LastIndexAny(token, " :")+1:] // behind sent-protocol, or the scheme
		if text, ok := t.seal.open(token); ours && ok {
			out = slices.AppendSeq(out, sip.Elements(text))
		} else {
			out = append(out, v)
		}
	}
	put(m, id, out)
}
