package watch

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// git is a repository with a small tree to ask about.
type git struct {
	t     *testing.T
	dir   string
	paths []string // directories end in a slash
}

func newGit(t *testing.T) *git {
	t.Helper()
	g := &git{t: t, dir: t.TempDir()}
	if out, err := exec.Command("git", "init", "-q", g.dir).CombinedOutput(); err != nil {
		t.Fatalf("git init: %v %s", err, out)
	}
	for _, dir := range []string{"", "a/", "a/b/", "a/b/a/", "b/", "ab/", "-/"} {
		if dir != "" {
			g.paths = append(g.paths, dir)
		}
		if err := os.MkdirAll(filepath.Join(g.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"a.x", "b.x", "ba", "[a]", "a b", "#a", "!a", "c", "*"} {
			g.paths = append(g.paths, dir+name)
			if err := os.WriteFile(filepath.Join(g.dir, dir+name), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	slices.Sort(g.paths)
	return g
}

func (g *git) write(name, text string) {
	g.t.Helper()
	if err := os.WriteFile(filepath.Join(g.dir, name), []byte(text), 0o644); err != nil {
		g.t.Fatal(err)
	}
}

// ignored asks git.
func (g *git) ignored() []string {
	g.t.Helper()
	cmd := exec.Command("git", "-c", "core.excludesFile=/dev/null", "check-ignore", "--no-index", "-z", "--stdin")
	cmd.Dir = g.dir
	cmd.Stdin = strings.NewReader(strings.ReplaceAll(strings.Join(g.paths, "\x00")+"\x00", "/\x00", "\x00"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState.ExitCode() != 1 {
		g.t.Fatalf("git check-ignore: %v %s", err, stderr.String())
	}
	names := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	slices.Sort(names)
	return slices.DeleteFunc(names, func(s string) bool { return s == "" })
}

// ours says what the rules leave out, with all that lies below.
func (g *git) ours(i *Ignores) []string {
	var out []string
	for _, p := range g.paths {
		parts := strings.Split(strings.TrimSuffix(p, "/"), "/")
		for n := range parts {
			dir := n < len(parts)-1 || strings.HasSuffix(p, "/")
			if i.Ignore(filepath.Join(g.dir, filepath.Join(parts[:n+1]...)), dir) {
				out = append(out, strings.TrimSuffix(p, "/"))
				break
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestIgnoreFilesMeanWhatGitMeans(t *testing.T) {
	g := newGit(t)
	ask := func(text, nested string) {
		t.Helper()
		g.write(".gitignore", text)
		g.write("a/.gitignore", nested)
		want, got := g.ignored(), g.ours(NewIgnores(g.dir, nil, []string{".gitignore"}))
		if !slices.Equal(got, want) {
			t.Errorf("%q and below %q: more %q, less %q", text, nested, without(got, want), without(want, got))
		}
	}
	for _, text := range []string{
		"", "a", "a/", "/a", "a/b", "*.x", "!*.x", "*.x\n!a.x", "/*\n!/a", "**/a", "a/**", "a/**/a", "**", "a**b", "*/c", "/*/c",
		"[ab].x", "[!a].x", "[^a].x", "[a-b]*", "\\[a\\]", "[a", "a\\ b", "a b  ", "\\#a", "#a", "\\!a", "!a", "?a", "a/*\n!a/b", "\\*", "*",
		"[[:alpha:]]a", "[]a]", "[a-]", "a//b", "/", "//", "b\r\n", "a/b/", "-/", "**/b/**", "a**/b", "a/b**/a", "/a**", "a/[b]**/**", "a\\", "\\a.x", "[\\]a]",
	} {
		ask(text, "")
	}
	ask("*.x", "!a.x\n")
	ask("b/", "!b/\n/c\n")
	// The same rules every time; another number in CLNRM_IGNORE_SEED looks for
	// more.
	seed := uint64(1)
	if text := os.Getenv("CLNRM_IGNORE_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	random := rand.New(rand.NewPCG(seed, 1))
	words := []string{"a", "b", "c", "*", "?", "/", "**", "**/", "/**", "[ab]", "[!a]", ".x", "!", "\\", " ", "a/", "\n", "\n!",
		"***", "a**", "**a", "[", "]", "^", "-", "[a-c]", "[^b-]", "[[:alpha:]]", "[[:punct:]", "[:a]", "#", "\r", "\t", "\x00", "\ufeff"}
	line := func() string {
		var b strings.Builder
		for range 1 + random.IntN(7) {
			b.WriteString(words[random.IntN(len(words))])
		}
		return b.String()
	}
	for range 200 {
		ask(line(), line())
	}
	if t.Failed() {
		t.Logf("seed %d", seed)
	}
}

// without returns what is in a and not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

func TestPatternsStandBelowIgnoreFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".clnrmignore"), []byte("!kept.x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	i := NewIgnores(dir, []string{"*.x", "gen/**"}, []string{".gitignore", ".clnrmignore"})
	for name, want := range map[string]bool{"a.x": true, "kept.x": false, "b/a.x": true, "gen/b": true, "gen": false, "c": false} {
		if got := i.Ignore(filepath.Join(dir, name), false); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if i.Ignore(filepath.Dir(dir), true) || i.Ignore(dir, true) {
		t.Error("what is not below the root is ignored")
	}
	if err := os.WriteFile(filepath.Join(dir, ".clnrmignore"), []byte("c\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	i.Forget()
	if !i.Ignore(filepath.Join(dir, "c"), false) || !i.Ignore(filepath.Join(dir, "kept.x"), false) {
		t.Error("the file is not read anew")
	}
	if !i.Named(filepath.Join(dir, ".gitignore")) || i.Named(filepath.Join(dir, "gitignore")) {
		t.Error("the names of ignore files are mistaken")
	}
}

func FuzzRules(f *testing.F) {
	f.Add("*.x\n!a/**/b\n[a-", "a/b")
	f.Add("[[:alpha:]-z]\\", "x")
	f.Fuzz(func(t *testing.T, text, path string) {
		_ = fmt.Sprint(decide(parseRules(text), path, true, false))
	})
}
