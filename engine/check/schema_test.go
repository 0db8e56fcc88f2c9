package check

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// schema compiles the JSON Schema of test files.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := spec.JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("clnrm.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("clnrm.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// underSchema validates a TOML document; the error says why it is not valid.
func underSchema(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	var doc map[string]any
	if err := toml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(value)
}

// sound reports whether the dry run finds no error.
func sound(text []byte) bool {
	f, ds := spec.Decode("t", text, spec.PlainText("t", text))
	if f != nil {
		ds = append(ds, Rules(f)...)
	}
	errs, _ := diag.Count(ds)
	return errs == 0
}

func TestSchemaAcceptsEveryFileOfTheCorpusWithoutAnError(t *testing.T) {
	root := os.Getenv("CLNRM_CORPUS")
	if root == "" {
		t.Skip("CLNRM_CORPUS is not set")
	}
	s := schema(t)
	accepted := 0
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".toml") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || bytes.Contains(text, []byte("{{")) || bytes.Contains(text, []byte("{%")) || !sound(text) {
			return err
		}
		if err := underSchema(t, s, text); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		accepted++
		return nil
	})
	if err != nil || accepted == 0 {
		t.Errorf("%d files, %v", accepted, err)
	}
}

// What has no error is valid, over all
// documents that the rules are tested with.
func TestSchemaAcceptsWhatTheDryRunAccepts(t *testing.T) {
	s := schema(t)
	complete, err := os.ReadFile("testdata/complete.toml")
	if err != nil {
		t.Fatal(err)
	}
	if err := underSchema(t, s, complete); err != nil {
		t.Errorf("complete.toml: %v", err)
	}
	rules, err := os.ReadFile("testdata/rules.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for doc := range strings.SplitSeq("\n"+string(rules), "\n## ") {
		title, body, ok := strings.Cut(doc, "\n")
		if !ok || !sound([]byte(frame(body))) {
			continue
		}
		n++
		if err := underSchema(t, s, []byte(frame(body))); err != nil {
			t.Errorf("%s: %v", title, err)
		}
	}
	if n == 0 {
		t.Error("no document was compared")
	}
}

func TestSchemaRefusesShapesThatAreErrors(t *testing.T) {
	s := schema(t)
	for name, doc := range map[string]string{
		"no header":                       "# no header\n",
		"nothing to run":                  "# no scenario\n",
		"unknown table":                   "[otel_expectations]\nx = 1\n",
		"misspelt expectation":            "[expect.grph]\nacyclic = true\n",
		"misspelt part of a span":         "[[expect.span]]\nname = \"a\"\nknd = \"internal\"\n",
		"span without a name":             "[[expect.span]]\nkind = \"internal\"\n",
		"number where text belongs":       "[[expect.span]]\nname = 1\n",
		"text where a list belongs":       "[expect.hermeticity]\nspan_attrs_forbid_keys = \"a\"\n",
		"pair of three":                   "[expect.graph]\nmust_include = [[\"a\", \"b\", \"c\"]]\n",
		"negative count":                  "[expect.counts]\nspans_total = -1\n",
		"unknown bound":                   "[expect.counts]\nspans_total = { gt = 1 }\n",
		"what cannot be judged":           "[expect.chaos]\na = 1\n",
		"a policy that is not understood": "[[scenario]]\nname = \"s\"\nrun = \"x\"\npolicy.allow = 1\n",
		"not translated":                  "[otel_validation]\nmax_overhead_ms = 3\n",
		"port out of range":               "[service.a]\nimage = \"a:1\"\nports = [0]\n",
		"command as text":                 "[[steps]]\nname = \"a\"\ncommand = \"b\"\n",
	} {
		if sound([]byte(frame(doc))) {
			t.Errorf("%s: the dry run accepts it", name)
		}
		if err := underSchema(t, s, []byte(frame(doc))); err == nil {
			t.Errorf("%s: the schema accepts it", name)
		}
	}
}
