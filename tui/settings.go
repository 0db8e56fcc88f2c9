package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"slices"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/action"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// CheckSettings says what is wrong with the settings that the dashboard
// interprets. Names and values that do not exist are errors; keys that two
// actions want are warnings, since the dashboard works without them.
func CheckSettings(s *engine.Settings) []diag.Diagnostic {
	var out []diag.Diagnostic
	if name := s.Theme.Text(); name != "" && !slices.Contains(ThemeNames(), name) {
		out = append(out, s.Theme.Complaint("setting-value", hint(name, ThemeNames()), "there is no theme %q", name))
	}
	for _, c := range s.Colors {
		if !slices.Contains(theme.Parts(), c.Name) {
			out = append(out, c.Complaint("unknown-key", hint(c.Name, theme.Parts()), "no part of the dashboard is called `%s`", c.Name))
		} else if _, err := theme.ParseColor(c.Text()); err != nil {
			out = append(out, c.Complaint("setting-value", "", "`%s`: %v", c.Name, err))
		}
	}
	_, clashes := action.With(overrides(s, func(k engine.Setting, code, hint, format string, args ...any) {
		out = append(out, k.Complaint(code, hint, format, args...))
	}))
	for _, c := range clashes {
		i := slices.IndexFunc(s.Keys, func(k engine.Setting) bool { return k.Name == string(c.Wants) })
		d := s.Keys[i].Complaint("setting-value", "", "the key %q of `%s` is the key of `%s` in the same panel, and stays so", c.Key, c.Wants, c.Kept)
		d.Severity = diag.Warning
		out = append(out, d)
	}
	return out
}

// ThemeNames are the names of the themes, also that of the automatic choice.
func ThemeNames() []string { return append(theme.Names(), theme.Auto) }

// hint names the nearest of the known names, or all of them.
func hint(name string, known []string) string {
	if h := diag.DidYouMean(name, known); h != "" {
		return h
	}
	list := ""
	for i, k := range known {
		if i > 0 {
			list += ", "
		}
		list += k
	}
	return "one of " + list
}

// overrides reads the keys of the user; what is wrong is complained about and
// left out.
func overrides(s *engine.Settings, complain func(k engine.Setting, code, hint, format string, args ...any)) []action.Override {
	var out []action.Override
	for _, k := range s.Keys {
		if action.Default().Find(action.ID(k.Name)) == nil {
			var names []string
			for _, a := range action.Default().All() {
				names = append(names, string(a.ID))
			}
			complain(k, "unknown-key", diag.DidYouMean(k.Name, names), "no action is called `%s`", k.Name)
			continue
		}
		o := action.Override{ID: action.ID(k.Name)}
		for _, name := range k.Values {
			switch parsed, err := action.ParseKey(name); {
			case err != nil:
				complain(k, "setting-value", "", "`%s`: %v", k.Name, err)
			default:
				o.Keys = append(o.Keys, parsed)
			}
		}
		out = append(out, o)
	}
	return out
}

// look is what decides how the dashboard looks, beside the settings.
type look struct {
	depth      theme.Depth
	ascii      bool   // asked for on the command line
	theme      string // asked for on the command line, "" when it was not
	background string // theme.Dark or theme.Light when the terminal said so, "" when nobody knows
}

// usual are the settings of an engine that has none.
var usual = &engine.Settings{Glyphs: "auto", Mouse: true}

// useSettings takes over settings that are new.
func (m *model) useSettings(s *engine.Settings) {
	if s == nil || s == m.settings {
		return
	}
	old := m.settings
	if s.Theme.Text() != old.Theme.Text() {
		m.picked = "" // the file was changed last: it wins
	}
	m.settings = s
	m.actions, _ = action.With(overrides(s, func(engine.Setting, string, string, string, ...any) {}))
	m.useTheme(m.themeName())
	if s.Mouse != old.Mouse && s.Mouse != m.mouse {
		m.toggleMouse()
	}
}

// themeName is the theme that counts: the one of the command line, then the one
// picked in the palette, then the one of the settings.
func (m *model) themeName() string {
	for _, name := range []string{m.look.theme, m.picked, m.settings.Theme.Text()} {
		if name != "" {
			return name
		}
	}
	return theme.Neutral
}

// useTheme changes how everything looks, with the next frame.
func (m *model) useTheme(name string) {
	if name == theme.Auto {
		name = m.look.background
	}
	own := map[string]string{}
	for _, c := range m.settings.Colors {
		own[c.Name] = c.Text()
	}
	glyphs := theme.Choose(m.look.ascii || m.settings.Glyphs == "ascii", m.getenv)
	if m.settings.Glyphs == "unicode" && !m.look.ascii {
		glyphs = theme.Unicode()
	}
	m.theme = theme.Make(name, own, m.look.depth, glyphs)
	m.term.SetTheme(m.theme)
	m.dirty = true
}

// editorEnv looks up variables for the choice of an editor: the settings stand
// above $VISUAL.
func (m *model) editorEnv(name string) string {
	if name == "VISUAL" && m.settings.Editor != "" {
		return m.settings.Editor
	}
	return m.getenv(name)
}

// chooseTheme opens the list of themes. The one under the cursor is shown on
// everything behind the list.
func (m *model) chooseTheme() {
	var rows []choice
	for _, name := range ThemeNames() {
		rows = append(rows, choice{title: name, note: themeNotes[name], act: func() tea.Cmd {
			m.picked, m.look.theme = name, ""
			m.useTheme(name)
			return nil
		}})
	}
	c := &chooser{
		title: "Theme", list: func(string) []choice { return rows },
		moved: func(row choice) { m.useTheme(row.title) },
		left:  func() { m.useTheme(m.themeName()) },
	}
	m.choose(c)
	c.at.Cursor = max(slices.Index(ThemeNames(), m.themeName()), 0)
}

// themeNotes say what a theme is for.
var themeNotes = map[string]string{
	theme.Neutral:      "the colours of the terminal, on any background",
	theme.Dark:         "for dark backgrounds",
	theme.Light:        "for light backgrounds",
	theme.HighContrast: "bright on black",
	theme.ColorBlind:   "blue and orange instead of green and red",
	theme.Auto:         "dark or light, as the terminal said when the dashboard started",
}
