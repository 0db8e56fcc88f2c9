package expect

import (
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// validated decodes a table of [otel_validation] that must be sound.
func validated(t *testing.T, text string) *spec.Expect {
	t.Helper()
	doc := []byte("[meta]\nname = \"t\"\nversion = \"1\"\n[[scenario]]\nname = \"s\"\nrun = \"x\"\n" + text)
	f, ds := spec.Decode("t.clnrm.toml", doc, spec.PlainText("t.clnrm.toml", doc))
	for _, d := range ds {
		if d.Severity == diag.Error {
			t.Fatalf("%s: %s", text, d.Message)
		}
	}
	if f.Expect == nil {
		t.Fatalf("%s expects nothing", text)
	}
	return f.Expect
}

// TestConstraintsOfOldFilesDecideTheVerdict turns each key of the constraints of
// [otel_validation] that only this table has: over the same spans one value of
// it is green and the other red, by the rule and for the reason that is said.
func TestConstraintsOfOldFilesDecideTheVerdict(t *testing.T) {
	const (
		values   = "[[otel_validation.attribute_constraints]]\nattribute_name = "
		gaps     = "[[otel_validation.temporal_constraints]]\nspan_name = "
		siblings = "[[otel_validation.sibling_constraints]]\nspan_a = "
		resource = "[[otel_validation.resource_attributes]]\n"
	)
	for _, c := range []struct{ green, red, rule, reason string }{
		{values + "\"n\"\ndata_type = \"integer\"", values + "\"n\"\ndata_type = \"string\"", "attribute_constraints[n]", "to be of type string, found 5"},
		{values + "\"n\"\ndata_type = \"number\"", values + "\"a\"\ndata_type = \"number\"", "attribute_constraints[a]", "of type number"},
		{values + "\"n\"\ndata_type = \"int\"", values + "\"a\"\ndata_type = \"bool\"", "attribute_constraints[a]", "of type boolean"},
		{values + "\"n\"\nvalid_range = [5, 9]", values + "\"n\"\nvalid_range = [6, 9]", "attribute_constraints[n]", "n >= 6"},
		{values + "\"n\"\nvalid_range = [1, 5.0]", values + "\"n\"\nvalid_range = [1, 4.5]", "attribute_constraints[n]", "n <= 4.5"},
		{values + "\"a\"\nallowed_values = [\"2\", 1]", values + "\"a\"\nallowed_values = [\"2\"]", "attribute_constraints[a]", "a in [2], found 1"},
		{values + "\"b\"\npattern = \"^x$\"", values + "\"b\"\npattern = \"^y\"", "attribute_constraints[b]", "b =~ /^y/"},
		{values + "\"service.name\"\npattern = \"^sh\"", values + "\"service.name\"\npattern = \"^st\"", "attribute_constraints[service.name]", "(its resource)"},
		{values + "\"resource.service.name\"\npattern = \"^sh\"", values + "\"resource.a\"\npattern = \".\"", "attribute_constraints[resource.a]", "found no span and no resource"},
		{values + "\"n\"\ndata_type = \"integer\"", values + "\"zz\"\ndata_type = \"integer\"", "attribute_constraints[zz]", "found no span and no resource with that attribute"},

		{gaps + "\"step\"\nmust_complete_before = \"pay\"", gaps + "\"run\"\nmust_complete_before = \"step\"", "temporal_constraints[run -> step]", "none has ended"},
		{gaps + "\"step\"\nmust_complete_before = \"pay\"\nmax_gap_ms = 10", gaps + "\"step\"\nmust_complete_before = \"pay\"\nmax_gap_ms = 9", "temporal_constraints[step -> pay]", "'step', has ended 10ms before"},
		{gaps + "\"step\"\nmust_precede = [\"pay\", \"charge\"]\nmax_gap_ms = 12", gaps + "\"step\"\nmust_precede = [\"pay\", \"charge\"]\nmax_gap_ms = 11", "temporal_constraints[step -> charge]", "by at most 11ms"},
		{gaps + "\"step\"\nmust_precede = [\"pay\"]", gaps + "\"step\"\nmust_complete_before = \"zz\"", "temporal_constraints[step -> zz]", "found no span 'zz'"},

		{siblings + "\"step\"\nspan_b = \"pay\"", siblings + "\"step\"\nspan_b = \"charge\"", "sibling_constraints[step, charge]", "found none"},
		{siblings + "\"step\"\nspan_b = \"pay\"\nshared_parent = \"r*\"", siblings + "\"step\"\nspan_b = \"pay\"\nshared_parent = \"pay\"", "sibling_constraints[step, pay]", "below one parent 'pay'"},
		{siblings + "\"step\"\nspan_b = \"pay\"\nexecution_order = \"sequential\"", siblings + "\"pay\"\nspan_b = \"step\"\nexecution_order = \"sequential\"", "sibling_constraints[pay, step]", "one after the other"},
		{siblings + "\"step\"\nspan_b = \"late\"\nexecution_order = \"parallel\"", siblings + "\"step\"\nspan_b = \"pay\"\nexecution_order = \"parallel\"", "sibling_constraints[step, pay]", "at the same time"},
		{siblings + "\"step\"\nspan_b = \"pay\"", siblings + "\"step\"\nspan_b = \"step\"", "sibling_constraints[step, step]", "found none"},

		{resource + "attributes = { \"service.name\" = { required = true } }", resource + "attributes = { \"service.version\" = { required = true } }", "", "service.version"},
		{resource + "attributes = { \"service.name\" = \"shop\" }", resource + "required = true\nattributes = { \"service.name\" = { regex = \"^st\" } }", "", "service.name"},
		{"[[otel_validation.hermeticity_constraints]]\nno_external_network = false\n" + siblings + "\"step\"\nspan_b = \"pay\"", "[[otel_validation.hermeticity_constraints]]\nno_external_network = true", "", "api.example.com"},
	} {
		late := append(craftedTrace(), trace.Span{
			Name: "late", TraceID: "t1", ID: "0009", ParentID: "0001", Start: ms("39"), End: ms("41"), KindKnown: true, Resource: craftedTrace()[0].Resource,
		})
		late[4].Resource = late[0].Resource
		if r := judgeSpans(validated(t, c.green), late); !r.Passed() {
			t.Errorf("%s\nis red: %+v", c.green, r.Failures())
		}
		r := judgeSpans(validated(t, c.red), late)
		if r.Passed() {
			t.Errorf("%s\nis green", c.red)
			continue
		}
		f := r.Failures()[0]
		if text := f.Message + "\n" + strings.Join(f.Explain, "\n"); !strings.Contains(text, c.reason) || c.rule != "" && f.Rule != "otel_validation."+c.rule || f.Pos.Line == 0 {
			t.Errorf("%s\n%s at line %d: %s\ndoes not say %q", c.red, f.Rule, f.Pos.Line, text, c.reason)
		}
	}
}

// TestConstraintsSayWhatIsWrong wants messages that count, and lists that end.
func TestConstraintsSayWhatIsWrong(t *testing.T) {
	values := func(n int) []trace.Span {
		spans := craftedTrace()
		for i := range n {
			spans[i].Attrs = attrs("k", int64(7))
		}
		return spans
	}
	e := &spec.Expect{Values: []*spec.ValueExpect{{Key: "k", Type: "string"}}}
	for n, want := range map[int]string{1: "found 7", 2: "found 7 and 1 more"} {
		if got := judgeSpans(e, values(n)).Failures()[0].Message; !strings.HasSuffix(got, want) {
			t.Errorf("%d wrong values: %s", n, got)
		}
	}

	text := "run 0 900\n"
	for range maxListed + 1 {
		text += "  a 10 20\n"
	}
	e = &spec.Expect{Siblings: []*spec.SiblingExpect{{A: "a", B: "b", Order: spec.OrderParallel}}}
	if f := judgeSpans(e, tree(text+"  b 30 40\n")).Failures()[0]; len(f.Explain) != maxListed || !strings.Contains(f.Message, "found 6 pairs") {
		t.Errorf("%s\n%s", f.Message, strings.Join(f.Explain, "\n"))
	}
	if f := judgeSpans(e, tree(text)).Failures()[0]; !strings.Contains(strings.Join(f.Explain, "\n"), "nearest span names") {
		t.Errorf("a name that nothing has is not explained: %s", strings.Join(f.Explain, "\n"))
	}
	if f := judgeSpans(e, tree("run 0 900\n  a 10 20\n  c 10 20\n    b 10 20\n")).Failures()[0]; len(f.Explain) != 0 {
		t.Errorf("names that are there are explained: %s", strings.Join(f.Explain, "\n"))
	}
}
