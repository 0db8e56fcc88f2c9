package diag

import (
	"slices"
	"strings"
)

// Nearest returns the candidate closest to name by edit distance, or "" when
// none is close enough to be a likely slip of the pen: at most a third of the
// longer name may differ. Ties go to the candidate that comes first.
func Nearest(name string, candidates []string) string {
	best, bestDistance := "", -1
	lower := strings.ToLower(name)
	for _, c := range candidates {
		d := distance(lower, strings.ToLower(c))
		limit := (max(len(name), len(c)) + 2) / 3
		if d > limit || c == name {
			continue
		}
		if bestDistance < 0 || d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// Sole returns the candidate that name is certainly a slip of the pen of, or ""
// when that is not certain: the name is long enough to be recognised, at most
// two of its characters are wrong, and no other candidate is close.
func Sole(name string, candidates []string) string {
	const shortest, slips = 3, 2
	n := Nearest(name, candidates)
	if n == "" || len(name) < shortest || distance(strings.ToLower(name), strings.ToLower(n)) > slips {
		return ""
	}
	others := slices.DeleteFunc(slices.Clone(candidates), func(c string) bool { return c == n })
	if slices.Contains(candidates, name) || Nearest(name, others) != "" {
		return ""
	}
	return n
}

// DidYouMean phrases the nearest candidate as a hint, or returns "".
func DidYouMean(name string, candidates []string) string {
	if n := Nearest(name, candidates); n != "" {
		return "did you mean `" + n + "`?"
	}
	return ""
}

// distance is the optimal string alignment distance: insertions, deletions,
// substitutions and swaps of neighbours cost one each.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	prev2 := make([]int, len(y)+1)
	prev := make([]int, len(y)+1)
	cur := make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(x); i++ {
		cur[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(y)]
}
