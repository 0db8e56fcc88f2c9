package theme

import (
	"reflect"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
)

func TestEachStyleSelectsItselfAlone(t *testing.T) {
	th := New(true, Unicode())
	for _, c := range []struct {
		style grid.Style
		want  string
	}{
		{Text, "\x1b[0m"},
		{Fail, "\x1b[0;31m"},
		{OK | grid.Bold, "\x1b[0;1;32m"},
		{Selected, "\x1b[0;7m"},
		{Chip, "\x1b[0;1;7;36m"},
	} {
		if got := th.SGR(c.style); got != c.want {
			t.Errorf("SGR(%#x) = %q, want %q", c.style, got, c.want)
		}
	}
}

func TestNoColorWritesNoColour(t *testing.T) {
	th := New(false, Unicode())
	for token := range tokens {
		for _, mods := range []grid.Style{0, grid.Bold, grid.Reverse, grid.Underline} {
			if s := th.SGR(token | mods); strings.Contains(s, "3") {
				t.Errorf("SGR(%#x) = %q", token|mods, s)
			}
		}
	}
	if th.SGR(Selected) != "\x1b[0;7m" {
		t.Error("selection is lost without colour")
	}
}

// Bright black is invisible on some light and dark themes, and faint text on
// others: the neutral theme must not use them.
func TestNeutralThemeUsesPlainHuesOnly(t *testing.T) {
	th := New(true, Unicode())
	for token := range tokens {
		p := strings.TrimSuffix(strings.TrimPrefix(th.SGR(token), "\x1b[0"), "m")
		if p != "" && (len(p) != 3 || p[:2] != ";3" || p[2] < '1' || p[2] > '6') {
			t.Errorf("token %d is %q", token, p)
		}
	}
}

func TestEveryGlyphTakesOneCell(t *testing.T) {
	for name, set := range map[string]Glyphs{"unicode": Unicode(), "ascii": ASCII()} {
		v := reflect.ValueOf(set)
		for i := range v.NumField() {
			field := v.Type().Field(i).Name
			if !v.Type().Field(i).IsExported() {
				continue
			}
			var all []string
			switch f := v.Field(i).Interface().(type) {
			case string:
				all = []string{f}
			case []string:
				all = f
			case rune:
				all = []string{string(f)}
			case grid.Edges:
				for _, r := range f {
					all = append(all, string(r))
				}
			}
			for _, g := range all {
				if field == "Arrow" && name == "ascii" {
					continue // "->" is used in running text only
				}
				if text.Width(g) != 1 || text.Clean(g) != g {
					t.Errorf("%s.%s = %q takes %d cells", name, field, g, text.Width(g))
				}
				if name == "ascii" && g[0] >= 0x80 {
					t.Errorf("ascii.%s = %q", field, g)
				}
			}
		}
	}
}

func TestASCIIRedrawsTrees(t *testing.T) {
	a, u := ASCII(), Unicode()
	if got, want := a.Lines("├ a\n└ b"), "| a\n` b"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := u.Lines("├ a"); got != "├ a" {
		t.Errorf("got %q", got)
	}
}

func TestGlyphsFollowTheLocale(t *testing.T) {
	for _, c := range []struct {
		name  string
		ascii bool
		env   map[string]string
		want  string
	}{
		{"no locale", false, nil, "✓"},
		{"asked for", true, map[string]string{"LANG": "en_US.UTF-8"}, "+"},
		{"linux console", false, map[string]string{"TERM": "linux", "LANG": "en_US.UTF-8"}, "+"},
		{"C locale", false, map[string]string{"LANG": "C"}, "+"},
		{"LC_ALL wins", false, map[string]string{"LC_ALL": "de_DE.utf8", "LANG": "C"}, "✓"},
	} {
		if got := Choose(c.ascii, func(k string) string { return c.env[k] }).OK; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
