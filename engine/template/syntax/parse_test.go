package syntax

import (
	"fmt"
	"strings"
	"testing"
)

// TestErrorPositions marks the first character that does not fit with ¶.
func TestErrorPositions(t *testing.T) {
	for _, tt := range []struct{ src, message string }{
		{"a {{ b ¶c }}", "unexpected `c`, expected `}}`"},
		{"{{ a | ¶}}", "expected a filter name"},
		{"{{ a.b¶. }}", "unexpected `.`"},
		{"{{ a[¶] }}", "expected an index"},
		{"{{ 1 + ¶}}", "expected a value"},
		{"{{ ¶'abc }}", "string is not closed"},
		{"{{ ¶9223372036854775808 }}", "out of range"},
		{"{{ a ¶&& b }}", "unexpected `&`"},
		{"{{ a |¶| b }}", "unexpected `|`"},
		{"{{ ¶!a }}", "unexpected `!`"},
		{"{{ a == b ¶== c }}", "unexpected `=`"},
		{"{{ 'a' ¶* 2 }}", "unexpected `*`"},
		{"{{ 2 * ¶'a' }}", "arithmetic with a string"},
		{"{{ f(¶1) }}", "keyword argument"},
		{"{{ f(a=1 ¶b=2) }}", "expected `,` or `)`"},
		{"{{ m::¶(1) }}", "expected a macro name"},
		{"{{ a is ¶}}", "name of a test"},
		{"{{ {a ¶1} }}", "expected `:`"},
		{"{{ [1 ¶2] }}", "expected `,` or `]`"},
		{"{{ ü }}", "unexpected `ü`"},
		{"x\n ¶{% bogus %}", "unknown tag `bogus`"},
		{"¶{% endif %}", "without anything to close"},
		{"{% if a %}\n¶{% endfor %}", "`endfor` does not fit"},
		{"{% if a %}{% else %}¶{% elif b %}{% endif %}", "`elif` after `else`"},
		{"{% if a %}\n x¶", "`if` of line 1 is not closed"},
		{"\n{# a¶", "comment of line 2 is not closed"},
		{"{% raw %}{{ x }}¶", "`raw` of line 1 is not closed"},
		{"{% for a ¶b %}{% endfor %}", "expected `in`"},
		{"¶{% break %}", "outside a loop"},
		{"{% for a in b %}{% filter f %}¶{% break %}{% endfilter %}{% endfor %}", "outside a loop"},
		{"{% for a in b %}¶{% block c %}{% endblock %}{% endfor %}", "in a loop"},
		{"{% macro m() %}¶{% block c %}{% endblock %}{% endmacro %}", "in a macro"},
		{"{% if a %}¶{% macro m() %}{% endmacro %}{% endif %}", "top level"},
		{"{% if a %}¶{% import 'a' as b %}{% endif %}", "top level"},
		{"{% macro m(a=¶b) %}{% endmacro %}", "must be a literal"},
		{"{% macro m() %}{% endmacro %}{% macro ¶m() %}{% endmacro %}", "defined twice"},
		{"{% block b %}{% endblock %}{% block ¶b %}{% endblock %}", "defined twice"},
		{"a¶{% extends 'b' %}", "first thing"},
		{"{% include¶'a' %}", "expected white space"},
		{"{% include ['a' ¶'b'] %}", "expected `,` or `]`"},
		{"{% import 'a' ¶%}", "expected `as`"},
		{"{% set a ¶1 %}", "expected `=`"},
	} {
		src := strings.ReplaceAll(tt.src, "¶", "")
		want := strings.Index(tt.src, "¶")
		if want < 0 {
			want = strings.Index(tt.src, "ü")
		}
		_, err := Parse(src, Options{})
		e, ok := err.(*Error)
		if !ok || e.Off != want || !strings.Contains(e.Msg, tt.message) {
			t.Errorf("%s: got %v, want %q at %d", tt.src, err, tt.message, want)
			if ok {
				t.Logf("at %d", e.Off)
			}
		}
	}
}

func TestTreeOfAnExpression(t *testing.T) {
	for src, want := range map[string]string{
		"1 + 2 * 3 | f":         "f((1 + (2 * 3)))",
		"a | f * b | g + 1":     "((f(a) * g(b)) + 1)",
		"a | f + 1 - 2":         "(f(a) + (1 - 2))",
		"a-1":                   "(a - 1)",
		"a -1 - -1":             "((a - 1) - -1)",
		"not a == b and c or d": "((not (a == b) and c) or d)",
		"a or b and c":          "(a or (b and c))",
		"a ~ b | f":             "f((a ~ b))",
		"(a + b) * c":           "((a + b) * c)",
		"not (a or b)":          "not (a or b)",
		"not (not a)":           "not group(not a)",
		"(a | f) | g":           "g(group(f(a)))",
	} {
		u, err := Parse("{{ "+src+" }}", Options{})
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got := show(u.Nodes[0].(*Output).Expr); got != want {
			t.Errorf("%s: got %s, want %s", src, got, want)
		}
	}
}

// show writes an expression with all its parentheses.
func show(e *Expr) string {
	two := func(l *Expr, op string, r *Expr) string { return "(" + show(l) + " " + op + " " + show(r) + ")" }
	s := "?"
	switch v := e.Val.(type) {
	case *Lit:
		s = fmt.Sprint(v.V)
	case *Path:
		s = v.Text
	case *Math:
		s = two(v.L, string(v.Op), v.R)
	case *Logic:
		s = two(v.L, [...]string{"or", "and", "==", "!=", "<", "<=", ">", ">="}[v.Op], v.R)
	case *Concat:
		s = two(v.Parts[0], "~", v.Parts[1])
	case *Group:
		s = "group(" + show(v.X) + ")"
	}
	for _, f := range e.Filters {
		s = f.Name + "(" + s + ")"
	}
	if e.Neg {
		s = "not " + s
	}
	return s
}
