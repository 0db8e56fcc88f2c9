package diff

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// slowDistance is the definition of the Levenshtein distance, a table cell each.
func slowDistance(a, b []rune) int {
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
		for j := range table[i] {
			switch {
			case i == 0 || j == 0:
				table[i][j] = i + j
			case a[i-1] == b[j-1]:
				table[i][j] = table[i-1][j-1]
			default:
				table[i][j] = 1 + min(table[i-1][j-1], table[i-1][j], table[i][j-1])
			}
		}
	}
	return table[len(a)][len(b)]
}

func TestDistanceIsLevenshteins(t *testing.T) {
	g := rand.New(rand.NewPCG(5, 6))
	letters := []rune("abcé日")
	text := func() string {
		var b strings.Builder
		n := g.IntN(12)
		if g.IntN(4) == 0 {
			n = 55 + g.IntN(25) // around the width of the fast way
		}
		for range n {
			b.WriteRune(letters[g.IntN(len(letters))])
		}
		return b.String()
	}
	for range 3000 {
		a, b := text(), text()
		if g.IntN(2) == 0 { // names of one program begin and end alike
			begin, end := strings.Repeat("ab", g.IntN(9)), strings.Repeat("ca", g.IntN(9))
			a, b = begin+a+end, begin+b+end
		}
		if g.IntN(8) == 0 {
			a += "\xa9" // is no character, but ends one
		}
		want := slowDistance([]rune(a), []rune(b))
		if got := distance(a, b); got != want {
			t.Fatalf("distance(%q, %q) = %d, want %d", a, b, got, want)
		}
		limit := (max(len([]rune(a)), len([]rune(b))) + 2) / 3
		if d, ok := newWord(a).near(newWord(b)); ok != (want <= limit) || ok && d != want {
			t.Fatalf("near(%q, %q) = %d, %v; the distance is %d, the limit %d", a, b, d, ok, want, limit)
		}
	}
}

// cheapest tries every assignment.
func cheapest(cost [][]int32, used []bool) int64 {
	if len(cost) == 0 {
		return 0
	}
	best := int64(1 << 40)
	for j, c := range cost[0] {
		if !used[j] {
			used[j] = true
			best = min(best, int64(c)+cheapest(cost[1:], used))
			used[j] = false
		}
	}
	return best
}

func TestOptimalPairingIsOptimal(t *testing.T) {
	g := rand.New(rand.NewPCG(7, 8))
	for range 500 {
		rows := g.IntN(6)
		cols := rows + g.IntN(2)
		cost := make([][]int32, rows)
		for i := range cost {
			cost[i] = make([]int32, cols)
			for j := range cost[i] {
				cost[i][j] = int32(g.IntN(20))
			}
		}
		sum := int64(0)
		partner := optimal(cost)
		for i, j := range partner {
			sum += int64(cost[i][j])
		}
		if want := cheapest(cost, make([]bool, cols)); sum != want {
			t.Fatalf("%v costs %d, the best is %d: %v", partner, sum, want, cost)
		}
		seen := slices.Clone(partner)
		slices.Sort(seen)
		if len(slices.Compact(seen)) != rows {
			t.Fatalf("a column is taken twice: %v", partner)
		}
	}
}

// Three spans renamed at once are found by what is asked of them, although their
// old and new names cross over.
func TestSemanticPairsRenamesByStructure(t *testing.T) {
	old := span("name = \"alpha\"\nkind = \"server\"\nattrs.all = {route = \"/a\"}") +
		span("name = \"beta\"\nkind = \"client\"\nattrs.all = {peer = \"db\"}") +
		"[expect.graph]\nmust_include = [[\"root\", \"alpha\"], [\"alpha\", \"beta\"]]\n[expect.counts]\nby_name.beta = {eq = 2}\n"
	new := span("name = \"beta2\"\nkind = \"server\"\nattrs.all = {route = \"/a\"}") +
		span("name = \"alpha2\"\nkind = \"client\"\nattrs.all = {peer = \"db\"}") +
		"[expect.graph]\nmust_include = [[\"root\", \"beta2\"], [\"beta2\", \"alpha2\"]]\n[expect.counts]\nby_name.alpha2 = {eq = 2}\n"
	d := Semantic{}.Diff(fromText(t, old), fromText(t, new))
	var got []string
	for _, c := range d.Changes {
		got = append(got, string(c.Kind)+" "+c.Old+" => "+c.New)
	}
	want := []string{"renamed alpha => beta2", "renamed beta => alpha2", "renamed alpha -> beta => beta2 -> alpha2", "renamed root -> alpha => root -> beta2", "renamed beta => alpha2"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
