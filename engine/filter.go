package engine

import (
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/engine/settings"
	"github.com/seanchatmangpt/clnrm-tui/watch"
)

// filter says, by the settings and by ignore files, what of a project is looked
// at. A path that the user names on the command line is looked at anyhow.
type filter struct {
	ignores *watch.Ignores
	wanted  *watch.Ignores // of test files; nil wants all
}

func newFilter(root string, set *settings.Set) *filter {
	f := &filter{ignores: watch.NewIgnores(root, set.Texts(settings.IgnorePatterns), set.Texts(settings.IgnoreFiles))}
	if patterns := set.Texts(settings.Patterns); len(patterns) > 0 {
		f.wanted = watch.NewIgnores(root, patterns, nil)
	}
	return f
}

// ignored is for watch.Options.Ignore.
func (e *Engine) ignored(path string, dir bool) bool {
	f := e.filter.Load()
	switch {
	case !dir && f.ignores.Named(path):
		return false // its changes matter, even where it ignores itself
	case f.ignores.Ignore(path, dir):
		return true
	}
	return !dir && f.wanted != nil && !f.wanted.Ignore(path, false)
}

// matches is for watch.Options.Match: test files, and ignore files for what they
// do to others.
func (e *Engine) matches(path string) bool {
	return e.scope.match(path) || e.filter.Load().ignores.Named(path)
}

// refilter has everything looked at anew when a batch holds an ignore file, or
// when the settings have changed what is looked at.
func (e *Engine) refilter(b watch.Batch, changed bool) {
	f := e.filter.Load()
	named := !b.Initial && slices.ContainsFunc(b.Changes, func(c watch.Change) bool { return f.ignores.Named(c.Path) })
	if named {
		f.ignores.Forget()
	}
	if w := e.watcher.Load(); w != nil && (named || changed) {
		w.Rescan()
	}
}
