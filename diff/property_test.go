package diff

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

var caseCount = flag.Int("cases", 0, "random cases per property; CLNRM_DIFF_CASES does the same")

// cases is how many random cases a property is tried on.
func cases(t *testing.T, usual int) int {
	t.Helper()
	if *caseCount > 0 {
		return *caseCount
	}
	if text := os.Getenv("CLNRM_DIFF_CASES"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("CLNRM_DIFF_CASES: %v", err)
		}
		return n
	}
	if testing.Short() {
		return usual / 4
	}
	return usual
}

// accepts judges as the program does. A table that expects nothing accepts all.
func accepts(f *spec.File, set *trace.Set) bool {
	r := expect.Judge(f.Expect, set, expect.Options{InternalHosts: hostsOf(f)})
	return len(r.Failures()) == 0
}

// TestTighteningHasNoCounterexample tries every claim of an effect on random
// traces: of the whole diff, and of a diff with a single change.
func TestTighteningHasNoCounterexample(t *testing.T) {
	n := cases(t, 3000)
	claims := map[string]int{}
	shown := map[string]int{}
	for seed := range uint64(n) {
		g := generator{rand.New(rand.NewPCG(seed, 11))}
		a := g.file()
		b := g.edit(a)
		if g.chance(50) {
			a, b = b, a
		}
		d := Strategies[g.IntN(len(Strategies))]
		s, err := StrategyNamed(d)
		if err != nil {
			t.Fatal(err)
		}
		diff := s.Diff(FromFile(a), FromFile(b))
		narrows, widens := verdict(diff)
		if narrows {
			claims["narrows"]++
		}
		if widens {
			claims["widens"]++
		}
		for i := range diff.Changes {
			c := &diff.Changes[i]
			claims[fmt.Sprint(c.node().Rule, " ", c.Effect, " ", c.Undecided)]++
		}
		if !narrows && !widens {
			continue
		}
		for k := range 12 {
			spans := g.spans()
			if k%2 == 0 {
				spans = g.satisfying(a, b)
			}
			set := trace.NewSet(slices.Clone(spans))
			old, new := accepts(a, set), accepts(b, set)
			if old || new {
				shown["accepted"]++
			}
			if old != new {
				shown["told apart"]++
			}
			if narrows && new && !old || widens && old && !new {
				t.Fatalf("seed %d, %s: narrows %v, widens %v, but the old file says %v and the new one %v\n%s\nold %s\nnew %s\nspans %s",
					seed, d, narrows, widens, old, new, changesText(diff), treeText(FromFile(a)), treeText(FromFile(b)), spansText(spans))
			}
		}
	}
	if claims["narrows"] < n/20 || claims["widens"] < n/20 || shown["accepted"] < n/20 || shown["told apart"] < n/50 {
		t.Errorf("the generator shows little: %v %v", claims, shown)
	}
	for _, rule := range rules {
		if n < 3000 { // too few cases to meet every rule
			break
		}
		if rule == "scenario" || rule == ruleStep || strings.HasPrefix(rule, "limits") {
			continue
		}
		if claims[rule+" tightens false"] == 0 || claims[rule+" loosens false"] == 0 {
			t.Errorf("no claim about %s was tried", rule)
		}
	}
	t.Logf("%d cases: %d narrow, %d widen, %v", n, claims["narrows"], claims["widens"], shown)
}

// verdict is what the effects say together: narrows when the new file accepts
// nothing that the old one does not, widens the other way round.
func verdict(d *Diff) (narrows, widens bool) {
	narrows, widens = true, true
	for i := range d.Changes {
		c := &d.Changes[i]
		narrows = narrows && !c.Undecided && c.Effect != Loosens
		widens = widens && !c.Undecided && c.Effect != Tightens
	}
	return narrows, widens
}

func TestDiffWithItselfIsEmpty(t *testing.T) {
	for seed := range uint64(cases(t, 2000)) {
		g := generator{rand.New(rand.NewPCG(seed, 12))}
		f := g.file()
		for _, name := range Strategies {
			if d := strategy(t, name).Diff(FromFile(f), FromFile(f)); !d.Equal() {
				t.Fatalf("seed %d, %s:\n%s", seed, name, changesText(d))
			}
		}
	}
}

func TestDiffMirrors(t *testing.T) {
	for seed := range uint64(cases(t, 2000)) {
		g := generator{rand.New(rand.NewPCG(seed, 13))}
		a := g.file()
		b := g.edit(a)
		if g.chance(20) {
			b = g.file()
		}
		for _, name := range Strategies {
			s := strategy(t, name)
			there := s.Diff(FromFile(a), FromFile(b)).Mirror()
			back := s.Diff(FromFile(b), FromFile(a))
			if x, y := changesText(there), changesText(back); x != y {
				t.Fatalf("seed %d, %s:\nmirrored\n%s\nthe other way round\n%s", seed, name, x, y)
			}
		}
	}
}

func TestApplyingTheChangesGivesTheNewTree(t *testing.T) {
	for seed := range uint64(cases(t, 2000)) {
		g := generator{rand.New(rand.NewPCG(seed, 14))}
		a := g.file()
		b := g.edit(a)
		if g.chance(20) {
			b = g.file()
		}
		for _, name := range Strategies {
			old, new := FromFile(a), FromFile(b)
			d := strategy(t, name).Diff(old, new)
			if name == "semantic" {
				old, new = Normal(old), Normal(new)
				d = diffOfNormal(t, old, new)
			}
			if got := Apply(old, d.Changes); !got.Equal(new) {
				t.Fatalf("seed %d, %s:\n%s\ngot %s\nwant %s", seed, name, changesText(d), treeText(got), treeText(new))
			}
		}
	}
}

// diffOfNormal compares trees in normal form; a tree in normal form is its own,
// so the nodes of the changes are looked up by content.
func diffOfNormal(t *testing.T, old, new *Tree) *Diff {
	t.Helper()
	d := Semantic{}.Diff(old, new)
	byPath := map[string]*Node{}
	for _, n := range old.Nodes {
		byPath[n.Path()] = n
	}
	for i := range d.Changes {
		if c := &d.Changes[i]; c.old != nil {
			n := byPath[c.old.Path()]
			if n == nil || n.content() != c.old.content() {
				t.Fatalf("the normal form of a normal form is another one: %s", c.old.Path())
			}
			c.old = n
		}
	}
	return d
}

func strategy(t *testing.T, name string) Strategy {
	t.Helper()
	s, err := StrategyNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func changesText(d *Diff) string {
	lines := make([]string, 0, len(d.Changes))
	for i := range d.Changes {
		c := &d.Changes[i]
		lines = append(lines, fmt.Sprintf("%s %s | %s: %q -> %q (%d) %s %v", c.Kind, c.Path, c.NewPath, c.Old, c.New, c.Distance, c.Effect, c.Undecided))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func treeText(t *Tree) string {
	var b strings.Builder
	for _, n := range t.Nodes {
		fmt.Fprintf(&b, "\n  %s: %s", n.Path(), n.Text())
	}
	return b.String()
}

func spansText(spans []trace.Span) string {
	var b strings.Builder
	for i := range spans {
		fmt.Fprintf(&b, "\n  %+v", spans[i])
	}
	return b.String()
}
