package fuzzy

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLettersInTheirOrderMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "anything", true},
		{"of", "order_flow", true},
		{"OF", "order_flow", true},
		{"wr", "order_flow", false},
		{"pays tw", "pays twice", true},
		{"größe", "GRÖSSE größe", true},
		{"x", "", false},
	} {
		if _, ok := New(c.pattern).Match(c.text); ok != c.want {
			t.Errorf("%q in %q: %v, want %v", c.pattern, c.text, ok, c.want)
		}
	}
}

func TestBetterMatchesScoreHigher(t *testing.T) {
	for _, c := range []struct{ pattern, better, worse string }{
		{"run", "run", "rounding"},                    // side by side
		{"of", "order flow", "coffin"},                // starts of words
		{"all", "run all", "a long list"},             // together
		{"pay", "tests/pay.toml", "tests/apathy.yml"}, // start of a word
	} {
		b, okB := New(c.pattern).Match(c.better)
		w, okW := New(c.pattern).Match(c.worse)
		if !okB || !okW || b <= w {
			t.Errorf("%q: %q has %d (%v), %q has %d (%v)", c.pattern, c.better, b, okB, c.worse, w, okW)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("of", "order_flow")
	f.Add("\xff", "\xff\xfe")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		_, ok := New(pattern).Match(text)
		// A text holds itself and everything cut out of its end.
		if utf8.ValidString(text) && utf8.ValidString(pattern) && strings.HasSuffix(text, pattern) && !ok {
			t.Errorf("%q does not match %q", pattern, text)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	p := New("ordpay")
	for b.Loop() {
		p.Match("tests/area042/order_flow_0042.clnrm.tera › pays twice")
	}
}
