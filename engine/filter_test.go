package engine

import (
	"slices"
	"testing"
)

// paths are the templates of a snapshot.
func paths(s *Snapshot) []string {
	out := []string{}
	for _, t := range s.Templates {
		out = append(out, t.Path)
	}
	return out
}

func shows(want ...string) func(*Snapshot) bool {
	return func(s *Snapshot) bool { return slices.Equal(paths(s), want) }
}

func TestIgnoreFilesAndPatternsLeaveFilesOut(t *testing.T) {
	h := watching(t, emits(""), map[string]string{
		"go.mod": "module x\n", "a.clnrm.toml": plainTest, "old/b.clnrm.toml": plainTest, "new/c.clnrm.toml": plainTest,
		".gitignore": "a.clnrm.toml\n", ".clnrmignore": "old/\n",
	})
	if s := h.Snapshot(); !shows("a.clnrm.toml", "new/c.clnrm.toml")(s) {
		t.Errorf("%v", paths(s))
	}
	// An edit of an ignore file counts at once, in both directions.
	h.write(".clnrmignore", "new/*\n")
	h.until("the folder that is no longer ignored", shows("a.clnrm.toml", "old/b.clnrm.toml"))
	h.write("new/.clnrmignore", "!c.clnrm.toml\n")
	h.until("what a deeper file takes back", shows("a.clnrm.toml", "new/c.clnrm.toml", "old/b.clnrm.toml"))
	// As does one of the settings.
	h.write("cleanroom.toml", "[watch]\nignore_files = [\".gitignore\", \".clnrmignore\"]\nignore_patterns = [\"old\"]\n")
	h.until("what git ignores", shows("new/c.clnrm.toml"))
	h.write("cleanroom.toml", "[watch]\nignore_files = []\npatterns = [\"/old/**\", \"a.*\"]\n")
	h.until("what is wanted", shows("a.clnrm.toml", "old/b.clnrm.toml"))
	// And what appears there is seen.
	h.write("old/d.clnrm.toml", plainTest)
	h.until("a new file", shows("a.clnrm.toml", "old/b.clnrm.toml", "old/d.clnrm.toml"))
}

func TestANamedFileIsLookedAtWhateverIgnoresIt(t *testing.T) {
	for _, paths := range [][]string{{"a.clnrm.toml"}, {"."}} {
		e, err := opened(t, map[string]string{"a.clnrm.toml": plainTest, "cleanroom.toml": "[watch]\nignore_patterns = [\"*\"]\n"}, Options{Paths: paths})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Scan(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(e.Snapshot().Templates); (n == 1) != (paths[0] != ".") {
			t.Errorf("%v: %d templates", paths, n)
		}
	}
}
