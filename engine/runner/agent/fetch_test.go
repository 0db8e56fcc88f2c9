package agent_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/client"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// fetched asks for files and returns their names, with hash marks for their
// lengths.
func fetched(t *testing.T, c *client.Client, q wire.Fetch) (files map[string]string, r wire.Fetched) {
	t.Helper()
	files = map[string]string{}
	at := ""
	r, err := c.Fetch(t.Context(), q, func(f wire.File) { at = f.Path; files[at] = "" }, func(p []byte) { files[at] += string(p) })
	if err != nil {
		t.Fatal(err)
	}
	return files, r
}

func TestFilesAreCopiedByPathFolderAndPattern(t *testing.T) {
	c := start(t)
	dir := t.TempDir()
	big := strings.Repeat("0123456789abcdef", 20000) // several frames
	for name, text := range map[string]string{"a.txt": "A", "b.txt": "B", "sub/c.log": big, "sub/deep/empty": ""} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "sub/link")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "sub/pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "a.txt"), filepath.Join(dir, "named")); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		pattern string
		want    string
		skipped int
		problem string
	}{
		{dir + "/a.txt", "/a.txt 1", 0, ""},
		{dir + "/*.txt", "/a.txt 1, /b.txt 1", 0, ""},
		{dir + "/sub", fmt.Sprintf("/sub/c.log %d, /sub/deep/empty 0", len(big)), 2, ""},
		{dir + "/sub/../sub/deep/", "/sub/deep/empty 0", 0, ""},
		{dir + "/named", "/named 1", 0, ""},
		{dir + "/nothing", "", 0, "there is no " + dir + "/nothing"},
		{dir + "/[", "", 0, "syntax error in pattern"},
		{"a.txt", "", 0, "a.txt is not an absolute path"},
		{"/proc/self/environ", "", 1, ""},
		{"/dev/zero", "", 1, ""},
	}
	for _, tt := range tests {
		files, r := fetched(t, c, wire.Fetch{Pattern: tt.pattern, MaxFiles: 100, MaxBytes: 1 << 30})
		var got []string
		for name, text := range files {
			got = append(got, fmt.Sprint(strings.TrimPrefix(name, dir), " ", len(text)))
		}
		slices.Sort(got)
		if strings.Join(got, ", ") != tt.want || r.SkippedFiles != tt.skipped || r.Problem != tt.problem || r.Files != len(files) {
			t.Errorf("%s: %v, %+v", tt.pattern, got, r)
		}
		if text, ok := files[dir+"/sub/c.log"]; ok && text != big {
			t.Errorf("%s: the bytes are others", tt.pattern)
		}
	}
}

func TestCopiesAreBounded(t *testing.T) {
	c := start(t)
	dir := t.TempDir()
	for i := range 5 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), bytes.Repeat([]byte("x"), 10), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if files, r := fetched(t, c, wire.Fetch{Pattern: dir, MaxFiles: 2, MaxBytes: 1 << 20}); len(files) != 2 || r.SkippedFiles != 3 {
		t.Errorf("%v %+v", files, r)
	}
	if files, r := fetched(t, c, wire.Fetch{Pattern: dir, MaxFiles: 100, MaxBytes: 25}); len(files) != 2 || r.Bytes != 20 || r.SkippedFiles != 3 {
		t.Errorf("%v %+v", files, r)
	}
}

// asked is a context that tells when somebody has asked why it ended.
type asked struct {
	context.Context
	once *sync.Once
	told chan struct{}
}

func (a asked) Err() error {
	a.once.Do(func() { close(a.told) })
	return a.Context.Err()
}

func TestACopyThatNobodyWantsAnyMoreDisturbsNothing(t *testing.T) {
	c := start(t)
	file := filepath.Join(t.TempDir(), "big")
	if err := os.WriteFile(file, bytes.Repeat([]byte("x"), 8<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	gone := asked{ctx, &sync.Once{}, make(chan struct{})}
	over := false
	_, err := c.Fetch(gone, wire.Fetch{Pattern: file, MaxFiles: 1, MaxBytes: 1 << 30}, func(wire.File) {
		cancel()
		<-gone.told // nothing else is read from the agent before the caller gives up
	}, func([]byte) {
		if over {
			t.Error("a call after the end")
		}
	})
	over = true
	if !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	if files, r := fetched(t, c, wire.Fetch{Pattern: file, MaxFiles: 1, MaxBytes: 1 << 30}); len(files[file]) != 8<<20 || r.Files != 1 {
		t.Errorf("the next copy: %+v", r)
	}
}
