package engine

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/settings"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/watch"
)

// Settings are the settings that a surface interprets. They are immutable; a
// snapshot carries another pointer after a settings file has changed them.
type Settings struct {
	// Keys is the section [keys]: the name of an action, and the keys that are
	// to trigger it instead of its own. Sorted by name.
	Keys []Setting
	// Colors is the section [theme.colors]: the name of a part of the theme, and
	// one colour. Sorted by name.
	Colors []Setting
	// Theme is the name of the theme; its text is "" unless one is set.
	Theme         Setting
	ReducedMotion bool
	Glyphs        string // "auto", "unicode" or "ascii"
	Mouse         bool
	Notify        string // "off", "bell", "osc" or "title"
	Editor        string // a command; "" when none is set
	Socket        string // the control socket, absolute; "" for none
	Run           RunSettings
	Diff          DiffSettings
}

// DiffSettings are what the command diff does unless its options say otherwise.
type DiffSettings struct {
	Strategy    string // as --strategy
	OnlyChanges bool
	Ignore      []string // attributes of spans
	Presence    bool     // as --ignore-values
	Depth       int      // of the tree of two traces; 0 for all of it
	Baseline    string   // the trace that a single one is compared with, absolute; "" for none
}

// RunSettings are what the command run does unless its options say otherwise; the
// last two are for other surfaces, too, see Engine.Course.
type RunSettings struct {
	Format   string // as --format
	JUnit    string // the file of the JUnit report, absolute; "" for none
	HTML     string // likewise of the HTML page
	FailFast bool
	Retries  int // of scenarios that failed, too
}

// Setting is a value that the surface interprets, with its place.
type Setting struct {
	Name   string
	Values []string // one, or for a key binding any number
	origin settings.Origin
	at     spec.Place
}

// Text is the first value, "" when there is none.
func (s Setting) Text() string {
	if len(s.Values) == 0 {
		return ""
	}
	return s.Values[0]
}

// Complaint is an error about the setting, for Options.CheckSettings. The code
// is one that Explain knows: "setting-value" for a value, "unknown-key" for a
// name.
func (s Setting) Complaint(code, hint, format string, args ...any) diag.Diagnostic {
	d := diag.Diagnostic{
		Severity: diag.Error, Code: code, Hint: hint, Message: fmt.Sprintf(format, args...),
		Pos: s.at.Pos, Line: s.at.Line, Width: s.at.Width,
	}
	switch s.origin.Layer {
	case settings.Environment, settings.Command:
		d.Message += " (" + s.origin.String() + ")"
	case settings.User, settings.Project:
		d.Pos = s.origin.Pos
	}
	return d
}

// SettingsError says that the settings cannot be used: exit status 2.
type SettingsError struct {
	Diagnostics []diag.Diagnostic // at least one is an error
}

// Error names the first error and how many more there are.
func (e *SettingsError) Error() string {
	var first string
	more := -1
	for _, d := range e.Diagnostics {
		if d.Severity == diag.Error {
			if more++; more == 0 {
				first = d.Error()
			}
		}
	}
	if more > 0 {
		first += fmt.Sprintf(" (and %d more)", more)
	}
	return first
}

// loadSettings reads all layers for the project of a scope; texts are files of them
// that were read already. The diagnostics are warnings; errors are a *SettingsError.
func loadSettings(o *Options, sc *scope, texts map[string][]byte) (*settings.Set, *Settings, []diag.Diagnostic, error) {
	set, diags := settings.Load(settings.Source{
		Dir: sc.base, Root: sc.root, Config: o.Config, Base: o.Dir, Env: o.Env, Options: o.given(), Texts: texts,
	})
	shown := settingsOf(set, sc.root, o.Dir)
	diags = append(diags, checkCaches(set)...)
	if errs, _ := diag.Count(diags); errs == 0 && o.CheckSettings != nil {
		diags = append(diags, o.CheckSettings(shown)...)
	}
	if errs, _ := diag.Count(diags); errs > 0 {
		return nil, nil, nil, &SettingsError{diags}
	}
	return set, shown, diags, nil
}

// given lists the options of the command line that stand above the settings.
func (o *Options) given() []settings.Option {
	var out []settings.Option
	add := func(given bool, key, name string, v any) {
		if given {
			out = append(out, settings.Option{Key: key, Name: name, Value: v})
		}
	}
	add(o.Jobs > 0, settings.Jobs, "--jobs", o.Jobs)
	add(o.Containers > 0, settings.MaxContainers, "--max-containers", o.Containers)
	add(o.MemoryMB > 0, settings.MaxMemoryMB, "--max-memory", o.MemoryMB)
	add(o.Monitor != "", settings.Monitor, "--monitor", o.Monitor)
	add(o.Parallel, settings.Parallel, "--parallel", true)
	add(o.Timeout > 0, settings.DefaultTimeout, "--timeout", o.Timeout)
	add(o.Debounce > 0, settings.DebounceMS, "--debounce", o.Debounce)
	add(len(o.Caches) > 0, settings.CacheBackend, "--cache", o.Caches)
	add(o.Poll, settings.WatchMode, "--poll", "poll")
	if len(o.Secrets) > 0 {
		out = append(out, settings.Option{Key: settings.SecretNames, Name: "--secret", Value: o.Secrets, Append: true})
	}
	return out
}

// settingsOf is the part of the settings that a surface interprets.
func settingsOf(set *settings.Set, root, dir string) *Settings {
	named := func(in []settings.Named) []Setting {
		out := make([]Setting, len(in))
		for i, n := range in {
			out[i] = Setting{Name: n.Name, Values: n.Values, at: n.Place}
		}
		return out
	}
	s := &Settings{
		Keys: named(set.Bindings), Colors: named(set.Colors),
		ReducedMotion: set.Bool(settings.ReducedMotion), Glyphs: set.Text(settings.Glyphs), Mouse: set.Bool(settings.Mouse),
		Notify: set.Text(settings.Notify), Editor: set.Text(settings.Editor),
		Run: RunSettings{Format: set.Text(settings.OutputFormat), FailFast: set.Bool(settings.FailFast)},
	}
	s.Diff = DiffSettings{
		Strategy: set.Text(settings.DiffStrategy), OnlyChanges: set.Bool(settings.DiffOnly), Ignore: set.Texts(settings.DiffIgnore),
		Presence: set.Bool(settings.DiffPresence), Depth: set.Int(settings.DiffDepth),
	}
	if set.Text(settings.DiffBaseline) != "" {
		s.Diff.Baseline = folderOf(set, settings.DiffBaseline, root, dir)
	}
	if set.Bool(settings.GenerateJUnit) {
		s.Run.JUnit = filepath.Join(folderOf(set, settings.ReportDir, root, dir), "junit.xml")
	}
	if set.Bool(settings.GenerateHTML) {
		s.Run.HTML = filepath.Join(folderOf(set, settings.ReportDir, root, dir), "report.html")
	}
	if set.Bool(settings.RetryOnFailure) {
		s.Run.Retries = set.Int(settings.RetryCount)
	}
	if set.Text(settings.Socket) != "" {
		s.Socket = folderOf(set, settings.Socket, root, dir)
	}
	if v := set.Value(settings.ThemeName); set.IsSet(settings.ThemeName) {
		s.Theme = Setting{Name: settings.ThemeName, Values: []string{set.Text(settings.ThemeName)}, origin: v.Origin, at: v.Place}
	}
	return s
}

// folderOf is the absolute folder, or file, that a key names: a relative one starts at the
// file that names it, at the working directory dir when the environment does, and
// at the project's root by default.
func folderOf(set *settings.Set, key, root, dir string) string {
	v := set.Value(key)
	name := v.Value.(string)
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	switch v.Origin.Layer {
	case settings.BuiltIn:
		return filepath.Join(root, name)
	case settings.User, settings.Project:
		file := v.Origin.Pos.File
		if !filepath.IsAbs(file) {
			file = filepath.Join(dir, file)
		}
		return filepath.Join(filepath.Dir(file), name)
	default:
		return filepath.Join(dir, name)
	}
}

// Settings returns the settings of the surface as they are now.
func (e *Engine) Settings() *Settings { return e.shownSettings.Load() }

// SettingsWarnings are the complaints about the settings that the engine was
// made with: keys that have no effect.
func (e *Engine) SettingsWarnings() []diag.Diagnostic { return e.settingsWarnings }

// warn puts what of the settings has no effect among the first notices.
func (s *state) warn(warnings []diag.Diagnostic) {
	switch n := len(warnings); {
	case n == 0:
	case n > 1:
		s.apply(Noticed{Level: diag.Warning, Text: fmt.Sprintf("%s (and %d more settings without effect: clnrm-tui config show)", warnings[0].Error(), n-1)})
	default:
		s.apply(Noticed{Level: diag.Warning, Text: warnings[0].Error()})
	}
}

// jobs is how many scenarios run side by side.
func jobs(set *settings.Set) int {
	if set.Value(settings.Jobs).Origin.Layer != settings.Command && !set.Bool(settings.Parallel) {
		return 1
	}
	return set.Int(settings.Jobs)
}

// courseKeys are the settings that Course goes by.
var courseKeys = []string{settings.FailFast, settings.RetryOnFailure, settings.RetryCount}

// rereadSettings takes over what a batch says of the files of the settings, if it
// says anything of one. What it says counts and not what is on the disk by now: that
// is told by a later batch, but for a file that is again what was told before. Bad
// ones change nothing.
func (e *Engine) rereadSettings(b watch.Batch) (reread bool) {
	set := e.set.Load()
	for _, c := range b.Changes {
		switch {
		case !set.DependsOn(c.Path):
			continue
		case c.Kind == watch.Removed || c.Err != nil:
			delete(e.settingsTexts, c.Path)
		default:
			e.settingsTexts[c.Path] = c.Data
		}
		reread = true
	}
	if reread {
		e.applySettings()
	}
	return reread
}

// applySettings puts in force what the files of the settings say now.
func (e *Engine) applySettings() {
	set, shown, warnings, err := loadSettings(&e.opts, e.scope, e.settingsTexts)
	if err != nil {
		e.notice(diag.Error, "the settings stay as they were: %v", err)
		return
	}
	old := e.set.Swap(set)
	changed := set.Changed(old)
	if len(changed) == 0 {
		return
	}
	e.shownSettings.Store(shown)
	e.filter.Store(newFilter(e.scope.root, set))
	e.emit(SettingsChanged{shown})
	if slices.ContainsFunc(changed, func(k settings.Key) bool { return slices.Contains(courseKeys, k.Name) }) {
		e.course.Store(nil)
		e.emit(courseSet{shown.Run.Options()})
	}
	var now, later []string
	for _, k := range changed {
		switch {
		case k.Unused != "":
		case k.Start:
			later = append(later, k.Name)
		default:
			now = append(now, k.Name)
		}
	}
	if len(now) > 0 {
		e.notice(diag.Info, "settings changed: %s", strings.Join(now, ", "))
	}
	if len(later) > 0 {
		e.notice(diag.Warning, "%s: takes effect at the next start", strings.Join(later, ", "))
	}
	for _, w := range warnings {
		if !slices.ContainsFunc(e.settingsWarnings, func(o diag.Diagnostic) bool { return o.Message == w.Message }) {
			e.notice(diag.Warning, "%s", w.Error())
		}
	}
}
