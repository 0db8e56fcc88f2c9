package diff

import (
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

func TestAttributesImply(t *testing.T) {
	is := func(v string) spec.AttrExpect { return spec.AttrExpect{Key: "k", Op: spec.AttrEq, Value: v} }
	in := func(vs ...string) spec.AttrExpect { return spec.AttrExpect{Key: "k", Op: spec.AttrOneOf, OneOf: vs} }
	gte := func(n float64) spec.AttrExpect { return spec.AttrExpect{Key: "k", Op: spec.AttrGte, Number: n} }
	lte := func(n float64) spec.AttrExpect { return spec.AttrExpect{Key: "k", Op: spec.AttrLte, Number: n} }
	re := func(v string) spec.AttrExpect { return spec.AttrExpect{Key: "k", Op: spec.AttrRegex, Value: v} }
	present, absent := spec.AttrExpect{Key: "k", Op: spec.AttrPresent}, spec.AttrExpect{Key: "k", Op: spec.AttrAbsent}
	for _, c := range []struct {
		name string
		a, b spec.AttrExpect
		want bool
	}{
		{"the same text", is("x"), is("x"), true},
		{"another key", is("x"), spec.AttrExpect{Key: "l", Value: "x"}, false},
		{"a number in another notation may be another text", is("1e6"), is("1000000"), false},
		{"one of a list", is("x"), in("y", "x"), true},
		{"a list with one value more", in("x", "y"), in("x"), false},
		{"a text is there", is("x"), present, true},
		{"a bound is there", gte(1), present, true},
		{"there is no text", present, is("x"), false},
		{"absent and present", absent, present, false},
		{"absent", absent, absent, true},
		{"nothing about absence", is("x"), absent, false},
		{"bounds", gte(2), gte(1), true},
		{"bounds the other way", lte(2), lte(1), false},
		{"a number above a bound", is("2.5"), gte(2), true},
		{"a number below a bound", is("1.5"), gte(2), false},
		{"numbers below a bound", in("1.5", "-3"), lte(2), true},
		{"no number", is("x"), gte(0), false},
		{"what may be bytes has no number", is("1234"), gte(1), false},
		{"infinity is none", is("Inf"), gte(1), false},
		{"a pattern that matches", is("pass"), re("^pa"), true},
		{"a pattern that does not", is("bypass"), re("^pa"), false},
		{"a float of the same number has another text", is("1.0"), re("[.]0$"), false},
		{"minus zero has another text", is("0"), re("^0$"), false},
		{"two patterns", re("^abc"), re("^a"), false},
		{"a pattern that cannot be read", is("("), re("("), false},
	} {
		if got := attrImplies(&c.a, &c.b); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
