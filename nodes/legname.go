package nodes

import (
	"strconv"
	"strings"
)

// LegName is how milestones name a leg: its realm, "" at an endpoint, then for what is not the first stream "s2", and for a
// connection that was agreed on anew (RFC 4145 §5) "new", then "new2": "access-s2-new", at an endpoint "s2-new".
func LegName(realm string, stream, connection int) string {
	if stream > 1 {
		realm = join(realm, "s"+strconv.Itoa(stream))
	}
	switch {
	case connection == 1:
		realm = join(realm, "new")
	case connection > 1:
		realm = join(realm, "new"+strconv.Itoa(connection))
	}
	return realm
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "-" + b
}

// OfStream reports whether a gateway's leg is one of those that a name of LegName without realm stands for.
func OfStream(leg, name string) bool {
	_, rest, _ := strings.Cut(leg, "-")
	return rest == name
}
