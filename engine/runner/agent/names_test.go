package agent

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOnlyNameFilesThatAreEmptyAreWritten(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, text := range map[string]string{"empty": "", "full": "theirs"} {
		if err := os.WriteFile(at(name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeNames([]nameFile{{at("empty"), "a"}, {at("full"), "b"}, {at("missing"), "c"}}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"empty": "a", "full": "theirs", "missing": "c"} {
		got, err := os.ReadFile(at(name))
		if err != nil || string(got) != want {
			t.Errorf("%s holds %q, want %q: %v", name, got, want, err)
		}
	}
	if st, err := os.Stat(at("empty")); err != nil || st.Mode() != 0o644 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	if err := writeNames([]nameFile{{at("no/such/directory"), "x"}}); err == nil {
		t.Error("a file that cannot be written is not told")
	}
}
