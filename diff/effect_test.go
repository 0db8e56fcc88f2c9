package diff

import (
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// fromText decodes a file from its expectations.
func fromText(t *testing.T, expectations string) *Tree {
	t.Helper()
	text := "[meta]\nname = \"t\"\nversion = \"1\"\n[service.app]\nimage = \"x\"\n[[scenario]]\nname = \"s\"\nservice = \"app\"\nrun = \"true\"\n" + expectations
	f, ds := spec.Decode("t.clnrm.toml", []byte(text), plain{"t.clnrm.toml", text})
	for _, d := range ds {
		if d.Severity == diag.Error {
			t.Fatalf("%v\n%s", d, text)
		}
	}
	return FromFile(f)
}

func span(fields string) string { return "[[expect.span]]\n" + fields + "\n" }

// effects lists the effects of a diff, "undecided" for what is neutral without a
// proof.
func effects(d *Diff) string {
	var out []string
	for _, c := range d.Changes {
		e := string(c.Effect)
		if c.Undecided {
			e = "undecided"
		}
		out = append(out, string(c.Kind)+" "+e)
	}
	return strings.Join(out, ", ")
}

func TestEffects(t *testing.T) {
	for _, c := range []struct {
		name     string
		strategy string
		old, new string
		want     string
	}{
		{"a span more", "set", span(`name = "a"`), span(`name = "a"`) + span(`name = "b"`), "added tightens"},
		{"all expectations gone", "set", span(`name = "a"`), "", "removed loosens"},
		{"another value", "set", span("name = \"a\"\nattrs.all = {k = \"1\"}"), span("name = \"a\"\nattrs.all = {k = \"2\"}"), "changed undecided"},
		{"a value becomes a list with it", "set", span("name = \"a\"\nattrs.all = {k = \"1\"}"), span("name = \"a\"\nattrs.all = {k = [\"1\", \"2\"]}"), "changed loosens"},
		{"a value becomes a pattern that it matches", "set", span("name = \"a\"\nattrs.all = {k = \"pass\"}"), span("name = \"a\"\nattrs.all = {k = {regex = \"^p\"}}"), "removed loosens, added neutral"},
		{"a lower bound rises", "set", span("name = \"a\"\nattrs.all = {k = {gte = 1}}"), span("name = \"a\"\nattrs.all = {k = {gte = 2}}"), "changed tightens"},
		{"one alternative more", "set", span("name = \"a\"\nattrs.any = {k = \"1\"}"), span("name = \"a\"\nattrs.any = {k = \"1\", l = \"1\"}"), "added loosens"},
		{"the first alternative", "set", span(`name = "a"`), span("name = \"a\"\nattrs.any = {k = \"1\"}"), "added tightens"},
		{"one condition less for what must not be", "set", span("name = \"a\"\nexists = false\nkind = \"client\""), span("name = \"a\"\nexists = false"), "removed tightens"},
		{"exists = false", "set", span(`name = "a"`), span("name = \"a\"\nexists = false"), "added undecided"},
		{"longer is allowed", "set", span("name = \"a\"\nduration_ms = {max = 5}"), span("name = \"a\"\nduration_ms = {max = 6}"), "changed loosens"},
		{"a name becomes a glob", "levenshtein", span(`name = "http.get"`), span(`name = "http.*"`), "renamed loosens"},
		{"a glob becomes a name", "semantic", span(`name = "http.*"`), span(`name = "http.get"`), "renamed tightens"},
		{"another name", "semantic", span("name = \"a\"\nkind = \"client\""), span("name = \"b\"\nkind = \"client\""), "renamed undecided"},
		{"follow and precede", "set", "[expect.order]\nmust_follow = [[\"b\", \"a\"]]", "[expect.order]\nmust_precede = [[\"a\", \"b\"]]", "added neutral, removed neutral"},
		{"follow and precede, in meaning", "semantic", "[expect.order]\nmust_follow = [[\"b\", \"a\"]]", "[expect.order]\nmust_precede = [[\"a\", \"b\"]]", ""},
		{"eq and both bounds, in meaning", "semantic", "[expect.counts]\nby_name.a = {eq = 1}", "[expect.counts]\nby_name.a = {gte = 1, lte = 1}", ""},
		{"a span below its parent is an edge", "set", span("name = \"b\"\nparent = \"a\""), span("name = \"b\"\nparent = \"a\"") + "[expect.graph]\nmust_include = [[\"a\", \"b\"]]", "added neutral"},
		{"all covers one, which something else wants to exist", "set", "[expect.status]\nby_name = {a = \"OK\"}\n" + span(`name = "a"`), "[expect.status]\nall = \"OK\"\n" + span(`name = "a"`), "added tightens, removed neutral"},
		{"all does not make one exist", "set", "[expect.status]\nby_name = {a = \"OK\"}", "[expect.status]\nall = \"OK\"", "added tightens, removed loosens"},
		{"no errors at all is all OK", "set", "[expect.status]\nall = \"OK\"", "[expect.counts]\nerrors_total = {eq = 0}", "added neutral, removed neutral"},
		{"no errors at all is not all UNSET", "set", "[expect.counts]\nerrors_total = {eq = 0}", "[expect.counts]\nerrors_total = {eq = 0}\n[expect.status]\nall = \"UNSET\"", "added tightens"},
		{"a status that every span has", "set", "[expect.graph]\nmust_include = [[\"p\", \"a\"]]\n[expect.status]\nall = \"OK\"", span("name = \"a\"\nstatus = \"OK\"") + "[expect.graph]\nmust_include = [[\"p\", \"a\"]]\n[expect.status]\nall = \"OK\"", "added neutral"},
		{"strict", "set", "[expect.status]\nall = \"OK\"", "[expect.status]\nall = \"OK\"\nstrict = true", "added tightens"},
		{"strict about nothing", "set", "[expect.status]\nall = \"ERROR\"", "[expect.status]\nall = \"ERROR\"\nstrict = true", "added neutral"},
		{"a wider window", "semantic", "[[expect.window]]\nouter = \"a\"\ncontains = [\"b\"]", "[[expect.window]]\nouter = \"*\"\ncontains = [\"b\"]", "renamed loosens"},
		{"fewer keys forbidden", "levenshtein", "[expect.hermeticity]\nspan_attrs.forbid_keys = [\"http.*\"]", "[expect.hermeticity]\nspan_attrs.forbid_keys = [\"http.url\"]", "renamed loosens"},
		{"an edge read the other way", "set", "[expect.graph]\nmust_not_cross = [[\"a\", \"b\"]]", "[expect.graph]\nmust_not_cross = [[\"b\", \"a\"]]", "removed neutral, added neutral"},
		{"a host more", "set", "[expect.hermeticity]\nno_external_services = true", "[expect.hermeticity]\nno_external_services = true\n[service.db]\nimage = \"y\"", "added loosens"},
		{"a service that nothing is about", "set", span(`name = "a"`), span(`name = "a"`) + "[service.db]\nimage = \"y\"", "added neutral"},
		{"a deeper trace", "set", "[expect.graph]\nmax_depth = 3", "[expect.graph]\nmax_depth = 4", "changed loosens"},
		{"a trace less", "set", "[[otel_validation.expected_traces]]\nspan_names = [\"a\"]\n" + span(`name = "b"`), span(`name = "b"`), "removed loosens"},
		{"traces that must be complete", "set", "[[otel_validation.expected_traces]]\nspan_names = [\"a\"]", "[[otel_validation.expected_traces]]\nspan_names = [\"a\"]\ncomplete = true", "added tightens"},
		{"a bound of every trace less", "set", "[expect.window]\nmax_duration_ms = 5\n" + span(`name = "b"`), span(`name = "b"`), "removed loosens"},
		{"children inside their parents no more", "set", "[expect.window]\nparent_contains_children = true\n" + span(`name = "b"`), span(`name = "b"`), "removed loosens"},
		{"any type of value", "set", "[[otel_validation.attribute_constraints]]\nattribute_name = \"a\"\ndata_type = \"string\"\npattern = \"x\"", "[[otel_validation.attribute_constraints]]\nattribute_name = \"a\"\npattern = \"x\"", "removed loosens"},
		{"a gap of any length", "set", "[[otel_validation.temporal_constraints]]\nspan_name = \"a\"\nmust_complete_before = \"b\"\nmax_gap_ms = 5", "[[otel_validation.temporal_constraints]]\nspan_name = \"a\"\nmust_complete_before = \"b\"", "removed loosens"},
		{"siblings in any order", "set", "[[otel_validation.sibling_constraints]]\nspan_a = \"a\"\nspan_b = \"b\"\nexecution_order = \"parallel\"", "[[otel_validation.sibling_constraints]]\nspan_a = \"a\"\nspan_b = \"b\"", "removed loosens"},
		{"a number that is only nearly one", "set", span("name = \"a\"\nattrs.all = {k = \"1234\"}"), span("name = \"a\"\nattrs.all = {k = {gte = 1}}"), "removed loosens, added tightens"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := StrategyNamed(c.strategy)
			if err != nil {
				t.Fatal(err)
			}
			d := s.Diff(fromText(t, c.old), fromText(t, c.new))
			if got := effects(d); got != c.want {
				t.Errorf("got  %s\nwant %s\n%s", got, c.want, changesText(d))
			}
		})
	}
}
