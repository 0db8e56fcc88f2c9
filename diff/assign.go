package diff

import (
	"math"
	"slices"
	"strings"
)

// candidate is a possible pair of the row-th of one list and the col-th of
// another.
type candidate struct {
	cost, row, col int32
}

// symmetric pairs two lists by pair, which gets them in an order that does not
// depend on which is the old one, and returns for every old its partner, or -1.
// So the pairing is the same both ways round, ties included.
func symmetric[T any](old, new []T, key func(T) string, pair func(x, y []T) []int) []int {
	rows, rowKeys := sorted(old, key)
	cols, colKeys := sorted(new, key)
	swap := slices.Compare(rowKeys, colKeys) > 0
	if swap {
		rows, cols, old, new = cols, rows, new, old
	}
	take := func(list []T, order []int) []T {
		out := make([]T, len(order))
		for i, at := range order {
			out[i] = list[at]
		}
		return out
	}
	got := pair(take(old, rows), take(new, cols))
	n := len(rows)
	if swap {
		n = len(cols)
	}
	partner := make([]int, n)
	for i := range partner {
		partner[i] = -1
	}
	for i, j := range got {
		switch {
		case j < 0:
		case swap:
			partner[cols[j]] = rows[i]
		default:
			partner[rows[i]] = cols[j]
		}
	}
	return partner
}

// sorted returns the places of a list in the order of their keys, and the keys.
func sorted[T any](list []T, key func(T) string) (order []int, keys []string) {
	texts := make([]string, len(list))
	order = make([]int, len(list))
	for i, v := range list {
		texts[i], order[i] = key(v), i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(texts[a], texts[b]) })
	slices.Sort(texts)
	return order, texts
}

// greedy takes the cheapest candidates first and returns for every row its
// column, or -1. Candidates of the same cost count in the order given. Costs are
// small numbers from 0 up.
func greedy(found []candidate, rows, cols int) []int {
	partner := make([]int, rows)
	for i := range partner {
		partner[i] = -1
	}
	taken := make([]bool, cols)
	for _, c := range byCost(found) {
		if partner[c.row] < 0 && !taken[c.col] {
			partner[c.row], taken[c.col] = int(c.col), true
		}
	}
	return partner
}

// byCost sorts candidates by counting: there may be a million of them.
func byCost(found []candidate) []candidate {
	top := int32(0)
	for _, c := range found {
		top = max(top, c.cost)
	}
	next := make([]int, top+2)
	for _, c := range found {
		next[c.cost+1]++
	}
	for i := range top + 1 {
		next[i+1] += next[i]
	}
	out := make([]candidate, len(found))
	for _, c := range found {
		out[next[c.cost]] = c
		next[c.cost]++
	}
	return out
}

// optimal returns for every row its column such that the sum of the costs is
// least: the Hungarian method, cubic in the size. There are at least as many
// columns as rows.
func optimal(cost [][]int32) []int {
	rows := len(cost)
	if rows == 0 {
		return nil
	}
	cols := len(cost[0])
	u, v := make([]int64, rows+1), make([]int64, cols+1)
	match, way := make([]int, cols+1), make([]int, cols+1)
	least, used := make([]int64, cols+1), make([]bool, cols+1)
	for i := 1; i <= rows; i++ {
		match[0] = i
		for j := range least {
			least[j], used[j] = math.MaxInt64, false
		}
		at := 0
		for match[at] != 0 {
			used[at] = true
			row, next, delta := match[at], 0, int64(math.MaxInt64)
			for j := 1; j <= cols; j++ {
				if used[j] {
					continue
				}
				if c := int64(cost[row-1][j-1]) - u[row] - v[j]; c < least[j] {
					least[j], way[j] = c, at
				}
				if least[j] < delta {
					delta, next = least[j], j
				}
			}
			for j := range used {
				if used[j] {
					u[match[j]] += delta
					v[j] -= delta
				} else {
					least[j] -= delta
				}
			}
			at = next
		}
		for at != 0 {
			match[at] = match[way[at]]
			at = way[at]
		}
	}
	partner := make([]int, rows)
	for j := 1; j <= cols; j++ {
		if match[j] > 0 {
			partner[match[j]-1] = j - 1
		}
	}
	return partner
}
