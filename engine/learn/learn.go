package learn

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec/encode"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// Lesson is what traces have in common.
type Lesson struct {
	Expect *spec.Expect
	// Volatile says in a sentence each what was left out and why.
	Volatile []string
}

// ErrNoSpans says that there is a trace without spans, from which nothing can
// be learnt.
var ErrNoSpans = errors.New("no spans to learn from")

// ErrNothingStable says that the traces have nothing in common.
var ErrNothingStable = errors.New("the traces have nothing in common")

// Options is what a lesson depends on beside the traces.
type Options struct {
	// InternalHosts belong to the test, as the judge takes them.
	InternalHosts []string
	// Hidden picks attributes whose values must not be written down; nil for
	// none.
	Hidden func(trace.Attr) bool
}

// From derives what holds in every one of traces. A trace whose spans cannot be
// told apart is an error.
func From(traces [][]trace.Span, o Options) (*Lesson, error) {
	if len(traces) == 0 {
		return nil, ErrNoSpans
	}
	s := &student{options: expect.Options{InternalHosts: o.InternalHosts}, hidden: o.Hidden, out: &spec.Expect{}}
	if s.hidden == nil {
		s.hidden = func(trace.Attr) bool { return false }
	}
	for _, spans := range traces {
		set := trace.NewSet(slices.Clone(spans))
		if set.Len() == 0 {
			return nil, ErrNoSpans
		}
		for _, p := range set.Problems() {
			return nil, fmt.Errorf("the trace cannot be trusted: %s", p.Message)
		}
		s.sets = append(s.sets, set)
	}
	s.chooseNames()
	s.contents()
	s.graph()
	s.counts()
	s.order()
	s.status()
	s.hermeticity()
	if r := expect.Judge(s.out, s.sets[0], s.options); len(r.Checks) == 0 {
		return nil, ErrNothingStable
	}
	return &Lesson{Expect: s.out, Volatile: s.volatile}, nil
}

// TOML is the lesson as a block of a test file, with its remarks as comments.
func (l *Lesson) TOML() ([]byte, error) {
	block, err := encode.Expect(l.Expect)
	if err != nil {
		return nil, fmt.Errorf("write expectations: %w", err)
	}
	if len(l.Volatile) == 0 {
		return block, nil
	}
	var b strings.Builder
	b.WriteString("# Left out, because it changes or looks as if it would:\n")
	for _, v := range l.Volatile {
		b.WriteString("#   " + comment(v) + "\n")
	}
	b.WriteByte('\n')
	b.Write(block)
	return []byte(b.String()), nil
}

// comment makes text safe in a comment of TOML, also of one that is a template.
func comment(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	return strings.NewReplacer("{{", "{ {", "{%", "{ %", "{#", "{ #").Replace(s)
}

// student is a lesson under way.
type student struct {
	sets     []*trace.Set
	options  expect.Options
	hidden   func(trace.Attr) bool
	names    []string // in all traces, in the order of their first start
	out      *spec.Expect
	volatile []string
}

func (s *student) leaveOut(format string, args ...any) {
	s.volatile = append(s.volatile, fmt.Sprintf(format, args...))
}

// holds reports whether every trace passes e.
func (s *student) holds(e *spec.Expect) bool {
	for _, set := range s.sets {
		if r := expect.Judge(e, set, s.options); !r.Passed() {
			return false
		}
	}
	return true
}

// chooseNames finds the span names that are in every trace.
func (s *student) chooseNames() {
	seen := map[string]int{}
	var first []string
	for _, set := range s.sets {
		for _, name := range set.Names() {
			if seen[name]++; seen[name] == 1 {
				first = append(first, name)
			}
		}
	}
	for _, name := range first {
		switch {
		case strings.TrimSpace(name) == "":
			s.leaveOut("spans without a name")
		case seen[name] < len(s.sets):
			s.leaveOut("span '%s': in %d of %d traces", name, seen[name], len(s.sets))
		default:
			s.names = append(s.names, name)
		}
	}
	began := map[string]uint64{}
	for _, name := range s.names {
		began[name] = start(s.sets[0], name)
	}
	slices.SortStableFunc(s.names, func(a, b string) int {
		if began[a] != began[b] {
			if began[a] < began[b] {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
}

// start is when the first span of a name began.
func start(set *trace.Set, name string) uint64 {
	refs := set.Named(name)
	least := set.Span(refs[0]).Start
	for _, r := range refs {
		least = min(least, set.Span(r).Start)
	}
	return least
}

// stable reports whether a name is in every trace.
func (s *student) stable(name string) bool { return slices.Contains(s.names, name) }
