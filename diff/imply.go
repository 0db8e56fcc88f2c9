package diff

import (
	"encoding/base64"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// patterns compiles every name pattern once.
type patterns map[string]compiled

type compiled struct {
	expect.Pattern
	ok bool
}

func (ps patterns) get(text string) compiled {
	p, known := ps[text]
	if !known {
		c, err := expect.CompilePattern(text)
		p = compiled{c, err == nil}
		ps[text] = p
	}
	return p
}

// covers reports whether wide matches whatever narrow matches. A pattern that
// cannot be read matches nothing and covers nothing.
func (ps patterns) covers(wide, narrow string) bool {
	if wide == narrow || wide == "*" {
		return ps.get(wide).ok
	}
	w, n := ps.get(wide), ps.get(narrow)
	return w.ok && n.ok && w.Covers(n.Pattern)
}

// implies reports whether every span that satisfies p satisfies q.
func (ps patterns) implies(p, q *conj) bool {
	return ps.covers(q.name, p.name) &&
		(q.parent == "" || p.parent != "" && ps.covers(q.parent, p.parent)) &&
		(q.kind == "" || p.kind == q.kind) &&
		p.status&^q.status == 0 &&
		all(q.attrs, func(b choice) bool {
			return slices.ContainsFunc(p.attrs, func(a choice) bool { return a.implies(b) })
		}) &&
		all(q.events, func(b []string) bool {
			return slices.ContainsFunc(p.events, func(a []string) bool {
				return all(a, func(name string) bool { return slices.Contains(b, name) })
			})
		}) &&
		(q.min == nil || p.min != nil && *p.min >= *q.min) &&
		(q.max == nil || p.max != nil && *p.max <= *q.max)
}

func all[T any](list []T, holds func(T) bool) bool {
	return !slices.ContainsFunc(list, func(x T) bool { return !holds(x) })
}

// implies reports whether one of a holds only where one of b does.
func (a choice) implies(b choice) bool {
	return all(a, func(x spec.AttrExpect) bool {
		return slices.ContainsFunc(b, func(y spec.AttrExpect) bool { return attrImplies(&x, &y) })
	})
}

// attrImplies reports whether a value, or its absence, that satisfies a
// satisfies b.
func attrImplies(a, b *spec.AttrExpect) bool {
	if a.Key != b.Key {
		return false
	}
	if a.Op == spec.AttrAbsent || b.Op == spec.AttrAbsent {
		return a.Op == b.Op
	}
	texts, listed := valueTexts(a)
	switch b.Op {
	case spec.AttrPresent:
		return true
	case spec.AttrEq, spec.AttrOneOf:
		accepted, _ := valueTexts(b)
		return listed && all(texts, func(t string) bool { return slices.Contains(accepted, t) })
	case spec.AttrGte:
		return a.Op == spec.AttrGte && a.Number >= b.Number ||
			listed && all(texts, func(t string) bool { n, ok := numberOf(t); return ok && n >= b.Number })
	case spec.AttrLte:
		return a.Op == spec.AttrLte && a.Number <= b.Number ||
			listed && all(texts, func(t string) bool { n, ok := numberOf(t); return ok && n <= b.Number })
	case spec.AttrRegex:
		if a.Op == spec.AttrRegex {
			return a.Value == b.Value
		}
		re, err := regexp.Compile(b.Value)
		return err == nil && listed && all(texts, func(t string) bool { return all(spellings(t), re.MatchString) })
	}
	return false
}

// valueTexts returns the texts of which a value must equal one.
func valueTexts(a *spec.AttrExpect) (texts []string, ok bool) {
	switch a.Op {
	case spec.AttrEq:
		return []string{a.Value}, true
	case spec.AttrOneOf:
		return a.OneOf, true
	}
	return nil, false
}

// numberOf returns the number that every value equal to text has. Bytes have a
// text, their base64, and no number: what could be that is none.
func numberOf(text string) (float64, bool) {
	if _, err := base64.StdEncoding.DecodeString(text); err == nil {
		return 0, false
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// spellings returns the texts of all values equal to text: that of a float may
// be another notation of the same number.
func spellings(text string) []string {
	out := []string{text}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return out
	}
	out = append(out, trace.ValueText(n))
	if n == 0 {
		out = append(out, trace.ValueText(0.0), trace.ValueText(math.Copysign(0, -1)))
	}
	return out
}
