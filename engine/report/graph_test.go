package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

// treeOf makes a trace of "id parent name" lines.
func treeOf(lines ...string) *report.Trace {
	t := &report.Trace{Name: "t.json"}
	index := map[string]int{}
	for i, l := range lines {
		f := strings.SplitN(l, " ", 3)
		index[f[0]] = i
		t.Spans = append(t.Spans, report.TraceSpan{ID: f[0], TraceID: "1", ParentID: strings.Trim(f[1], "-"), Name: f[2], Kind: "internal", Status: "OK", Parent: -1})
	}
	for i := range t.Spans {
		if up, ok := index[t.Spans[i].ParentID]; ok {
			t.Spans[i].Parent = up
		}
	}
	return t
}

func draw(t *testing.T, g *report.Graph, format string, o report.Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := g.Write(&b, format, report.Human{Options: o}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGraphAsText(t *testing.T) {
	broken := treeOf("a - sell", "b a pay", "c a ship", "d b bank", "x ff lost", "y ff gone", "p q loop", "q p pool", "r q hangs below")
	broken.Spans[3].Status = "ERROR"
	for name, tc := range map[string]struct {
		trace     *report.Trace
		filter    string
		highlight bool
		want      string
	}{
		"whole": {broken, "", false, `|-- sell (internal)
|   |-- pay (internal)
|   |   ` + "`-- " + `bank (internal) ERROR
|   ` + "`-- " + `ship (internal)
|-- loop (internal) [its own ancestor, through 'pool']
|-- pool (internal) [its own ancestor, through 'loop']
|   ` + "`-- " + `hangs below (internal)
` + "`-- " + `(parent ff was not collected)
    |-- lost (internal)
    ` + "`-- " + `gone (internal)
`},
		"filtered": {broken, "bank", false, "`-- sell (internal)\n    `-- pay (internal)\n        `-- bank (internal) ERROR\n"},
		"leaves":   {treeOf("a - one", "b a two"), "", true, "`-- one (internal)\n    `-- two (internal)\n        `-- (no children)\n"},
		"nothing":  {broken, "nobody", false, "(no spans to display)\n"},
		"no ids":   {treeOf("- - a", "- - b"), "", false, "|-- a (internal)\n`-- b (internal)\n"},
	} {
		t.Run(name, func(t *testing.T) {
			g := report.NewGraph(tc.trace, tc.filter)
			g.Highlight = tc.highlight
			if got := draw(t, g, "ascii", report.Options{ASCII: true}); got != tc.want {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

func TestGraphKeepsEverySpanAndEdge(t *testing.T) {
	tr := treeOf("a - sell", "b a pay", "a! - same id in letters", "x ff lost", "p q loop", "q p pool")
	var doc struct {
		Nodes   []struct{ ID, Name string }
		Edges   []struct{ Source, Target string }
		Missing []struct {
			ID       string
			Children []string
		}
	}
	if err := json.Unmarshal([]byte(draw(t, report.NewGraph(tr, ""), "json", report.Options{})), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Nodes) != 6 || len(doc.Edges) != 3 || len(doc.Missing) != 1 || doc.Missing[0].Children[0] != "x" {
		t.Errorf("%+v", doc)
	}
	seen := map[string]bool{}
	for _, n := range doc.Nodes {
		if seen[n.ID] {
			t.Errorf("%s stands for two spans", n.ID)
		}
		seen[n.ID] = true
	}
	mermaid := draw(t, report.NewGraph(tr, ""), "mermaid", report.Options{})
	for _, want := range []string{"```mermaid\ngraph TD\n", "s_a --> s_b\n", "missing_ff -.-> s_x\n", "s_q --> s_p\n", "s_p --> s_q\n"} {
		if !strings.Contains(mermaid, want) {
			t.Errorf("%q is missing in\n%s", want, mermaid)
		}
	}
}

// TestDrawingsSurviveHostileNames: whatever a program calls its spans, a
// terminal gets no control character and a drawing no second statement.
func TestDrawingsSurviveHostileNames(t *testing.T) {
	for _, name := range []string{"a\x1b[31mred", "line\nbreak", `"]; evil --> x["`, `\" }`, "```", "<script>", "\u202eabc", "\xff\xfe", "#quot;", ""} {
		tr := treeOf("a - one", "b a x")
		tr.Spans[1].Name, tr.Spans[1].ID = name, name+"!"
		tr.Spans[1].Service, tr.Spans[1].StatusMessage = name, name
		tr.Spans[1].Attributes = []report.TraceAttr{{Key: name, Value: name}}
		tr.Spans[1].Events = []report.TraceEvent{{Name: name, Attributes: []report.TraceAttr{{Key: name, Value: name}}}}
		for _, format := range report.GraphFormats {
			got := draw(t, report.NewGraph(tr, ""), format, report.Options{})
			check := func(r rune) bool { return unicode.IsControl(r) && r != '\n' || r == '\u202e' && format != "json" }
			if strings.ContainsFunc(got, check) {
				t.Errorf("%s of %q: %q", format, name, got)
			}
			if n := strings.Count(got, "\n"); format != "json" && n > 8 {
				t.Errorf("%s of %q: %d lines", format, name, n)
			}
			if format == "mermaid" && strings.Count(got, "-->") != 1 && !strings.Contains(got, "#gt;") {
				t.Errorf("%s", got)
			}
		}
		var b bytes.Buffer
		if err := (report.Human{}).Spans(&b, &report.Search{Trace: tr, Matched: []int{0, 1}}, true, true); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsFunc(b.String(), func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) || strings.Count(b.String(), "\n") != 9 {
			t.Errorf("%q", b.String())
		}
		a := &report.Analysis{File: name, Test: name, Traces: name, Verdict: report.Fail, Recorded: []report.RecordedRun{{Scenario: name, Folder: name}},
			Checks: []report.Check{{Failure: report.Failure{Rule: "expect.span[" + name + "].kind", Spans: []string{name}, Message: name, Explain: []string{name}}}}}
		a.Complete()
		b.Reset()
		if err := (report.Human{}).Analysis(&b, a); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsFunc(b.String(), func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
			t.Errorf("%q", b.String())
		}
	}
}

func TestDurationsAreShownInTheUnitThatSuits(t *testing.T) {
	tr := treeOf("a - a", "b - b", "c - c", "d - d", "e - e")
	for i, ns := range []uint64{999, 1500, 2_500_000, 1_230_000_000} {
		tr.Spans[i].DurationNS = &ns
	}
	var b bytes.Buffer
	if err := (report.Human{}).Spans(&b, &report.Search{Trace: tr, Matched: []int{0, 1, 2, 3, 4}}, false, false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"999ns", "1.5µs", "2.5ms", "1.23s", "N/A"} {
		if !strings.Contains(b.String(), " "+want+" ") {
			t.Errorf("%s is missing in\n%s", want, b.String())
		}
	}
}

func TestStrengthIsToldByKind(t *testing.T) {
	s := &report.Strength{File: "f", Traces: "t", Possible: 400, Mutants: 40, Killed: 20, Score: 0.5, Advice: "[expect.status]\nall = \"OK\"\n"}
	for i := range 12 {
		s.Survivors = append(s.Survivors, report.Survivor{Mutation: "flip-status", Span: fmt.Sprint("s", i), WouldKill: "x"})
	}
	for range 8 {
		s.Survivors = append(s.Survivors, report.Survivor{Mutation: "drop-span", Span: "\x1b[31m"})
	}
	var b bytes.Buffer
	if err := (report.Human{}).Strength(&b, s); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"strength 50.0%: 20 of 40 mutants killed\n", "a sample of the 400 mutants", "12 survived flip-status\n", "and 4 more\n", "8 survived drop-span\n",
		"would kill 12 of the 20 survivors", "all = \"OK\"\n", "No single expectation tells 8 survivors",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Error("a control character came through")
	}
}
