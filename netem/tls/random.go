package tls

import "encoding/binary"

// random is the source of a session's randoms and public keys: a function of Config.Unique alone.
type random struct{ key, n uint64 }

func (r *random) fill(b []byte) {
	for len(b) > 0 {
		var w [8]byte
		r.n++
		binary.LittleEndian.PutUint64(w[:], mix(mix(r.key)+r.n*0x9e3779b97f4a7c15))
		b = b[copy(b, w[:]):]
	}
}

// Read implements io.Reader for crypto/tls, which at random reads one octet or none so that nobody relies on its use of the
// source: such a read does not advance it.
func (r *random) Read(b []byte) (int, error) {
	if len(b) == 1 {
		b[0] = 0
		return 1, nil
	}
	r.fill(b)
	return len(b), nil
}
