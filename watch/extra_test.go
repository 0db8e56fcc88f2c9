package watch

import (
	"path/filepath"
	"testing"
)

func TestExtraFilesAreWatchedWhereverTheyLie(t *testing.T) {
	t.Parallel()
	outside := realTempDir(t)
	b := start(t, map[string]string{"a.clnrm.toml": "a", "_macros.toml.tera": "m1", "target/vars.env": "v1"})
	far := filepath.Join(outside, "shared", "lib.tera")
	later := filepath.Join(outside, "not", "yet", "there.tera")
	write(t, far, "far 1")
	b.w.SetExtra([]string{b.path("_macros.toml.tera"), b.path("target/vars.env"), far, later})

	expect := func(path, text string) {
		t.Helper()
		for b.state[path] != text {
			b.next()
		}
	}
	expect(b.path("_macros.toml.tera"), "m1")
	expect(b.path("target/vars.env"), "v1")
	expect(far, "far 1")
	for _, c := range b.seen {
		if !c.Extra {
			t.Errorf("%s is not marked as extra", c.Path)
		}
	}
	for i := range runs() {
		text := string(rune('a' + i))
		write(t, b.path("_macros.toml.tera"), text)
		expect(b.path("_macros.toml.tera"), text)
		write(t, far+"~", text)
		rename(t, far+"~", far)
		expect(far, text)
		write(t, later, text)
		expect(later, text)
		remove(t, filepath.Join(outside, "not"))
		expect(later, "")
		write(t, b.path("target/vars.env"), text)
		expect(b.path("target/vars.env"), text)
	}
	if s := b.w.Stats(); s.Missed != 0 {
		t.Errorf("%d changes were found by the sweep only", s.Missed)
	}

	b.w.SetExtra([]string{far})
	write(t, far, "the end")
	expect(far, "the end")
	b.seen = nil
	write(t, b.path("_macros.toml.tera"), "nobody asks")
	write(t, b.path("target/vars.env"), "nobody asks")
	b.settle()
	for _, c := range b.seen {
		if c.Path != b.path("zz-marker.clnrm.toml") {
			t.Errorf("%s reported", c.Path)
		}
	}
}

// TestExtraThatIsATemplateToo must not be reported twice or as extra.
func TestExtraThatIsATemplateToo(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]string{"a.clnrm.toml": "a", "base.clnrm.toml": "b"})
	b.w.SetExtra([]string{b.path("base.clnrm.toml")})
	write(t, b.path("base.clnrm.toml"), "b2")
	if got := b.changes("base.clnrm.toml"); len(got) != 1 || got[0] != "modified:b2" {
		t.Errorf("changes %v", got)
	}
	for _, c := range b.seen {
		if c.Extra {
			t.Errorf("%+v", c)
		}
	}
	b.w.SetExtra(nil)
	write(t, b.path("base.clnrm.toml"), "b3")
	b.until(map[string]string{"a.clnrm.toml": "a", "base.clnrm.toml": "b3"})
}
