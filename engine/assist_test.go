package engine

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// nextNotice returns the text of the next notice.
func nextNotice(t *testing.T, sub *Subscription) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		ev, ok := sub.Next(ctx)
		if !ok {
			t.Fatal("no notice came")
		}
		if n, ok := ev.(Noticed); ok {
			return n.Text
		}
	}
}

func TestFixesAreMadeAndTakenBack(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a.clnrm.toml")
	const typo = "[test.metadata]\nname = \"a\"\n\n[services.app]\ntype = \"generic_container\"\nimgae = \"alpine\"\n\n[[steps]]\nname = \"s\"\ncommand = [\"true\"]\n"
	if err := os.WriteFile(name, []byte(typo), 0o644); err != nil {
		t.Fatal(err)
	}
	e, err := New(Options{Dir: dir, Paths: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	sub := e.Subscribe()
	text := func() string {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	const path = "a.clnrm.toml"
	if err := e.UndoFixes(path); err == nil {
		t.Error("what was never done is taken back")
	}
	e.ApplyFixes(path)
	if got := nextNotice(t, sub); !strings.Contains(got, "imgae") || strings.Contains(text(), "imgae") {
		t.Fatalf("notice %q, file:\n%s", got, text())
	}
	good := text()
	if err := os.WriteFile(name, []byte(good+"# mine\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := e.UndoFixes(path); err != nil {
		t.Fatal(err)
	}
	if got := nextNotice(t, sub); !strings.Contains(got, "changed since") || !strings.HasSuffix(text(), "# mine\n") {
		t.Errorf("notice %q, file:\n%s", got, text())
	}
	if err := os.WriteFile(name, []byte(good), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := e.UndoFixes(path); err != nil {
		t.Fatal(err)
	}
	if got := nextNotice(t, sub); !strings.Contains(got, "as it was") || text() != typo {
		t.Errorf("notice %q, file:\n%s", got, text())
	}
	e.ApplyFixes("none.clnrm.toml")
	if got := nextNotice(t, sub); !strings.Contains(got, "none.clnrm.toml") {
		t.Errorf("notice %q", got)
	}
}
