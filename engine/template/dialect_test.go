package template

import (
	"context"
	"strings"
	"testing"
)

// dialectVars are the variables of TestDialect.
var dialectVars = map[string]any{
	"name": "shop", "n": 7, "zero": 0, "ratio": 2.0, "half": 0.5, "yes": true, "no": false, "nothing": nil,
	"list": []any{"x", "y", "z"}, "nums": []any{3, 1, 2}, "empty": []any{}, "max": int64(9223372036854775807),
	"obj":  map[string]any{"b": 2, "a": 1, "deep": map[string]any{"k.v": "dotted"}},
	"rows": []any{map[string]any{"id": "r1", "w": 2}, map[string]any{"id": "r2", "w": 1}},
	"i":    1, "key": "a",
}

// TestDialect holds one line for each rule of the dialect.
func TestDialect(t *testing.T) {
	e := project(t, map[string]string{
		"base.tera":  "<{% block head %}H{% endblock %}|{% block body %}B{% block inner %}I{% endblock %}{% endblock %}>",
		"mid.tera":   "{% extends 'base.tera' %}{% block head %}M{{ super() }}{% endblock %}",
		"inc.tera":   "[{{ name }}{% set leak = 1 %}]",
		"lib.tera":   "{% macro hi(who, mark='!') %}hi {{ who }}{{ mark }}{% endmacro %}{% macro twice(x) %}{{ self::hi(x) }}{{ self::hi(x) }}{% endmacro %}{% macro ctx() %}{{ name }}{% endmacro %}",
		"own.tera":   "{% macro hi(x) %}own {{ x }}{% endmacro %}",
		"outer.tera": "{% import 'lib.tera' as inner %}{% macro wrap(x) %}({{ inner::hi(x) }}){% endmacro %}",
	}, map[string]string{"SET": "s"}, func(o *Options) { o.Overrides = dialectVars })
	tests := []struct{ src, want string }{
		// Printing.
		{`{{ n }} {{ ratio }} {{ half }} {{ yes }} {{ nothing }}.`, "7 2 0.5 true ."},
		{`{{ list }} {{ obj }} {{ [list, 1.5] }}`, "[x, y, z] [object] [[x, y, z], 1.5]"},
		{"{{ 'a\"b' }}{{ \"c'd\" }}{{ `e` }}", `a"bc'de`},
		{`{ x } {% raw %}{{ n }}{% endraw %} }}`, "{ x } {{ n }} }}"},
		// Paths.
		{`{{ obj.a }}{{ obj["b"] }}{{ obj[key] }}{{ list.0 }}{{ list[i] }}{{ obj.deep["k.v"] }}`, "121xydotted"},
		// Arithmetic.
		{`{{ 1 + 2 * 3 }} {{ (1 + 2) * 3 }} {{ 7 / 2 }} {{ 8 / 2 }} {{ 7 % 4 }} {{ -7 % 4 }}`, "7 9 3.5 4 3 -3"},
		{`{{ n-1 }} {{ n -1 }} {{ 1 / 0 }} {{ half + half }}`, "6 6 NaN 1"},
		{`{{ 1 + nums | length }}`, "error:an array"},
		{`{{ nums | length - 1 }} {{ nums | length * nums | length }}`, "2 9"},
		{`{{ max + 1 }}`, "error:64 bits"},
		{`{{ n % zero }}`, "error:zero"},
		{`{{ n + name }}`, "error:a string"},
		// Comparisons and logic.
		{`{{ 1 == 1.0 }} {{ 1 != "a" }} {{ "a" != "b" }} {{ n > 6 and n <= 7 }}`, "true false true true"},
		{`{{ no and no or yes }} {{ not no }} {{ not (yes and no) }}`, "true true false"},
		{`{% if not (yes and no) %}t{% endif %}`, "t"},
		{`{{ "x" in list }} {{ "q" not in list }} {{ "ho" in name }} {{ "a" in obj }} {{ 1.0 in nums }}`, "true true true true false"},
		{`{{ name < 3 }}`, "error:numbers"},
		// Undefined.
		{`{% if nope %}t{% else %}f{% endif %}{% if nope.x or yes %}t{% endif %}{{ not nope }}`, "fttrue"},
		{`{{ nope | default(value="d") }} {{ obj.zz | default("d") }} {{ nothing | default(value=1) }} {{ nope is defined }}`, "d d 1 false"},
		{`{{ nope | upper | default(value="d") }}`, "error:nope"},
		{`{{ none is defined }}{{ none }}{% if None %}t{% endif %}`, "false"},
		// Concatenation.
		{`{{ name ~ "-" ~ n ~ 1.0 ~ ratio }}`, "shop-712.0"},
		{`{{ name ~ yes }}`, "error:boolean"},
		// Tests.
		{`{{ n is odd }} {{ n is not even }} {{ n is divisibleby(7) }} {{ list is iterable }} {{ name is starting_with("sh") }} {{ name is matching("^s.*p$") }}`, "true true true true true true"},
		{`{{ list is containing("x") }} {{ obj is object }} {{ name is string }} {{ half is number }}`, "true true true true"},
		{`{{ name is nosuch }}`, "error:unknown test"},
		// Conditions and loops.
		{`{% if n == 1 %}a{% elif n == 7 %}b{% else %}c{% endif %}`, "b"},
		{`{% for x in list %}{{ loop.index }}{{ x }}{% if not loop.last %},{% endif %}{% endfor %}`, "1x,2y,3z"},
		{`{% for k, v in obj %}{{ k }};{% endfor %}{% for c in "né" | trim %}{% endfor %}`, "error:string literal"},
		{`{% for k, v in obj %}{{ k }};{% endfor %}{% for c in name %}{{ c }}.{% endfor %}`, "a;b;deep;s.h.o.p."},
		{`{% for x in empty %}a{% else %}none{% endfor %}`, "none"},
		{`{% for x in range(end=9) %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 4 %}{% break %}{% endif %}{{ x }}{% endfor %}`, "013"},
		{`{% for x in obj %}{% endfor %}`, "error:two names"},
		{`{% for k, v in list %}{% endfor %}`, "error:object"},
		{`{% for x in n %}{% endfor %}`, "error:a number"},
		// Set.
		{`{% set a = 1 %}{% for x in list %}{% set a = a + 1 %}{{ a }}{% endfor %}{{ a }}`, "2221"},
		{`{% set a = 1 %}{% for x in list %}{% set_global a = a + 1 %}{% endfor %}{{ a }}`, "4"},
		// White space.
		{"a {{- n -}} b", "a7b"},
		{"a\n{%- if yes -%}\n b \n{%- endif -%}\n c", "abc"},
		{"{% for x in empty %}{% else -%} e {%- endfor %}", " e "},
		{"a {#- c -#} b", "ab"},
		{"{# c -#}  a{{ n }}{# c -#}  b", "  a7b"},
		{"{{ n }}{# c -#}  b", "7b"},
		{"{% raw -%} r {%- endraw %}", "r"},
		// Include, import, inheritance.
		{`{% include "inc.tera" %}{{ leak | default(value="-") }}`, "[shop]-"},
		{`{% include ["nope.tera", "inc.tera"] %}{% include "nope.tera" ignore missing %}`, "[shop]"},
		{`{% import "lib.tera" as m %}{{ m::hi(who="a") }} {{ m::hi("b", mark="?") }} {{ m::twice(x=1) }}`, "hi a! hi b? hi 1!hi 1!"},
		{`{% import "outer.tera" as o %}{{ o::wrap("x") }}{{ inner::hi("y") }}`, "(hi x!)hi y!"},
		{`{% import "own.tera" as inner %}{% import "outer.tera" as o %}{{ inner::hi("y") }}{{ o::wrap("x") }}`, "own y(hi x!)"},
		{`{% import "lib.tera" as m %}{% set name = "local" %}{{ m::ctx() }}`, "shop"},
		{`{% import "lib.tera" as m %}{{ m::hi() }}`, "error:needs the argument `who`"},
		{`{% import "lib.tera" as m %}{{ m::hi(1, 2, 3) }}`, "error:takes 2 arguments"},
		{`{% import "lib.tera" as m %}{{ m::hi(1, who=2) }}`, "error:twice"},
		{"# text\n{% import \"lib.tera\" as m %}\n{{ m::hi(1) }}", "# text\nhi 1!"},
		{`{% macro own(a=[1], b={}) %}{{ a }}{{ b | length }}{% endmacro %}{{ self::own() }}{{ own(a=2) }}`, "[1]020"},
		{`{% extends "base.tera" %}{% block body %}{{ super() }}+{% endblock %}`, "<H|BI+>"},
		{`{% extends "mid.tera" %}{% block inner %}i{% endblock %}ignored {{ nope }}`, "<MH|Bi>"},
		{`x{% extends "base.tera" %}`, "error:first thing"},
		// Filter sections, objects, inline if, groups.
		{`{% filter upper %}a{{ name }}{% endfilter %}`, "ASHOP"},
		{`{% set o = {a: 1, "b": [1, {"c": 2}]} %}{{ o.a }}{{ o.b.1.c }}{{ {} | length }}`, "120"},
		{`{{ "a" if yes else "b" }}{{ "c" if no }}{{ 1 if no else 2 if no else 3 }}`, "a3"},
		{`{{ (name | upper) ~ (n + 1) }}{{ (list | length + 1) * 2 }}`, "SHOP88"},
		// Filters with arguments by position.
		{`{{ list | join(",") }} {{ name | replace("s", "S") }} {{ range(3) }}`, "x,y,z Shop [0, 1, 2]"},
		{`{{ rows | sort(attribute="w") | map(attribute="id") | join(sep="+") }}`, "r2+r1"},
		{`{{ rows | filter(attribute="id", value="r2") | first | get(key="w") }}`, "1"},
		// The environment.
		{`{{ env(name="SET") }}{{ env(name="UNSET") | default(value="d") }}{{ get_env(name="UNSET", default="e") }}{% if env("UNSET") %}t{% endif %}`, "sde"},
		{`{{ env(name="UNSET") }}`, "error:not set"},
		// Syntax errors.
		{`{{ 1 + }}`, "error:expected a value"},
		{`{% if yes %}`, "error:not closed"},
		{`{{ "a" + 1 }}`, "error:unexpected `+`"},
		{`{{ "a\"b" }}`, "error:unexpected `b`"},
		{`{% for x in list %}{% block b %}{% endblock %}{% endfor %}`, "error:loop"},
		{`{{ }}`, "error:expression is missing"},
	}
	for _, tt := range tests {
		res, err := e.Render(context.Background(), "t.tera", []byte(tt.src))
		if part, isError := strings.CutPrefix(tt.want, "error:"); isError {
			if err == nil {
				t.Errorf("%s\n got %q, expected an error with %q", tt.src, res.Text, part)
			} else if !strings.Contains(err.Error(), part) {
				t.Errorf("%s\n got error %v, expected %q", tt.src, err, part)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s\n got error %v", tt.src, err)
		} else if string(res.Text) != tt.want {
			t.Errorf("%s\n got  %q\n want %q", tt.src, res.Text, tt.want)
		}
	}
}
