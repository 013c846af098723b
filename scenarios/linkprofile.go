package scenarios

import (
	_ "embed"
	"sync"
)

//go:embed linkprofiles.yaml
var linkProfilesYAML []byte

// linkProfiles are the profiles of links, as YAML has them.
var linkProfiles = sync.OnceValue(func() *tree {
	var errs Errors
	t := readYAML("scenarios/linkprofiles.yaml", 0, linkProfilesYAML, &errs)
	if len(errs) > 0 {
		panic(errs.Error())
	}
	return t
})

// putLinkProfiles puts profiles into the links that name them, below the links' own keys, and takes profile out. A link's
// key replaces the profile's as a whole, in both directions. Unknown names stay for the schema to report.
func putLinkProfiles(root *tree) {
	for _, e := range root.get("links").entries() {
		link := e.val
		name := link.get("profile")
		if name == nil || link.kind != mapTree || name.kind != scalarTree {
			continue
		}
		p := linkProfiles().get(name.text)
		if p == nil {
			continue
		}
		link.remove("profile")
		p = p.clone()
		for _, own := range link.keys {
			if _, isChange := changeKeys[own.key]; isChange {
				continue
			}
			p.remove(own.key)
			for d := range changeKeys {
				p.get(d).drop(own.key)
			}
		}
		for _, from := range p.keys {
			mine := link.get(from.key)
			_, isChange := changeKeys[from.key]
			switch {
			case mine == nil || mine.isNull():
				link.remove(from.key)
				link.keys = append(link.keys, from)
			case isChange && mine.kind == mapTree:
				for _, in := range from.val.keys {
					if mine.get(in.key) == nil {
						mine.keys = append(mine.keys, in)
					}
				}
			}
		}
	}
}

// changeKeys are the keys of a link's directions.
var changeKeys = map[string]struct{}{"forward": {}, "backward": {}}

// drop removes a key from a map that may not be there.
func (t *tree) drop(key string) {
	if t != nil {
		t.remove(key)
	}
}
