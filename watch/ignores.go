package watch

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// maxIgnoreFile is how much of an ignore file is read, in bytes.
const maxIgnoreFile = 1 << 20

// Ignores decides by patterns and by ignore files in the folders of a tree what
// is looked at, as git does: the last line that matches decides, that of a deeper
// folder before that of a higher one; "!" takes back what an earlier line
// ignores. Its Ignore is for Options.Ignore. It is safe for concurrent use.
type Ignores struct {
	root  string
	names []string
	base  []rule

	mu   sync.Mutex
	dirs map[string][]rule // by folder
}

// NewIgnores returns the rules of patterns, which are relative to root, an
// absolute folder, and of the ignore files with the given names in root and below
// it; those of later names stand above those of earlier ones, and all of them
// above the patterns.
func NewIgnores(root string, patterns, names []string) *Ignores {
	return &Ignores{root: root, names: names, base: parseRules(strings.Join(patterns, "\n")), dirs: map[string][]rule{}}
}

// Ignore reports whether a file or directory is not to be looked at. What lies in
// an ignored directory is for the caller to leave out.
func (g *Ignores) Ignore(path string, dir bool) bool {
	rel, err := filepath.Rel(g.root, path)
	if err != nil || rel == "." || !filepath.IsLocal(rel) {
		return false
	}
	parts := strings.Split(filepath.ToSlash(rel), "/")
	ignored := decide(g.base, strings.Join(parts, "/"), dir, false)
	folder := g.root
	for i := range parts {
		ignored = decide(g.rules(folder), strings.Join(parts[i:], "/"), dir, ignored)
		folder = filepath.Join(folder, parts[i])
	}
	return ignored
}

// decide applies the rules of one file to what was decided before.
func decide(rules []rule, rel string, dir, ignored bool) bool {
	for i := len(rules) - 1; i >= 0; i-- {
		if r := &rules[i]; r.matches(rel, dir) {
			return !r.include
		}
	}
	return ignored
}

// rules reads the ignore files of a folder, once.
func (g *Ignores) rules(folder string) []rule {
	if len(g.names) == 0 {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	rules, known := g.dirs[folder]
	if !known {
		for _, name := range g.names {
			rules = append(rules, parseRules(readIgnoreFile(filepath.Join(folder, name)))...)
		}
		g.dirs[folder] = rules
	}
	return rules
}

// readIgnoreFile returns the text of an ignore file, "" when there is none: what
// cannot be read ignores nothing.
func readIgnoreFile(name string) string {
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	f, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxIgnoreFile))
	if err != nil {
		return ""
	}
	return string(text)
}

// Named reports whether path has the name of an ignore file.
func (g *Ignores) Named(path string) bool {
	base := filepath.Base(path)
	for _, name := range g.names {
		if name == base {
			return true
		}
	}
	return false
}

// Forget drops what was read of ignore files.
func (g *Ignores) Forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.dirs)
}
