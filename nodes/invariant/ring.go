package invariant

// ring remembers the keys of what may be forgotten, oldest first, so that tables stay bounded.
type ring[K comparable] struct {
	keys []K
	head int
}

// ringSize is how many finished entries a table keeps for stragglers.
const ringSize = 4096

// push adds k and returns the key that has to go for it, if one has.
func (r *ring[K]) push(k K) (old K, full bool) {
	if len(r.keys) < ringSize {
		r.keys = append(r.keys, k)
		return old, false
	}
	old, r.keys[r.head] = r.keys[r.head], k
	r.head = (r.head + 1) % ringSize
	return old, true
}
