package theme

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// contrast is the ratio of WCAG 2 between two colours "#rrggbb".
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	light := func(c string) float64 {
		n, err := strconv.ParseUint(strings.TrimPrefix(c, "#"), 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for i, weight := range []float64{0.0722, 0.7152, 0.2126} {
			x := float64(n>>(8*i)&0xff) / 255
			if x <= 0.03928 {
				x /= 12.92
			} else {
				x = math.Pow((x+0.055)/1.055, 2.4)
			}
			sum += weight * x
		}
		return sum
	}
	x, y := light(a), light(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

func TestNamedThemesCanBeReadOnTheirBackground(t *testing.T) {
	for _, c := range []struct {
		theme       string
		backgrounds []string
		least       float64
	}{
		{Dark, []string{"#000000", "#1e1e1e"}, 4.5},
		{Light, []string{"#ffffff", "#fdf6e3"}, 4.5},
		{HighContrast, []string{backgrounds[HighContrast]}, 7},
		{ColorBlind, []string{"#000000", "#ffffff"}, 2.8}, // it must do on both
	} {
		for token, color := range palettes[c.theme] {
			least := c.least
			if token == int(Border) {
				least = 3 // a line, not text
			}
			for _, background := range c.backgrounds {
				if color == "" {
					continue
				}
				if got := contrast(t, color, background); got < least {
					t.Errorf("%s: %s %s has contrast %.1f on %s, want %.1f", c.theme, parts[token], color, got, background, least)
				}
			}
		}
	}
}

func TestEveryPartHasAName(t *testing.T) {
	seen := map[string]bool{}
	for token, name := range parts {
		if name == "" || seen[name] {
			t.Errorf("token %d is called %q", token, name)
		}
		seen[name] = true
	}
	for _, name := range Names() {
		if _, ok := palettes[name]; !ok {
			t.Errorf("theme %s has no colours", name)
		}
	}
}

func TestThemesObeyTheDepthOfTheTerminal(t *testing.T) {
	for _, c := range []struct {
		depth Depth
		want  string
	}{
		{None, "\x1b[0m"}, {Sixteen, "\x1b[0;9"}, {Many, "\x1b[0;38;5;"}, {TrueColor, "\x1b[0;38;2;"},
	} {
		if got := Make(Dark, nil, c.depth, Unicode()).SGR(Fail); !strings.HasPrefix(got, c.want) {
			t.Errorf("depth %d: %q, want %q…", c.depth, got, c.want)
		}
	}
	for _, c := range []struct {
		term, colorterm string
		want            Depth
	}{
		{"xterm-256color", "", Many}, {"xterm-256color", "truecolor", TrueColor}, {"linux", "truecolor", Sixteen},
		{"xterm", "", Sixteen}, {"screen-256color", "truecolor", Many},
	} {
		got := DepthOf(func(k string) string { return map[string]string{"TERM": c.term, "COLORTERM": c.colorterm}[k] })
		if got != c.want {
			t.Errorf("%s %s: depth %d, want %d", c.term, c.colorterm, got, c.want)
		}
	}
}

func TestOwnColoursReplaceThoseOfTheTheme(t *testing.T) {
	own := map[string]string{"ok": "bright-blue", "fail": "#FF0000", "warn": "208", "run": "default", "stale": "no colour"}
	th := Make(Neutral, own, TrueColor, Unicode())
	for _, c := range []struct {
		got, want string
	}{
		{th.SGR(OK), "\x1b[0;94m"}, {th.SGR(Fail), "\x1b[0;38;2;255;0;0m"}, {th.SGR(Warn), "\x1b[0;38;5;208m"},
		{th.SGR(Run), "\x1b[0m"}, {th.SGR(Stale), "\x1b[0;35m"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestColoursAreCheckedByName(t *testing.T) {
	for s, ok := range map[string]bool{"red": true, "bright-cyan": true, "255": true, "256": false, "-1": false, "007": false, "#12345": false, "#12345g": false, "#abcdef": true, "": false, "reddish": false} {
		if _, err := ParseColor(s); (err == nil) != ok {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// FuzzParseColor holds that what is taken for a colour is nothing, a number of the
// palette or six hexadecimal digits, and is taken for the same colour again.
func FuzzParseColor(f *testing.F) {
	for _, text := range []string{"red", "bright-red", "bright-default", "default", "255", "256", "007", "#A0b1C2", "#+12345", "#12_345", ""} {
		f.Add(text)
	}
	shape := regexp.MustCompile(`^(|[0-9]{1,3}|#[0-9a-f]{6})$`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseColor(text)
		if err != nil {
			return
		}
		if again, err := ParseColor(got); !shape.MatchString(got) || got != "" && (err != nil || again != got) {
			t.Fatalf("%q is %q, which is %q, %v", text, got, again, err)
		}
	})
}
