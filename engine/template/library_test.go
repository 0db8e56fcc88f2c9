package template

import (
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

func TestLibraryMacros(t *testing.T) {
	tests := []struct{ call, want string }{
		{`m::span("a")`, "[[expect.span]]\nname = \"a\"\n"},
		{`m::span("a", "Server")`, "[[expect.span]]\nname = \"a\"\nkind = \"server\"\n"},
		{`m::span("a", "root")`, "[[expect.span]]\nname = \"a\"\nparent = \"root\"\n"},
		{`m::span("a", "client", {"k": 1}, "root")`, "[[expect.span]]\nname = \"a\"\nkind = \"client\"\nparent = \"root\"\nattrs.all = { k = 1 }\n"},
		{`m::span("a", "client", "root", {"k": 'q"'})`, "[[expect.span]]\nname = \"a\"\nkind = \"client\"\nparent = \"root\"\nattrs.all = { k = \"q\\\"\" }\n"},
		{`m::span(name="a", parent="root", attrs={"k": "v"})`, "[[expect.span]]\nname = \"a\"\nparent = \"root\"\nattrs.all = { k = \"v\" }\n"},
		{`m::span_with_attrs("a", "server", {"k": "v"})`, "[[expect.span]]\nname = \"a\"\nkind = \"server\"\nattrs.all = { k = \"v\" }\n"},
		{`m::service("db", "postgres:15", ["-c", "x"], {"P": 1})`, "[service.db]\nplugin = \"generic_container\"\nimage = \"postgres:15\"\nargs = [\"-c\", \"x\"]\nenv.P = \"1\"\n"},
		{`m::scenario("s", "db", 'echo "x"')`, "[[scenario]]\nname = \"s\"\nservice = \"db\"\nrun = \"echo \\\"x\\\"\"\n"},
		{`m::edges([["a", "b"], ["b", "c"]])`, "[expect.graph]\nmust_include = [[\"a\", \"b\"], [\"b\", \"c\"]]\n"},
		{`m::count("server", 1, 5)`, "[expect.counts]\nby_kind.server = { gte = 1, lte = 5 }\n"},
		{`m::count("server", 0)`, "[expect.counts]\nby_kind.server = { gte = 0 }\n"},
		{`m::window("a", "b")`, "[[expect.window]]\nouter = \"a\"\ncontains = [\"b\"]\n"},
		{`m::attrs({"b": "x", "a": true})`, "{ a = true, b = \"x\" }"},
		{`m::batch_validation(["a", "b"], "exists = true")`, "[[expect.span]]\nname = \"a\"\nexists = true\n\n[[expect.span]]\nname = \"b\"\nexists = true\n\n"},
	}
	e := project(t, nil, nil)
	for _, name := range []string{"_macros.toml.tera", "macros"} {
		for _, tt := range tests {
			res := rendered(t, e, "{% import \""+name+"\" as m %}{{ "+tt.call+" }}")
			if string(res.Text) != tt.want {
				t.Errorf("%s:\n got %q\nwant %q", tt.call, res.Text, tt.want)
			}
			if len(res.Deps) == 0 {
				t.Errorf("%s: the files that would come before the library are not among the dependencies", tt.call)
			}
		}
	}
}

// TestLibraryMacrosAreTOML decodes what every macro writes.
func TestLibraryMacrosAreTOML(t *testing.T) {
	e := project(t, nil, nil)
	for _, call := range []string{
		`m::span("a", attrs={"k": "v"})`, `m::span_exists("a")`, `m::attribute_validation("a", "k", "v")`,
		`m::error_propagation("a", "b")`, `m::service("a", "i")`, `m::scenario("s", "a", "false", false)`,
		`m::graph_relationship("a", "b")`, `m::service_interaction("a", "b", method="GET")`,
		`m::temporal_ordering("a", "b")`, `m::lifecycle("db")`, `m::multi_lifecycle(["db", "api"])`, `m::resource_check("network", "n")`,
	} {
		res := rendered(t, e, "{% import \"macros\" as m %}\n{{ "+call+" }}\n{{ m::span_exists(\"after\") }}")
		var doc map[string]any
		if err := toml.Unmarshal(res.Text, &doc); err != nil {
			t.Errorf("%s: %v\n%s", call, err, res.Text)
		}
	}
}

func TestLibraryRefusesWhatItCannotExpress(t *testing.T) {
	e := project(t, nil, nil)
	for call, want := range map[string]string{
		`m::span("a", "severe", parent="root")`: "`severe` is no span kind",
		`m::resource_check("disk", "d")`:        "not `disk`",
	} {
		d := fault(t, e, "{% import \"macros\" as m %}\n{{ "+call+" }}")
		if !strings.Contains(d.Message, want) || len(d.Via) != 1 || d.Via[0].Pos.Line != 2 {
			t.Errorf("%s: %+v", call, d)
		}
	}
}
