package scenarios

import "reflect"

// shorthand is a struct that may also be written as one scalar, the value of the field that short names: delay: 20ms is
// delay: {mean: 20ms}. Only value receivers.
type shorthand interface{ short() string }

var shorthandType = reflect.TypeFor[shorthand]()

// shortOf returns the field that a scalar fills, where t is a shorthand.
func shortOf(t reflect.Type) (field, bool) {
	t = bare(t)
	if t.Kind() != reflect.Struct || !t.Implements(shorthandType) {
		return field{}, false
	}
	name := reflect.Zero(t).Interface().(shorthand).short()
	for _, f := range fieldsOf(t) {
		if f.name == name {
			return f, true
		}
	}
	panic("scenarios: " + t.String() + " has no field " + name)
}
