package theme

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/muesli/termenv"
)

// Depth is how many colours a terminal shows.
type Depth uint8

// The depths.
const (
	None      Depth = iota // no colour at all; bold and reverse stay
	Sixteen                // the palette of the terminal
	Many                   // 256 fixed colours
	TrueColor              // any colour
)

// profile is the depth as the colour library calls it.
func (d Depth) profile() termenv.Profile {
	return [...]termenv.Profile{termenv.Ascii, termenv.ANSI, termenv.ANSI256, termenv.TrueColor}[d]
}

// DepthOf returns how many colours the environment promises. getenv looks
// variables up, as os.Getenv.
func DepthOf(getenv func(string) string) Depth {
	term := getenv("TERM")
	switch c := getenv("COLORTERM"); {
	case (c == "truecolor" || c == "24bit") && term != "linux" && !strings.HasPrefix(term, "screen"):
		return TrueColor
	case strings.Contains(term, "256color"), strings.Contains(term, "direct"):
		return Many
	}
	return Sixteen
}

// The names of the themes.
const (
	Neutral      = "neutral" // the hues of the terminal, on any background
	Dark         = "dark"
	Light        = "light"
	HighContrast = "high-contrast"
	ColorBlind   = "colour-blind"
	// Auto is dark or light, as the background of the terminal is, and neutral
	// when nobody knows. It is resolved before a theme is made.
	Auto = "auto"
)

// Names returns the names of the themes that Make knows.
func Names() []string { return []string{Neutral, Dark, Light, HighContrast, ColorBlind} }

// parts are the names of the tokens, as settings call them.
var parts = [tokens]string{
	Text: "text", Border: "border", BorderFocus: "border-focus", OK: "ok", Fail: "fail", Warn: "warn",
	Run: "run", Stale: "stale", Replayed: "replayed", Key: "key", Accent: "accent", Match: "match",
}

// Parts returns the names of what has a colour of its own.
func Parts() []string { return slices.Clone(parts[:]) }

// palettes are the colours of the themes, by part; a part that is missing has
// the terminal's own foreground. The numbers below 16 are the palette of the
// terminal.
//
// The colours for the colour-blind differ in brightness and along the axis from
// blue to orange, which all common kinds of colour blindness keep.
var palettes = map[string][tokens]string{
	Neutral: {BorderFocus: "6", OK: "2", Fail: "1", Warn: "3", Run: "4", Stale: "5", Replayed: "6", Key: "6", Accent: "6", Match: "3"},
	Dark: {Text: "#d7dce2", Border: "#7b8794", BorderFocus: "#5fd7d7", OK: "#7fd88f", Fail: "#ff7b72", Warn: "#e8c268",
		Run: "#79b8ff", Stale: "#c8a2ff", Replayed: "#66d9c2", Key: "#5fd7d7", Accent: "#5fd7d7", Match: "#ffd866"},
	Light: {Text: "#24292f", Border: "#6e7781", BorderFocus: "#0b6e75", OK: "#116329", Fail: "#b3141d", Warn: "#7d4e00",
		Run: "#0550ae", Stale: "#6f2da8", Replayed: "#0b6e75", Key: "#0b6e75", Accent: "#0b6e75", Match: "#8a3c00"},
	HighContrast: {Text: "#ffffff", Border: "#ffffff", BorderFocus: "#00ffff", OK: "#5fff5f", Fail: "#ff8080", Warn: "#ffff00",
		Run: "#80d0ff", Stale: "#ffa0ff", Replayed: "#00ffff", Key: "#00ffff", Accent: "#00ffff", Match: "#ffff00"},
	ColorBlind: {BorderFocus: "#3f8fd0", OK: "#3f8fd0", Fail: "#d9660a", Warn: "#b58900", Run: "#8a80c8", Stale: "#b873a5",
		Replayed: "#2f9f93", Key: "#3f8fd0", Accent: "#3f8fd0", Match: "#b58900"},
}

// backgrounds are the backgrounds of the themes that bring their own.
var backgrounds = map[string]string{HighContrast: "#000000"}

// basic are the names of the palette of the terminal, as settings write them.
var basic = []string{"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"}

// ParseColor reads a colour of the settings: a name such as "red" or
// "bright-red", a number from 0 to 255, "#rrggbb", or "default" for the
// terminal's own foreground. It returns the colour as the theme keeps it.
func ParseColor(s string) (string, error) {
	name, bright := strings.CutPrefix(s, "bright-")
	if i := slices.Index(basic, name); i >= 0 {
		if bright {
			i += 8
		}
		return strconv.Itoa(i), nil
	}
	if s == "default" {
		return "", nil
	}
	if n, err := strconv.Atoi(s); err == nil && n >= 0 && n <= 255 && strconv.Itoa(n) == s {
		return s, nil
	}
	if hex, ok := strings.CutPrefix(s, "#"); ok && len(hex) == 6 {
		if _, err := strconv.ParseUint(hex, 16, 32); err == nil {
			return strings.ToLower(s), nil
		}
	}
	return "", fmt.Errorf("a colour is a name (%s, also with bright- in front), a number from 0 to 255, \"#rrggbb\" or \"default\"", strings.Join(basic, ", "))
}

// Make builds a theme by its name, with colours of the user's own by the name
// of the part. A name, a part or a colour that is not known counts as not
// given: who reads settings checks them first.
func Make(name string, own map[string]string, depth Depth, glyphs Glyphs) *Theme {
	colors, ok := palettes[name]
	if !ok {
		colors = palettes[Neutral]
	}
	for token, part := range parts {
		if c, err := ParseColor(own[part]); err == nil && own[part] != "" {
			colors[token] = c
		}
	}
	return build(colors, backgrounds[name], depth, glyphs)
}
