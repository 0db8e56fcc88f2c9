package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

func TestConditionsUnderExpectGoToTheirScenario(t *testing.T) {
	f := decodeClean(t, head+`
[[scenario]]
name = "s"
run = "emit | tee out"
[[expect.status]]
exit_code = 3
[[expect.output]]
pattern = "done"
description = "says so"
[[expect.output]]
pattern = "and well"
[[scenario.expect.output]]
pattern = "mine"
`)
	s := f.Scenarios[0].Steps[0]
	if f.Expect != nil || f.Scenarios[0].Expect != nil {
		t.Error("conditions of commands are taken for expectations over spans")
	}
	if s.Name != "run" || s.ExitCode != 3 || s.Regex != "" || s.ExitCodePos.Line != 9 || s.CommandPos.Column != 7 {
		t.Errorf("%+v", s)
	}
	if !reflect.DeepEqual(s.Command, []string{"sh", "-c", "emit | tee out"}) {
		t.Errorf("%q", s.Command)
	}
	var got []string
	for _, o := range f.Scenarios[0].Outputs {
		got = append(got, fmt.Sprintf("%s %d:%d", o.Pattern, o.Pos.Line, o.Pos.Column))
	}
	if want := "mine 16:11, done 11:11, and well 14:11"; strings.Join(got, ", ") != want {
		t.Errorf("outputs %s, want %s", strings.Join(got, ", "), want)
	}
}

func TestExitCodesOfTheOldTableGoToTheirStep(t *testing.T) {
	f := decodeClean(t, head+`
[[scenario]]
name = "s"
run = "false"
[[otel_validation.expect_status]]
exit_code = 1
`)
	if s := f.Scenarios[0].Steps[0]; s.ExitCode != 1 || f.Expect != nil {
		t.Errorf("%+v, %+v", s, f.Expect)
	}
}

func TestHermeticAssertionBecomesAnExpectation(t *testing.T) {
	f := decodeClean(t, head+"[assertions]\nexecution_should_be_hermetic = true\n")
	if f.Expect == nil || !f.Expect.Hermeticity.NoExternalServices || f.Expect.Hermeticity.NoExternalPos.Line != 5 {
		t.Fatalf("%+v", f.Expect)
	}
	f = decodeClean(t, head+"[expect.hermeticity]\nspan_attrs.forbid_keys = [\"a\"]\n[assertions]\nexecution_should_be_hermetic = true\n")
	if h := f.Expect.Hermeticity; !h.NoExternalServices || len(h.ForbidKeys) != 1 || h.NoExternalPos.Line != 7 {
		t.Errorf("%+v", h)
	}
}

func TestSourceOfAPosition(t *testing.T) {
	f := decodeClean(t, head+"[service.a]\nimage = \"b:1\" # here\n")
	width, line, via := f.Source(f.Services[0].ImagePos)
	if width != 5 || line != `image = "b:1" # here` || via != nil {
		t.Errorf("%d %q %v", width, line, via)
	}
	if width, line, _ := f.Source(Pos{File: "other", Line: 1, Column: 1}); width != 0 || line != "" {
		t.Errorf("a foreign position: %d %q", width, line)
	}
}

func TestPlainText(t *testing.T) {
	l := PlainText("f", []byte("ab\r\né日x\n\nlast"))
	cases := []struct {
		offset, line, column int
		text                 string
	}{
		{-1, 1, 1, "ab"}, {0, 1, 1, "ab"}, {1, 1, 2, "ab"}, {3, 1, 3, "ab"},
		{4, 2, 1, "é日x"}, {6, 2, 2, "é日x"}, {9, 2, 3, "é日x"}, {10, 2, 4, "é日x"},
		{11, 3, 1, ""}, {12, 4, 1, "last"}, {16, 4, 5, "last"}, {99, 4, 5, "last"},
	}
	for _, c := range cases {
		pos, line, _ := l.Locate(c.offset)
		if pos != (Pos{File: "f", Line: c.line, Column: c.column}) || line != c.text {
			t.Errorf("offset %d: %v %q, want %d:%d %q", c.offset, pos, line, c.line, c.column, c.text)
		}
	}
	if pos, line, _ := PlainText("f", nil).Locate(5); pos.Line != 1 || pos.Column != 1 || line != "" {
		t.Errorf("empty text: %v %q", pos, line)
	}
}

func TestAttributeOperators(t *testing.T) {
	f := decodeClean(t, head+`
[[expect.span]]
name = "a"
attrs.all = { p = { exists = true }, n = { exists = false }, e = { eq = 1.5 }, r = { regex = "^x" }, o = ["a", 2, true], b = { gte = 1, lte = 2.5 }, l = 7 }
`)
	pos := Pos{}
	want := []AttrExpect{
		{pos, "p", AttrPresent, "", 0, nil}, {pos, "n", AttrAbsent, "", 0, nil}, {pos, "e", AttrEq, "1.5", 0, nil},
		{pos, "r", AttrRegex, "^x", 0, nil}, {pos, "o", AttrOneOf, "", 0, []string{"a", "2", "true"}},
		{pos, "b", AttrGte, "", 1, nil}, {pos, "b", AttrLte, "", 2.5, nil}, {pos, "l", AttrEq, "7", 0, nil},
	}
	got := f.Expect.Spans[0].AttrsAll
	for i := range got {
		if got[i].Pos.Line != 7 {
			t.Errorf("%s: no position", got[i].Key)
		}
		got[i].Pos = pos
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestAnErrorBehindManyWarningsStillCounts(t *testing.T) {
	var b strings.Builder
	b.WriteString(head + "[limits]\n")
	for i := range 2 * maxDiagnostics {
		fmt.Fprintf(&b, "k%d = 1\n", i)
	}
	b.WriteString("[expect]\nspam = 1\n")
	_, ds := decode(b.String())
	if errs, _ := diag.Count(ds); errs != 1 || len(ds) != maxDiagnostics+1 {
		t.Errorf("%d errors in %d diagnostics", errs, len(ds))
	}
}

func TestExpectedTracesAndBoundsOfEveryTrace(t *testing.T) {
	f := decodeClean(t, head+`
[[otel_validation.expected_traces]]
span_names = ["a", "b"]
complete = true
[expect.window]
max_duration_ms = 30
parent_contains_children = true
[[scenario]]
name = "s"
run = "true"
[[scenario.expect.window]]
outer = "a"
min_duration_ms = 1
[scenario.expect.graph]
no_orphans = true
must_be_connected = true
`)
	x := f.Expect
	if len(x.Traces) != 1 || !x.Traces[0].Complete || !reflect.DeepEqual(x.Traces[0].Names, []string{"a", "b"}) || x.Traces[0].NamesPos.Line != 6 {
		t.Errorf("%+v", x.Traces)
	}
	if e := x.EachTrace; e == nil || *e.Duration.Max != 30 || e.Duration.Min != nil || e.Duration.Pos.Line != 9 || !e.Nested || e.NestedPos.Line != 10 {
		t.Errorf("%+v", e)
	}
	own := f.Scenarios[0].Expect
	if w := own.Windows; len(w) != 1 || w[0].Outer != "a" || *w[0].Duration.Min != 1 {
		t.Errorf("%+v", w)
	}
	if g := own.Graph; !g.NoOrphans || !g.Connected || g.SingleRoot || g.ConnectedPos.Line != 19 {
		t.Errorf("%+v", g)
	}
}

func TestPolicyBoundsItsScenario(t *testing.T) {
	f := decodeClean(t, head+`
[limits]
memory_mb = 100
cpu_millicores = 250
[[scenario]]
name = "wide"
run = "true"
timeout_ms = 500
policy = { max_execution_time = 60, max_memory_mb = 200, disallowed_commands = ["rm -rf"], allowed_network_hosts = ["db"] }
[[scenario]]
name = "narrow"
run = "true"
policy.max_execution_time = 2
policy.max_memory_mb = 64
[[scenario]]
name = "none"
run = "true"
`)
	want := []struct {
		timeout time.Duration
		memory  int
	}{{500 * time.Millisecond, 100}, {2 * time.Second, 64}, {0, 100}}
	for i, s := range f.Scenarios {
		if l := f.LimitsOf(s); s.Timeout != want[i].timeout || l.MemoryMB != want[i].memory || l.CPUMillicores != 250 {
			t.Errorf("%s: timeout %s, limits %+v", s.Name, s.Timeout, l)
		}
	}
	if p := f.Scenarios[0].Policy; !reflect.DeepEqual(p.Disallowed, []string{"rm -rf"}) || p.DisallowedPos.Line != 12 || !reflect.DeepEqual(p.Hosts, []string{"db"}) {
		t.Errorf("%+v", p)
	}
}

func TestTagsOfEveryHeader(t *testing.T) {
	for _, header := range []string{"[meta]\nversion = \"1\"\n", "[test.metadata]\n", "[test]\n"} {
		f, _ := decode(header + "name = \"a\"\ntags = [\"slow\", \"red-team\"]\n")
		if !slices.Equal(f.Tags, []string{"slow", "red-team"}) {
			t.Errorf("%s: %q", header, f.Tags)
		}
		if _, ds := decode(header + "name = \"a\"\ntags = 7\n"); !strings.Contains(show(ds), "tags") {
			t.Errorf("%s: a number is taken for tags: %s", header, show(ds))
		}
	}
}
