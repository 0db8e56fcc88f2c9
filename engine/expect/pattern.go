package expect

import (
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// pattern is a span name pattern resolved against a set: the names it matches
// and the rows that carry them. What rules derive from it is kept with it, so
// that a pattern used by many rules is worked out once.
type pattern struct {
	text  string
	err   error
	names []bool      // by NameID
	refs  []trace.Ref // in order of arrival

	under    []bool      // some proper ancestor of the row matches; nil until asked
	earliest []uint64    // earliest start of a matching proper ancestor; nil until asked
	clocks   []*clockSet // of what matches and came before the row; nil until asked
	windows  []window    // of the matching rows; nil until asked
	absent   []string    // why nothing matches; nil until asked
}

// has reports whether the name of a row matches.
func (j *judge) has(p *pattern, r trace.Ref) bool { return p.names[j.set.NameID(r)] }

// pattern resolves a pattern, once.
func (j *judge) pattern(text string) *pattern {
	if p := j.patterns[text]; p != nil {
		return p
	}
	p := &pattern{text: text}
	j.patterns[text] = p
	names := j.set.Names()
	p.names = make([]bool, len(names))
	total, matched, last := 0, 0, trace.NameID(0)
	mark := func(i int) {
		if !p.names[i] {
			p.names[i] = true
			last = trace.NameID(i)
			matched++
			total += len(j.set.WithName(last))
		}
	}
	g, err := spec.CompileGlob(text)
	if err != nil {
		p.err = err
		return p
	}
	if g.Literal() {
		for _, name := range [...]string{text, otherSpelling(text)} {
			if i, ok := slices.BinarySearch(names, name); ok {
				mark(i)
			}
		}
	} else {
		for i, name := range names {
			if g.Match(name) || hasOtherSpelling(name) && g.Match(otherSpelling(name)) {
				mark(i)
			}
		}
	}
	switch {
	case matched == 1:
		p.refs = j.set.WithName(last)
	case total > 0:
		p.refs = j.rows(p, total)
	}
	return p
}

// rows collects the matching rows in order of arrival, by whichever way touches
// less: sorting the rows of the names, or looking at every row.
func (j *judge) rows(p *pattern, total int) []trace.Ref {
	refs := make([]trace.Ref, 0, total)
	if total < j.set.Len()/16 {
		for id, ok := range p.names {
			if ok {
				refs = append(refs, j.set.WithName(trace.NameID(id))...)
			}
		}
		slices.Sort(refs)
		return refs
	}
	for r := range trace.Ref(j.set.Len()) {
		if j.has(p, r) {
			refs = append(refs, r)
		}
	}
	return refs
}

// The runner's own spans may be written with a dot or a colon after these
// prefixes.
var twoSpellings = [...]string{"clnrm.step", "clnrm.scenario"}

func hasOtherSpelling(name string) bool { return strings.HasPrefix(name, "clnrm.s") }

// otherSpelling returns name with the separator after clnrm.step or
// clnrm.scenario exchanged, or name itself.
func otherSpelling(name string) string {
	for _, prefix := range twoSpellings {
		if rest, ok := strings.CutPrefix(name, prefix); ok && rest != "" {
			switch rest[0] {
			case '.':
				return prefix + ":" + rest[1:]
			case ':':
				return prefix + "." + rest[1:]
			}
		}
	}
	return name
}

// Matcher compiles a pattern of span names into what rules compare with: names
// that it matches, in either spelling where there are two. The error says what
// is wrong with the pattern.
func Matcher(pattern string) (func(name string) bool, error) {
	g, err := spec.CompileGlob(pattern)
	if err != nil {
		return nil, err
	}
	return func(name string) bool {
		return g.Match(name) || hasOtherSpelling(name) && g.Match(otherSpelling(name))
	}, nil
}

// absent explains that no span has a name, by the names that come nearest.
func (j *judge) absent(p *pattern) []string {
	if p.absent == nil {
		p.absent = j.explainAbsence(p)
	}
	return p.absent
}

func (j *judge) explainAbsence(p *pattern) []string {
	if p.err != nil {
		return []string{"the pattern cannot be read: " + p.err.Error()}
	}
	names := j.set.Names()
	near := nearest(p.text, names)
	if len(near) == 0 {
		return []string{"span names collected: " + listed(names)}
	}
	lines := []string{"nearest span names"}
	for _, name := range near {
		lines = append(lines, "  "+name+" ("+count(len(j.set.Named(name)), "span")+")")
	}
	return lines
}

// maxCompared bounds the names among which the nearest is looked for: beyond
// it, a suggestion is not worth the wait.
const maxCompared = 1000

// nearest returns up to three names that are likely to be meant by pattern:
// slips of the pen first, then names that hold its longest literal part.
func nearest(pattern string, names []string) []string {
	names = slices.Clone(names[:min(len(names), maxCompared)])
	literal := longestLiteral(pattern)
	var out []string
	for len(out) < 3 {
		n := diag.Nearest(pattern, names)
		if n == "" {
			break
		}
		out = append(out, n)
		names = slices.DeleteFunc(names, func(s string) bool { return s == n })
	}
	for _, n := range names {
		if len(out) < 3 && literal != "" && strings.Contains(strings.ToLower(n), literal) {
			out = append(out, n)
		}
	}
	return out
}

func longestLiteral(pattern string) string {
	best := ""
	for _, part := range strings.FieldsFunc(strings.ToLower(pattern), func(r rune) bool { return strings.ContainsRune("*?[]", r) }) {
		if len(part) > len(best) {
			best = part
		}
	}
	return best
}
