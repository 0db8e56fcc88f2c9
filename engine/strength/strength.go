package strength

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec/encode"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// Table is one expectation table, and which spans of a trace it is about.
type Table struct {
	Expect  *spec.Expect
	Options expect.Options
	About   func(*trace.Span) bool // nil for all spans
}

// Report says what a file's expectations notice.
type Report struct {
	Possible  int // mutants that there are
	Mutants   int // of them, how many were judged: all, or an even sample of a large trace
	Killed    int
	Survivors []Survivor // in the order of the spans
	// Advice is TOML that, added to the file, kills every survivor that an
	// expectation can kill, and holds on the honest trace. It is empty when
	// there is none to kill.
	Advice []byte
}

// Score is the share of mutants that were killed, in 0..1; 0 without mutants.
func (r *Report) Score() float64 {
	if r.Mutants == 0 {
		return 0
	}
	return float64(r.Killed) / float64(r.Mutants)
}

// Survivor is a mutant that no expectation noticed.
type Survivor struct {
	Mutation Mutation
	Span     string // name of the span that was broken
	Detail   string // what was done to it
	// WouldKill is the TOML of an expectation that holds on the honest trace
	// and fails on this mutant; "" when no single expectation can tell the two
	// apart.
	WouldKill string
}

// The reasons why there is nothing to measure.
var (
	ErrNothing = errors.New("there is no expectation to measure")
	ErrRed     = errors.New("the expectations do not hold on the recorded trace: strength is measured on a green one")
)

// Measure judges every mutant of spans against all tables. Attributes that
// hidden picks (nil for none) are no part of it: their values must not be
// written down. The error is ErrRed,
// with the first failing rule, when the honest trace does not pass, ErrNothing
// without tables, and that of ctx when it ends.
func Measure(ctx context.Context, tables []Table, spans []trace.Span, hidden func(trace.Attr) bool) (*Report, error) {
	if len(tables) == 0 {
		return nil, ErrNothing
	}
	for _, t := range tables {
		if r := t.judge(spans); !r.Passed() {
			if f := r.Failures(); len(f) > 0 {
				return nil, fmt.Errorf("%w: %s: %s", ErrRed, f[0].Rule, f[0].Message)
			}
			return nil, ErrNothing
		}
	}
	honest := trace.NewSet(slices.Clone(spans))
	fixed := func(a trace.Attr) bool { return !trace.Volatile(a.Key) && (hidden == nil || !hidden(a)) }
	all := kept(honest)
	possible := mutants(honest, fixed)
	chosen := sample(possible, len(all))
	dead, err := judgeAll(ctx, tables, all, chosen)
	if err != nil {
		return nil, err
	}
	r := &Report{Possible: len(possible), Mutants: len(chosen)}
	var alive []mutant
	for i, m := range chosen {
		if dead[i] {
			r.Killed++
		} else {
			alive = append(alive, m)
		}
	}
	a := &adviser{set: honest, spans: all, options: tables[0].Options, alive: alive, fixed: fixed, held: map[string]bool{}}
	for _, m := range alive {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s := Survivor{Mutation: m.kind, Span: honest.Span(m.row).Name, Detail: m.detail}
		if e := a.killer(m); e != nil {
			toml, err := encode.Expect(e)
			if err != nil {
				return nil, fmt.Errorf("write an expectation: %w", err)
			}
			s.WouldKill = string(toml)
		}
		r.Survivors = append(r.Survivors, s)
	}
	if r.Advice, err = a.all(); err != nil {
		return nil, fmt.Errorf("write expectations: %w", err)
	}
	return r, nil
}

// maxWork bounds how many spans are judged, over all mutants: what half a
// second is enough for.
const maxWork = 400_000

// sample picks as many mutants of n spans each as may be judged, the same ones
// every time, in their order.
func sample(all []mutant, n int) []mutant {
	most := max(100, maxWork/max(n, 1))
	if len(all) <= most {
		return all
	}
	picked := rand.New(rand.NewPCG(1, 1)).Perm(len(all))[:most]
	slices.Sort(picked)
	out := make([]mutant, most)
	for i, k := range picked {
		out[i] = all[k]
	}
	return out
}

// judgeAll tells for every mutant whether it is killed, several side by side.
func judgeAll(ctx context.Context, tables []Table, spans []trace.Span, all []mutant) ([]bool, error) {
	dead := make([]bool, len(all))
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(all) {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				dead[i] = killed(tables, all[i].apply(slices.Clone(spans)))
			}
		})
	}
	return dead, g.Wait()
}

// kept are the spans of a set, without the copies that it left out.
func kept(set *trace.Set) []trace.Span {
	out := make([]trace.Span, set.Len())
	for i := range out {
		out[i] = *set.Span(trace.Ref(i))
	}
	return out
}

// judge judges one table over the spans that it is about. The set takes spans
// over.
func (t *Table) judge(spans []trace.Span) expect.Result {
	if t.About != nil {
		var about []trace.Span
		for i := range spans {
			if t.About(&spans[i]) {
				about = append(about, spans[i])
			}
		}
		spans = about
	}
	return expect.Judge(t.Expect, trace.NewSet(spans), t.Options)
}

// killed reports whether some table does not pass.
func killed(tables []Table, spans []trace.Span) bool {
	for i := range tables {
		if r := tables[i].judge(spans); !r.Passed() {
			return true
		}
	}
	return false
}
