package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// Fixed is one change that Fix made to a file.
type Fixed struct {
	Code  string        // of the diagnostic that it mended
	Title string        // what was done: "rename `imgae` to `image`"
	Pos   diag.Position // where, in the file as it was just before this change
}

// maxFixes bounds how many changes one call makes.
const maxFixes = 200

// Fix makes every certain change to the template at path, a path of the project,
// and returns what it did, from the top of the file to its end. A change is kept
// only if the dry run of the changed text no longer has the complaint and no new
// fault of TOML or of the template. Nothing is written when there is no such
// change, or when the file was changed by someone else meanwhile, which is an
// error. The file is replaced as a whole; what is not changed keeps every byte.
func (e *Engine) Fix(ctx context.Context, path string) ([]Fixed, error) {
	src := readSource(e.scope, path)
	if src.err != nil {
		return nil, fmt.Errorf("fix %s: %w", e.TypedPath(path), src.err)
	}
	text, ds := src.data, e.dryRun(ctx, src, src.data)
	var done []Fixed
	refused := map[string]bool{} // changes that did not help
	for len(done) < maxFixes && ctx.Err() == nil {
		// From the end, so that the places of what comes before stay true.
		i := lastFix(ds, path, refused)
		if i < 0 {
			break
		}
		d := ds[i]
		changed, err := d.Fix.Apply(text)
		if err == nil {
			after := e.dryRun(ctx, src, changed)
			if mended(ds, after, &d) {
				done = append(done, Fixed{Code: d.Code, Title: d.Fix.Title, Pos: diag.Position{File: e.TypedPath(path), Line: d.Pos.Line, Column: d.Pos.Column}})
				text, ds = changed, after
				continue
			}
		}
		refused[identity(&d)] = true
	}
	if len(done) == 0 || ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err := replace(e.scope.abs(path), src.data, text); err != nil {
		return nil, fmt.Errorf("fix %s: %w", e.TypedPath(path), err)
	}
	slices.SortStableFunc(done, func(a, b Fixed) int { return a.Pos.Line - b.Pos.Line })
	return done, nil
}

// dryRun checks a text in place of the file that it came from.
func (e *Engine) dryRun(ctx context.Context, src *source, text []byte) []diag.Diagnostic {
	return e.pipeline.check(ctx, &source{path: src.path, data: text, hash: sha256.Sum256(text)}).diags
}

// lastFix returns the last diagnostic of the file at path with a fix that was
// not refused, or -1.
func lastFix(ds []diag.Diagnostic, path string, refused map[string]bool) int {
	for i := len(ds) - 1; i >= 0; i-- {
		if d := &ds[i]; d.Fix != nil && d.Pos.File == path && !refused[identity(d)] {
			return i
		}
	}
	return -1
}

// identity tells diagnostics of one text apart.
func identity(d *diag.Diagnostic) string { return d.Code + " " + d.Error() }

// mended reports whether a change took its complaint away without breaking the
// text itself.
func mended(before, after []diag.Diagnostic, d *diag.Diagnostic) bool {
	gone := !slices.ContainsFunc(after, func(o diag.Diagnostic) bool { return identity(&o) == identity(d) })
	return gone && faults(after) <= faults(before)
}

// faults counts what keeps a text from being read at all.
func faults(ds []diag.Diagnostic) int {
	n := 0
	for i := range ds {
		if c := ds[i].Code; ds[i].Severity == diag.Error && (strings.HasPrefix(c, "toml-") || strings.HasPrefix(c, "template-")) {
			n++
		}
	}
	return n
}

// errChanged says that a file is not what was read a moment ago.
var errChanged = errors.New("the file was changed meanwhile; nothing was written")

// replace puts text in the place of a file that still holds old, at once, with
// the permissions that it has. A symbolic link stays one.
func replace(name string, old, text []byte) (err error) {
	if name, err = filepath.EvalSymlinks(name); err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".clnrm-*")
	if err != nil {
		return err
	}
	defer func() {
		if gone := os.Remove(f.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}()
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(info.Mode().Perm()), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	now, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, old) {
		return errChanged
	}
	return os.Rename(f.Name(), name)
}
