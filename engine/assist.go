package engine

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// StrengthScore says how many changes to the recorded spans of a file its
// expectations would notice.
type StrengthScore struct {
	Score           float64 // 0..1; Killed of Mutants, never rounded up to 1
	Mutants, Killed int
	Survivors       []string // the first changes that nothing notices, in words
	Why             string   // why nothing was measured; "" when it was
}

// maxSurvivors bounds the survivors of a score.
const maxSurvivors = 5

// StrengthOf returns the strength of the template at a path of the project over
// its recorded runs; false while it is being measured, after which a new snapshot
// is published. It is measured once for each version of the file and of the runs,
// one file at a time: a list asks for as many as it shows.
func (e *Engine) StrengthOf(path string) (*StrengthScore, bool) {
	e.mu.Lock()
	en := e.entries[path]
	var of strings.Builder
	if en != nil {
		for _, f := range filesOf(en.kept) {
			of.WriteString(f.Hash)
			for _, sc := range f.Scenarios {
				if rec := en.records[sc.Name]; rec != nil {
					fmt.Fprintf(&of, " %d", rec.At.UnixNano())
				}
			}
		}
	}
	e.mu.Unlock()
	if en == nil {
		return &StrengthScore{Why: "there is no such template"}, true
	}
	id, key := ScenarioID{Path: path}, of.String()
	return e.scores.get(id, key, func() (*StrengthScore, int) { return e.score(path), 1 }, func(work func()) {
		e.prepare(func() {
			e.scoring.Lock()
			defer e.scoring.Unlock()
			if e.ctx.Err() == nil && e.scores.wanted(id, key) {
				work()
			}
		})
	})
}

func (e *Engine) score(path string) *StrengthScore {
	s, err := e.Strength(e.ctx, e.TypedPath(path), nil, nil)
	if err != nil {
		return &StrengthScore{Why: err.Error()}
	}
	out := &StrengthScore{Score: s.Score, Mutants: s.Mutants, Killed: s.Killed}
	for _, x := range s.Survivors[:min(len(s.Survivors), maxSurvivors)] {
		out.Survivors = append(out.Survivors, strings.TrimSpace(x.Span+": "+x.Mutation+" "+x.Detail))
	}
	return out
}

// fixed is a file before and after its certain changes.
type fixed struct{ before, after []byte }

// ApplyFixes makes every certain change to the template at a path of the project,
// in the background, as Fix does. What was done, or why nothing was, arrives as a
// notice.
func (e *Engine) ApplyFixes(path string) {
	e.background(func() {
		before, err := os.ReadFile(e.scope.abs(path))
		if err != nil {
			e.notice(diag.Error, "fix %s: %v", path, err)
			return
		}
		done, err := e.Fix(e.ctx, path)
		switch {
		case err != nil:
			e.notice(diag.Error, "%v", err)
			return
		case len(done) == 0:
			e.notice(diag.Info, "%s: nothing that could certainly be fixed", path)
			return
		}
		after, err := os.ReadFile(e.scope.abs(path))
		if err != nil {
			e.notice(diag.Error, "fix %s: %v", path, err)
			return
		}
		e.mu.Lock()
		e.undo[path] = fixed{before, after}
		e.mu.Unlock()
		e.notice(diag.Info, "%s: %s", filepath.Base(path), done[0].Title+more(len(done)-1))
	})
}

func more(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", and %d more", n)
}

// errNoFix says that there is nothing to take back.
var errNoFix = errors.New("no change of this session to take back")

// UndoFixes takes the last changes of ApplyFixes to a file back, in the
// background, if nobody has changed it since. What came of it arrives as a notice.
func (e *Engine) UndoFixes(path string) error {
	e.mu.Lock()
	was, ok := e.undo[path]
	e.mu.Unlock()
	if !ok {
		return errNoFix
	}
	e.background(func() {
		if now, err := os.ReadFile(e.scope.abs(path)); err == nil && !bytes.Equal(now, was.after) {
			e.notice(diag.Warning, "%s was changed since it was fixed: nothing was taken back", path)
			return
		}
		if err := replace(e.scope.abs(path), was.after, was.before); err != nil {
			e.notice(diag.Error, "take back the fix of %s: %v", path, err)
			return
		}
		e.mu.Lock()
		delete(e.undo, path)
		e.mu.Unlock()
		e.notice(diag.Info, "%s is as it was before the fix", filepath.Base(path))
	})
	return nil
}
