package encode_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec/encode"
)

// head makes a whole test file of an expectation block.
const head = `[meta]
name = "t"
version = "1.0"
[otel]
exporter = "otlp"
[service.a]
image = "example:1"
[[scenario]]
name = "s"
service = "a"
run = "x"
`

// withoutPositions sets every position of v to nothing.
func withoutPositions(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			withoutPositions(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			withoutPositions(v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[spec.Pos]() {
			v.SetZero()
			return
		}
		for i := range v.NumField() {
			withoutPositions(v.Field(i))
		}
	}
}

// TestWhatIsWrittenIsRead writes random tables and decodes them.
func TestWhatIsWrittenIsRead(t *testing.T) {
	for seed := range uint64(2000) {
		g := generator{rand.New(rand.NewPCG(seed, 1))}
		want := g.expect()
		toml, err := encode.Expect(want)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if len(toml) == 0 {
			continue // nothing was wanted
		}
		text := head + string(toml)
		f, ds := spec.Decode("t.clnrm.toml", []byte(text), spec.PlainText("t.clnrm.toml", []byte(text)))
		if len(ds) > 0 && want.EachTrace == nil { // which is read with a remark
			t.Fatalf("seed %d: %v\n%s", seed, ds, toml)
		}
		if strings.Contains(text, "{{") || strings.Contains(text, "{%") || strings.Contains(text, "{#") {
			t.Fatalf("seed %d: a template would change this\n%s", seed, toml)
		}
		withoutPositions(reflect.ValueOf(f.Expect))
		if !reflect.DeepEqual(f.Expect, want) {
			t.Fatalf("seed %d:\n%s\nread %s\nwant %s", seed, toml, show(f.Expect), show(want))
		}
	}
}

func show(e *spec.Expect) string {
	var b strings.Builder
	for _, s := range e.Spans {
		fmt.Fprintf(&b, "\n  span %+v", *s)
	}
	fmt.Fprintf(&b, "\n  %+v %+v %+v %+v %+v", e.Graph, e.Counts, e.Order, e.Status, e.Hermeticity)
	return b.String()
}

func TestWhatCannotBeWrittenIsRefused(t *testing.T) {
	twice := []spec.AttrExpect{{Key: "k", Value: "1"}, {Key: "k", Value: "2"}}
	for name, e := range map[string]*spec.Expect{
		"an operator twice": {Spans: []*spec.SpanExpect{{Name: "a", AttrsAll: twice}}},
		"expected traces":   {Traces: []*spec.TraceExpect{{Names: []string{"a"}}}},
		"two window forms":  {Windows: []*spec.WindowExpect{{Outer: "a", Contains: []string{"b"}}}, EachTrace: &spec.EachTraceExpect{Nested: true}},
	} {
		if _, err := encode.Expect(e); err == nil {
			t.Errorf("%s is not refused", name)
		}
	}
}

type generator struct{ *rand.Rand }

func (g generator) one(from ...string) string { return from[g.IntN(len(from))] }

func (g generator) name() string {
	return g.one("a", "GET /x", `say "hi"`, "tab\there", "line\nbreak", "{{ tag }}", "{% if %}", "{#c#}", "päth.*", `back\slash`, "\x01", "[ab]", "a=b", " ", "é")
}

func (g generator) names() []string {
	out := make([]string, 1+g.IntN(2))
	for i := range out {
		out[i] = g.name()
	}
	return out
}

func (g generator) edges() []spec.Edge {
	var out []spec.Edge
	for range g.IntN(3) {
		out = append(out, spec.Edge{From: g.name(), To: g.name()})
	}
	return out
}

func (g generator) bound() spec.Bound {
	n, m := int64(g.IntN(9)), int64(g.IntN(9))
	return []spec.Bound{{Eq: &n}, {Gte: &n}, {Lte: &m}, {Gte: &n, Lte: &m}}[g.IntN(4)]
}

func (g generator) value() string {
	return g.one("7", "-3", "007", "1.5", "1.50", "true", "True", "", "x", "9223372036854775807", "1e3", "0", "-0", "{{", "0.1", "NaN", "1979-05-27")
}

func (g generator) number() float64 {
	return []float64{0, 1, -2, 0.5, 1e9, 1e21, 1.0 / 3, 123456789.25}[g.IntN(8)]
}

func (g generator) attrs(many bool) []spec.AttrExpect {
	var out []spec.AttrExpect
	for i := range 1 + g.IntN(2) {
		key := fmt.Sprint(g.name(), i)
		switch g.IntN(5) {
		case 0:
			out = append(out, spec.AttrExpect{Key: key, Op: spec.AttrOneOf, OneOf: []string{g.value(), g.value()}})
		case 1:
			out = append(out, spec.AttrExpect{Key: key, Op: spec.AttrPresent})
		case 2:
			out = append(out, spec.AttrExpect{Key: key, Op: spec.AttrAbsent})
		case 3:
			out = append(out, spec.AttrExpect{Key: key, Op: spec.AttrGte, Number: g.number()})
			if many {
				out = append(out, spec.AttrExpect{Key: key, Op: spec.AttrLte, Number: g.number()}, spec.AttrExpect{Key: key, Op: spec.AttrRegex, Value: "^a{2}$"})
			}
		default:
			out = append(out, spec.AttrExpect{Key: key, Value: g.value()})
		}
	}
	return out
}

func (g generator) expect() *spec.Expect {
	yes := func() bool { return g.IntN(2) == 0 }
	e := &spec.Expect{}
	for range g.IntN(3) {
		s := &spec.SpanExpect{Name: g.name()}
		if yes() {
			s.Parent, s.Kind, s.Status = g.name(), g.one("server", "client"), g.one("OK", "ERROR")
		}
		if yes() {
			exists := yes()
			s.Exists = &exists
		}
		if yes() {
			s.AttrsAll, s.EventsAll = g.attrs(true), g.names()
		}
		if yes() {
			s.AttrsAny, s.EventsAny = g.attrs(false), g.names()
		}
		if yes() {
			lo, hi := g.number(), g.number()+2
			s.Duration = &spec.DurationExpect{Min: &lo, Max: &hi}
			if lo < 0 {
				s.Duration = nil
			}
		}
		e.Spans = append(e.Spans, s)
	}
	if yes() {
		depth := int64(3)
		e.Graph = &spec.GraphExpect{MustInclude: g.edges(), MustNotCross: g.edges(), Acyclic: yes(), SingleRoot: yes(), NoOrphans: yes(), Connected: yes(), MaxDepth: &depth}
	}
	if yes() {
		total := g.bound()
		e.Counts = &spec.CountsExpect{SpansTotal: &total, ErrorsTotal: &total}
		e.Counts.ByName = []spec.NamedBound{{Name: g.name(), Bound: g.bound()}}
		e.Counts.ByKind = []spec.NamedBound{{Name: "server", Bound: g.bound()}}
		e.Counts.ByService = []spec.NamedBound{{Name: g.name(), Bound: g.bound()}}
	}
	switch g.IntN(3) {
	case 0:
		limit := 5.5
		e.Windows = []*spec.WindowExpect{{Outer: g.name(), Contains: g.names(), Duration: &spec.DurationExpect{Max: &limit}}, {Outer: "b", Contains: g.names()}}
	case 1:
		e.EachTrace = &spec.EachTraceExpect{Nested: true}
	}
	if yes() {
		e.Order = &spec.OrderExpect{MustPrecede: g.edges(), MustFollow: g.edges()}
	}
	if yes() {
		e.Status = &spec.StatusExpect{All: "OK", Strict: yes(), ByName: []spec.NamedStatus{{Name: g.name(), Status: "ERROR"}}}
	}
	if yes() {
		e.Hermeticity = &spec.HermeticityExpect{NoExternalServices: yes(), ResourceAttrs: g.attrs(true), SDKResourceAttrs: g.attrs(true), ForbidKeys: g.names()}
	}
	return e
}

func TestLiteralMatchesItsNameOnly(t *testing.T) {
	for _, name := range []string{"a", "a*", "GET /items/[id]", "what?", "[[", "]", "[a]*?", "-", "päth"} {
		g, err := spec.CompileGlob(encode.Literal(name))
		if err != nil || !g.Match(name) {
			t.Errorf("%q: %v", name, err)
		}
		for _, other := range []string{"a", "ab", "a*", "GET /items/i", "whats", "[", "x"} {
			if other != name && g.Match(other) {
				t.Errorf("%q matches %q", encode.Literal(name), other)
			}
		}
	}
}
