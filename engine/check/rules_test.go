package check

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func decode(t testing.TB, text string) *spec.File {
	t.Helper()
	f, ds := spec.Decode("t.clnrm.toml", []byte(text), spec.PlainText("t.clnrm.toml", []byte(text)))
	if errs, _ := diag.Count(ds); errs > 0 {
		t.Fatalf("does not decode: %v", ds)
	}
	return f
}

// frame makes a test file of a fragment: what it lacks comes from here.
func frame(body string) string {
	if !strings.Contains(body, "[meta]") && !strings.Contains(body, "[test") && !strings.Contains(body, "# no header") {
		body = "[meta]\nname = \"t\"\nversion = \"1.0\"\n" + body
	}
	if !strings.Contains(body, "[[scenario]]") && !strings.Contains(body, "[[steps]]") && !strings.Contains(body, "# no scenario") {
		body += "[[scenario]]\nname = \"s\"\nrun = \"true\"\nartifacts.collect = [\"spans:default\"]\n"
	}
	return body
}

// TestRules checks every document of testdata/rules.txt. Documents are separated
// by lines that begin with "## ".
func TestRules(t *testing.T) {
	src, err := os.ReadFile("testdata/rules.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for doc := range strings.SplitSeq("\n"+string(src), "\n## ") {
		title, body, ok := strings.Cut(doc, "\n")
		if !ok {
			continue
		}
		fmt.Fprintf(&out, "## %s\n", title)
		for _, d := range Rules(decode(t, frame(body))) {
			if err := diag.Format(&out, d, diag.FormatOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		out.WriteByte('\n')
	}
	golden := filepath.Join("testdata", "rules.golden")
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("%s differs; run with -update and look at the difference", golden)
	}
}

func TestACompleteFileHasNothingToComplainAbout(t *testing.T) {
	text, err := os.ReadFile("testdata/complete.toml")
	if err != nil {
		t.Fatal(err)
	}
	if ds := Rules(decode(t, string(text))); len(ds) > 0 {
		t.Errorf("%v", ds)
	}
}

func TestManyProblemsAreCutShortWithoutLosingAnError(t *testing.T) {
	var b strings.Builder
	b.WriteString("[meta]\nname = \"t\"\nversion = \"1.0\"\n")
	for i := range 500 {
		fmt.Fprintf(&b, "[service.s%d]\nimage = \"a:1\"\n", i) // 500 warnings: unused
	}
	b.WriteString("[[scenario]]\nname = \"s\"\nservice = \"nowhere\"\nrun = \"true\"\n[expect.status]\nall = \"FINE\"\n")
	ds := Rules(decode(t, b.String()))
	errs, _ := diag.Count(ds)
	if errs != 2 || len(ds) > maxDiagnostics+1 || ds[len(ds)-1].Code != "too-many-problems" {
		t.Errorf("%d errors in %d diagnostics, last %v", errs, len(ds), ds[len(ds)-1])
	}
}

func TestCycles(t *testing.T) {
	cases := []struct {
		name, order, edges, want string
	}{
		{"none", "a b c", "a>b b>c a>c", ""},
		{"self", "a", "a>a", "a"},
		{"pair", "a b", "a>b b>a", "a b"},
		{"tail is not part", "x a b", "x>a a>b b>a", "a b"},
		{"two loops", "a b c d", "a>b b>a c>d d>c", "a b; c d"},
		{"shared node", "a b c", "a>b b>a a>c c>a", "a b; a c"},
		{"node without order", "a", "a>z z>a", "a z"},
	}
	for _, c := range cases {
		edges := map[string][]string{}
		for e := range strings.FieldsSeq(c.edges) {
			from, to, _ := strings.Cut(e, ">")
			edges[from] = append(edges[from], to)
		}
		var got []string
		for _, loop := range cycles(strings.Fields(c.order), edges) {
			got = append(got, strings.Join(loop, " "))
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s: %q, want %q", c.name, s, c.want)
		}
	}
}

func TestALongChainOfServicesDoesNotOverflow(t *testing.T) {
	edges := map[string][]string{}
	var order []string
	for i := range 200000 {
		name := fmt.Sprint(i)
		order = append(order, name)
		edges[name] = []string{fmt.Sprint(i + 1)}
	}
	if loops := cycles(order, edges); len(loops) > 0 {
		t.Errorf("%d loops", len(loops))
	}
}

func BenchmarkRules(b *testing.B) {
	text, err := os.ReadFile("testdata/complete.toml")
	if err != nil {
		b.Fatal(err)
	}
	f := decode(b, string(text))
	b.ReportAllocs()
	for b.Loop() {
		Rules(f)
	}
}
