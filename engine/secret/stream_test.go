package secret

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// plainly masks a text the slow and obvious way.
func plainly(t string, patterns []string, mask string) string {
	covered := make([]bool, len(t))
	for _, p := range patterns {
		for i := 0; i+len(p) <= len(t); i++ {
			if t[i:i+len(p)] == p {
				for k := range len(p) {
					covered[i+k] = true
				}
			}
		}
	}
	var b strings.Builder
	for i := range len(t) {
		if !covered[i] {
			b.WriteByte(t[i])
		} else if i == 0 || !covered[i-1] {
			b.WriteString(mask)
		}
	}
	return b.String()
}

// inChunks masks a text through a stream that gets it cut by cut, which says how
// long the next chunk is. It fails the test where the stream keeps back too much.
func inChunks(t *testing.T, s *Set, text string, longest int, cut func() int) string {
	t.Helper()
	st := s.Stream()
	var out []byte
	for rest := text; rest != ""; {
		n := min(max(cut(), 0), len(rest))
		chunk := []byte(rest[:n])
		rest = rest[n:]
		out = st.Append(out, chunk)
		clear(chunk) // the stream keeps no reference to it
		if len(st.held) >= longest {
			t.Fatalf("%d bytes are kept back, the longest form has %d", len(st.held), longest)
		}
	}
	return string(st.Flush(out))
}

func longestOf(patterns []string) int {
	n := 1
	for _, p := range patterns {
		n = max(n, len(p))
	}
	return n
}

// check holds a text against every promise of the package.
func check(t *testing.T, values []string, text string, cut func() int) {
	t.Helper()
	s := NewSet(values...)
	patterns := forms(values)
	want := plainly(text, patterns, Mask)
	got := s.String(text)
	if got != want {
		t.Fatalf("values %q\ntext %q\nmasked %q\nwant   %q", values, text, got, want)
	}
	if b := s.Bytes([]byte(text)); string(b) != want {
		t.Fatalf("values %q\ntext %q\nBytes %q\nwant  %q", values, text, b, want)
	}
	for _, between := range strings.Split(got, Mask) {
		for _, p := range patterns {
			if strings.Contains(between, p) {
				t.Fatalf("values %q\ntext %q\n%q is left in %q", values, text, p, got)
			}
		}
	}
	if b := inChunks(t, s, text, longestOf(patterns), cut); b != want {
		t.Fatalf("values %q\ntext %q\nstream %q\nwhole  %q", values, text, b, want)
	}
}

// Values over few letters overlap, contain and repeat each other all the time.
func TestRandomTextsAndCuts(t *testing.T) {
	rounds := 800
	if testing.Short() {
		rounds = 200
	}
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		letters := []string{"ab", "abc", "a1\n-", "+/? ", "ab\xff\x00"}[r.IntN(5)]
		random := func(n int) string {
			b := make([]byte, n)
			for i := range b {
				b[i] = letters[r.IntN(len(letters))]
			}
			return string(b)
		}
		var values []string
		for range 1 + r.IntN(4) {
			values = append(values, random(4+r.IntN(5)*r.IntN(5)))
		}
		patterns := forms(values)
		var b strings.Builder
		for range r.IntN(20) {
			switch {
			case len(patterns) == 0 || r.IntN(3) == 0:
				b.WriteString(random(r.IntN(12)))
			case r.IntN(3) == 0:
				p := patterns[r.IntN(len(patterns))]
				b.WriteString(p[:r.IntN(len(p))])
			case r.IntN(3) == 0:
				b.WriteString(" an ordinary line of a log\n")
			default:
				b.WriteString(patterns[r.IntN(len(patterns))])
			}
		}
		size := 1 + r.IntN(9)
		check(t, values, b.String(), func() int { return r.IntN(size + 1) })
	}
}

func TestEveryCutOfASecret(t *testing.T) {
	s := NewSet("hunter2", "swordfish-9", key)
	patterns := forms([]string{"hunter2", "swordfish-9", key})
	for _, text := range []string{"<hunter2>", "hunter2swordfish-9", "hunterhunter2hunter", "a " + key + " b", strings.ReplaceAll(key, "\n", `\n`)} {
		want := s.String(text)
		for at := range len(text) + 1 {
			first := true
			got := inChunks(t, s, text, longestOf(patterns), func() int {
				if first {
					first = false
					return at
				}
				return len(text)
			})
			if got != want {
				t.Fatalf("%.40q cut at %d: %q, want %q", text, at, got, want)
			}
		}
		if got := inChunks(t, s, text, longestOf(patterns), func() int { return 1 }); got != want {
			t.Errorf("%.40q byte by byte: %q, want %q", text, got, want)
		}
	}
}

func TestAStreamKeepsBackOnlyWhatMayBeASecret(t *testing.T) {
	st := NewSet("hunter2", key).Stream()
	for _, step := range []struct{ in, out string }{
		{"ready\n", "ready\n"},
		{"the password is hun", "the password is "},
		{"dred\n", "hundred\n"},
		{"hunter", ""},
		{"2", Mask},
		{"hunter2", ""}, // touches the one before: the same mask stands for it
		{" ", " "},
		{"", ""},
		{"-----BEGIN PRIVATE KEY-----\n", ""},
		{"something else\n", "-----BEGIN PRIVATE KEY-----\nsomething else\n"},
	} {
		if got := string(st.Append(nil, []byte(step.in))); got != step.out {
			t.Errorf("after %q: %q, want %q", step.in, got, step.out)
		}
	}
	if got := string(st.Flush(st.Append(nil, []byte("hunter")))); got != "hunter" {
		t.Errorf("at the end: %q", got)
	}
	if got := string(st.Flush(st.Append(nil, []byte("2 hunter2")))); got != "2 "+Mask {
		t.Errorf("after the end of another stream: %q", got)
	}
	if got := string(st.Append(nil, []byte("hunter2"))); got != Mask {
		t.Errorf("a new stream begins with the mask of the old one: %q", got)
	}
}

func TestASecretThatBeginsALongerOneIsShownAsAMaskAtOnce(t *testing.T) {
	st := NewSet("hunter", "hunter22").Stream()
	for _, step := range []struct{ in, out string }{{"a hunter", "a " + Mask}, {"2", ""}, {"2 ", " "}, {"hunter2", Mask}, {"3", "23"}} {
		if got := string(st.Append(nil, []byte(step.in))); got != step.out {
			t.Errorf("after %q: %q, want %q", step.in, got, step.out)
		}
	}
}

func TestStreamsWithoutSecretsPassEverything(t *testing.T) {
	var none *Set
	for _, s := range []*Set{none, NewSet()} {
		st := s.Stream()
		if got := string(st.Flush(st.Append([]byte("> "), []byte("hunter2\xff")))); got != "> hunter2\xff" {
			t.Errorf("got %q", got)
		}
	}
}

func FuzzStreamIsWhole(f *testing.F) {
	f.Add("hunter2", "swordfish", "a hunter2 b swordfish c aHVudGVyMg==", []byte{3, 1})
	f.Add("abab", "bababa", "abababab", []byte{1})
	f.Add("two long lines\nof one secret", "", "of one secret two long lines\n", []byte{0, 7})
	f.Add("Bearer a/b+c==", "%41%42", `Bearer a\/b%2Bc`, []byte{2})
	f.Fuzz(func(t *testing.T, a, b, text string, cuts []byte) {
		if len(a)+len(b) > 200 || len(text) > 2000 || strings.Contains(a+b, "\xe2\x80\xa2") {
			t.Skip("slow, or holds the mask's own character")
		}
		cuts = append(slices.Clone(cuts), 1)
		i := 0
		cut := func() int {
			i++
			return int(cuts[i%len(cuts)])
		}
		check(t, []string{a, b}, text, cut)
		check(t, []string{a, b}, a+text+b, cut)
		s := NewSet(a, b)
		for _, form := range forms([]string{a, b}) {
			if got := s.String(form); got != Mask {
				t.Fatalf("form %q became %q", form, got)
			}
		}
	})
}
