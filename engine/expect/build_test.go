package expect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// line is a position in the user's file, to be found again in a check.
func line(n int) diag.Position {
	return diag.Position{File: "t.clnrm.toml.tera", Line: n, Column: 1}
}

func ptr[T any](v T) *T { return &v }

// tree builds spans of one trace from lines like "a", "  b 10 20": indentation
// is depth, the numbers are start and end in ms. Changes are applied by name.
func tree(text string, change ...func(*trace.Span)) []trace.Span {
	var spans []trace.Span
	var path []string
	res := &trace.Resource{Attrs: []trace.Attr{{Key: "service.name", Value: "shop"}, {Key: "telemetry.sdk.language", Value: "go"}}}
	for l := range strings.Lines(text) {
		f := strings.Fields(l)
		if len(f) == 0 {
			continue
		}
		depth := (len(l) - len(strings.TrimLeft(l, " "))) / 2
		s := trace.Span{
			Name: f[0], TraceID: "t1", ID: fmt.Sprintf("%04x", len(spans)+1), Kind: trace.KindInternal, KindKnown: true,
			Status: trace.StatusOK, Start: 1e9, End: 2e9, Resource: res, Source: trace.Source{Kind: "otlp", Service: "shop"},
		}
		if len(f) == 3 {
			s.Start, s.End = ms(f[1]), ms(f[2])
		}
		path = append(path[:depth], s.ID)
		if depth > 0 {
			s.ParentID = path[depth-1]
		}
		for _, c := range change {
			c(&s)
		}
		spans = append(spans, s)
	}
	return spans
}

func ms(text string) uint64 {
	var f float64
	if _, err := fmt.Sscan(text, &f); err != nil {
		panic(err)
	}
	return uint64(f * 1e6)
}

// on applies a change to the spans of one name.
func on(name string, change func(*trace.Span)) func(*trace.Span) {
	return func(s *trace.Span) {
		if s.Name == name {
			change(s)
		}
	}
}

func attrs(pairs ...any) []trace.Attr {
	var out []trace.Attr
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, trace.Attr{Key: pairs[i].(string), Value: pairs[i+1]})
	}
	return out
}

func eq(key, value string) spec.AttrExpect { return spec.AttrExpect{Key: key, Value: value} }

func judgeSpans(e *spec.Expect, spans []trace.Span) Result {
	return Judge(e, trace.NewSet(spans), Options{InternalHosts: []string{"db", "shop"}, Looked: []string{"stdout of the steps"}})
}

// wantRed wants the first failure to be of a rule, with the parts of a message,
// a position and an explanation if it explains anything.
func wantRed(t *testing.T, r Result, rule string, parts ...string) Check {
	t.Helper()
	if r.Passed() {
		t.Fatalf("passed: %+v", r.Checks)
	}
	f := r.Failures()
	if len(f) == 0 || f[0].Rule != rule {
		t.Fatalf("first failure is not %s: %+v", rule, f)
	}
	text := f[0].Message + "\n" + strings.Join(f[0].Explain, "\n")
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%s: %q is not in\n%s", rule, p, text)
		}
	}
	return f[0]
}

func wantGreen(t *testing.T, r Result) {
	t.Helper()
	if !r.Passed() {
		t.Fatalf("not passed: %+v", r.Checks)
	}
}
