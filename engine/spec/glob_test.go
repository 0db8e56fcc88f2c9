package spec

import (
	"regexp"
	"strings"
	"testing"
)

func TestGlob(t *testing.T) {
	cases := []struct {
		pattern, name string
		want          bool
	}{
		{"", "", true},
		{"", "a", false},
		{"clnrm.run", "clnrm.run", true},
		{"clnrm.run", "clnrm.runs", false},
		{"*", "", true},
		{"*", "a.b:c/d", true},
		{"**", "x", true},
		{"clnrm.*", "clnrm.", true},
		{"clnrm.*", "clnrm", false},
		{"*.run", "clnrm.run", true},
		{"*a*b*c*", "xxaxxbxxcxx", true},
		{"*a*b*c*", "xxaxxcxxbxx", false},
		{"a*a", "a", false},
		{"a*a", "aa", true},
		{"?", "é", true},
		{"?", "", false},
		{"?", "ab", false},
		{"a?c", "a日c", true},
		{"[abc]x", "bx", true},
		{"[abc]x", "dx", false},
		{"[a-z]", "q", true},
		{"[a-z]", "Q", false},
		{"[a-cx-z0]", "y", true},
		{"[a-cx-z0]", "0", true},
		{"[a-cx-z0]", "m", false},
		{"[!x]", "y", true},
		{"[!x]", "x", false},
		{"[!a-c]*", "dog", true},
		{"[a-]", "-", true},
		{"[-a]", "-", true},
		{"[*]", "*", true},
		{"[*]", "x", false},
		{"[?]", "?", true},
		{"[x!]", "!", true},
		{"[日-本]", "日", true},
		{"]", "]", true},
		{"a\\*", "a\\b", true}, // a backslash is an ordinary character
		{"step:*", "step:a b", true},
	}
	for _, c := range cases {
		g, err := CompileGlob(c.pattern)
		if err != nil {
			t.Errorf("%q: %v", c.pattern, err)
			continue
		}
		if got := g.Match(c.name); got != c.want {
			t.Errorf("%q matches %q: %v, want %v", c.pattern, c.name, got, c.want)
		}
		if g.String() != c.pattern || g.Literal() == strings.ContainsAny(c.pattern, "*?[") {
			t.Errorf("%q: String %q, Literal %v", c.pattern, g.String(), g.Literal())
		}
	}
	for _, bad := range []string{"[", "a[b", "[]", "[!]", "x[]y]", "[z-a]", "[a-z", "*[!"} {
		if _, err := CompileGlob(bad); err == nil {
			t.Errorf("%q compiles", bad)
		}
	}
}

func TestGlobDoesNotAllocateAndDoesNotExplode(t *testing.T) {
	g, err := CompileGlob(strings.Repeat("*a", 50) + "b")
	if err != nil {
		t.Fatal(err)
	}
	name := strings.Repeat("a", 20000) // exponential matchers do not come back from this
	if g.Match(name) {
		t.Error("matches")
	}
	if n := testing.AllocsPerRun(10, func() { g.Match(name[:100]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzGlob compares with a regular expression made from the same pattern.
func FuzzGlob(f *testing.F) {
	f.Add("clnrm.*:[a-z]?", "clnrm.step:ab")
	f.Add("*a*[!b]", "xxaxc")
	f.Add("[a-cx]*?", "bzz")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		g, err := CompileGlob(pattern)
		if err != nil || len(pattern) > 50 || strings.ContainsRune(pattern+name, '\uFFFD') || !validUTF8(pattern) || !validUTF8(name) {
			return
		}
		re, err := regexp.Compile("(?s)^" + globRegexp(pattern) + "$")
		if err != nil {
			return // a class that regexp reads differently
		}
		if got, want := g.Match(name), re.MatchString(name); got != want {
			t.Errorf("%q matches %q: %v, %s says %v", pattern, name, got, re, want)
		}
	})
}

func validUTF8(s string) bool { return strings.ToValidUTF8(s, "") == s }

func globRegexp(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteByte('.')
		case '[':
			end := i + strings.IndexByte(pattern[i:], ']')
			body := pattern[i+1 : end]
			b.WriteByte('[')
			if strings.HasPrefix(body, "!") {
				b.WriteByte('^')
				body = body[1:]
			}
			b.WriteString(strings.NewReplacer(`\`, `\\`, `[`, `\[`, `^`, `\^`).Replace(body))
			b.WriteByte(']')
			i = end
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	return b.String()
}
