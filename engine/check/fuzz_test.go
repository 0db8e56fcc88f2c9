package check

import (
	"os"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// FuzzRules holds that whatever decodes can be checked, that every diagnostic
// has a code that is explained, that checking twice says the same, and that a
// file without an error has something to run.
func FuzzRules(f *testing.F) {
	for _, name := range []string{"testdata/rules.txt", "testdata/complete.toml"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for part := range strings.SplitSeq(string(text), "\n## ") {
			f.Add(frame(part))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, ds := spec.Decode("f", []byte(text), spec.PlainText("f", []byte(text)))
		if file == nil {
			return
		}
		first := Rules(file)
		for _, d := range append(ds, first...) {
			if _, ok := Explain(d.Code); !ok || d.Message == "" || d.Pos.File != "f" {
				t.Fatalf("%+v", d)
			}
		}
		second := Rules(file)
		if len(first) != len(second) {
			t.Fatalf("%v\nand then\n%v", first, second)
		}
		for i := range first {
			if first[i].Error() != second[i].Error() {
				t.Fatalf("%v\nand then\n%v", first[i], second[i])
			}
		}
		if errs, _ := diag.Count(append(ds, first...)); errs == 0 {
			runs(t, file)
		}
	})
}

// runs fails when a file that is said to be right could not be run.
func runs(t *testing.T, f *spec.File) {
	if f.Generation == "" || len(f.Scenarios) == 0 {
		t.Fatal("nothing to run and no error")
	}
	for _, s := range f.Scenarios {
		if len(s.Steps) == 0 || (s.Service != "" && f.Service(s.Service) == nil) {
			t.Fatalf("scenario %q cannot run and there is no error", s.Name)
		}
		for _, step := range s.Steps {
			if len(step.Command) == 0 || step.Name == "" || (step.Service != "" && f.Service(step.Service) == nil) {
				t.Fatalf("step %q cannot run and there is no error", step.Name)
			}
		}
	}
	for _, s := range f.Services {
		if !spec.Runs(s.Plugin) || (s.Plugin == spec.PluginContainer && s.Image == "" && s.Build == nil) {
			t.Fatalf("service %q cannot start and there is no error", s.Name)
		}
	}
}
