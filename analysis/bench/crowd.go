package bench

import (
	"fmt"
	"runtime"
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

// crowds compares an event among many established connections with one among a thousand. What grows is the share of
// memory that no cache holds.
//
// Each connection does the same however many there are: one exchange in ten seconds, as in the experiment that the goal
// was taken from. The alternative, as many exchanges in all whatever the number of connections, makes every one of a
// million rest for a thousand times as long: the connections differ then in what they do, not in number alone. An
// exchange a second is measured, too: then ten times as many are under way at a time. Which connection is next is the
// owner's choice, so it is the owner who can announce it (netem.Expect); what that is worth shows where it does not.
func crowds(cfg Config, each func(Line)) error {
	many := pick(cfg, 100_000, 200_000)
	if cfg.Million {
		many = 1_000_000
	}
	few, err := newCrowd(1000)
	if err != nil {
		return err
	}
	before := heap()
	c, err := newCrowd(many)
	if err != nil {
		return err
	}
	per := float64(heap()-before) / float64(many)
	group := "TCP: established connections that exchange data"
	ops := pick(cfg, 200_000, 1_000_000)
	for _, v := range []struct {
		turn    time.Duration
		expects bool
		goal    string
	}{{crowdTurn, true, "≤ 4.5 × at a million"}, {crowdTurn, false, ""}, {crowdTurn / 10, true, ""}} {
		how := fmt.Sprintf("an exchange each in %v", v.turn)
		if !v.expects {
			how += ", unannounced"
		}
		few.pace(v.turn)
		c.pace(v.turn)
		c.expects = v.expects // among 1000 it would be in vain
		ns, ratio, err := contest(pick(cfg, 3, 5), func() (int, error) { return few.step(ops) }, func() (int, error) { return c.step(ops) })
		if err != nil {
			return err
		}
		each(Line{Group: group, What: "an event among 1000, " + how, Figure: nanoseconds(ns[0])})
		each(Line{
			Group: group, What: fmt.Sprintf("an event among %d, %s", many, how), Figure: nanoseconds(ns[1]),
			Beside: fmt.Sprintf("%.2f × that among 1000", ratio[1]), Goal: v.goal,
		})
	}
	ns, _, err := contest(pick(cfg, 3, 5), func() (int, error) { return few.walk(ops) }, func() (int, error) { return c.walk(ops) })
	if err != nil {
		return err
	}
	each(Line{
		Group: group, What: fmt.Sprintf("a look at one of %d after the other, nothing else", many), Figure: nanoseconds(ns[1]),
		Beside: nanoseconds(ns[0]) + " at one of 1000",
	})
	each(Line{Group: group, What: "memory of an idle connection, both ends", Figure: fmt.Sprintf("%.0f octets", per)})
	runtime.KeepAlive(c)
	return nil
}

// crowd is many connections between two hosts, on one of which in turn, in an order without locality, a request of 200
// octets is sent and answered by as many.
type crowd struct {
	*pair
	self     sim.Entity
	streams  []*netem.Stream
	at, left int
	every    time.Duration
	opening  bool
	expects  bool              // says beforehand which streams it will call
	next     [16]*netem.Stream // these
	off      uint64
	in, out  packet.Payload
	answers  int
}

const (
	request     = 200
	perPort     = 50_000
	crowdTurn   = 10 * time.Second // in which each connection has one exchange
	crowdOpens  = time.Second      // in which all are opened
	crowdStride = 611_953          // a prime, so that every connection has its turn
)

func newCrowd(n int) (*crowd, error) {
	p, err := newPair(netem.DirectionConfig{Delay: 5 * time.Millisecond})
	if err != nil {
		return nil, err
	}
	c := &crowd{pair: p, streams: make([]*netem.Stream, 0, n), opening: true, left: n, every: crowdOpens / time.Duration(n)}
	c.self = p.k.Add("crowd", c)
	for i := 0; i*perPort < n; i++ {
		if err := p.b.Listen(packet.AddrPort{Port: uint16(100 + i)}, (*echo)(c)); err != nil {
			return nil, err
		}
	}
	p.k.At(p.k.Now(), c.self, 0)
	if err := p.k.Run(p.k.Now().Add(crowdOpens + time.Second)); err != nil {
		return nil, err
	}
	if live, _ := p.b.Connections(); live != n {
		return nil, fmt.Errorf("%d of %d connections are open", live, n)
	}
	c.opening = false
	c.pace(crowdTurn)
	// Each has had its turn before anything is measured, and is idle again.
	_, err = c.step(n)
	return c, err
}

// pace has each connection exchange once in a turn.
func (c *crowd) pace(turn time.Duration) { c.every = turn / time.Duration(len(c.streams)) }

// Handle opens the next connection or sends the next request.
func (c *crowd) Handle(uint32) {
	if c.opening {
		i := len(c.streams)
		s, err := c.a.Dial(packet.AddrPort{Port: uint16(10_000 + i%perPort)}, packet.AddrPort{Addr: c.b.Addr(true), Port: uint16(100 + i/perPort)}, c.cfg, c, sim.Cause{})
		if err != nil {
			c.k.Fail(err)
			return
		}
		c.streams = append(c.streams, s)
	} else {
		c.at = (c.at + crowdStride) % len(c.streams)
		if c.expects && c.left%len(c.next) == 0 {
			for i := range c.next {
				c.next[i] = c.streams[(c.at+(1+i)*crowdStride)%len(c.streams)]
			}
			netem.Expect(c.next[:]...)
		}
		c.write(c.streams[c.at], request, sim.Cause{})
	}
	if c.left--; c.left > 0 {
		c.k.At(c.k.Now().Add(c.every), c.self, 0)
	}
}

func (c *crowd) write(s *netem.Stream, n int, why sim.Cause) {
	c.out.Reset()
	c.out.Append(packet.Synthetic(1, c.off, n))
	c.off += uint64(s.Write(c.out, why))
}

func (c *crowd) read(s *netem.Stream, why sim.Cause) int {
	n, _ := s.Read(1<<30, &c.in, why)
	c.in.Reset()
	return n
}

// StreamEvent reads answers.
func (c *crowd) StreamEvent(s *netem.Stream, ev tcp.Event) {
	if ev.Kind == tcp.EvReadable {
		c.answers += c.read(s, ev.Why)
	}
}

// walk looks at one connection after the other, in the order of the exchanges; which one is next is not known before the
// one at hand is looked at. So each look is a wait for memory: what this machine asks for not knowing beforehand.
func (c *crowd) walk(looks int) (int, error) {
	at := c.at
	for range looks {
		at = (at + crowdStride + int(c.streams[at].State()-tcp.Established)) % len(c.streams)
	}
	c.at = at
	return looks, nil
}

// step plays a number of exchanges and what they leave, and returns the events that they took.
func (c *crowd) step(exchanges int) (int, error) {
	events, answers := c.k.Events(), c.answers
	c.left = exchanges
	c.k.At(c.k.Now(), c.self, 0)
	if err := c.k.Run(c.k.Now().Add(time.Duration(exchanges)*c.every + time.Second)); err != nil {
		return 0, err
	}
	if got := c.answers - answers; got != exchanges*request {
		return 0, fmt.Errorf("%d octets of answers to %d requests", got, exchanges)
	}
	return int(c.k.Events() - events), nil
}

// echo owns the answering ends of a crowd.
type echo crowd

func (e *echo) Incoming(o tcp.Opening) { e.b.Accept(o, e.cfg, e, false) }

func (e *echo) StreamEvent(s *netem.Stream, ev tcp.Event) {
	if ev.Kind == tcp.EvReadable {
		c := (*crowd)(e)
		c.write(s, c.read(s, ev.Why), ev.Why)
	}
}
