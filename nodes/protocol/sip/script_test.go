package sip

import "testing"

var core = [2]Timers{CoreTimers, CoreTimers}

// RFC 3261 §17.1.1.2, §17.2.1: the INVITE is repeated until something comes back; a call without loss otherwise.
func TestScriptLostInvite(t *testing.T) {
	w := newWorld(t, UDP, core, "INVITE#1", "INVITE#2")
	a, b := w.sides[0], w.sides[1]
	w.at(0, w.invites)
	w.at(2, func() { b.answer(180, false) })
	w.at(3, func() { b.answer(200, false) })
	w.at(5, func() { a.request(w.cause(), BYE) })
	w.run(`
   0.000 A sends INVITE LOST
   0.500 A sends INVITE again (A) LOST
   1.500 A sends INVITE again (A)
   1.550 B hears INVITE
   2.000 B sends 180 INVITE
   2.050 A hears 180 INVITE
   3.000 B sends 200 INVITE
   3.050 A hears 200 INVITE
   3.050 A sends ACK
   3.100 B hears ACK
   3.100 B: call is up
   5.000 A sends BYE
   5.050 B hears BYE
   5.050 B sends 200 BYE
   5.100 A hears 200 BYE`)
}

// RFC 3261 §13.3.1.4, RFC 6026 §7: the 2xx is repeated by the core until the ACK; each repetition brings another ACK.
func TestScriptLost200AndAck(t *testing.T) {
	w := newWorld(t, UDP, core, "200 INVITE#1", "ACK#1")
	b := w.sides[1]
	w.at(0, w.invites)
	w.at(0.2, func() { b.answer(200, false) })
	w.run(`
   0.000 A sends INVITE
   0.050 B hears INVITE
   0.200 B sends 200 INVITE LOST
   0.500 A sends INVITE again (A)
   0.550 B drops INVITE: retransmitted request
   0.700 B sends 200 INVITE again
   0.750 A hears 200 INVITE
   0.750 A sends ACK LOST
   1.700 B sends 200 INVITE again
   1.750 A hears 200 INVITE
   1.750 A sends ACK
   1.800 B hears ACK
   1.800 B: call is up`)
}

// The same over TCP: the core repeats the 2xx end to end whatever the transport; nothing else is repeated.
func TestScriptNoAckOverTCP(t *testing.T) {
	w := newWorld(t, TCP, core, "ACK#1", "ACK#2", "ACK#3", "ACK#4", "ACK#5", "ACK#6", "ACK#7", "ACK#8", "ACK#9", "ACK#10", "ACK#11")
	w.at(0, w.invites)
	w.at(0.1, func() { w.sides[1].answer(200, false) })
	w.run(`
   0.000 A sends INVITE
   0.050 B hears INVITE
   0.100 B sends 200 INVITE
   0.150 A hears 200 INVITE
   0.150 A sends ACK LOST
   0.600 B sends 200 INVITE again
   0.650 A hears 200 INVITE
   0.650 A sends ACK LOST
   1.600 B sends 200 INVITE again
   1.650 A hears 200 INVITE
   1.650 A sends ACK LOST
   3.600 B sends 200 INVITE again
   3.650 A hears 200 INVITE
   3.650 A sends ACK LOST
   7.600 B sends 200 INVITE again
   7.650 A hears 200 INVITE
   7.650 A sends ACK LOST
  11.600 B sends 200 INVITE again
  11.650 A hears 200 INVITE
  11.650 A sends ACK LOST
  15.600 B sends 200 INVITE again
  15.650 A hears 200 INVITE
  15.650 A sends ACK LOST
  19.600 B sends 200 INVITE again
  19.650 A hears 200 INVITE
  19.650 A sends ACK LOST
  23.600 B sends 200 INVITE again
  23.650 A hears 200 INVITE
  23.650 A sends ACK LOST
  27.600 B sends 200 INVITE again
  27.650 A hears 200 INVITE
  27.650 A sends ACK LOST
  31.600 B sends 200 INVITE again
  31.650 A hears 200 INVITE
  31.650 A sends ACK LOST
  32.100 B: no ACK
  32.100 B sends BYE
  32.150 A hears BYE
  32.150 A sends 200 BYE
  32.200 B hears 200 BYE`)
}

// RFC 3261 §17.2.1: the refusal is repeated until its ACK; RFC 3261 §17.1.1.2: the client's D absorbs and acknowledges.
func TestScriptRefusedAckLost(t *testing.T) {
	w := newWorld(t, UDP, core, "ACK#1")
	w.at(0, w.invites)
	w.at(0.1, func() { w.sides[1].answer(486, false) })
	w.run(`
   0.000 A sends INVITE
   0.050 B hears INVITE
   0.100 B sends 486 INVITE
   0.150 A hears 486 INVITE
   0.150 A sends ACK LOST
   0.600 B sends 486 INVITE again (G)
   0.650 A sends ACK again`)
}

// RFC 3261 §9.1: a CANCEL waits for the first provisional response; §9.2: 200 to it, 487 to the INVITE.
func TestScriptCancelBeforeRinging(t *testing.T) {
	w := newWorld(t, UDP, core, "CANCEL#1")
	a := w.sides[0]
	w.at(0, w.invites)
	w.at(0.02, func() { a.layer.Cancel(w.now, w.cause(), a.call, "SIP;cause=487") })
	w.at(0.2, func() { w.sides[1].answer(180, false) })
	w.run(`
   0.000 A sends INVITE
   0.050 B hears INVITE
   0.200 B sends 180 INVITE
   0.250 A hears 180 INVITE
   0.250 A sends CANCEL LOST
   0.750 A sends CANCEL again (E)
   0.800 B sends 200 CANCEL
   0.800 B hears cancel by CANCEL
   0.800 B sends 487 INVITE
   0.850 A hears 487 INVITE
   0.850 A sends ACK`)
}

// The race: the CANCEL crosses the 200. It has no effect (RFC 3261 §9.2), and the caller must end the call with BYE.
func TestScriptCancelCrosses200(t *testing.T) {
	w := newWorld(t, UDP, core)
	a, b := w.sides[0], w.sides[1]
	w.at(0, w.invites)
	w.at(0.1, func() { b.answer(180, false) })
	w.at(0.48, func() { b.answer(200, false) })
	w.at(0.5, func() { a.layer.Cancel(w.now, w.cause(), a.call, "") })
	w.at(0.7, func() { a.request(w.cause(), BYE) })
	w.run(`
   0.000 A sends INVITE
   0.050 B hears INVITE
   0.100 B sends 180 INVITE
   0.150 A hears 180 INVITE
   0.480 B sends 200 INVITE
   0.500 A sends CANCEL
   0.530 A hears 200 INVITE
   0.530 A sends ACK
   0.550 B sends 200 CANCEL
   0.580 B hears ACK
   0.580 B: call is up
   0.700 A sends BYE
   0.750 B hears BYE
   0.750 B sends 200 BYE
   0.800 A hears 200 BYE`)
}

// A CANCEL that overtakes its INVITE finds nothing: 481 (RFC 3261 §9.2). After that the INVITE lives on.
func TestScriptCancelFindsNothing(t *testing.T) {
	w := newWorld(t, UDP, core)
	l := w.sides[1].layer
	m := simpleRequest(CANCEL)
	m.Prepend(HVia, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKnone")
	l.Receive(0, w.cause(), m, w.sides[1].flow)
	o, _ := l.Next()
	if o.Kind != OutSend || o.Message.Status != 481 {
		t.Errorf("got %v %v", o.Kind, o.Message)
	}
}

// RFC 3262 §3, §4: a lost PRACK is repeated by its transaction, the response by the core; the second reliable response and
// the 200 wait for the PRACK of a response with a body.
func TestScriptPrackLost(t *testing.T) {
	w := newWorld(t, UDP, core, "PRACK#1", "183 INVITE#1")
	b := w.sides[1]
	w.at(0, w.invites)
	w.at(0.1, func() { b.answer(183, true) })
	w.at(0.2, func() { b.answer(180, true) })
	w.at(0.3, func() { b.answer(200, true) })
	w.run(`
   0.000 A sends INVITE
   0.050 B hears INVITE
   0.100 B sends 183 INVITE LOST
   0.500 A sends INVITE again (A)
   0.550 B sends 183 INVITE again
   0.550 B drops INVITE: retransmitted request
   0.600 A hears 183 INVITE
   0.600 A: reliable
   0.600 A sends PRACK LOST
   0.600 B sends 183 INVITE again
   0.650 A hears 183 INVITE
   0.650 A: repeated
   1.100 A sends PRACK again (E)
   1.150 B hears PRACK
   1.150 B sends 200 PRACK
   1.150 B sends 180 INVITE
   1.200 A hears 200 PRACK
   1.200 A hears 180 INVITE
   1.200 A: reliable
   1.200 A sends PRACK
   1.250 B hears PRACK
   1.250 B sends 200 PRACK
   1.250 B sends 200 INVITE
   1.300 A hears 200 PRACK
   1.300 A hears 200 INVITE
   1.300 A sends ACK
   1.350 B hears ACK
   1.350 B: call is up`)
}

// RFC 3262 §3: no PRACK in 64·T1, and the INVITE is refused. B is a UE: its clock runs four times slower than A's.
func TestScriptNoPrackUE(t *testing.T) {
	w := newWorld(t, TCP, [2]Timers{CoreTimers, UETimers})
	a, b := w.sides[0], w.sides[1]
	a.on = func(o Output) bool { return o.Kind == OutResponse } // A is deaf to 100rel
	w.at(0, w.invites)
	w.at(1, func() { b.answer(183, true) })
	w.run(`
   0.000 A sends INVITE
   0.050 B hears INVITE
   1.000 B sends 183 INVITE
   1.050 A hears 183 INVITE
   3.000 B sends 183 INVITE again
   3.050 A hears 183 INVITE
   7.000 B sends 183 INVITE again
   7.050 A hears 183 INVITE
  15.000 B sends 183 INVITE again
  15.050 A hears 183 INVITE
  31.000 B sends 183 INVITE again
  31.050 A hears 183 INVITE
  63.000 B sends 183 INVITE again
  63.050 A hears 183 INVITE
 127.000 B sends 183 INVITE again
 127.050 A hears 183 INVITE
 129.000 B: no PRACK
 129.000 B sends 504 INVITE
 129.050 A hears 504 INVITE
 129.050 A sends ACK`)
}

// A silent peer is noticed after 32 s by a core element and after 128 s by a UE (TS 24.229 table 7.7.1).
func TestScriptSilentPeer(t *testing.T) {
	for _, c := range []struct {
		timers Timers
		want   string
	}{
		{CoreTimers, "   0.000 A sends INVITE LOST\n  32.000 A: timeout B of INVITE"},
		{UETimers, "   0.000 A sends INVITE LOST\n 128.000 A: timeout B of INVITE"},
	} {
		w := newWorld(t, TCP, [2]Timers{c.timers, CoreTimers}, "INVITE#1")
		w.at(0, w.invites)
		w.run(c.want)
	}
}

// A BYE whose 200 is lost: the server repeats the answer for the repeated request (RFC 3261 §17.2.2).
func TestScriptLost200Bye(t *testing.T) {
	w := newWorld(t, UDP, core, "200 BYE#1")
	b := w.sides[1]
	w.at(0, w.invites)
	w.at(0.1, func() { b.answer(200, false) })
	w.at(0.3, func() { b.request(w.cause(), BYE) })
	w.run(`
   0.000 A sends INVITE
   0.050 B hears INVITE
   0.100 B sends 200 INVITE
   0.150 A hears 200 INVITE
   0.150 A sends ACK
   0.200 B hears ACK
   0.200 B: call is up
   0.300 B sends BYE
   0.350 A hears BYE
   0.350 A sends 200 BYE LOST
   0.800 B sends BYE again (E)
   0.850 A sends 200 BYE again
   0.850 A drops BYE: retransmitted request
   0.900 B hears 200 BYE`)
}
