package diff

import (
	"fmt"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// bigFile makes a file of a thousand expectations of every kind: 300 span
// blocks, 200 edges, 250 counts, 50 windows, 100 orders, 100 statuses. name turns
// the number of a span into its name.
func bigFile(name func(int) string) *spec.File {
	one, many := int64(1), int64(5)
	e := &spec.Expect{Graph: &spec.GraphExpect{}, Counts: &spec.CountsExpect{}, Order: &spec.OrderExpect{}, Status: &spec.StatusExpect{}}
	for i := range 300 {
		e.Spans = append(e.Spans, &spec.SpanExpect{
			Name: name(i), Kind: "client",
			AttrsAll: []spec.AttrExpect{{Key: "http.route", Value: fmt.Sprint("/", i)}, {Key: "n", Op: spec.AttrGte, Number: float64(i % 7)}},
		})
	}
	for i := range 200 {
		e.Graph.MustInclude = append(e.Graph.MustInclude, spec.Edge{From: name(i), To: name(i + 1)})
	}
	for i := range 250 {
		e.Counts.ByName = append(e.Counts.ByName, spec.NamedBound{Name: name(i), Bound: spec.Bound{Gte: &one, Lte: &many}})
	}
	for i := range 50 {
		e.Windows = append(e.Windows, &spec.WindowExpect{Outer: name(i), Contains: []string{name(i + 1), name(i + 2)}})
	}
	for i := range 100 {
		e.Order.MustPrecede = append(e.Order.MustPrecede, spec.Edge{From: name(i), To: name(i + 2)})
		pattern := name(i)
		if i%10 == 0 {
			pattern = fmt.Sprintf("glob%d.*", i)
		}
		e.Status.ByName = append(e.Status.ByName, spec.NamedStatus{Name: pattern, Status: "OK"})
	}
	return &spec.File{Path: "big.clnrm.toml", Expect: e}
}

// BenchmarkDiff compares two files of a thousand expectations: one span in ten
// renamed, which touches a quarter of the expectations; and every span renamed.
func BenchmarkDiff(b *testing.B) {
	plain := func(i int) string { return fmt.Sprintf("shop.operation.%d", i*7919%1000) }
	edits := map[string]func(int) string{
		"tenth": func(i int) string {
			if i%10 == 3 {
				return plain(i) + ".v2"
			}
			return plain(i)
		},
		"all": func(i int) string { return plain(i) + ".v2" },
	}
	for _, strategy := range Strategies {
		for _, edit := range []string{"tenth", "all"} {
			s, err := StrategyNamed(strategy)
			if err != nil {
				b.Fatal(err)
			}
			old, new := FromFile(bigFile(plain)), FromFile(bigFile(edits[edit]))
			b.Run(strategy+"/"+edit, func(b *testing.B) {
				for b.Loop() {
					if s.Diff(old, new).Equal() {
						b.Fatal("nothing was found")
					}
				}
			})
		}
	}
	b.Run("tree", func(b *testing.B) {
		f := bigFile(plain)
		for b.Loop() {
			FromFile(f)
		}
	})
}
