package template

import (
	"context"
	"fmt"
	"sync"
	"testing"
)

// TestConcurrentRenders: sixteen renders at a time share what is compiled and
// linked, and each gets its own text, variables and positions, while the limits
// of the caches make them compile and link anew all the time.
func TestConcurrentRenders(t *testing.T) {
	e := project(t, map[string]string{
		"a.tera":    "{% import 'b.tera' as b %}{% macro f(x) %}{{ b::g(x=x) }}{% endmacro %}",
		"b.tera":    "{% import 'a.tera' as a %}{% macro g(x) %}<{{ x }}>{% endmacro %}",
		"base.tera": "{% block body %}base{% endblock %}",
	}, nil)
	e.compiled.Resize(4)
	e.links.Resize(4)
	var wg sync.WaitGroup
	for n := range 16 {
		wg.Go(func() {
			for i := range 30 {
				src := fmt.Sprintf("{%% extends 'base.tera' %%}{%% import 'a.tera' as a %%}{%% import '_macros.toml.tera' as m %%}"+
					"{%% block body %%}{{ a::f(x=%d) }}{{ super() }}{{ n }}{%% for i in [1, 2] %%}{{ i ~ '-' ~ n }}{%% endfor %%}{%% endblock %%}\n[vars]\nn = '%d'\nunused = 1\n", i%7, n)
				res, err := e.Render(context.Background(), fmt.Sprintf("t%d.tera", n), []byte(src))
				if err != nil {
					t.Error(err)
					return
				}
				if want := fmt.Sprintf("<%d>base%d1-%d2-%d", i%7, n, n, n); string(res.Text) != want {
					t.Errorf("%q, want %q", res.Text, want)
				}
				if at := res.Locate(1); at.Pos.File != "b.tera" || len(at.Via) != 4 {
					t.Errorf("%+v", at)
				}
				if ds := res.Unused(); len(ds) != 1 || ds[0].Pos.Line != 4 {
					t.Errorf("%v", ds)
				}
				if len(res.Vars()) == 0 {
					t.Error("no variables")
				}
			}
		})
	}
	wg.Wait()
}
