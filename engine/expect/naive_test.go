package expect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// naive is a second judge, written from the rules alone without any index,
// cache or explanation: every rule is a plain loop over all spans. It says only
// whether each rule holds.
type naive struct {
	spans    []trace.Span
	strict   bool
	internal []string
	out      []verdict
}

type verdict struct {
	rule string
	ok   bool
}

func naiveJudge(e *spec.Expect, spans []trace.Span, internal []string) []verdict {
	n := &naive{internal: internal}
	for _, s := range spans { // keep the first of equal ids
		if !slices.ContainsFunc(n.spans, func(t trace.Span) bool { return s.ID != "" && t.ID == s.ID && t.TraceID == s.TraceID }) {
			n.spans = append(n.spans, s)
		}
	}
	n.strict = e.Status != nil && e.Status.Strict
	for _, s := range e.Spans {
		n.span(s)
	}
	if g := e.Graph; g != nil {
		n.graph(g)
	}
	if c := e.Counts; c != nil {
		n.counts(c)
	}
	for i, w := range e.Windows {
		n.add(fmt.Sprintf("expect.window[%d:%s]", i, w.Outer), n.window(w))
	}
	if o := e.Order; o != nil {
		for _, x := range o.MustPrecede {
			n.add("expect.order.must_precede["+x.From+" -> "+x.To+"]", n.before(x.From, x.To))
		}
		for _, x := range o.MustFollow {
			n.add("expect.order.must_follow["+x.From+" -> "+x.To+"]", n.before(x.To, x.From))
		}
	}
	if s := e.Status; s != nil {
		n.status(s)
	}
	if h := e.Hermeticity; h != nil {
		n.hermetic(h)
	}
	if len(n.spans) == 0 {
		for i := range n.out {
			n.out[i].ok = false
		}
	}
	return n.out
}

func (n *naive) add(rule string, ok bool) { n.out = append(n.out, verdict{rule, ok}) }

// match is spec.Glob by recursion, with both spellings of the runner's own
// names.
func match(pattern, name string) bool {
	names := []string{name}
	for _, p := range []string{"clnrm.step", "clnrm.scenario"} {
		for _, sep := range [][2]string{{".", ":"}, {":", "."}} {
			if strings.HasPrefix(name, p+sep[0]) {
				names = append(names, p+sep[1]+strings.TrimPrefix(name, p+sep[0]))
			}
		}
	}
	return slices.ContainsFunc(names, func(s string) bool { return globMatch(pattern, s) })
}

func globMatch(p, s string) bool {
	switch {
	case p == "":
		return s == ""
	case p[0] == '*':
		return globMatch(p[1:], s) || s != "" && globMatch(p, s[1:])
	case s == "":
		return false
	case p[0] == '?':
		return globMatch(p[1:], s[1:])
	case p[0] == '[':
		end := strings.IndexByte(p, ']')
		class, want := p[1:end], true
		if class[0] == '!' {
			class, want = class[1:], false
		}
		return strings.Contains(class, s[:1]) == want && globMatch(p[end+1:], s[1:])
	default:
		return p[0] == s[0] && globMatch(p[1:], s[1:])
	}
}

func (n *naive) named(p string) (out []int) {
	for i := range n.spans {
		if match(p, n.spans[i].Name) {
			out = append(out, i)
		}
	}
	return out
}

func (n *naive) parent(i int) int {
	for k := range n.spans {
		if s := n.spans[i]; s.ParentID != "" && n.spans[k].ID == s.ParentID && n.spans[k].TraceID == s.TraceID {
			return k
		}
	}
	return -1
}

// ancestors are the proper ancestors; on a cycle that includes the span itself.
func (n *naive) ancestors(i int) (out []int) {
	for p := n.parent(i); p >= 0 && !slices.Contains(out, p); p = n.parent(p) {
		out = append(out, p)
	}
	return out
}

func timed(s trace.Span) bool { return s.Start > 0 && s.End > 0 && s.End >= s.Start }

func (n *naive) statusOK(want string, s trace.Span) bool {
	got := s.Status.String()
	return got == want || want == "OK" && got == "UNSET" && !n.strict
}

func (n *naive) attr(w spec.AttrExpect, s trace.Span) bool {
	attrs, key := s.Attrs, w.Key
	if strings.HasPrefix(key, "resource.") {
		key = key[len("resource."):]
		attrs = nil
		if s.Resource != nil {
			attrs = s.Resource.Attrs
		}
	}
	text, found := "", false
	for _, a := range attrs {
		if a.Key == key && !found {
			text, found = fmt.Sprint(a.Value), true
		}
	}
	num, err := strconv.ParseFloat(text, 64)
	switch w.Op {
	case spec.AttrPresent:
		return found
	case spec.AttrAbsent:
		return !found
	case spec.AttrGte:
		return found && err == nil && num >= w.Number
	case spec.AttrLte:
		return found && err == nil && num <= w.Number
	case spec.AttrOneOf:
		return found && slices.Contains(w.OneOf, text)
	case spec.AttrRegex:
		return found && strings.Contains(text, w.Value) // the generator uses plain words
	default:
		return found && text == w.Value
	}
}

func hasEvent(s trace.Span, name string) bool {
	return slices.ContainsFunc(s.Events, func(e trace.Event) bool { return e.Name == name })
}

// rules gives the verdict of every field of a block for one span.
func (n *naive) rules(e *spec.SpanExpect, i int) (out []verdict) {
	s := n.spans[i]
	add := func(rule string, ok bool) { out = append(out, verdict{"expect.span[" + e.Name + "]." + rule, ok}) }
	if e.Parent != "" {
		p := n.parent(i)
		add("parent", p >= 0 && match(e.Parent, n.spans[p].Name))
	}
	if e.Root != nil {
		add("is_root", (s.ParentID == "") == *e.Root)
	}
	if e.Scope != "" {
		add("scope", match(e.Scope, s.Scope))
	}
	if len(e.Links) > 0 {
		add("links", !slices.ContainsFunc(e.Links, func(w string) bool { return !n.linked(w, s) }))
	}
	if e.Kind != "" {
		add("kind", s.Kind.String() == e.Kind || !s.KindKnown && e.Kind == "internal")
	}
	if len(e.AttrsAll) > 0 {
		add("attrs.all", !slices.ContainsFunc(e.AttrsAll, func(w spec.AttrExpect) bool { return !n.attr(w, s) }))
	}
	if len(e.AttrsAny) > 0 {
		add("attrs.any", slices.ContainsFunc(e.AttrsAny, func(w spec.AttrExpect) bool { return n.attr(w, s) }))
	}
	if len(e.EventsAny) > 0 {
		add("events.any", slices.ContainsFunc(e.EventsAny, func(w string) bool { return hasEvent(s, w) }))
	}
	if len(e.EventsAll) > 0 {
		add("events.all", !slices.ContainsFunc(e.EventsAll, func(w string) bool { return !hasEvent(s, w) }))
	}
	if d := e.Duration; d != nil {
		ms := float64(s.End-s.Start) / 1e6
		if d.Min != nil {
			add("duration_ms.min", timed(s) && ms >= *d.Min)
		}
		if d.Max != nil {
			add("duration_ms.max", timed(s) && ms <= *d.Max)
		}
	}
	if e.Status != "" {
		add("status", n.statusOK(e.Status, s))
	}
	return out
}

// linked reports whether a span links to one of that name.
func (n *naive) linked(name string, s trace.Span) bool {
	for _, l := range s.Links {
		for _, other := range n.spans {
			if other.ID != "" && other.ID == l.SpanID && other.TraceID == l.TraceID && match(name, other.Name) {
				return true
			}
		}
	}
	return false
}

func failing(vs []verdict) (n int) {
	for _, v := range vs {
		if !v.ok {
			n++
		}
	}
	return n
}

func (n *naive) span(e *spec.SpanExpect) {
	rule := "expect.span[" + e.Name + "].existence"
	candidates := n.named(e.Name)
	fewest := -1
	for _, i := range candidates {
		if f := failing(n.rules(e, i)); fewest < 0 || f < fewest {
			fewest = f
		}
	}
	if e.Exists != nil && !*e.Exists {
		n.add(rule, fewest != 0)
		return
	}
	n.add(rule, len(candidates) > 0)
	if len(candidates) == 0 {
		for _, v := range (&naive{spans: make([]trace.Span, 1)}).rules(e, 0) {
			n.add(v.rule, false)
		}
		return
	}
	// Which of several equally near candidates is shown is not specified here:
	// the number of failures is.
	n.out = append(n.out, verdict{fmt.Sprintf("%s fails %d", e.Name, fewest), true})
}

func (n *naive) graph(g *spec.GraphExpect) {
	for _, x := range g.MustInclude {
		ok := false
		for _, c := range n.named(x.To) {
			p := n.parent(c)
			ok = ok || p >= 0 && match(x.From, n.spans[p].Name)
		}
		n.add("expect.graph.must_include["+x.From+" -> "+x.To+"]", ok)
	}
	for _, x := range g.MustNotCross {
		ok := true
		for i := range n.spans {
			for _, a := range n.ancestors(i) {
				down, up := n.spans[i].Name, n.spans[a].Name
				if match(x.From, up) && match(x.To, down) || match(x.To, up) && match(x.From, down) {
					ok = false
				}
			}
		}
		n.add("expect.graph.must_not_cross["+x.From+" -> "+x.To+"]", ok)
	}
	if g.Acyclic {
		ok := true
		for i := range n.spans {
			ok = ok && !slices.Contains(n.ancestors(i), i)
		}
		n.add("expect.graph.acyclic", ok)
	}
}

func (n *naive) counts(c *spec.CountsExpect) {
	var events, errors int64
	for _, s := range n.spans {
		events += int64(len(s.Events))
		if s.Status == trace.StatusError {
			errors++
		}
	}
	try := func(rule string, b *spec.Bound, found int64) {
		if b != nil {
			n.add("expect.counts."+rule, (b.Eq == nil || found == *b.Eq) && (b.Gte == nil || found >= *b.Gte) && (b.Lte == nil || found <= *b.Lte))
		}
	}
	try("spans_total", c.SpansTotal, int64(len(n.spans)))
	try("events_total", c.EventsTotal, events)
	try("errors_total", c.ErrorsTotal, errors)
	for _, b := range c.ByName {
		try("by_name["+b.Name+"]", &b.Bound, int64(len(n.named(b.Name))))
	}
	for _, b := range c.ByKind {
		found := int64(0)
		for _, s := range n.spans {
			if s.Kind.String() == b.Name || !s.KindKnown && b.Name == "internal" {
				found++
			}
		}
		try("by_kind["+b.Name+"]", &b.Bound, found)
	}
}

func (n *naive) window(w *spec.WindowExpect) bool {
	outers := slices.DeleteFunc(n.named(w.Outer), func(i int) bool { return !timed(n.spans[i]) })
	if len(outers) == 0 {
		return false
	}
	for _, p := range w.Contains {
		inner := n.named(p)
		if len(inner) == 0 {
			return false
		}
		for _, i := range inner {
			s := n.spans[i]
			if !timed(s) || !slices.ContainsFunc(outers, func(o int) bool {
				t := n.spans[o]
				return t.TraceID == s.TraceID && t.Start <= s.Start && s.End <= t.End && !n.apart(o, i)
			}) {
				return false
			}
		}
	}
	return true
}

func (n *naive) before(a, b string) bool {
	as, bs := n.named(a), n.named(b)
	if len(as) == 0 || len(bs) == 0 {
		return false
	}
	for _, i := range bs {
		s, ok := n.spans[i], false
		above := n.ancestors(i)
		for _, k := range as {
			t := n.spans[k]
			ok = ok || k != i && timed(t) && t.End <= s.Start && !n.apart(k, i) ||
				slices.Contains(above, k) && t.Start > 0 && t.Start <= s.Start
		}
		if !(ok || n.caused(a, i)) || s.Start == 0 {
			return false
		}
	}
	return true
}

func (n *naive) status(e *spec.StatusExpect) {
	if e.All != "" {
		ok := true
		for _, s := range n.spans {
			ok = ok && n.statusOK(e.All, s)
		}
		n.add("expect.status.all", ok)
	}
	for _, b := range e.ByName {
		found := n.named(b.Name)
		ok := len(found) > 0
		for _, i := range found {
			ok = ok && n.statusOK(b.Status, n.spans[i])
		}
		n.add("expect.status.by_name["+b.Name+"]", ok)
	}
}

func (n *naive) hermetic(h *spec.HermeticityExpect) {
	if h.NoExternalServices {
		ok := true
		for _, s := range n.spans {
			for _, a := range s.Attrs {
				// The generator uses this one key, with plain host names.
				if a.Key == "server.address" && a.Value != "localhost" && !slices.Contains(n.internal, fmt.Sprint(a.Value)) {
					ok = false
				}
			}
		}
		n.add("expect.hermeticity.no_external_services", ok)
	}
	for _, w := range h.ResourceAttrs {
		rule := "expect.hermeticity.resource_attrs.must_match[" + w.Key + "]"
		w.Key = "resource." + w.Key
		n.add(rule, !slices.ContainsFunc(n.spans, func(s trace.Span) bool { return !n.attr(w, s) }))
	}
	for _, k := range h.ForbidKeys {
		ok := true
		for _, s := range n.spans {
			ok = ok && !slices.ContainsFunc(s.Attrs, func(a trace.Attr) bool { return globMatch(k, a.Key) })
		}
		n.add("expect.hermeticity.span_attrs.forbid_keys["+k+"]", ok)
	}
}
