package spec

import (
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// mend applies the first fix of a document, again and again.
func mend(t *testing.T, text string) (mended string, titles []string) {
	t.Helper()
	for range 20 {
		_, ds := decode(text)
		fixed := false
		for _, d := range ds {
			if d.Fix == nil {
				continue
			}
			out, err := d.Fix.Apply([]byte(text))
			if err != nil {
				t.Fatalf("%s: %v\n%s", d.Fix.Title, err, text)
			}
			text, fixed, titles = string(out), true, append(titles, d.Fix.Title)
			break
		}
		if !fixed {
			return text, titles
		}
	}
	t.Fatalf("fixes do not end:\n%s", text)
	return "", nil
}

func TestFixes(t *testing.T) {
	const file = head + "[[scenario]]\nname = \"s\"\nrun = \"true\"\n"
	cases := []struct{ name, text, want string }{
		{"misspelt key", file + "timout_ms = 5 # soon", file + "timeout_ms = 5 # soon"},
		{"misspelt key in quotes", file + `"timout_ms" = 5`, file + `timeout_ms = 5`},
		{"misspelt condition", file + "[[scenario.steps]]\nname = \"t\"\nrun = \"true\"\nexpected_exit_cod = 3\n", file + "[[scenario.steps]]\nname = \"t\"\nrun = \"true\"\nexpected_exit_code = 3\n"},
		{"misspelt part of a dotted key", file + "[[expect.span]]\nname = \"a\"\nevnts.all = [\"x\"]\nevnts.any = [\"y\"]\n", file + "[[expect.span]]\nname = \"a\"\nevents.all = [\"x\"]\nevents.any = [\"y\"]\n"},
		{"misspelt table, everywhere", file + "[expct.graph]\nacyclic = true\n[[expct.span]]\nname = \"a\"\n[expct]\n[[ expct . span ]]\nname = \"b\"\n", file + "[expect.graph]\nacyclic = true\n[[expect.span]]\nname = \"a\"\n[expect]\n[[ expect . span ]]\nname = \"b\"\n"},
		{"misspelt list of tables", head + "[[scenaro]]\nname = \"a\"\nrun = \"true\"\n[[scenaro.steps]]\nname = \"x\"\nrun = \"y\"\n[[scenaro]]\nname = \"b\"\nrun = \"true\"\n", head + "[[scenario]]\nname = \"a\"\nrun = \"true\"\n[[scenario.steps]]\nname = \"x\"\nrun = \"y\"\n[[scenario]]\nname = \"b\"\nrun = \"true\"\n"},
		{"misspelt key beside the right one", file + "timeout_ms = 3\ntimout_ms = 5", ""},
		{"misspelt key beside an alias of the right one", file + "deadline_ms = 3\ntimout_ms = 5", ""},
		{"two near candidates", file + "[[expect.window]]\nouter = \"a\"\nmix_duration_ms = 3\n", ""},
		{"too far from anything", file + "color = 1", ""},
		{"semicolons", "[meta]\nname = \"a\"; version = \"1\";description=\"x\" ;\n", "[meta]\nname = \"a\"\nversion = \"1\"\ndescription=\"x\"\n"},
		{"semicolon with indentation", "[meta]\n  name = \"a\"; version = \"1\"\n", "[meta]\n  name = \"a\"\n  version = \"1\"\n"},
		{"semicolon before a comment", "[meta]\nname = \"a\"; # name\nversion = \"1\"\n", "[meta]\nname = \"a\" # name\nversion = \"1\"\n"},
		{"comma after a value", "[meta]\nname = \"a\",\nversion = \"1\"\n", "[meta]\nname = \"a\"\nversion = \"1\"\n"},
		{"comma before something else", "[meta]\nname = \"a\", \"b\"\nversion = \"1\"\n", ""},
		{"carriage returns", "[meta]\r\nname = \"a\"; version = \"1\"\r\n", "[meta]\r\nname = \"a\"\r\nversion = \"1\"\r\n"},
		{"colon", "[meta]\nname: \"a\"\nversion = \"1\"\n", "[meta]\nname = \"a\"\nversion = \"1\"\n"},
		{"capital boolean", "[meta]\nname = \"a\"\nversion = \"1\"\nmanual = False\n", "[meta]\nname = \"a\"\nversion = \"1\"\nmanual = false\n"},
		{"oldest header", "[test]\nname = \"a\"\ntags = [\"x\"]\n[test.assertions]\nx = 1\n", "[test.metadata]\nname = \"a\"\ntags = [\"x\"]\n[test.assertions]\nx = 1\n"},
		{"oldest header with more than metadata", "[test]\nname = \"a\"\nretries = 3\n", ""},
		{"oldest header as a dotted key", "test.name = \"a\"\n", ""},
		{"command line in a step", file + "[[scenario.steps]]\nname = \"t\"\ncommand = \"echo $HOME | wc\"\n", file + "[[scenario.steps]]\nname = \"t\"\nrun = \"echo $HOME | wc\"\n"},
		{"command line beside run", file + "[[scenario.steps]]\nname = \"t\"\ncommand = \"echo\"\nrun = \"true\"\n", ""},
		{"words of a container's command", file + "[service.a]\nimage = \"a:1\"\nargs = \"serve --port 80\"\n", file + "[service.a]\nimage = \"a:1\"\nargs = [\"serve\", \"--port\", \"80\"]\n"},
		{"one word", file + "[service.a]\nimage = \"a:1\"\nargs = 'serve'\n", file + "[service.a]\nimage = \"a:1\"\nargs = ['serve']\n"},
		{"shell syntax in a container's command", file + "[service.a]\nimage = \"a:1\"\nargs = \"serve && sleep 1\"\n", ""},
		{"quotes in a container's command", file + "[service.a]\nimage = \"a:1\"\nargs = \"serve 'a b'\"\n", ""},
		{"list of one", file + "artifacts.collect = \"spans:default\"\n", file + "artifacts.collect = [\"spans:default\"]\n"},
		{"number where a list belongs", file + "artifacts.collect = 3\n", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, titles := mend(t, c.text)
			if c.want == "" {
				c.want = c.text
			}
			if got != c.want {
				t.Errorf("fixes %q give\n%s\nwant\n%s", titles, got, c.want)
			}
		})
	}
}

// rendered says that a text was rendered: the word value is the value of a tag,
// the word macro comes out of a macro.
type rendered struct{ Locator }

func (r rendered) Locate(offset int) (diag.Position, string, []diag.Frame) {
	pos, line, via := r.Locator.Locate(offset)
	if strings.Contains(line, "value") {
		line = strings.Replace(line, "timout_ms", "{{ tag }}", 1)
	}
	if strings.Contains(line, "macro") {
		via = []diag.Frame{{What: "in macro m::x", Pos: pos}}
	}
	if strings.Contains(line, "include") {
		pos.File = "other.tera"
	}
	return pos, line, via
}

// elsewhere locates the one misspelt key in a line of its own making.
type elsewhere struct {
	Locator
	line   string
	column int
}

func (e elsewhere) Locate(offset int) (diag.Position, string, []diag.Frame) {
	pos, line, via := e.Locator.Locate(offset)
	if strings.HasPrefix(line, "timout_ms") {
		pos.Column, line = e.column, e.line
	}
	return pos, line, via
}

func TestNoFixWhereTheFileReadsOtherwise(t *testing.T) {
	text := []byte(head + "[[scenario]]\nname = \"s\"\nrun = \"true\"\ntimout_ms = 5\n")
	for _, c := range []struct {
		line   string
		column int
		want   bool
	}{
		{"timout_ms = 5", 1, true},
		{"{% if x %}timout_ms = 5", 11, true},
		{"{{ timout_ms }} = 5", 4, false}, // a variable that has its name for a value
		{"timout_{{ unit }} = 5", 1, false},
		{"soon = 5", 1, false},
	} {
		_, ds := Decode("t", text, elsewhere{PlainText("t", text), c.line, c.column})
		if len(ds) != 1 || (ds[0].Fix != nil) != c.want {
			t.Errorf("%s: %+v", c.line, ds)
		}
	}
}

func TestFixesAreForTheTextOfTheUsersFileOnly(t *testing.T) {
	for comment, want := range map[string]bool{"": true, " # a value": false, " # a macro": false, " # an include": false} {
		text := []byte(head + "[[scenario]]\nname = \"s\"\nrun = \"true\"\ntimout_ms = 5" + comment + "\n")
		_, ds := Decode("t", text, rendered{PlainText("t", text)})
		if len(ds) != 1 || (ds[0].Fix != nil) != want {
			t.Errorf("%q: %+v", comment, ds)
		}
	}
}

func TestTagsAroundAColumn(t *testing.T) {
	const line = "日 {{ a }} b {{c}}x"
	for column, want := range map[int]int{1: -1, 2: -1, 3: 4, 4: 4, 6: 4, 8: 4, 9: 4, 10: -1, 12: -1, 13: 14, 15: 14, 17: 14, 18: -1, 99: -1} {
		if got := fromTag(line, column); got != want {
			t.Errorf("column %d: %d, want %d", column, got, want)
		}
	}
}

func TestATagThatIsAllOfAValueGetsQuotes(t *testing.T) {
	const path = "t"
	cases := []struct{ line, tag string }{
		{`name = {{ svc }}`, `{{ svc }}`},
		{`  a."b c" = {{ svc }} # x`, `{{ svc }}`},
		{`name = {{ svc | default(value="x") }}`, ""}, // quotes of its own: left to the user
		{`name = {{ a }}{{ b }}`, ""},
		{`list = [{{ svc }}]`, ""},
		{`日本 = {{ svc }}`, ""},
	}
	for _, c := range cases {
		column := len([]rune(c.line[:strings.Index(c.line, "{{")])) + 4 // of the expression
		f := quoteTag(c.line, Pos{File: path, Line: 1, Column: column}, nil, path)
		if c.tag == "" {
			if f != nil {
				t.Errorf("%s: %+v", c.line, f)
			}
			continue
		}
		if f == nil || f.Edits[0].Old != c.tag || f.Edits[0].New != `"`+c.tag+`"` {
			t.Errorf("%s: %+v", c.line, f)
		}
	}
}
