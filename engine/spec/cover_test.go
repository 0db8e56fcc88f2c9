package spec

import (
	"math/rand/v2"
	"testing"
)

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		wide, narrow string
		want         bool
	}{
		{"*", "anything", true},
		{"*", "a*[b-d]?", true},
		{"http.*", "http.get", true},
		{"http.*", "http.*.slow", true},
		{"http.get", "http.*", false},
		{"http.get", "http.get", true},
		{"a?c", "a[xyz]c", true},
		{"a[xyz]c", "a?c", false},
		{"[a-z]*", "[c-f]x*", true},
		{"[!a]*", "b*", true},
		{"[!a]*", "[!b]*", false},
		{"[!a]", "[!ab]", true},
		{"?*", "*?", true},
		{"*?*?", "??*", true},
		{"?*", "*", false},
		{"*a*", "ba*", true},
		{"a*b", "a*", false},
		{"", "", true},
		{"a", "[a]", false},
		{"[", "a", false},
	} {
		w, err := CompileGlob(c.wide)
		if err != nil {
			if c.want {
				t.Errorf("%s: %v", c.wide, err)
			}
			continue
		}
		n, err := CompileGlob(c.narrow)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Covers(n); got != c.want {
			t.Errorf("%q covers %q: %v, want %v", c.wide, c.narrow, got, c.want)
		}
	}
}

// A name that the narrow pattern matches is a counterexample to a wrong yes.
func TestCoversIsAProof(t *testing.T) {
	g := rand.New(rand.NewPCG(3, 4))
	letters := []string{"a", "b", "c", "*", "?", "[ab]", "[!a]", "[a-c]", "*"}
	names := allNames("abcd", 5)
	yes := 0
	for range 3000 {
		text := func() (s string) {
			for range g.IntN(5) {
				s += letters[g.IntN(len(letters))]
			}
			return s
		}
		wide, err := CompileGlob(text())
		if err != nil {
			t.Fatal(err)
		}
		narrow, err := CompileGlob(text())
		if err != nil {
			t.Fatal(err)
		}
		if !wide.Covers(narrow) {
			continue
		}
		yes++
		for _, name := range names {
			if narrow.Match(name) && !wide.Match(name) {
				t.Fatalf("%q is said to cover %q, but not %q", wide, narrow, name)
			}
		}
	}
	if yes < 300 {
		t.Errorf("only %d of 3000 pairs were said to cover: the test shows little", yes)
	}
}

func allNames(letters string, length int) []string {
	out := []string{""}
	for from := 0; length > 0; length-- {
		to := len(out)
		for _, n := range out[from:to] {
			for _, c := range letters {
				out = append(out, n+string(c))
			}
		}
		from = to
	}
	return out
}
