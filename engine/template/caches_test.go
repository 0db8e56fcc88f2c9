package template

import (
	"context"
	"testing"
)

// The caches say how they served, and why they did not.
func TestCachesTellWhyTheyMissed(t *testing.T) {
	e := New(Options{Root: t.TempDir()})
	for _, text := range []string{"a = {{ 1 }}\n", "a = {{ 2 }}\n", "a = {{ 1 }}\n"} {
		if _, err := e.Render(context.Background(), "x.clnrm.toml.tera", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range e.Caches() {
		if c.Entries < 2 || c.Bound != compiledEntries || c.Hits == 0 || c.Misses["text not kept"] < 2 || c.Dropped != 0 {
			t.Errorf("%+v", c)
		}
	}
}
