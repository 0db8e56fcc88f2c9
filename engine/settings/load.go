package settings

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// FileNames are the names of a project's settings file; the first one that is
// there counts.
var FileNames = []string{"cleanroom.toml", "clnrm.toml"}

// MaxFile is the size of the largest file that is read, in bytes.
const MaxFile = 1 << 20

// Source says where settings are looked for.
type Source struct {
	// Dir is the absolute folder from which the project's file is searched
	// upwards.
	Dir string
	// Root is the project's absolute root: above it, settings are looked for and
	// not waited for.
	Root string
	// Config is the one file to read instead, "" to search; relative to Base.
	Config string
	// Base is the absolute working directory: files below it are named relative
	// to it in positions.
	Base string
	Env  func(name string) (string, bool)
	// Options are what the command line says.
	Options []Option
	// Texts are the contents of files, by absolute path, that count instead of what
	// is on the disk now: what somebody has read who tells of every change.
	Texts map[string][]byte
}

// Option is an option of the command line that stands above all other layers.
type Option struct {
	Key   string
	Name  string // as the user wrote it: "--jobs"
	Value any    // of the type of the key's kind
	// Append says that Value, a list, goes behind the one of the layers below.
	Append bool
}

// loader collects one set.
type loader struct {
	base  string
	root  string
	texts map[string][]byte
	set   *Set
	diags []diag.Diagnostic
}

// Load reads all layers. The set is complete whatever is wrong: what cannot be
// read leaves the layer below in place. With an error among the diagnostics the
// set must not be used; warnings name keys that have no effect. Diagnostics are
// in the order of layers.
func Load(src Source) (*Set, []diag.Diagnostic) {
	l := &loader{base: src.Base, root: src.Root, texts: src.Texts, set: &Set{values: make(map[string]Value, len(keys))}}
	for _, k := range keys {
		l.set.values[k.Name] = Value{Key: k, Value: k.Default}
	}
	if dir := userDir(src.Env); dir != "" {
		l.read(User, filepath.Join(dir, "cleanroom", FileNames[0]), false)
	}
	if src.Config != "" {
		name := src.Config
		if !filepath.IsAbs(name) {
			name = filepath.Join(src.Base, name)
		}
		l.set.File = name
		l.read(Project, name, true)
	} else {
		l.search(src.Dir)
	}
	l.environment(src.Env)
	for _, o := range src.Options {
		k, ok := find(o.Key)
		if !ok {
			panic("settings: there is no key " + o.Key)
		}
		v := o.Value
		if o.Append {
			v = slices.Concat(l.set.Texts(o.Key), v.([]string))
		}
		l.put(&k, v, Origin{Layer: Command, Name: o.Name}, spec.Place{})
	}
	return l.set, l.diags
}

// userDir is the folder of the user's configuration, "" when there is none.
func userDir(env func(string) (string, bool)) string {
	if dir, _ := env("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return dir
	}
	if home, _ := env("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".config")
	}
	return ""
}

// search reads the nearest settings file at or above dir. Nearer places where
// one may appear are noted, so that it is noticed.
// One of somebody else is refused: whoever can write to a folder above, such as
// /tmp, must not decide which tests there are and what is executed.
func (l *loader) search(dir string) {
	from := dir
	for {
		for i, name := range FileNames {
			file := filepath.Join(dir, name)
			if info, err := os.Stat(file); err != nil || info.IsDir() {
				if inside(l.root, dir) {
					l.set.Files = append(l.set.Files, file)
				}
				continue
			}
			l.set.File = file
			if owner, foreign := Foreign(file, from); foreign {
				l.diags = append(l.diags, diag.Diagnostic{
					Severity: diag.Error, Code: "setting-owner", Pos: diag.Position{File: l.shown(file)},
					Message: "these settings belong to " + owner + ", who owns neither this process nor the tests",
					Hint:    "if you trust them, name them: --config " + file + "; otherwise put a " + name + " of your own beside the tests",
				})
				return
			}
			l.read(Project, file, true)
			for _, other := range FileNames[i+1:] {
				if _, err := os.Stat(filepath.Join(dir, other)); err == nil {
					l.diags = append(l.diags, diag.Diagnostic{
						Severity: diag.Warning, Code: "setting-unused", Pos: diag.Position{File: l.shown(filepath.Join(dir, other))},
						Message: "this file is not read, for " + name + " stands beside it", Hint: "keep one of the two",
					})
				}
			}
			return
		}
		up := filepath.Dir(dir)
		if up == dir {
			return
		}
		dir = up
	}
}

// inside reports whether dir is root or lies below it.
func inside(root, dir string) bool {
	rel, err := filepath.Rel(root, dir)
	return err == nil && filepath.IsLocal(rel)
}

// shown is the name of a file in positions.
func (l *loader) shown(file string) string {
	if rel, err := filepath.Rel(l.base, file); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return file
}

// read takes one file; needed says that it must be there.
func (l *loader) read(layer Layer, file string, needed bool) {
	l.set.Files = append(l.set.Files, file)
	text, err := l.text(file)
	if !needed && errors.Is(err, fs.ErrNotExist) {
		return
	}
	name := l.shown(file)
	if err != nil {
		l.diags = append(l.diags, diag.Diagnostic{
			Severity: diag.Error, Code: "file-unreadable", Pos: diag.Position{File: name},
			Message: "the settings cannot be read: " + err.Error(),
		})
		return
	}
	l.file(layer, name, text)
}

// text returns the contents of a file, of a reasonable size.
func (l *loader) text(file string) ([]byte, error) {
	text, told := l.texts[file]
	if !told {
		return readBounded(file)
	}
	if len(text) > MaxFile {
		return nil, errTooLarge
	}
	return text, nil
}

var errTooLarge = fmt.Errorf("it is larger than %d bytes", MaxFile)

// readBounded reads a regular file of a reasonable size.
func readBounded(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a file")
	}
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, err
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err == nil && len(text) > MaxFile {
		err = errTooLarge
	}
	return text, err
}

// environment reads the variables of all keys. An empty variable counts as not
// set, as it does for NO_COLOR.
func (l *loader) environment(env func(string) (string, bool)) {
	for i := range keys {
		k := &keys[i]
		text, ok := env(k.Env)
		if !ok || text == "" {
			continue
		}
		var v any
		var bad *problem
		if k.Kind == Texts {
			v, bad = k.list(splitList(text))
		} else {
			v, bad = k.text(text)
		}
		if bad != nil {
			l.diags = append(l.diags, diag.Diagnostic{
				Severity: diag.Error, Code: "setting-environment",
				Message: "the environment variable " + k.Env + " " + bad.text, Hint: bad.hint,
			})
			continue
		}
		l.put(k, v, Origin{Layer: Environment, Name: k.Env}, spec.Place{})
		l.warn(k, v, nil)
	}
}

// splitList reads a list out of a variable: commas separate its elements.
func splitList(text string) []string {
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// put sets a key.
func (l *loader) put(k *Key, v any, o Origin, at spec.Place) {
	name := k.canonical()
	l.set.values[name] = Value{Key: l.set.values[name].Key, Value: v, Origin: o, Place: at}
}

// warn says that a key has no effect, unless its value is what the program does
// anyway. at is where it is written, nil for the environment.
func (l *loader) warn(k *Key, v any, at *spec.Place) {
	if k.Unused == "" || k.Unused == describes || (Value{Key: *k, Value: v}).String() == (Value{Key: *k, Value: k.Default}).String() {
		return
	}
	d := diag.Diagnostic{Severity: diag.Warning, Code: "setting-unused", Message: "`" + k.Name + "` has no effect: " + k.Unused}
	if at == nil {
		d.Message = k.Env + " has no effect: " + k.Unused
	}
	if k.Refused {
		d.Severity, d.Code = diag.Error, "setting-value"
		d.Message, d.Hint = "`"+k.Name+"` cannot be "+(Value{Key: *k, Value: v}).String()+": "+k.Unused, "leave it out"
	}
	if at != nil {
		d.Pos, d.Line, d.Width = at.Pos, at.Line, at.Width
	}
	l.diags = append(l.diags, d)
}

// complain reports an error at a place of a file.
func (l *loader) complain(at spec.Place, code, hint, format string, args ...any) {
	l.diags = append(l.diags, diag.Diagnostic{
		Severity: diag.Error, Code: code, Message: fmt.Sprintf(format, args...), Hint: hint,
		Pos: at.Pos, Line: at.Line, Width: at.Width,
	})
}

// DependsOn reports whether the set can be another one when the file at path,
// which is absolute, changes.
func (s *Set) DependsOn(path string) bool { return slices.Contains(s.Files, path) }
