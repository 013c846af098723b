package nat

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// remoteKey is what mapping behaviour takes of the remote endpoint (RFC 4787 §4.1).
func (t *Table) remoteKey(proto packet.Proto, remote packet.AddrPort) packet.AddrPort {
	switch t.of(proto).MappingBehavior {
	case EndpointIndependent:
		return packet.AddrPort{}
	case EndpointAddrDependent:
		remote.Port = 0
	}
	return remote
}

// findOut returns the session of an internal endpoint with a remote one, or -1.
func (t *Table) findOut(proto packet.Proto, in, remote packet.AddrPort) int32 {
	h := hash2(proto, in, remote)
	for i := t.bySrc.first(h); i >= 0; i = t.bySrc.after(i) {
		if t.bySrc.hash[i] != h {
			continue
		}
		if s := &t.sess[i]; s.proto == proto && s.remote == remote && t.maps[s.m].in == in {
			return i
		}
	}
	return -1
}

// findIn returns the session of an external endpoint with a remote one, or -1.
func (t *Table) findIn(proto packet.Proto, ext, remote packet.AddrPort) int32 {
	h := hash2(proto, ext, remote)
	for i := t.byDst.first(h); i >= 0; i = t.byDst.after(i) {
		if t.byDst.hash[i] != h {
			continue
		}
		if s := &t.sess[i]; s.proto == proto && s.remote == remote && t.maps[s.m].ext == ext {
			return i
		}
	}
	return -1
}

// mappingOf returns the mapping of an internal endpoint for a remote one, or -1.
func (t *Table) mappingOf(proto packet.Proto, in, remote packet.AddrPort) int32 {
	key := t.remoteKey(proto, remote)
	h := hash2(proto, in, key)
	for i := t.byIn.first(h); i >= 0; i = t.byIn.after(i) {
		if m := &t.maps[i]; t.byIn.hash[i] == h && m.proto == proto && m.in == in && m.remote == key {
			return i
		}
	}
	return -1
}

// mappingAt returns a mapping of an external endpoint, or -1. Only with port overloading may there be several.
func (t *Table) mappingAt(proto packet.Proto, ext packet.AddrPort) int32 {
	h := hash1(proto, ext)
	for i := t.byExt.first(h); i >= 0; i = t.byExt.after(i) {
		if m := &t.maps[i]; t.byExt.hash[i] == h && m.proto == proto && m.ext == ext {
			return i
		}
	}
	return -1
}

// addMapping makes a mapping for an internal endpoint. ok is false where there is no room or no port.
func (t *Table) addMapping(now sim.Time, proto packet.Proto, in, remote packet.AddrPort, why sim.Cause) (slot int32, ok bool) {
	if t.mapped >= t.cfg.MaxMappings {
		return 0, false
	}
	ext, sub, ok := t.allocate(now, proto, in, remote)
	if !ok {
		return 0, false
	}
	slot = t.newMapping(mapping{in: in, ext: ext, remote: t.remoteKey(proto, remote), proto: proto, sub: sub}, why)
	return slot, true
}

// newMapping keeps a mapping whose port is taken.
func (t *Table) newMapping(m mapping, why sim.Cause) (slot int32) {
	if n := len(t.free); n > 0 {
		slot, t.free = t.free[n-1], t.free[:n-1]
	} else {
		slot = int32(len(t.maps))
		t.maps = append(t.maps, mapping{})
	}
	t.gen++
	m.timed = timed{deadline: sim.Never, queued: sim.Never, why: why, gen: t.gen, live: true}
	t.maps[slot] = m
	t.byExt.insert(slot, hash1(m.proto, m.ext))
	if !m.dmz {
		t.byIn.insert(slot, hash2(m.proto, m.in, m.remote))
		if t.of(m.proto).PortReuse {
			t.byOwn.insert(slot, hash1(m.proto, m.in))
		}
	}
	t.mapped++
	t.Stats.Mappings++
	if t.Notes {
		t.out = append(t.out, Output{Kind: OutAdded, Flow: packet.Flow{Src: m.in, Dst: m.ext, Proto: m.proto}, Why: why})
	}
	return slot
}

func (t *Table) removeMapping(now sim.Time, slot int32) {
	m := &t.maps[slot]
	for m.sessions != 0 {
		t.removeSession(m.sessions - 1)
	}
	t.byExt.remove(slot)
	if !m.dmz {
		t.byIn.remove(slot)
		if t.of(m.proto).PortReuse {
			t.byOwn.remove(slot)
		}
	}
	t.release(now, m)
	if t.Notes {
		t.out = append(t.out, Output{Kind: OutExpired, Flow: packet.Flow{Src: m.in, Dst: m.ext, Proto: m.proto}, Why: m.why})
	}
	m.live = false
	t.free = append(t.free, slot)
	t.mapped--
}

// addSession makes a session of a mapping, or returns -1 where there is no room.
func (t *Table) addSession(slot int32, remote packet.AddrPort, why sim.Cause) (s int32) {
	if t.byDst.n >= t.cfg.MaxSessions {
		return -1
	}
	if n := len(t.freeSess); n > 0 {
		s, t.freeSess = t.freeSess[n-1], t.freeSess[:n-1]
	} else {
		s = int32(len(t.sess))
		t.sess = append(t.sess, session{})
	}
	m := &t.maps[slot]
	aside := t.cfg.Contest == ContestMapping && t.findOut(m.proto, m.in, remote) >= 0
	t.gen++
	t.sess[s] = session{
		timed:  timed{deadline: sim.Never, queued: sim.Never, why: why, gen: t.gen, live: true},
		remote: remote, m: slot, proto: m.proto, next: m.sessions, aside: aside,
	}
	if m.sessions != 0 {
		t.sess[m.sessions-1].prev = s + 1
	}
	m.sessions = s + 1
	if !aside {
		t.bySrc.insert(s, hash2(m.proto, m.in, remote))
	}
	t.byDst.insert(s, hash2(m.proto, m.ext, remote))
	t.Stats.Sessions++
	return s
}

// removeSession takes a session away; its mapping stays.
func (t *Table) removeSession(i int32) {
	s := &t.sess[i]
	if !s.aside {
		t.bySrc.remove(i)
	}
	t.byDst.remove(i)
	if s.prev != 0 {
		t.sess[s.prev-1].next = s.next
	} else {
		t.maps[s.m].sessions = s.next
	}
	if s.next != 0 {
		t.sess[s.next-1].prev = s.prev
	}
	t.dropHeld(s.splice)
	s.live, s.splice = false, nil
	t.freeSess = append(t.freeSess, i)
}

// endSession takes a session away, and its mapping if it was the last.
func (t *Table) endSession(now sim.Time, i int32) {
	slot := t.sess[i].m
	t.removeSession(i)
	if m := &t.maps[slot]; m.sessions == 0 && !(m.pinhole && m.deadline > now) {
		t.removeMapping(now, slot)
	}
}
