package expect

import (
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

func TestLinksRootsAndScopesAreJudged(t *testing.T) {
	link := func(ids ...string) func(*trace.Span) {
		return on("work", func(s *trace.Span) {
			for _, id := range ids {
				s.Links = append(s.Links, trace.Link{TraceID: "t1", SpanID: id})
			}
		})
	}
	scope := on("work", func(s *trace.Span) { s.Scope, s.ScopeVersion = "shop/queue", "1.2" })
	const text = "send\nrun\n  work"
	yes, no := true, false
	for _, tc := range []struct {
		name  string
		want  spec.SpanExpect
		spans []trace.Span
		rule  string // that fails; "" for none
		says  string
	}{
		{"linked", spec.SpanExpect{Links: []string{"send"}}, tree(text, link("0001")), "", ""},
		{"one of several", spec.SpanExpect{Links: []string{"s*"}}, tree(text, link("0002", "0001")), "", ""},
		{"no link", spec.SpanExpect{Links: []string{"send"}}, tree(text), ".links", "missing links to 'send', found none"},
		{"to another", spec.SpanExpect{Links: []string{"send"}}, tree(text, link("0002")), ".links", "found 'run'"},
		{"to one of two", spec.SpanExpect{Links: []string{"send", "run"}}, tree(text, link("0002")), ".links", "missing links to 'send', found 'run'"},
		{"into the void", spec.SpanExpect{Links: []string{"send"}}, tree(text, link("9999")), ".links", "9999, which was not collected"},
		{"a broken pattern", spec.SpanExpect{Links: []string{"[x"}}, tree(text, link("0001")), ".links", "missing links to '[x'"},
		{"scope", spec.SpanExpect{Scope: "shop/*"}, tree(text, scope), "", ""},
		{"other scope", spec.SpanExpect{Scope: "bank/*"}, tree(text, scope), ".scope", "expected scope 'bank/*', found 'shop/queue 1.2'"},
		{"no scope", spec.SpanExpect{Scope: "bank/*"}, tree(text), ".scope", "found none"},
		{"a broken scope", spec.SpanExpect{Scope: "[x"}, tree(text, scope), ".scope", "cannot be read"},
		{"not a root", spec.SpanExpect{Root: &no}, tree(text), "", ""},
		{"a root", spec.SpanExpect{Root: &yes}, tree("send\nwork"), "", ""},
		{"no root", spec.SpanExpect{Root: &yes}, tree(text), ".is_root", "expected a root, found parent 'run'"},
		{"an orphan is no root", spec.SpanExpect{Root: &yes}, tree(text, cut("work")), ".is_root", "which was not collected"},
		{"a root where none may be", spec.SpanExpect{Root: &no}, tree("send\nwork"), ".is_root", "found a root"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.want.Name = "work"
			r := judgeSpans(&spec.Expect{Spans: []*spec.SpanExpect{&tc.want}}, tc.spans)
			if tc.rule == "" {
				wantGreen(t, r)
				return
			}
			wantRed(t, r, "expect.span[work]"+tc.rule, tc.says)
		})
	}
}
