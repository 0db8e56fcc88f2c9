package spec

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// TestFaults decodes every document of testdata/faults.txt and compares what is
// said about it. Documents are separated by lines that begin with "## ".
func TestFaults(t *testing.T) { golden(t, "faults") }

// TestComplaints does the same for valid TOML that is not a valid test file.
func TestComplaints(t *testing.T) { golden(t, "complaints") }

func golden(t *testing.T, name string) {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for doc := range strings.SplitSeq("\n"+string(src), "\n## ") {
		title, body, ok := strings.Cut(doc, "\n")
		if !ok {
			continue
		}
		f, ds := decode(body)
		if errs, _ := diag.Count(ds); f == nil && errs == 0 {
			t.Errorf("%s: no file and no error", title)
		}
		fmt.Fprintf(&out, "## %s\n", title)
		for _, d := range ds {
			if d.Pos.File != "t.clnrm.toml" {
				t.Errorf("%s: a diagnostic without a file: %v", title, d)
			}
			if err := diag.Format(&out, d, diag.FormatOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		out.WriteByte('\n')
	}
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("%s differs; run with -update and look at the difference", path)
	}
}

func TestFileIsNilOnlyWhenTheTextIsNotTOML(t *testing.T) {
	if f, ds := decode("[meta\nname = 1\n"); f != nil || len(ds) == 0 {
		t.Errorf("broken TOML gave a file, or no diagnostic: %v", ds)
	}
	f, ds := decode("[meta]\nname = 1\nversion = \"1.0\"\n")
	if errs, _ := diag.Count(ds); f == nil || errs != 1 {
		t.Errorf("a type error hides the file, or is not reported: %v", ds)
	}
}

func TestByteOrderMarkDoesNotShiftPositions(t *testing.T) {
	plain, ds := decode("bogus = 1\n[meta]\nname = \"x\"\nversion = \"1\"\n")
	marked, dsMarked := decode("\ufeffbogus = 1\n[meta]\nname = \"x\"\nversion = \"1\"\n")
	if plain == nil || marked == nil || len(ds) != 1 || len(dsMarked) != 1 {
		t.Fatalf("%v\n%v", ds, dsMarked)
	}
	if ds[0].Pos != dsMarked[0].Pos || ds[0].Width != dsMarked[0].Width || plain.NamePos != marked.NamePos {
		t.Errorf("%v and %v, %v and %v", ds[0].Pos, dsMarked[0].Pos, plain.NamePos, marked.NamePos)
	}
	if plain.Hash != marked.Hash {
		t.Error("a byte order mark changes the hash")
	}
}

func TestHostileSizesAreCutShort(t *testing.T) {
	const many = 1 << 18
	docs := map[string]string{
		"many unknown keys":            manyKeys(many / 8),
		"many unknown keys in a table": "[meta]\nname=\"a\"\nversion=\"1\"\n[limits]\n" + manyKeys(many/8),
		"one key again and again":      "[meta]\n" + strings.Repeat("a = 1\n", many/8),
		"a long dotted key":            strings.Repeat("a.", many) + "a = 1\n",
		"long headers":                 "[" + strings.Repeat("a.", many/2) + "a]\nx=1\n[b]\nx=1",
		"deep lists":                   "a = " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "\n",
		"too deep lists":               "a = " + strings.Repeat("[", many) + "\n",
		"deep inline tables":           "a = " + strings.Repeat("{a=", 5000) + "1" + strings.Repeat("}", 5000) + "\n",
		"one error per line":           strings.Repeat("a b\n", many/8),
		"never closed":                 "a = [\n" + strings.Repeat("1,\n", many/8),
		"a long line":                  "a = " + strings.Repeat("x", many),
	}
	for name, text := range docs {
		t.Run(name, func(t *testing.T) {
			_, ds := decode(text)
			if len(ds) == 0 || len(ds) > maxDiagnostics+1 {
				t.Errorf("%d diagnostics", len(ds))
			}
			if errs, _ := diag.Count(ds); errs == 0 && name != "many unknown keys in a table" {
				t.Error("no error is left")
			}
		})
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "key%d = 1\n", i)
	}
	return b.String()
}

// mapped pretends that the text was rendered from a template.
type mapped struct{ line string }

func (m mapped) Locate(offset int) (diag.Position, string, []diag.Frame) {
	return diag.Position{File: "a.tera", Line: 7, Column: 8}, m.line, []diag.Frame{{What: "in macro m::x", Pos: diag.Position{File: "b.tera", Line: 1, Column: 1}}}
}

func TestFaultOfAnUnquotedTagSpeaksOfTheTemplate(t *testing.T) {
	_, ds := Decode("a.tera", []byte("name = clnrm\n"), mapped{"name = {{ svc }}"})
	if len(ds) != 1 || ds[0].Code != "toml-unquoted" || !strings.Contains(ds[0].Hint, "{{") {
		t.Fatalf("%+v", ds)
	}
	if ds[0].Pos.File != "a.tera" || ds[0].Pos.Line != 7 || ds[0].Width != 0 || len(ds[0].Via) != 1 {
		t.Errorf("%+v", ds[0])
	}
}

func TestATableThatALoopRepeatsIsNotBlamedOnAnotherLine(t *testing.T) {
	_, ds := Decode("a.tera", []byte("[otel]\nexporter = \"otlp\"\n[otel]\nexporter = \"otlp\"\n"), mapped{"[otel]"})
	if len(ds) == 0 || ds[0].Code != "toml-duplicate-table" || !strings.Contains(ds[0].Message, "this same line") {
		t.Errorf("%v", ds)
	}
}

func TestWindowsLineEndingsChangeNothing(t *testing.T) {
	for _, name := range []string{"faults.txt", "complaints.txt"} {
		src, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for doc := range strings.SplitSeq("\n"+string(src), "\n## ") {
			_, body, _ := strings.Cut(doc, "\n")
			_, unix := decode(body)
			_, windows := decode(strings.ReplaceAll(body, "\n", "\r\n"))
			if a, b := show(unix), show(windows); a != b {
				t.Errorf("%q\n%swith CRLF\n%s", body, a, b)
			}
		}
	}
}

// A word of 3 MB, say of a file that is no TOML at all, is not repeated whole.
func TestMessagesQuoteLongWordsInPart(t *testing.T) {
	for _, text := range []string{"%s", "x = %s", "x = 1%s"} {
		long := strings.Repeat("0", 3<<20)
		body := strings.Replace(text, "%s", long, 1)
		_, ds := Decode("a.clnrm.toml", []byte(body), PlainText("a.clnrm.toml", []byte(body)))
		if len(ds) == 0 {
			t.Errorf("%s: no fault", text)
		}
		for _, d := range ds {
			if n := len(d.Message) + len(d.Hint); n > 1000 {
				t.Errorf("%s: %s has a message of %d bytes", text, d.Code, n)
			}
		}
	}
}
