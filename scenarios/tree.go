package scenarios

import "slices"

// A tree is a YAML document as we use it: each value knows where it was written.
type tree struct {
	kind  treeKind
	pos   Pos
	keys  []entry // of a map, in the order written
	items []*tree // of a list
	text  string  // of a scalar
	tag   string  // of a scalar: "!!str", "!!int", "!!float", "!!bool", "!!null"
	quote bool    // the scalar was quoted or in block style
}

type treeKind uint8

const (
	scalarTree treeKind = iota
	listTree
	mapTree
)

// entry is a key of a map and its value. pos is the key's.
type entry struct {
	key string
	pos Pos
	val *tree
}

func (t *tree) get(key string) *tree {
	if e := t.entry(key); e != nil {
		return e.val
	}
	return nil
}

func (t *tree) entry(key string) *entry {
	if t == nil {
		return nil
	}
	for i := range t.keys {
		if t.keys[i].key == key {
			return &t.keys[i]
		}
	}
	return nil
}

// entries returns the keys of a map with their values; none of what is no map.
func (t *tree) entries() []entry {
	if t == nil {
		return nil
	}
	return t.keys
}

func (t *tree) remove(key string) {
	t.keys = slices.DeleteFunc(t.keys, func(e entry) bool { return e.key == key })
}

func (t *tree) isNull() bool { return t != nil && t.kind == scalarTree && t.tag == "!!null" }

// at returns the value at path, or the nearest value above it that exists, and whether it is the value itself.
func (t *tree) at(path []string) (*tree, bool) {
	for _, key := range path {
		var next *tree
		switch t.kind {
		case mapTree:
			next = t.get(key)
		case listTree:
			if i, ok := index(key); ok && i < len(t.items) {
				next = t.items[i]
			}
		}
		if next == nil {
			return t, false
		}
		t = next
	}
	return t, true
}

// keyPos is where the key of the value at path was written; for the item of a list, or where it does not exist, the
// position of the value or of the nearest one above.
func (t *tree) keyPos(path []string) Pos {
	if len(path) > 0 {
		if up, ok := t.at(path[:len(path)-1]); ok {
			if e := up.entry(path[len(path)-1]); e != nil {
				return e.pos
			}
		}
		// Something is missing in a named value: the name is the better place than the first of its keys.
		if _, ok := t.at(path); !ok {
			return t.keyPos(path[:len(path)-1])
		}
	}
	v, _ := t.at(path)
	return v.pos
}

// clone copies the tree, so that a change at one place does not show at another that was merged from the same.
func (t *tree) clone() *tree {
	c := *t
	c.keys, c.items = slices.Clone(t.keys), slices.Clone(t.items)
	for i := range c.keys {
		c.keys[i].val = c.keys[i].val.clone()
	}
	for i := range c.items {
		c.items[i] = c.items[i].clone()
	}
	return &c
}

// merge lays top over base: maps are merged, all else is replaced, null removes. A null that has nothing to remove stays,
// because a profile may supply what it is meant for; leftNulls finds those that stay to the end.
func merge(base, top *tree) *tree {
	if base == nil || base.kind != mapTree || top.kind != mapTree {
		return top.clone()
	}
	out := base.clone()
	for _, e := range top.keys {
		old := out.entry(e.key)
		switch {
		case old == nil:
			out.keys = append(out.keys, entry{e.key, e.pos, e.val.clone()})
		case e.val.isNull():
			out.remove(e.key)
		default:
			// A map that is merged keeps the position of its base; what differs in it has its own.
			if old.val.kind != mapTree || e.val.kind != mapTree {
				old.pos = e.pos
			}
			old.val = merge(old.val, e.val)
		}
	}
	return out
}

// leaves calls f for every scalar, list of scalars and empty map or list, in order.
func (t *tree) leaves(path []string, f func(path []string, v *tree)) {
	switch {
	case t.kind == mapTree && len(t.keys) > 0:
		for _, e := range t.keys {
			e.val.leaves(append(path[:len(path):len(path)], e.key), f)
		}
	case t.kind == listTree && slices.ContainsFunc(t.items, func(i *tree) bool { return i.kind != scalarTree }):
		for i, v := range t.items {
			v.leaves(append(path[:len(path):len(path)], itoa(i)), f)
		}
	default:
		f(path, t)
	}
}

// each calls f for every value, in order, with its path.
func (t *tree) each(path []string, f func(path []string, v *tree)) {
	f(path, t)
	for _, e := range t.keys {
		e.val.each(append(path[:len(path):len(path)], e.key), f)
	}
	for i, v := range t.items {
		v.each(append(path[:len(path):len(path)], itoa(i)), f)
	}
}
