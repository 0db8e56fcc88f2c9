package spec

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFilesDoNotDependOnThoseDecodedBefore decodes documents one after another, whose
// trees use the same nodes: what a file says is the same before and after the others,
// and a file that was decoded stays what it was.
func TestFilesDoNotDependOnThoseDecodedBefore(t *testing.T) {
	var docs []string
	for _, name := range []string{"shop.toml", "faults.txt", "complaints.txt"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for part := range strings.SplitSeq("\n"+string(text), "\n## ") {
			if name != "shop.toml" {
				_, part, _ = strings.Cut(part, "\n")
			}
			docs = append(docs, part)
		}
	}
	content := func(f *File) string {
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	files, before, said := make([]*File, len(docs)), make([]string, len(docs)), make([]string, len(docs))
	sound := 0
	for i, doc := range docs {
		f, ds := decode(doc)
		files[i], before[i], said[i] = f, content(f), show(ds)
		if f != nil {
			sound++
		}
	}
	if sound < 20 {
		t.Fatalf("%d of %d documents can be decoded, which says little", sound, len(docs))
	}
	for i := len(docs) - 1; i >= 0; i-- {
		f, ds := decode(docs[i])
		if got := content(f); got != before[i] {
			t.Errorf("%s\nwas first\n%s\nand is after others\n%s", docs[i], before[i], got)
		}
		if got := show(ds); got != said[i] {
			t.Errorf("%s\nfirst complained\n%s\nand after others\n%s", docs[i], said[i], got)
		}
	}
	for i, f := range files {
		if got := content(f); got != before[i] {
			t.Errorf("%s\nwas\n%s\nand became\n%s", docs[i], before[i], got)
		}
	}
}
