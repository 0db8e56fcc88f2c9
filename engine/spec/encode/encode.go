// Package encode writes expectations as TOML that package spec decodes to the
// same expectations.
//
// An expectation table flows in, TOML text flows out. It writes whole tables
// only, in the order in which they are judged; it never reads a file and does
// not check what it is given.
package encode

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// Expect returns the TOML of an expectation table of a file: [[expect.span]],
// [expect.graph] and so on, as they stand at the end of a test file. The error
// says what these tables cannot express: one attribute with the same operator
// twice, bounds of every trace beside windows, and expected traces and
// constraints, which are written under [otel_validation].
func Expect(e *spec.Expect) ([]byte, error) {
	w := &writer{}
	if len(e.Traces)+len(e.Values)+len(e.Gaps)+len(e.Siblings) > 0 {
		w.fail("expected traces and constraints have no table under [expect]")
	}
	for _, s := range e.Spans {
		w.span(s)
	}
	w.graph(e.Graph)
	w.counts(e.Counts)
	for _, x := range e.Windows {
		w.table("[[expect.window]]")
		w.field("outer", text(x.Outer))
		if len(x.Contains) > 0 {
			w.field("contains", list(x.Contains))
		}
		w.millis(x.Duration)
	}
	w.eachTrace(e)
	if o := e.Order; o != nil {
		w.table("[expect.order]")
		w.edges("must_precede", o.MustPrecede)
		w.edges("must_follow", o.MustFollow)
	}
	w.status(e.Status)
	w.hermeticity(e.Hermeticity)
	return []byte(w.b.String()), w.err
}

type writer struct {
	b   strings.Builder
	err error
}

// table begins a table, a blank line behind what stands before it.
func (w *writer) table(header string) {
	if w.b.Len() > 0 {
		w.b.WriteByte('\n')
	}
	w.b.WriteString(header + "\n")
}

func (w *writer) field(key, value string) { w.b.WriteString(key + " = " + value + "\n") }

func (w *writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

// millis writes the bounds of a window's duration.
func (w *writer) millis(d *spec.DurationExpect) {
	if d == nil {
		return
	}
	if d.Min != nil {
		w.field("min_duration_ms", number(*d.Min))
	}
	if d.Max != nil {
		w.field("max_duration_ms", number(*d.Max))
	}
}

func (w *writer) eachTrace(e *spec.Expect) {
	x := e.EachTrace
	if x == nil {
		return
	}
	if len(e.Windows) > 0 {
		w.fail("[expect.window] is either one table or a list of windows")
	}
	w.table("[expect.window]")
	w.millis(x.Duration)
	if x.Nested {
		w.field("parent_contains_children", "true")
	}
}

func (w *writer) span(s *spec.SpanExpect) {
	w.table("[[expect.span]]")
	w.field("name", text(s.Name))
	if s.Exists != nil {
		w.field("exists", strconv.FormatBool(*s.Exists))
	}
	for _, f := range [][2]string{{"parent", s.Parent}, {"kind", s.Kind}, {"status", s.Status}} {
		if f[1] != "" {
			w.field(f[0], text(f[1]))
		}
	}
	w.attrs("attrs.all", s.AttrsAll)
	w.attrs("attrs.any", s.AttrsAny)
	if len(s.EventsAny) > 0 {
		w.field("events.any", list(s.EventsAny))
	}
	if len(s.EventsAll) > 0 {
		w.field("events.all", list(s.EventsAll))
	}
	if d := s.Duration; d != nil {
		var parts []string
		if d.Min != nil {
			parts = append(parts, "min = "+number(*d.Min))
		}
		if d.Max != nil {
			parts = append(parts, "max = "+number(*d.Max))
		}
		w.field("duration_ms", inline(parts))
	}
}

func (w *writer) graph(g *spec.GraphExpect) {
	if g == nil {
		return
	}
	w.table("[expect.graph]")
	w.edges("must_include", g.MustInclude)
	w.edges("must_not_cross", g.MustNotCross)
	if g.MaxDepth != nil {
		w.field("max_depth", strconv.FormatInt(*g.MaxDepth, 10))
	}
	for _, f := range []struct {
		key string
		on  bool
	}{{"acyclic", g.Acyclic}, {"single_root", g.SingleRoot}, {"no_orphans", g.NoOrphans}, {"must_be_connected", g.Connected}} {
		if f.on {
			w.field(f.key, "true")
		}
	}
}

func (w *writer) edges(key string, edges []spec.Edge) {
	switch len(edges) {
	case 0:
	case 1:
		w.field(key, "["+list([]string{edges[0].From, edges[0].To})+"]")
	default:
		w.b.WriteString(key + " = [\n")
		for _, e := range edges {
			w.b.WriteString("  " + list([]string{e.From, e.To}) + ",\n")
		}
		w.b.WriteString("]\n")
	}
}

func (w *writer) counts(c *spec.CountsExpect) {
	if c == nil {
		return
	}
	w.table("[expect.counts]")
	for _, f := range []struct {
		key string
		b   *spec.Bound
	}{{"spans_total", c.SpansTotal}, {"events_total", c.EventsTotal}, {"errors_total", c.ErrorsTotal}} {
		if f.b != nil {
			w.field(f.key, bound(*f.b))
		}
	}
	for _, n := range c.ByName {
		w.field("by_name."+text(n.Name), bound(n.Bound))
	}
	for _, n := range c.ByKind {
		w.field("by_kind."+text(n.Name), bound(n.Bound))
	}
	for _, n := range c.ByService {
		w.field("spans_per_service."+text(n.Name), bound(n.Bound))
	}
}

func bound(b spec.Bound) string {
	var parts []string
	for _, f := range []struct {
		key string
		n   *int64
	}{{"gte", b.Gte}, {"lte", b.Lte}, {"eq", b.Eq}} {
		if f.n != nil {
			parts = append(parts, f.key+" = "+strconv.FormatInt(*f.n, 10))
		}
	}
	return inline(parts)
}

func (w *writer) status(s *spec.StatusExpect) {
	if s == nil {
		return
	}
	w.table("[expect.status]")
	if s.All != "" {
		w.field("all", text(s.All))
	}
	if s.Strict {
		w.field("strict", "true")
	}
	for _, n := range s.ByName {
		w.field("by_name."+text(n.Name), text(n.Status))
	}
}

func (w *writer) hermeticity(h *spec.HermeticityExpect) {
	if h == nil {
		return
	}
	w.table("[expect.hermeticity]")
	if h.NoExternalServices {
		w.field("no_external_services", "true")
	}
	w.attrs("resource_attrs.must_match", h.ResourceAttrs)
	w.attrs("sdk_resource_attrs.must_match", h.SDKResourceAttrs)
	if len(h.ForbidKeys) > 0 {
		w.field("span_attrs.forbid_keys", list(h.ForbidKeys))
	}
}

// attrs writes constraints as a table; several operators for one key become a
// table of operators.
func (w *writer) attrs(key string, attrs []spec.AttrExpect) {
	if len(attrs) == 0 {
		return
	}
	var parts []string
	done := map[string]bool{}
	for i := range attrs {
		k := attrs[i].Key
		if done[k] {
			continue
		}
		done[k] = true
		var ops []string
		used := map[string]bool{}
		only := ""
		for _, a := range attrs[i:] {
			if a.Key != k {
				continue
			}
			op, value := operator(a)
			if used[op] {
				w.fail("the attribute %q has the same operator twice", k)
			}
			used[op] = true
			ops = append(ops, op+" = "+value)
			only = ""
			if op == "eq" || op == "" {
				only = value
			}
		}
		if len(ops) > 1 && used[""] {
			w.fail("the attribute %q has alternatives and other operators", k)
		}
		if len(ops) == 1 && only != "" {
			parts = append(parts, text(k)+" = "+only)
		} else {
			parts = append(parts, text(k)+" = "+inline(ops))
		}
	}
	w.field(key, inline(parts))
}

// operator is the name and the value of a constraint in a table of operators;
// a list of alternatives has no name.
func operator(a spec.AttrExpect) (name, value string) {
	switch a.Op {
	case spec.AttrPresent:
		return "exists", "true"
	case spec.AttrAbsent:
		return "exists", "false"
	case spec.AttrGte:
		return "gte", number(a.Number)
	case spec.AttrLte:
		return "lte", number(a.Number)
	case spec.AttrRegex:
		return "regex", text(a.Value)
	case spec.AttrOneOf:
		values := make([]string, len(a.OneOf))
		for i, v := range a.OneOf {
			values[i] = scalar(v)
		}
		return "", "[" + strings.Join(values, ", ") + "]"
	default:
		return "eq", scalar(a.Value)
	}
}

var (
	wholeNumber = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,17})$`)
	fraction    = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,9})\.[0-9]{0,9}[1-9]$`)
)

// scalar writes a value text the way a person would: numbers and booleans
// without quotes. What is compared is the text in either case.
func scalar(v string) string {
	if v == "true" || v == "false" || wholeNumber.MatchString(v) {
		return v
	}
	if f, err := strconv.ParseFloat(v, 64); err == nil && fraction.MatchString(v) && strconv.FormatFloat(f, 'f', -1, 64) == v {
		return v
	}
	return text(v)
}

// number writes a limit.
func number(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case f == math.Trunc(f) && math.Abs(f) < 1<<53:
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}

func inline(parts []string) string { return "{ " + strings.Join(parts, ", ") + " }" }

func list(items []string) string {
	out := make([]string, len(items))
	for i, s := range items {
		out[i] = text(s)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// text writes a basic string. A brace that would begin a template tag is
// escaped: the text may be appended to a template.
func text(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		case r == '{' && i < len(s) && (s[i] == '{' || s[i] == '%' || s[i] == '#'):
			b.WriteString(`\u007B`)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Literal is the pattern that matches one span name and no other: what would be
// special in it becomes a class of one character.
func Literal(name string) string {
	if !strings.ContainsAny(name, "*?[") {
		return name
	}
	return strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]").Replace(name)
}
