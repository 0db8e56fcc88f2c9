// Package artifact keeps what a scenario leaves behind: its spans, its output,
// files out of its containers.
//
// Names and bytes flow in; a folder with a manifest of what it holds, how long
// each file is and its hash, flows out. The folder takes the place of the one
// before when it is complete, so that a crash leaves the old one. What it may hold
// is bounded, and no name leads out of it. The package knows nothing of scenarios,
// containers or spans, and imports the standard library only.
package artifact

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// The bounds of one folder.
const (
	MaxFiles = 200
	MaxBytes = 256 << 20
)

// schema names the version of the manifest.
const schema = "clnrm.artifacts/1"

// manifestName is the manifest's file in the folder.
const manifestName = "manifest.json"

// leftover is the age at which a folder that was never completed is taken for
// one of a process that died.
const leftover = 24 * time.Hour

// Manifest lists what a folder holds.
type Manifest struct {
	Schema   string    `json:"schema"`
	File     string    `json:"file"`     // the template
	Scenario string    `json:"scenario"` // its name in the file
	RunID    string    `json:"run_id"`
	At       time.Time `json:"at"`
	Files    []File    `json:"files"` // sorted by name
	// Missing says what was asked for and is not here, or not whole.
	Missing []string `json:"missing,omitempty"`
}

// File is one file of a folder.
type File struct {
	Name   string `json:"name"`             // in the folder, with slashes
	Origin string `json:"origin,omitempty"` // SERVICE:PATH of a file out of a container
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // of what is written here, lower hex
	Cut    bool   `json:"cut,omitempty"`
}

// Folder is a folder that is being filled. Its methods are safe for concurrent
// use. Either Commit or Discard must be called.
type Folder struct {
	final string // where it will be
	dir   string // where it is
	root  *os.Root

	leftovers error // of others, that could not be removed

	mu       sync.Mutex
	manifest Manifest
	left     int64
	taken    map[string]bool
}

// Path is the folder of a scenario below base.
func Path(base, file, scenario string) string {
	return filepath.Join(base, slug(file), slug(scenario))
}

// Create begins a folder for one execution of a scenario below base.
func Create(base string, m Manifest) (*Folder, error) {
	f := &Folder{final: Path(base, m.File, m.Scenario), manifest: m, left: MaxBytes, taken: map[string]bool{manifestName: true}}
	parent := filepath.Dir(f.final)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("artifacts: %w", err)
	}
	f.leftovers = clear(parent)
	var err error
	if f.dir, err = os.MkdirTemp(parent, ".new-"); err != nil {
		return nil, fmt.Errorf("artifacts: %w", err)
	}
	if f.root, err = os.OpenRoot(f.dir); err != nil {
		return nil, errors.Join(fmt.Errorf("artifacts: %w", err), os.RemoveAll(f.dir))
	}
	return f, nil
}

// clear removes what processes that died left unfinished.
func clear(parent string) error {
	list, err := os.ReadDir(parent)
	errs := []error{err}
	for _, e := range list {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), ".new-") && time.Since(info.ModTime()) > leftover {
			errs = append(errs, os.RemoveAll(filepath.Join(parent, e.Name())))
		}
	}
	return errors.Join(errs...)
}

// Leftovers says why what processes that died left unfinished beside the folder
// could not be removed; nil when nothing of it is left. The folder is none the
// worse for it.
func (f *Folder) Leftovers() error { return f.leftovers }

// ErrFull says that a folder has as many files as it may have.
var ErrFull = errors.New("there are too many artifacts")

// Open begins a file. name is a path with slashes below the folder; what cannot
// be a name there is replaced. origin says where the file comes from, "" for what
// the runner makes itself. When there is no room for all of its bytes the rest is
// dropped, and the manifest says so.
func (f *Folder) Open(name, origin string) (io.WriteCloser, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.manifest.Files) >= MaxFiles {
		return nil, ErrFull
	}
	name = f.free(local(name))
	if dir := path.Dir(name); dir != "." {
		if err := f.root.MkdirAll(filepath.FromSlash(dir), 0o755); err != nil {
			return nil, fmt.Errorf("artifact %s: %w", name, err)
		}
	}
	file, err := f.root.OpenFile(filepath.FromSlash(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, fmt.Errorf("artifact %s: %w", name, err)
	}
	f.taken[name] = true
	f.manifest.Files = append(f.manifest.Files, File{Name: name, Origin: origin})
	return &writer{f: f, file: file, at: len(f.manifest.Files) - 1, sum: sha256.New()}, nil
}

// free is a name that no file of the folder has.
func (f *Folder) free(name string) string {
	for n, out := 2, name; ; n++ {
		if !f.taken[out] {
			return out
		}
		ext := path.Ext(name)
		out = fmt.Sprintf("%s~%d%s", strings.TrimSuffix(name, ext), n, ext)
	}
}

// Miss notes what was asked for and is not there.
func (f *Folder) Miss(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.manifest.Missing = append(f.manifest.Missing, what)
}

// Commit writes the manifest and puts the folder in its place. Every file must be
// closed. It returns where the folder is and what it holds.
func (f *Folder) Commit() (string, Manifest, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := f.manifest
	m.Schema = schema
	slices.SortFunc(m.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	text, err := json.MarshalIndent(m, "", "  ")
	if err == nil {
		err = f.root.WriteFile(manifestName, append(text, '\n'), 0o644)
	}
	if err == nil {
		err = os.Chmod(f.dir, 0o755)
	}
	err = errors.Join(err, f.root.Close())
	if err == nil {
		err = swap(f.dir, f.final)
	}
	if err != nil {
		return "", m, errors.Join(fmt.Errorf("artifacts: %w", err), os.RemoveAll(f.dir))
	}
	return f.final, m, nil
}

// swap puts a folder in the place of another.
func swap(dir, final string) error {
	old := dir + ".old"
	err := os.Rename(final, old)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Rename(dir, final); err != nil {
		return errors.Join(err, os.Rename(old, final))
	}
	return os.RemoveAll(old)
}

// Discard removes the folder.
func (f *Folder) Discard() error {
	return errors.Join(f.root.Close(), os.RemoveAll(f.dir))
}

// writer writes one file of a folder.
type writer struct {
	f     *Folder
	file  *os.File
	at    int // in the manifest
	sum   hash.Hash
	bytes int64
	cut   bool
}

// Write implements io.Writer. What there is no room for is dropped.
func (w *writer) Write(p []byte) (int, error) {
	w.f.mu.Lock()
	n := int(min(int64(len(p)), w.f.left))
	w.f.left -= int64(n)
	w.f.mu.Unlock()
	w.cut = w.cut || n < len(p)
	k, err := w.file.Write(p[:n])
	w.sum.Write(p[:k])
	w.bytes += int64(k)
	if err != nil {
		return k, err
	}
	return len(p), nil
}

// Close implements io.Closer.
func (w *writer) Close() error {
	w.f.mu.Lock()
	defer w.f.mu.Unlock()
	e := &w.f.manifest.Files[w.at]
	e.Bytes, e.SHA256, e.Cut = w.bytes, hex.EncodeToString(w.sum.Sum(nil)), w.cut
	if w.cut {
		w.f.manifest.Missing = append(w.f.manifest.Missing, fmt.Sprintf("the rest of %s: artifacts of one scenario are bounded to %d MiB", e.Name, MaxBytes>>20))
	}
	return w.file.Close()
}

// local makes a path that stays below the folder and that every file system
// takes: elements that would lead elsewhere are dropped, characters that would
// confuse are written as %XX.
func local(name string) string {
	var out []string
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part == "." || part == ".." {
			continue
		}
		out = append(out, escape(part))
	}
	if len(out) == 0 {
		return "file"
	}
	return strings.Join(out, "/")
}

// longest bounds an element of a name, in bytes.
const longest = 200

// escape writes one element of a name.
func escape(part string) string {
	var b strings.Builder
	for len(part) > 0 && b.Len() < longest {
		r, n := utf8.DecodeRuneInString(part)
		if r == utf8.RuneError && n <= 1 || r < ' ' || r == 0x7f || strings.ContainsRune(`%\:*?"<>|`, r) {
			for _, c := range []byte(part[:n]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		} else {
			b.WriteString(part[:n])
		}
		part = part[n:]
	}
	return b.String()
}

// slug makes a readable folder name; where that changes the text, a hash keeps
// two from being one.
func slug(s string) string {
	out := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return '-'
	}, s)
	out = strings.TrimLeft(out, ".")
	out = out[:min(len(out), 60)]
	if out != s || out == "" {
		sum := sha256.Sum256([]byte(s))
		out += "-" + hex.EncodeToString(sum[:4])
	}
	return out
}
