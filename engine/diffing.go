package engine

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/diff"
	"github.com/seanchatmangpt/clnrm-tui/diff/spans"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// DiffStrategies are the names of the strategies, the default first.
func DiffStrategies() []string { return slices.Clone(diff.Strategies) }

// Difference is what two test files, or two recorded traces, do not have in
// common.
type Difference struct {
	files  *diff.Diff
	traces *spans.Diff
}

// DiffText says how a difference is written for people.
type DiffText struct {
	Color       bool
	OnlyChanges bool
	Width       int // columns, for side-by-side; 0 means 120
	Depth       int // spans below each other that the tree of traces shows; 0 means all
}

// DiffFormats are the formats that Write knows.
var DiffFormats = []string{"tree", "json", "side-by-side", "markdown", "github"}

// Equal reports whether there is no difference.
func (d *Difference) Equal() bool {
	if d.traces != nil {
		return d.traces.Equal()
	}
	return d.files.Equal()
}

// Loosened counts the expectations that ask for less than before; 0 for traces.
func (d *Difference) Loosened() int {
	if d.files == nil {
		return 0
	}
	return d.files.Summary().Loosened
}

// Undecided counts the changes of which it could not be shown whether they ask
// for more or for less; 0 for traces.
func (d *Difference) Undecided() int {
	if d.files == nil {
		return 0
	}
	return d.files.Summary().Undecided
}

// Traces reports whether traces were compared.
func (d *Difference) Traces() bool { return d.traces != nil }

// Write writes the difference in one of DiffFormats. A format that traces do not
// have is a *RequestError.
func (d *Difference) Write(w io.Writer, format string, o DiffText) error {
	text := diff.TextOptions{Color: o.Color, OnlyChanges: o.OnlyChanges, Width: o.Width}
	if d.traces != nil {
		switch format {
		case "tree":
			return spans.WriteTree(w, d.traces, spans.TextOptions{Color: o.Color, OnlyChanges: o.OnlyChanges, Depth: o.Depth})
		case "json":
			return spans.WriteJSON(w, d.traces)
		}
		return &RequestError{fmt.Sprintf("two traces are compared as tree or json, not as %s", format)}
	}
	switch format {
	case "tree":
		return diff.WriteTree(w, d.files, text)
	case "side-by-side":
		return diff.WriteSideBySide(w, d.files, text)
	case "json":
		return diff.WriteJSON(w, d.files)
	case "markdown":
		return diff.WriteMarkdown(w, d.files)
	case "github":
		return diff.WriteGitHub(w, d.files)
	}
	return &RequestError{"unknown format of a diff: " + format}
}

// DiffKind is what a file is to a comparison.
type DiffKind uint8

// The things that can be compared.
const (
	DiffFile  DiffKind = iota // a test file
	DiffTrace                 // a recorded trace
)

// String names the thing in a sentence.
func (k DiffKind) String() string {
	if k == DiffTrace {
		return "a recorded trace"
	}
	return "a test file"
}

// DiffKindOf tells by its content what two paths hold. Different things, or a
// path that cannot be read, are a *RequestError that says why.
func DiffKindOf(old, new string) (DiffKind, error) {
	a, err := kindOf(old)
	if err != nil {
		return a, err
	}
	b, err := kindOf(new)
	if err != nil {
		return b, err
	}
	if a != b {
		return a, &RequestError{fmt.Sprintf("%s is %s and %s is %s: only two of a kind can be compared", old, a, new, b)}
	}
	return a, nil
}

func kindOf(path string) (DiffKind, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, &RequestError{fmt.Sprintf("no such file or directory: %s", path)}
	}
	if !info.Mode().IsRegular() {
		return 0, &RequestError{path + " is no regular file; name a test file or a trace"}
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, &RequestError{err.Error()}
	}
	head, err := io.ReadAll(io.LimitReader(f, kindLimit))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return 0, &RequestError{fmt.Sprintf("read %s: %v", path, err)}
	}
	return kindOfText(path, head), nil
}

// kindOfText tells JSON and gzip from TOML and templates. The output of a
// program may hold spans between other lines: only a file that is not named like
// a test file is searched for them.
func kindOfText(path string, head []byte) DiffKind {
	if bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		return DiffTrace
	}
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")))
	list, isList := bytes.CutPrefix(head, []byte("["))
	list = bytes.TrimSpace(list)
	if object(head) || isList && (object(list) || bytes.HasPrefix(list, []byte("]"))) {
		return DiffTrace
	}
	if strings.HasSuffix(path, ".toml") || strings.HasSuffix(path, ".tera") {
		return DiffFile
	}
	for line := range bytes.Lines(head) {
		if object(line) {
			return DiffTrace
		}
	}
	return DiffFile
}

// object reports whether text begins like a JSON object.
func object(text []byte) bool {
	rest, ok := bytes.CutPrefix(text, []byte("{"))
	rest = bytes.TrimSpace(rest)
	return ok && len(rest) > 0 && (rest[0] == '"' || rest[0] == '}')
}

// kindLimit is how much of a file, in bytes, tells what it is.
const kindLimit = 64 << 10

// DiffFiles compares the expectations of two test files, which Scan has met. A
// file with errors is an *InvalidError.
func (e *Engine) DiffFiles(old, new, strategy string) (*Difference, error) {
	a, err := e.diffTree(old)
	if err != nil {
		return nil, err
	}
	b, err := e.diffTree(new)
	if err != nil {
		return nil, err
	}
	return diffTrees(a, b, strategy, e.allSecrets())
}

// allSecrets hides what must not be shown of any template, beside values by the
// names of their fields.
func (e *Engine) allSecrets(more ...string) *secret.Set {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, en := range e.entries {
		more = append(more, en.secretValues...)
	}
	return secret.NewSet(more...).WithNames(e.pipeline.secrets)
}

func diffTrees(old, new *diff.Tree, strategy string, hide *secret.Set) (*Difference, error) {
	s, err := diff.StrategyNamed(strategy)
	if err != nil {
		return nil, &RequestError{err.Error()}
	}
	return &Difference{files: s.Diff(old, new).Hiding(hide)}, nil
}

// diffTree is the expectation tree of a test file, with paths as typed.
func (e *Engine) diffTree(path string) (*diff.Tree, error) {
	f, err := e.sound(path)
	if err != nil {
		return nil, err
	}
	return diff.FromFile(f).Named(path, e.TypedPath), nil
}

// TraceDiff says what counts as a difference between two traces. The zero value
// means the defaults.
type TraceDiff struct {
	Ignore   []string      // attribute keys to leave out
	Presence bool          // compare which attributes there are, and not their values
	Noise    time.Duration // least difference of a duration that counts; default 5 ms
	LeftOut  LeftOut       // nil: a trace that cannot be read as a whole is an error
}

// DiffTraces compares two recorded traces, in any of the forms that package trace
// reads, or recorded runs. One that cannot be used is a *TraceError.
func DiffTraces(old, new string, o TraceDiff) (*Difference, error) {
	files, err := readTraces([]string{old, new}, o.LeftOut)
	if err != nil {
		return nil, err
	}
	a, b := trace.NewSet(files[0].spans), trace.NewSet(files[1].spans)
	return &Difference{traces: spans.Compare(old, new, a, b, spans.Options{Ignore: o.Ignore, Presence: o.Presence, Noise: o.Noise})}, nil
}

// DiffRevision compares a test file, which Scan has met, with the same file at a
// revision of the git repository that it lies in. What the file includes is
// taken from that revision, too. An unknown revision, or one without the file,
// is a *RequestError; without git it is an environment error.
func (e *Engine) DiffRevision(ctx context.Context, rev, path, strategy string) (_ *Difference, err error) {
	now, err := e.diffTree(path)
	if err != nil {
		return nil, err
	}
	abs := e.scope.abs(e.ProjectPath(path))
	r, err := openRevision(ctx, filepath.Dir(abs), rev)
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := r.close(); err == nil {
			err = cerr
		}
	}()
	then, hidden, err := r.tree(ctx, e.opts, e.scope.root, abs, path)
	if err != nil {
		return nil, err
	}
	return diffTrees(then, now, strategy, e.allSecrets(hidden...))
}
