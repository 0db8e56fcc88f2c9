package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/diff"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
)

// revision is a revision of a git repository, of which the files that are asked
// for are written into a folder of their own.
type revision struct {
	name string // as the user typed it
	repo string // top of the working tree
	dir  string // temporary; holds a copy of what was asked for
}

// openRevision finds the repository around a folder and makes sure that it has
// the revision.
func openRevision(ctx context.Context, folder, name string) (*revision, error) {
	if strings.HasPrefix(name, "-") {
		return nil, &RequestError{"no revision: " + name}
	}
	top, err := git(ctx, folder, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, gitRequest(err, folder+" is in no git repository")
	}
	repo := strings.TrimRight(string(top), "\n")
	if _, err := git(ctx, repo, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}"); err != nil {
		return nil, gitRequest(err, "no revision "+name+" in "+repo)
	}
	dir, err := os.MkdirTemp("", "clnrm-diff-")
	if err != nil {
		return nil, fmt.Errorf("copy of revision %s: %w", name, err)
	}
	return &revision{name: name, repo: repo, dir: dir}, nil
}

func (r *revision) close() error {
	if err := os.RemoveAll(r.dir); err != nil {
		return fmt.Errorf("remove the copy of revision %s: %w", r.name, err)
	}
	return nil
}

// errNotThere says that a revision has no file of a name.
var errNotThere = errors.New("not in the revision")

// fetch copies a file of the revision, named relative to the repository.
func (r *revision) fetch(ctx context.Context, rel string) error {
	text, err := git(ctx, r.repo, "show", "--end-of-options", r.name+":"+filepath.ToSlash(rel))
	if err != nil {
		if refused := (*gitError)(nil); errors.As(err, &refused) {
			return errNotThere
		}
		return err
	}
	name := filepath.Join(r.dir, rel)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("copy of revision %s: %w", r.name, err)
	}
	if err := os.WriteFile(name, text, 0o600); err != nil {
		return fmt.Errorf("copy of revision %s: %w", r.name, err)
	}
	return nil
}

// tree is the expectation tree that a file had, and the secrets in it. What the template looks for is
// fetched until nothing more is found: an included file may include another.
func (r *revision) tree(ctx context.Context, o Options, root, abs, typed string) (t *diff.Tree, secrets []string, err error) {
	// git shows the top with symbolic links resolved.
	abs, err = filepath.EvalSymlinks(abs)
	if err != nil {
		return nil, nil, &RequestError{err.Error()}
	}
	rel, err := filepath.Rel(r.repo, abs)
	if err != nil || strings.HasPrefix(rel, "..") {
		return nil, nil, &RequestError{abs + " is not in the repository " + r.repo}
	}
	err = r.fetch(ctx, rel)
	if errors.Is(err, errNotThere) {
		return nil, nil, &RequestError{fmt.Sprintf("%s has no file %s", r.name, filepath.ToSlash(rel))}
	}
	if err != nil {
		return nil, nil, err
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return nil, nil, &RequestError{err.Error()}
	}
	below, err := filepath.Rel(r.repo, root)
	if err != nil || strings.HasPrefix(below, "..") {
		below = "." // the project is wider than the repository
	}
	// The folder that is the project's root here is one there.
	if err := os.MkdirAll(filepath.Join(r.dir, below, ".git"), 0o700); err != nil {
		return nil, nil, fmt.Errorf("copy of revision %s: %w", r.name, err)
	}
	name := r.name + ":" + filepath.ToSlash(rel)
	o.Dir, o.Paths = filepath.Join(r.dir, filepath.Dir(rel)), []string{filepath.Join(r.dir, rel)}
	asked := map[string]bool{}
	for {
		t, secrets, looked, err := oldTree(ctx, o, name)
		found := false
		for _, dep := range looked {
			at := filepath.Join(below, filepath.FromSlash(dep))
			if filepath.IsAbs(dep) || strings.HasPrefix(at, "..") || asked[at] {
				continue
			}
			asked[at] = true
			switch ferr := r.fetch(ctx, at); {
			case ferr == nil:
				found = true
			case !errors.Is(ferr, errNotThere):
				return nil, nil, ferr
			}
		}
		if !found {
			return t, secrets, err
		}
	}
}

// oldTree checks a copied file and returns its tree, and which files its template
// looked for in vain.
func oldTree(ctx context.Context, o Options, name string) (t *diff.Tree, secrets, looked []string, err error) {
	e, err := New(o)
	if err != nil {
		return nil, nil, nil, err
	}
	defer func() { err = errors.Join(err, e.Close(ctx)) }()
	if err := e.Scan(ctx); err != nil {
		return nil, nil, nil, err
	}
	path := o.Paths[0]
	e.mu.Lock()
	if en := e.entries[e.ProjectPath(path)]; en != nil {
		secrets = en.secretValues
		for _, d := range en.deps {
			if !d.Exists {
				looked = append(looked, d.Path)
			}
		}
	}
	e.mu.Unlock()
	f, err := e.sound(path)
	if invalid := (*InvalidError)(nil); errors.As(err, &invalid) {
		invalid.File = name
	}
	if err != nil {
		return nil, nil, looked, err
	}
	return diff.FromFile(f).Named(name, func(string) string { return name }), secrets, looked, nil
}

// gitError is what git said when it failed.
type gitError struct{ said string }

func (e *gitError) Error() string { return "git: " + e.said }

// git runs git in a folder and returns its output. Without git it is an
// environment error, what git complains about a *gitError.
func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0")
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	var failed *exec.ExitError
	switch {
	case err == nil:
		return out.Bytes(), nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &failed):
		return nil, &gitError{strings.TrimSpace(complaint.String())}
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return nil, &runner.EnvironmentError{What: "git is not installed", Remedy: "--git needs the git command; without it, compare two files", Err: exec.ErrNotFound}
	}
	return nil, fmt.Errorf("git: %w", err)
}

// gitRequest turns a refusal of git into an error of the request; others stay.
func gitRequest(err error, what string) error {
	if refused := (*gitError)(nil); errors.As(err, &refused) {
		if refused.said != "" {
			what += " (" + refused.said + ")"
		}
		return &RequestError{what}
	}
	return err
}
