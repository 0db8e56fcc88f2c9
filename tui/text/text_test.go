package text

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCleanRemovesWhatATerminalWouldObey(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain text stays", "build ok", "build ok"},
		{"colours", "\x1b[1;31mred\x1b[0m", "red"},
		{"title with bell", "a\x1b]0;evil\x07b", "ab"},
		{"title with string terminator", "a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b", "alinkb"},
		{"device control string", "a\x1bPq#0\x1b\\b", "ab"},
		{"one-character CSI", "a\u009b31mb", "ab"},
		{"charset selection", "a\x1b(0b", "ab"},
		{"lone escape", "a\x1b", "a"},
		{"unfinished sequence", "a\x1b[31", "a"},
		{"sequence broken by a control", "a\x1b[3\x07b", "ab"},
		{"tabs reach the next stop", "a\tb\t\tc", "a   b       c"},
		{"line breaks", "a\nb\r\nc\rd", "a b c d"},
		{"bell, backspace and delete", "a\a\b\x7fb", "ab"},
		{"invalid bytes", "a\xffb", "a\ufffdb"},
		{"bidirectional override", "a\u202egpj.exe", "agpj.exe"},
		{"joined emoji fall apart", "\U0001f469\u200d\U0001f4bb", "\U0001f469\U0001f4bb"},
		{"variation selector", "❤\ufe0f", "❤"},
		{"mark without letter", "\u0301a", "a"},
		{"letter with mark", "e\u0301", "e\u0301"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Clean(c.in); got != c.want {
				t.Errorf("Clean(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestWidthCutAndMiddleCountCells(t *testing.T) {
	if got := Width("a日本b"); got != 6 {
		t.Errorf("Width = %d, want 6", got)
	}
	for _, c := range []struct {
		name, got, want string
	}{
		{"cut before a wide character that does not fit", Cut("a日本", 2), "a"},
		{"cut nothing", Cut("abc", 3), "abc"},
		{"cut to nothing", Cut("abc", 0), ""},
		{"skip half a wide character", Skip("日本", 1), " 本"},
		{"skip all", Skip("abc", 9), ""},
		{"shorten", Shorten("abcdef", 4, "…"), "abc…"},
		{"shorten without room for the ellipsis", Shorten("abcdef", 2, "..."), "ab"},
		{"middle keeps more of the end", Middle("tests/orders/pays_twice.toml", 13, "…"), "test…ice.toml"},
		{"pad", Pad("日", 4), "日  "},
		{"pad cuts", Pad("日本語", 5), "日本 "},
		{"pad to nothing", Pad("abc", -1), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

func TestWrapBreaksAtSpacesAndInsideLongWords(t *testing.T) {
	for _, c := range []struct {
		in   string
		w    int
		want []string
	}{
		{"the quick brown fox", 9, []string{"the quick", "brown fox"}},
		{"unbreakable", 5, []string{"unbre", "akabl", "e"}},
		{"a unbreakable", 5, []string{"a", "unbre", "akabl", "e"}},
		{"", 5, []string{""}},
		{"日本", 1, []string{" ", " ", ""}},
		{"abc", 0, []string{"a", "b", "c"}},
	} {
		if got := Wrap(c.in, c.w); strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("Wrap(%q, %d) = %q, want %q", c.in, c.w, got, c.want)
		}
	}
}

func FuzzEveryWidthIsExactlyAsAsked(f *testing.F) {
	for _, s := range []string{"", "abc", "日本語", "e\u0301", "\x1b[31mx", "a\tb", "\xff\xfe", "\x1b]0;t\x07", "\u202eabc", "👩‍💻", "a b c d"} {
		for _, w := range []int{0, 1, 2, 7, 40} {
			f.Add(s, w)
		}
	}
	f.Fuzz(func(t *testing.T, raw string, w int) {
		if w < 0 || w > 500 || len(raw) > 5000 {
			t.Skip()
		}
		s := Clean(raw)
		if !utf8.ValidString(s) {
			t.Fatalf("Clean(%q) is not UTF-8: %q", raw, s)
		}
		for _, r := range s {
			if r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0x202e {
				t.Fatalf("Clean(%q) leaves %U", raw, r)
			}
		}
		if again := Clean(s); again != s {
			t.Fatalf("Clean is not idempotent: %q, then %q", s, again)
		}
		if got := Width(Pad(s, w)); got != w {
			t.Fatalf("Pad(%q, %d) is %d wide", s, w, got)
		}
		for name, got := range map[string]string{
			"Cut": Cut(s, w), "Shorten": Shorten(s, w, "…"), "Middle": Middle(s, w, "…"),
		} {
			if Width(got) > w {
				t.Fatalf("%s(%q, %d) = %q is %d wide", name, s, w, got, Width(got))
			}
		}
		if total := Width(s); total > w {
			if got := Width(Skip(s, w)); got != total-w {
				t.Fatalf("Skip(%q, %d) leaves %d of %d", s, w, got, total)
			}
		}
		for _, line := range Wrap(s, w) {
			if Width(line) > max(w, 1) {
				t.Fatalf("Wrap(%q, %d) has line %q", s, w, line)
			}
		}
	})
}
