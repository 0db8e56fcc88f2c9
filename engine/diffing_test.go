package engine

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestContentTellsTestFilesFromTraces(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       DiffKind
	}{
		{"a.clnrm.toml", "[meta]\nname = \"x\"\n", DiffFile},
		{"a.clnrm.toml", "[[scenario]]\nname = \"x\"\n", DiffFile},
		{"a.clnrm.toml.tera", "{% import \"m\" as m %}\n", DiffFile},
		{"a.clnrm.toml.tera", "{{ m::all() }}\n", DiffFile},
		{"a.clnrm.toml.tera", "# a comment\n{\"no\": \"trace\"}\n", DiffFile},
		{"a.clnrm.toml", "", DiffFile},
		{"a.json", "{\"resourceSpans\": []}", DiffTrace},
		{"a.json", " [\n  {\"name\": \"x\"}]", DiffTrace},
		{"a.json", "[]", DiffTrace},
		{"a.ndjson", "\xef\xbb\xbf{\"name\":\"x\"}\n{\"name\":\"y\"}\n", DiffTrace},
		{"a.gz", "\x1f\x8b\x08", DiffTrace},
		{"a.log", "starting\n{\"name\":\"x\"}\n", DiffTrace},
		{"misnamed.toml", "{\"name\":\"x\"}\n", DiffTrace},
		{"a.txt", "[", DiffFile},
	} {
		if got := kindOfText(c.name, []byte(c.text)); got != c.want {
			t.Errorf("%s %q is %s, want %s", c.name, c.text, got, c.want)
		}
	}
}

func TestDifferentKindsAreRefused(t *testing.T) {
	dir := t.TempDir()
	file, trace := filepath.Join(dir, "a.clnrm.toml"), filepath.Join(dir, "t.ndjson")
	for name, text := range map[string]string{file: "[meta]\n", trace: "{\"name\":\"x\"}\n"} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var request *RequestError
	for _, pair := range [][2]string{{file, trace}, {trace, file}, {file, dir}, {file, filepath.Join(dir, "gone")}} {
		if _, err := DiffKindOf(pair[0], pair[1]); !errors.As(err, &request) {
			t.Errorf("%v: %v", pair, err)
		}
	}
	if k, err := DiffKindOf(trace, trace); err != nil || k != DiffTrace {
		t.Errorf("%v %v", k, err)
	}
}

func TestMissingGitIsTheMachinesFault(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := openRevision(t.Context(), t.TempDir(), "HEAD")
	if !IsEnvironment(err) || !strings.Contains(err.Error(), "git is not installed") {
		t.Errorf("%v", err)
	}
}

func TestNoRevisionIsAnOption(t *testing.T) {
	var request *RequestError
	if _, err := openRevision(t.Context(), t.TempDir(), "--output=/tmp/x"); !errors.As(err, &request) {
		t.Errorf("%v", err)
	}
}
