package expect

import "github.com/seanchatmangpt/clnrm-tui/engine/spec"

// Pattern is a span name pattern as the judge reads it: a glob, with the two
// spellings of the runner's own names.
type Pattern struct {
	glob  spec.Glob
	other string // of a literal: the other spelling, or the same
}

// CompilePattern reads a pattern; the error says what is wrong with it.
func CompilePattern(text string) (Pattern, error) {
	g, err := spec.CompileGlob(text)
	if err != nil {
		return Pattern{}, err
	}
	return Pattern{glob: g, other: otherSpelling(text)}, nil
}

// Literal reports whether the pattern is an ordinary name.
func (p Pattern) Literal() bool { return p.glob.Literal() }

// Name identifies a literal: two literals that match the same names have the
// same one.
func (p Pattern) Name() string { return min(p.glob.String(), p.other) }

// Covers reports whether p matches every span name that q matches. Yes is a
// proof; no may also mean that it was not found out.
func (p Pattern) Covers(q Pattern) bool {
	switch {
	case p.Literal() && q.Literal():
		return p.Name() == q.Name()
	case q.Literal():
		return p.glob.Match(q.glob.String()) || p.glob.Match(q.other)
	}
	return p.glob.Covers(q.glob)
}
