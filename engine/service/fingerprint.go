package service

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Inputs are files and, by how they are written, more than files.
const (
	// everything, at the end of a directory, stands for all that is below it.
	everything = "/**"
	// embedded, at the end of a pattern, stands for the files that match it and
	// for all that is below the directories that do: what //go:embed takes.
	embedded = "/***"
	// outer, in front, marks what is not of the project: $NAME is a variable of
	// the environment, $/a/file a file that nobody watches.
	outer = "$"
	// goCommand stands for which program the go command is.
	goCommand = "$(go)"
	// buildContext, in front of a quoted Dockerfile and a directory, stands for
	// what a build of the directory sends to the daemon.
	buildContext = "$context "
)

// mostFiles is how many entries below a directory are looked at. A directory with
// more is not worth the time after every save: it has no fingerprint.
const mostFiles = 4096

// errTooMany says that a directory has more than mostFiles entries.
var errTooMany = errors.New("too many files")

// input is one thing that an input stands for now.
type input struct {
	path string
	kind string // its mode, target or value: what decides beside its content
	file bool   // its content decides
	out  bool   // nobody watches it
}

// Content returns the inputs that stand for a file, or for a directory with
// everything below it, and their fingerprint now.
func Content(path string, dir bool) (inputs []string, fingerprint string) {
	if dir {
		path += everything
	}
	inputs = []string{path}
	return inputs, Fingerprint(inputs, hashFile)
}

// IsInput reports whether a file is among inputs, or would be if it existed.
func IsInput(inputs []string, file string) bool {
	return slices.ContainsFunc(inputs, func(in string) bool {
		if pattern, ok := strings.CutSuffix(in, embedded); ok {
			for path := file; path != filepath.Dir(path); path = filepath.Dir(path) {
				if match, _ := filepath.Match(pattern, path); match { // the go command has read the pattern
					return true
				}
			}
			return false
		}
		if _, dir, ok := cutContext(in); ok {
			return strings.HasPrefix(file, dir+"/")
		}
		below, all := strings.CutSuffix(in, everything)
		return in == file || in == filepath.Dir(file)+"/" || all && strings.HasPrefix(file, below+"/")
	})
}

// Fingerprint hashes what inputs stand for: the content of files, and of what is
// below mounted directories and in build contexts also modes, the targets of
// symbolic links and empty directories. It is empty when that cannot be told,
// which is so of no inputs, of directories that cannot be read and of those that
// are too large. hash returns the content hash of a file and whether it exists.
func Fingerprint(inputs []string, hash func(path string) (sum [32]byte, exists bool)) string {
	list, err := look(inputs)
	if err != nil || len(inputs) == 0 {
		return ""
	}
	h := sha256.New()
	for _, in := range list {
		fmt.Fprintf(h, "%q %q", in.path, in.kind)
		if in.file {
			sum, exists := hash(in.path)
			fmt.Fprintf(h, " %v %x", exists, sum)
		}
		fmt.Fprintln(h)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// InputFiles lists the files that inputs stand for and that are worth watching,
// as they are now.
func InputFiles(inputs []string) []string {
	list, _ := look(inputs) // those that can be seen
	var files []string
	for _, in := range list {
		if in.file && !in.out {
			files = append(files, in.path)
		}
	}
	return files
}

// look lists what inputs stand for now. The error says that not all was seen.
func look(inputs []string) (list []input, err error) {
	for _, in := range inputs {
		more, lerr := lookAt(in)
		list, err = append(list, more...), errors.Join(err, lerr)
	}
	return list, err
}

func lookAt(in string) ([]input, error) {
	if dockerfile, dir, ok := cutContext(in); ok {
		return contextNow(dir, dockerfile)
	}
	if pattern, ok := strings.CutSuffix(in, embedded); ok {
		return matching(pattern)
	}
	if dir, ok := strings.CutSuffix(in, everything); ok {
		return below(dir)
	}
	if name, ok := strings.CutPrefix(in, outer); ok {
		switch {
		case in == goCommand:
			path, _ := exec.LookPath("go") // none is a value too
			real, _ := filepath.EvalSymlinks(path)
			return []input{{path: in, kind: real}}, nil
		case filepath.IsAbs(name):
			return []input{{path: name, file: true, out: true}}, nil
		}
		return []input{{path: in, kind: os.Getenv(name)}}, nil
	}
	if strings.HasSuffix(in, "/") {
		return goFiles(in), nil
	}
	return []input{fileNow(in)}, nil
}

// fileNow is a file as it is now; a missing one is hashed as such.
func fileNow(path string) input {
	in := input{path: path, file: true}
	if st, err := os.Stat(path); err == nil {
		in.kind = st.Mode().String()
	}
	return in
}

// goFiles lists the files of a directory that belong to its package, tests apart,
// which no program contains.
func goFiles(dir string) []input {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return []input{{path: dir, file: true}} // it will be hashed as missing
	}
	var list []input
	for _, e := range entries {
		name := e.Name()
		built := slices.Contains([]string{".go", ".s", ".h", ".syso"}, filepath.Ext(name))
		if !e.IsDir() && built && !strings.HasSuffix(name, "_test.go") {
			list = append(list, input{path: dir + name, file: true})
		}
	}
	return list
}

// matching lists what a //go:embed of a pattern takes, and a little more: hidden
// files below directories.
func matching(pattern string) ([]input, error) {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pattern, err)
	}
	var list []input
	for _, path := range paths {
		st, serr := os.Stat(path)
		if serr != nil || !st.IsDir() {
			list = append(list, fileNow(path))
			continue
		}
		more, berr := below(path)
		list, err = append(list, more...), errors.Join(err, berr)
	}
	return list, err
}

// below lists a directory and everything below it in lexical order, with modes
// and the targets of symbolic links.
func below(dir string) ([]input, error) {
	var list []input
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if len(list) == mostFiles {
			return fmt.Errorf("%s: %w", dir, errTooMany)
		}
		st, err := d.Info()
		if err != nil {
			return err
		}
		in := input{path: path, kind: st.Mode().String(), file: st.Mode().IsRegular()}
		if st.Mode()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			in.kind += " " + target
		}
		list = append(list, in)
		return nil
	})
	return list, err
}

// contextInput is the input that stands for a build context.
func contextInput(dir, dockerfile string) string {
	return buildContext + strconv.Quote(dockerfile) + " " + dir
}

func cutContext(in string) (dockerfile, dir string, ok bool) {
	rest, ok := strings.CutPrefix(in, buildContext)
	quoted, err := strconv.QuotedPrefix(rest)
	if !ok || err != nil {
		return "", "", false
	}
	dockerfile, err = strconv.Unquote(quoted)
	return dockerfile, strings.TrimPrefix(rest[len(quoted):], " "), err == nil
}

// contextNow lists what a build of dir would send to the daemon.
func contextNow(dir, dockerfile string) ([]input, error) {
	files, err := contextFiles(dir, dockerfile)
	list := make([]input, 0, len(files))
	for _, f := range files {
		list = append(list, input{
			path: filepath.Join(dir, filepath.FromSlash(f.name)), kind: f.info.Mode().String() + " " + f.link,
			file: f.info.Mode().IsRegular(),
		})
	}
	return list, err
}

// quoteGlob makes a path match itself only.
func quoteGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// hashFile is the hash for a Fingerprint that reads files as they are.
func hashFile(path string) (sum [32]byte, exists bool) {
	data, err := os.ReadFile(path)
	if err != nil {
		return sum, false
	}
	return sha256.Sum256(data), true
}

// stamp describes what inputs stand for by size and time. Recent is set when it
// cannot be relied on: not all was seen, or something changed so lately that a
// further change might leave both as they are.
func stamp(inputs []string) (text string, recent bool) {
	var b strings.Builder
	list, err := look(inputs)
	recent = err != nil
	for _, in := range list {
		fmt.Fprintf(&b, "%q %q", in.path, in.kind)
		if in.file {
			if st, err := os.Stat(in.path); err != nil {
				fmt.Fprintf(&b, " %v", err)
			} else {
				recent = recent || time.Since(st.ModTime()) < racy
				fmt.Fprintf(&b, " %d %d", st.Size(), st.ModTime().UnixNano())
			}
		}
		b.WriteByte('\n')
	}
	return b.String(), recent
}
