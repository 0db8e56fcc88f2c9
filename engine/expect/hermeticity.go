package expect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// hermeticity judges [expect.hermeticity].
func (j *judge) hermeticity(e *spec.HermeticityExpect) {
	if e == nil {
		return
	}
	if e.NoExternalServices {
		j.noExternal(at(e.NoExternalPos, e.Pos))
	}
	for _, want := range e.ResourceAttrs {
		j.resource("expect.hermeticity.resource_attrs.must_match["+want.Key+"]", e, want)
	}
	for _, want := range e.SDKResourceAttrs {
		rule := "expect.hermeticity.sdk_resource_attrs.must_match[" + want.Key + "]"
		if !strings.HasPrefix(want.Key, "telemetry.sdk.") {
			want.Key = "telemetry.sdk." + want.Key
		}
		j.resource(rule, e, want)
	}
	for _, key := range e.ForbidKeys {
		j.forbid(key, at(e.ForbidPos, e.Pos))
	}
}

// violation is one item of the report of a hermeticity check.
type violation struct {
	span             *trace.Span
	attr             string
	expected, actual string
}

// violations puts a report of what breaks a rule into c: numbered items, the
// layout that users of the original know.
func violations(c *Check, total int, vs []violation) {
	c.OK = total == 0
	if c.OK {
		return
	}
	c.Explain = append(c.Explain, fmt.Sprintf("Hermeticity validation failed with %s:", count(total, "violation")))
	for i, v := range vs {
		c.Spans = append(c.Spans, v.span.Name)
		c.Explain = append(c.Explain,
			fmt.Sprintf("  %d. Span: %s", i+1, v.span.Name),
			"     Span ID: "+orNone(v.span.ID),
			"     Attribute: "+v.attr,
			"     Expected: "+v.expected,
			"     Actual: "+clip(v.actual))
	}
	if total > len(vs) {
		c.Explain = append(c.Explain, fmt.Sprintf("  and %d more", total-len(vs)))
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// noExternal wants no trace of a peer outside the test.
func (j *judge) noExternal(pos diag.Position) {
	c := Check{Rule: "expect.hermeticity.no_external_services", Pos: pos}
	hosts := newHosts(j.opts.InternalHosts)
	var vs []violation
	total := 0
	for r := range trace.Ref(j.set.Len()) {
		s := j.set.Span(r)
		for _, a := range hosts.external(s) {
			if total++; total <= maxListed {
				vs = append(vs, violation{s, a.Key, "no peer outside the test (loopback and services of the test are inside)", trace.ValueText(a.Value)})
			}
		}
	}
	violations(&c, total, vs)
	if !c.OK {
		v := vs[0]
		c.Message = fmt.Sprintf("expected no external services, found %s: span '%s' has %s=%s",
			count(total, "violation"), v.span.Name, v.attr, clip(v.actual))
	}
	j.add(c)
}

// resource wants an attribute on the resource of every span.
func (j *judge) resource(rule string, e *spec.HermeticityExpect, want spec.AttrExpect) {
	c := Check{Rule: rule, Pos: at(want.Pos, e.Pos)}
	want.Key = strings.TrimPrefix(want.Key, resourcePrefix)
	a := compileAttr(want)
	a.resource = true
	judged := map[*trace.Resource]bool{}
	var vs []violation
	total, without := 0, 0
	for r := range trace.Ref(j.set.Len()) {
		s := j.set.Span(r)
		ok, known := judged[s.Resource]
		if !known {
			ok = a.holds(s)
			judged[s.Resource] = ok
		}
		if s.Resource == nil {
			without++
		}
		if ok {
			continue
		}
		if total++; total <= maxListed {
			vs = append(vs, violation{s, want.Key, a.String(), found(&a, s)})
		}
	}
	violations(&c, total, vs)
	switch {
	case c.OK:
	case without == j.set.Len():
		c.Message = fmt.Sprintf("expected resource attribute %s, found no resource attributes at all in the collected spans", &a)
	default:
		c.Message = fmt.Sprintf("expected resource attribute %s on every span, found %s without: '%s' has %s",
			&a, count(total, "span"), vs[0].span.Name, vs[0].actual)
	}
	j.add(c)
}

// found says what a span has under the key of a constraint.
func found(a *attr, s *trace.Span) string {
	if v, ok := a.value(s); ok {
		return clip(trace.ValueText(v))
	}
	if s.Resource == nil {
		return "no resource"
	}
	return "nothing"
}

// forbid wants no span attribute whose key matches.
func (j *judge) forbid(key string, pos diag.Position) {
	c := Check{Rule: "expect.hermeticity.span_attrs.forbid_keys[" + key + "]", Pos: pos}
	g, err := spec.CompileGlob(key)
	if err != nil {
		c.Message = fmt.Sprintf("the pattern '%s' cannot be read: %v", key, err)
		j.add(c)
		return
	}
	matches := g.Match
	if !g.Literal() {
		// Keys repeat from span to span: each is matched once.
		known := map[string]bool{}
		matches = func(k string) bool {
			ok, seen := known[k]
			if !seen {
				ok = g.Match(k)
				known[k] = ok
			}
			return ok
		}
	}
	var vs []violation
	total := 0
	for r := range trace.Ref(j.set.Len()) {
		s := j.set.Span(r)
		i := slices.IndexFunc(s.Attrs, func(a trace.Attr) bool { return matches(a.Key) })
		if i < 0 {
			continue
		}
		if total++; total <= maxListed {
			vs = append(vs, violation{s, s.Attrs[i].Key, "not present", trace.ValueText(s.Attrs[i].Value)})
		}
	}
	violations(&c, total, vs)
	if !c.OK {
		c.Message = fmt.Sprintf("expected no attribute '%s' on any span, found it on %s: '%s' has %s=%s",
			key, count(total, "span"), vs[0].span.Name, vs[0].attr, clip(vs[0].actual))
	}
	j.add(c)
}
