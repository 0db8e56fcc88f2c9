package spec

import (
	"slices"
	"unicode/utf8"
)

// Covers reports whether every name that h matches is matched by g too. Yes is
// a proof; no may also mean that it was not found out: a wildcard of h is only
// compared with the wildcards of g, not with all their combinations, and a name
// is not said to cover a pattern that matches nothing else. Its time is
// proportional to the product of the lengths of the patterns.
func (g Glob) Covers(h Glob) bool {
	if h.literal {
		return g.Match(h.pattern)
	}
	if g.literal || len(h.ops) > 0 && h.ops[0].star && g.ops[0].plain() {
		return false
	}
	for i := range min(len(g.ops), len(h.ops)) {
		a, b := &g.ops[i], &h.ops[i]
		if !a.plain() || !b.plain() {
			break
		}
		if a.char != b.char {
			return false
		}
	}
	wide, narrow := g.operations(), h.operations()
	// row[j] says whether wide[j:] covers narrow[i:]; i runs from the end.
	row, below := make([]bool, len(wide)+1), make([]bool, len(wide)+1)
	for i := len(narrow); i >= 0; i-- {
		for j := len(wide); j >= 0; j-- {
			star := j < len(wide) && wide[j].star
			switch {
			case j == len(wide):
				row[j] = i == len(narrow)
			case i == len(narrow):
				row[j] = star && row[j+1]
			case star:
				// The star of g takes one operation of h, a star too, or nothing.
				row[j] = below[j] || row[j+1]
			case narrow[i].star:
				row[j] = false
			default:
				row[j] = wide[j].includes(&narrow[i]) && below[j+1]
			}
		}
		row, below = below, row
	}
	return below[0]
}

// operations returns the pattern as operations in their normal order: in a run
// of ? and *, which mean the same in any order, the * comes last.
func (g Glob) operations() []globOp {
	if g.literal || len(g.ops) == 0 {
		ops := make([]globOp, 0, len(g.pattern))
		for _, c := range g.pattern {
			ops = append(ops, globOp{char: c})
		}
		return ops
	}
	ops := make([]globOp, 0, len(g.ops))
	star := false
	for _, op := range g.ops {
		switch {
		case op.star:
			star = true
			continue
		case star && !op.any:
			ops = append(ops, globOp{star: true})
			star = false
		}
		ops = append(ops, op)
	}
	if star {
		ops = append(ops, globOp{star: true})
	}
	return ops
}

// plain reports whether o is an ordinary character.
func (o *globOp) plain() bool { return !o.star && !o.any && o.class == nil }

// includes reports whether o matches every character that p matches. Neither is
// a star. Which characters match changes only where a range begins or behind
// its end, so it is enough to look there.
func (o *globOp) includes(p *globOp) bool {
	at := []rune{0}
	for _, op := range [...]*globOp{o, p} {
		if op.class == nil && !op.any {
			at = append(at, op.char, op.char+1)
		}
		for _, r := range op.class {
			at = append(at, r.lo, r.hi+1)
		}
	}
	return !slices.ContainsFunc(at, func(c rune) bool {
		return c <= utf8.MaxRune && p.matches(c) && !o.matches(c)
	})
}
