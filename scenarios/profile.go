package scenarios

import "strconv"

// putProfiles merges profiles into the nodes that name them, below the nodes' own settings, and takes profile out. Profiles
// may themselves name another.
func putProfiles(root *tree, errs *Errors) {
	profiles := root.get("profiles")
	done := map[string]*tree{}
	var open []string
	// flat returns n with what its profile, and that one's, say; path is n's.
	var flat func(n *tree, path string) *tree
	flat = func(n *tree, path string) *tree {
		ref := n.get("profile")
		if n.kind != mapTree || ref == nil || ref.isNull() {
			return n
		}
		name := ref.text
		var base *tree
		switch p := profiles.get(name); {
		case ref.kind != scalarTree:
			errs.add(ref.pos, join(path, "profile"), ref.describe()+" is not text", "write the name of a profile")
		case p == nil:
			errs.add(ref.pos, join(path, "profile"), "no profile "+strconv.Quote(name), suggest(name, profiles.names()))
		case done[name] != nil:
			base = done[name]
		case len(cycle(open, name)) > 0:
			errs.add(ref.pos, join(path, "profile"), "profiles go in circles: "+arrows(append(cycle(open, name), name)), "")
		default:
			open = append(open, name)
			base = flat(p, "profiles."+name)
			open = open[:len(open)-1]
			done[name] = base
		}
		out := n.clone()
		out.remove("profile")
		if base == nil || base.kind != mapTree {
			return out
		}
		return merge(base, out)
	}
	if profiles != nil && profiles.kind == mapTree {
		for i := range profiles.keys {
			e := &profiles.keys[i]
			if done[e.key] == nil {
				open = []string{e.key}
				done[e.key] = flat(e.val, "profiles."+e.key)
			}
		}
	}
	nodes := root.get("nodes")
	if nodes == nil || nodes.kind != mapTree {
		return
	}
	for i := range nodes.keys {
		open = nil
		nodes.keys[i].val = flat(nodes.keys[i].val, "nodes."+nodes.keys[i].key)
	}
}

// cycle returns the part of open from name on, or nil.
func cycle(open []string, name string) []string {
	for i := range open {
		if open[i] == name {
			return append([]string(nil), open[i:]...)
		}
	}
	return nil
}

func arrows(names []string) string {
	s := names[0]
	for _, n := range names[1:] {
		s += " → " + n
	}
	return s
}

// names returns the keys of a map.
func (t *tree) names() []string {
	if t == nil {
		return nil
	}
	out := make([]string, len(t.keys))
	for i := range t.keys {
		out[i] = t.keys[i].key
	}
	return out
}
