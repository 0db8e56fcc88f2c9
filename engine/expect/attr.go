package expect

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// attr is an attribute constraint ready to be tested.
type attr struct {
	want     spec.AttrExpect
	key      string // without the prefix that selects the resource
	resource bool
	texts    []string // alternatives for equality
	re       *regexp.Regexp
	err      error
}

const resourcePrefix = "resource."

func compileAttr(want spec.AttrExpect) attr {
	a := attr{want: want, key: want.Key}
	if key, ok := strings.CutPrefix(want.Key, resourcePrefix); ok {
		a.key, a.resource = key, true
	}
	switch want.Op {
	case spec.AttrEq:
		a.texts = []string{want.Value}
	case spec.AttrOneOf:
		a.texts = want.OneOf
	case spec.AttrRegex:
		a.re, a.err = regexp.Compile(want.Value)
	}
	return a
}

func compileAttrs(wants []spec.AttrExpect) []attr {
	out := make([]attr, len(wants))
	for i, w := range wants {
		out[i] = compileAttr(w)
	}
	return out
}

// value finds the attribute that the constraint is about.
func (a *attr) value(s *trace.Span) (any, bool) {
	if !a.resource {
		return trace.Lookup(s.Attrs, a.key)
	}
	if s.Resource == nil {
		return nil, false
	}
	return trace.Lookup(s.Resource.Attrs, a.key)
}

// holds reports whether a span satisfies the constraint.
func (a *attr) holds(s *trace.Span) bool {
	v, ok := a.value(s)
	return a.accepts(v, ok)
}

// accepts judges a value; present is false when there is none.
func (a *attr) accepts(v any, present bool) bool {
	switch a.want.Op {
	case spec.AttrPresent:
		return present
	case spec.AttrAbsent:
		return !present
	}
	if !present || a.err != nil {
		return false
	}
	switch a.want.Op {
	case spec.AttrGte:
		n, ok := number(v)
		return ok && n >= a.want.Number
	case spec.AttrLte:
		n, ok := number(v)
		return ok && n <= a.want.Number
	case spec.AttrRegex:
		return a.re.MatchString(trace.ValueText(v))
	default:
		return slices.ContainsFunc(a.texts, func(t string) bool { return sameText(v, t) })
	}
}

// sameText is value text equality. The text of a float may be given in any
// notation that means the same number: 1e6, 1000000.
func sameText(v any, text string) bool {
	switch x := v.(type) {
	case string:
		return x == text
	case int64:
		var digits [20]byte
		return string(strconv.AppendInt(digits[:0], x, 10)) == text
	case float64:
		f, err := strconv.ParseFloat(text, 64)
		return err == nil && f == x || trace.ValueText(v) == text
	default:
		return trace.ValueText(v) == text
	}
}

// number reads a numeric value; SDKs without number types send digits as text.
func number(v any) (float64, bool) {
	switch x := v.(type) {
	case int64:
		return float64(x), true
	case float64:
		return x, !math.IsNaN(x)
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(x), 64)
		return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
	}
	return 0, false
}

// String is the constraint as a reader of the file would say it.
func (a *attr) String() string {
	switch w := a.want; w.Op {
	case spec.AttrPresent:
		return w.Key + " present"
	case spec.AttrAbsent:
		return w.Key + " absent"
	case spec.AttrGte:
		return w.Key + " >= " + trace.ValueText(w.Number)
	case spec.AttrLte:
		return w.Key + " <= " + trace.ValueText(w.Number)
	case spec.AttrRegex:
		return w.Key + " =~ /" + w.Value + "/"
	case spec.AttrOneOf:
		return w.Key + " in [" + strings.Join(w.OneOf, ", ") + "]"
	default:
		return w.Key + "=" + w.Value
	}
}

// unmet says what was expected and what the span has instead.
func (a *attr) unmet(s *trace.Span) string {
	if a.err != nil {
		return fmt.Sprintf("%s (%v)", a, a.err)
	}
	v, ok := a.value(s)
	if !ok {
		return a.String() + " (found: nothing)"
	}
	return fmt.Sprintf("%s (found: %s)", a, clip(trace.ValueText(v)))
}

// clip keeps a value short enough for one line of a message.
func clip(s string) string {
	const limit = 80
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}
