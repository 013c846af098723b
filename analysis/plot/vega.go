package plot

// schema is the version that the specifications are written for.
const schema = "https://vega.github.io/schema/vega-lite/v6.json"

// spec is a specification with its data.
func spec(title string, rows []map[string]any, view Spec) Spec {
	s := Spec{"$schema": schema, "title": title, "width": 560, "height": 300, "data": Spec{"values": rows}}
	for k, v := range view {
		s[k] = v
	}
	return s
}

// axis is an encoding of a field; without a title the axis or legend has none.
func axis(field, kind, title string) Spec {
	s := Spec{"field": field, "type": kind}
	if title != "" {
		s["title"] = title
	} else {
		s["title"] = nil
	}
	return s
}
