package check

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

var (
	kinds     = []string{"internal", "server", "client", "producer", "consumer"}
	statuses  = []string{"OK", "ERROR", "UNSET"}
	exporters = []string{"stdout", "otlp", "otlp-http", "otlp-grpc", "none"}
	// foreignExporters are known to the format; a collector can feed them.
	foreignExporters = []string{"jaeger", "zipkin", "datadog", "newrelic"}
	protocols        = []string{"http/protobuf", "grpc", "http/json", "json"}
)

// oneOf complains about a word that is given and not among the known ones.
func (c *checker) oneOf(pos spec.Pos, word, code, what string, known []string) {
	if pos.Line == 0 || slices.Contains(known, word) {
		return
	}
	hint := diag.DidYouMean(word, known)
	if hint == "" {
		hint = "known: " + strings.Join(known, ", ")
	}
	d := c.problem(diag.Error, pos, code, hint, "%q is not a %s", word, what)
	d.Fix = c.respell(&d, word, known)
	c.add(d)
}

// respell offers the one known word that a misspelt one certainly means, if the
// user's file shows it as a string of its own.
func (c *checker) respell(d *diag.Diagnostic, word string, known []string) *diag.Fix {
	name := diag.Sole(word, known)
	chars := []rune(d.Line)
	from := d.Pos.Column - 1
	if name == "" || len(d.Via) > 0 || d.Pos.File != c.f.Path || d.Width < 3 || from+d.Width > len(chars) {
		return nil
	}
	old := string(chars[from : from+d.Width])
	quote := old[:1]
	if !strings.ContainsAny(quote, `"'`) || !strings.EqualFold(old, quote+word+quote) {
		return nil
	}
	return &diag.Fix{Title: "write " + quote + name + quote, Edits: []diag.Edit{{Line: d.Pos.Line, Column: d.Pos.Column, Old: old, New: quote + name + quote}}}
}

func (c *checker) otel() {
	o := c.f.Otel
	if o == nil {
		return
	}
	switch exporter := strings.ToLower(o.Exporter); {
	case o.ExporterPos.Line == 0:
		c.errorf(o.Pos, "otel-exporter", `add exporter = "otlp" or exporter = "stdout"`, "[otel] names no exporter")
	case slices.Contains(foreignExporters, exporter):
		c.warnf(o.ExporterPos, "otel-exporter", `use exporter = "otlp"`, "exporter %q is known to the format, but not received by this version", o.Exporter)
	default:
		c.oneOf(o.ExporterPos, exporter, "otel-exporter", "trace exporter", exporters)
	}
	c.oneOf(o.ProtocolPos, strings.ToLower(o.Protocol), "otel-protocol", "protocol of OTLP", protocols)
	if !(o.SampleRatio >= 0 && o.SampleRatio <= 1) {
		c.errorf(o.RatioPos, "sample-ratio", "1.0 keeps every span", "sample_ratio must be between 0.0 and 1.0, not %v", o.SampleRatio)
	}
}

// settings checks limits, determinism and assertions.
func (c *checker) settings() {
	f := c.f
	if f.Determinism.FreezePos.Line > 0 {
		if _, err := time.Parse(time.RFC3339, f.Determinism.FreezeClock); err != nil {
			c.errorf(f.Determinism.FreezePos, "freeze-clock", "write it as 2025-01-01T00:00:00Z", "freeze_clock %q is not an RFC 3339 time", f.Determinism.FreezeClock)
		}
	}
	commands := 0
	for _, s := range f.Scenarios {
		commands += len(s.Steps)
	}
	for _, a := range f.Assertions {
		if a.Name == spec.AssertCommands && a.Min > commands {
			c.errorf(a.Pos, "contradictory-bounds", "count the commands again", "at least %d commands should be executed, but the file has only %d", a.Min, commands)
		}
	}
}

// expect checks one [expect] table; path is how messages name it.
func (c *checker) expect(path string, x *spec.Expect) {
	if x == nil {
		return
	}
	if x.Empty() {
		c.empty(x.Pos, path)
	}
	for _, s := range x.Spans {
		c.span(s)
	}
	c.graph(path, x.Graph)
	c.counts(path, x.Counts)
	for _, w := range x.Windows {
		c.glob(w.Pos, w.Outer)
		c.duration(w.Duration, path+".window")
		for _, name := range w.Contains {
			c.glob(w.ContainsPos, name)
		}
	}
	c.order(path, x.Order)
	c.status(path, x.Status)
	c.hermeticity(path, x.Hermeticity)
	for _, t := range x.Traces {
		for _, name := range t.Names {
			c.glob(t.NamesPos, name)
		}
	}
	c.constraints(x)
	if e := x.EachTrace; e != nil {
		c.duration(e.Duration, path+".window")
		if e.Duration == nil && !e.Asks() {
			c.empty(e.Pos, path+".window")
		}
	}
}

// empty says that a table of expectations expects nothing: it must not look as
// if something had been checked.
func (c *checker) empty(pos spec.Pos, path string) {
	c.warnf(pos, "empty-expectation", "say what to expect, or remove the table", "[%s] expects nothing", path)
}

func (c *checker) span(s *spec.SpanExpect) {
	c.glob(s.Pos, s.Name)
	if s.ParentPos.Line > 0 {
		c.glob(s.ParentPos, s.Parent)
		if s.Root != nil && *s.Root {
			c.errorf(s.RootPos, "contradictory-bounds", "remove one of them", "no span is a root and has the parent %q", s.Parent)
		}
	}
	if s.ScopePos.Line > 0 {
		c.glob(s.ScopePos, s.Scope)
	}
	for _, name := range s.Links {
		c.glob(s.LinksPos, name)
	}
	c.oneOf(s.KindPos, s.Kind, "invalid-kind", "span kind", kinds)
	c.oneOf(s.StatusPos, s.Status, "invalid-status", "span status", statuses)
	c.attrs(s.AttrsAll)
	c.attrs(s.AttrsAny)
	c.duration(s.Duration, "expect.span.duration_ms")
}

func (c *checker) duration(d *spec.DurationExpect, path string) {
	switch {
	case d == nil:
	case d.Min == nil && d.Max == nil:
		c.empty(d.Pos, path)
	case d.Min != nil && d.Max != nil && *d.Min > *d.Max:
		c.errorf(d.Pos, "contradictory-bounds", "swap them", "no duration is at least %v ms and at most %v ms", *d.Min, *d.Max)
	}
}

func (c *checker) attrs(list []spec.AttrExpect) {
	low := map[string]float64{}
	for _, a := range list {
		if strings.TrimSpace(a.Key) == "" {
			c.errorf(a.Pos, "empty-name", "", "the key of an attribute is empty")
		}
		switch a.Op {
		case spec.AttrRegex:
			c.regex(a.Pos, a.Value)
		case spec.AttrGte:
			low[a.Key] = a.Number
		}
	}
	for _, a := range list {
		if min, ok := low[a.Key]; ok && a.Op == spec.AttrLte && min > a.Number {
			c.errorf(a.Pos, "contradictory-bounds", "swap them", "no value of %s is at least %v and at most %v", a.Key, min, a.Number)
		}
	}
}

func (c *checker) graph(path string, g *spec.GraphExpect) {
	if g == nil {
		return
	}
	if !g.Asks() {
		c.empty(g.Pos, path+".graph")
	}
	if g.MaxDepth != nil && *g.MaxDepth == 0 {
		c.errorf(g.MaxDepthPos, "contradictory-bounds", "a root alone is a depth of 1", "no trace has a depth of 0")
	}
	c.edges(g.MustInclude)
	c.edges(g.MustNotCross)
}

func (c *checker) edges(list []spec.Edge) {
	for _, e := range list {
		c.glob(e.Pos, e.From)
		c.glob(e.Pos, e.To)
	}
}

func (c *checker) counts(path string, x *spec.CountsExpect) {
	if x == nil {
		return
	}
	if x.SpansTotal == nil && x.EventsTotal == nil && x.ErrorsTotal == nil && len(x.ByName)+len(x.ByKind)+len(x.ByService) == 0 {
		c.empty(x.Pos, path+".counts")
	}
	for _, b := range []*spec.Bound{x.SpansTotal, x.EventsTotal, x.ErrorsTotal} {
		if b != nil {
			c.bound(*b)
		}
	}
	for _, b := range x.ByName {
		c.glob(b.Pos, b.Name)
		c.bound(b.Bound)
	}
	for _, b := range x.ByService {
		c.glob(b.Pos, b.Name)
		c.bound(b.Bound)
	}
	for _, b := range x.ByKind {
		c.oneOf(b.Pos, strings.ToLower(b.Name), "invalid-kind", "span kind", kinds)
		c.bound(b.Bound)
	}
}

func (c *checker) bound(b spec.Bound) {
	low, high := int64(0), int64(1<<62)
	if !b.Asks() {
		c.warnf(b.Pos, "empty-expectation", "give it gte, lte or eq", "this count has no bound")
	}
	if b.Gte != nil {
		low = *b.Gte
	}
	if b.Lte != nil {
		high = *b.Lte
	}
	if low > high || (b.Eq != nil && (*b.Eq < low || *b.Eq > high)) {
		c.errorf(b.Pos, "contradictory-bounds", "every given bound must hold", "no number meets these bounds")
	}
}

func (c *checker) order(path string, o *spec.OrderExpect) {
	if o == nil {
		return
	}
	if !o.Asks() {
		c.empty(o.Pos, path+".order")
	}
	c.edges(o.MustPrecede)
	c.edges(o.MustFollow)
	var names []string
	next, place := map[string][]string{}, map[[2]string]spec.Pos{}
	add := func(from, to string, pos spec.Pos) {
		names = append(names, from, to)
		next[from] = append(next[from], to)
		place[[2]string{from, to}] = pos
	}
	for _, e := range o.MustPrecede {
		add(e.From, e.To, e.Pos)
	}
	for _, e := range o.MustFollow {
		add(e.To, e.From, e.Pos)
	}
	for _, loop := range cycles(names, next) {
		last := [2]string{loop[len(loop)-1], loop[0]}
		c.errorf(place[last], "order-cycle", "remove one of these pairs", "no trace can meet this order: %s", strings.Join(append(loop, loop[0]), " -> "))
	}
}

func (c *checker) status(path string, s *spec.StatusExpect) {
	if s == nil {
		return
	}
	if !s.Asks() && s.AllPos.Line == 0 {
		c.empty(s.Pos, path+".status")
	}
	c.oneOf(s.AllPos, s.All, "invalid-status", "span status", statuses)
	for _, b := range s.ByName {
		c.glob(b.Pos, b.Name)
		c.oneOf(b.Pos, b.Status, "invalid-status", "span status", statuses)
	}
}

func (c *checker) hermeticity(path string, h *spec.HermeticityExpect) {
	if h == nil {
		return
	}
	if !h.Asks() {
		c.empty(h.Pos, path+".hermeticity")
	}
	c.attrs(h.ResourceAttrs)
	c.attrs(h.SDKResourceAttrs)
	for _, key := range h.ForbidKeys {
		c.glob(h.ForbidPos, key)
	}
}

// glob checks a name pattern.
func (c *checker) glob(pos spec.Pos, pattern string) {
	if strings.TrimSpace(pattern) == "" {
		c.errorf(pos, "empty-name", `"*" stands for every span`, "the name of a span is empty")
		return
	}
	if _, err := spec.CompileGlob(pattern); err != nil {
		c.errorf(pos, "invalid-glob", "patterns are *, ?, [abc], [a-z] and [!x]", "%q is not a name pattern: %s", pattern, err)
	}
}

// regex checks a regular expression and points at the part that is wrong.
func (c *checker) regex(pos spec.Pos, pattern string) {
	if pos.Line == 0 {
		return
	}
	_, err := regexp.Compile(pattern)
	if err == nil {
		return
	}
	var wrong *syntax.Error
	if !errors.As(err, &wrong) {
		c.errorf(pos, "invalid-regex", "", "this is not a regular expression: %s", err)
		return
	}
	hint := "the syntax is RE2"
	if strings.HasPrefix(wrong.Expr, "(?") {
		hint = "the syntax is RE2, which has no look-ahead and no look-behind"
	}
	d := diag.Diagnostic{
		Severity: diag.Error, Code: "invalid-regex", Pos: pos, Hint: hint,
		Message: fmt.Sprintf("this is not a regular expression: %s: `%s`", wrong.Code, wrong.Expr),
	}
	d.Width, d.Line, d.Via = c.f.Source(pos)
	narrow(&d, wrong.Expr)
	c.add(d)
}

// narrow points a diagnostic about a value at a part of that value, if the
// user's line shows the part unescaped.
func narrow(d *diag.Diagnostic, part string) {
	chars := []rune(d.Line)
	if from := d.Pos.Column - 1; from < len(chars) && part != "" {
		rest := string(chars[from:])
		if i := strings.Index(rest, part); i >= 0 {
			d.Pos.Column += utf8.RuneCountInString(rest[:i])
			d.Width = utf8.RuneCountInString(part)
		}
	}
}

// spanSource tells where the spans come from when the file does not say:
// nothing is wrong, but many a surprising verdict is explained by it.
func (c *checker) spanSource() {
	f := c.f
	if f.Otel != nil && strings.HasPrefix(strings.ToLower(f.Otel.Exporter), "otlp") {
		return
	}
	for _, s := range f.Scenarios {
		if slices.ContainsFunc(s.Artifacts, func(a string) bool { return strings.HasPrefix(a, "spans:") }) {
			return
		}
	}
	expectations := []*spec.Expect{f.Expect}
	for _, s := range f.Scenarios {
		expectations = append(expectations, s.Expect)
	}
	for _, x := range expectations {
		if x != nil {
			c.at(diag.Info, x.Pos, "own-spans", `collect the program's spans with [otel] exporter = "otlp", or artifacts.collect = ["spans:default"]`,
				"no source of spans is declared: these expectations are judged over the spans of the run itself")
			return
		}
	}
}
