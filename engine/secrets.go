package engine

import (
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
	"github.com/seanchatmangpt/clnrm-tui/engine/template"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// secretsOf collects the values that must not be shown of one rendering: of
// variables and environment names that look like secrets, and of such entries in
// the environment of services and steps. res is nil for a rendering that outlived
// its process: one that holds a secret never does.
func (p *pipeline) secretsOf(res *template.Result, f *spec.File) []string {
	var values []string
	add := func(name, value string) {
		if p.secrets.Match(name) && secret.Hideable(value) && !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	if res != nil {
		for _, e := range res.Env {
			add(e.Name, e.Value)
		}
		for _, v := range res.Vars() {
			if text, ok := v.Value.(string); ok {
				add(v.Name, text)
			}
		}
	}
	if f == nil {
		return values
	}
	for _, s := range f.Services {
		for _, e := range s.Env {
			add(e.Name, e.Value)
		}
	}
	for _, sc := range f.Scenarios {
		for _, st := range sc.Steps {
			for _, e := range st.Env {
				add(e.Name, e.Value)
			}
		}
	}
	return values
}

// readsSecret reports whether a rendering has read a variable that holds a secret,
// be its value long enough to be found in other text or not.
func (p *pipeline) readsSecret(res *template.Result) bool {
	return slices.ContainsFunc(res.Env, func(e template.EnvRead) bool { return e.Value != "" && p.secrets.Match(e.Name) }) ||
		slices.ContainsFunc(res.Vars(), func(v template.VarInfo) bool { return v.Value != "" && p.secrets.Match(v.Name) })
}

// hide makes values the secrets of the template; a set is costly to make, so the
// one for the same values is kept.
func (en *entry) hide(values []string, names secret.Names) {
	slices.Sort(values)
	if slices.Equal(values, en.secretValues) {
		return
	}
	en.secretValues, en.secrets = values, nil
	if len(values) > 0 {
		en.secrets = secret.NewSet(values...).WithNames(names)
	}
}

// maskDiagnostics returns complaints without secrets, which hold nothing of the
// texts that they are about.
func maskDiagnostics(s *secret.Set, ds []diag.Diagnostic) []diag.Diagnostic {
	out := slices.Clip(slices.Clone(ds))
	for i := range out {
		d := &out[i]
		d.Line = strings.Clone(d.Line)
		if s == nil {
			continue
		}
		d.Message, d.Hint, d.Line = s.String(d.Message), s.String(d.Hint), s.String(d.Line)
		d.Fix = maskFix(s, d.Fix)
	}
	return out
}

// maskFix keeps the name of a change that a secret is part of, not what it does:
// Fix finds that out again.
func maskFix(s *secret.Set, f *diag.Fix) *diag.Fix {
	if f == nil {
		return nil
	}
	masked := &diag.Fix{Title: s.String(f.Title), Edits: f.Edits}
	for _, e := range f.Edits {
		if s.String(e.Old) != e.Old || s.String(e.New) != e.New {
			masked.Edits = nil
		}
	}
	return masked
}

// mask takes secrets out of what a result over spans shows. It was judged with
// them. The digest is that of the spans as they are written down: a secret is no
// behaviour, and a later replay must come to the same.
func (r *Result) mask(s *secret.Set, judged []trace.Span) {
	if s == nil {
		return
	}
	r.Digest = trace.Digest(trace.NewSet(maskSpans(s, judged)))
	r.Message, r.Telemetry = s.String(r.Message), s.String(r.Telemetry)
	for i := range r.Checks {
		c := &r.Checks[i]
		c.Message, c.Note = s.String(c.Message), s.String(c.Note)
		c.Explain, c.Spans = maskLines(s, c.Explain), maskLines(s, c.Spans)
	}
}

func maskLines(s *secret.Set, lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = s.String(l)
	}
	return out
}

// masked is what may be written down of a recorded run.
func masked(s *secret.Set, rec *store.Record) *store.Record {
	if s == nil {
		return rec
	}
	out := *rec
	out.Masked = true
	out.Error, out.Telemetry.Detail, out.Failure = s.String(rec.Error), s.String(rec.Telemetry.Detail), s.String(rec.Failure)
	out.Steps = slices.Clone(rec.Steps)
	for i := range out.Steps {
		st := &out.Steps[i]
		st.Message, st.Stdout, st.Stderr = s.String(st.Message), s.String(st.Stdout), s.String(st.Stderr)
	}
	out.Checks = slices.Clone(rec.Checks)
	for i := range out.Checks {
		c := &out.Checks[i]
		c.Message, c.Explain = s.String(c.Message), maskLines(s, c.Explain)
	}
	out.Spans = maskSpans(s, rec.Spans)
	return &out
}

// maskSpans returns spans without secrets.
func maskSpans(s *secret.Set, spans []trace.Span) []trace.Span {
	if s == nil {
		return spans
	}
	out := slices.Clone(spans)
	resources := map[*trace.Resource]*trace.Resource{}
	for i := range out {
		sp := &out[i]
		sp.Name, sp.StatusMessage, sp.Attrs = s.String(sp.Name), s.String(sp.StatusMessage), maskAttrs(s, sp.Attrs)
		sp.Events = slices.Clone(sp.Events)
		for k := range sp.Events {
			sp.Events[k].Name, sp.Events[k].Attrs = s.String(sp.Events[k].Name), maskAttrs(s, sp.Events[k].Attrs)
		}
		if r := sp.Resource; r != nil {
			if resources[r] == nil {
				resources[r] = &trace.Resource{Attrs: maskAttrs(s, r.Attrs)}
			}
			sp.Resource = resources[r]
		}
	}
	return out
}

func maskAttrs(s *secret.Set, attrs []trace.Attr) []trace.Attr {
	out := make([]trace.Attr, len(attrs))
	for i, a := range attrs {
		out[i] = trace.Attr{Key: a.Key, Value: s.Field(a.Key, a.Value)}
	}
	return out
}

// mentionsSecret reports whether an expectation table compares with a secret. It
// cannot be judged over spans that were written down without secrets: there one
// looks like another.
func mentionsSecret(s *secret.Set, e *spec.Expect) bool {
	if s == nil || e == nil {
		return false
	}
	lists := [][]spec.AttrExpect{}
	for _, sp := range e.Spans {
		lists = append(lists, sp.AttrsAll, sp.AttrsAny)
		if s.String(sp.Name) != sp.Name {
			return true
		}
	}
	if h := e.Hermeticity; h != nil {
		lists = append(lists, h.ResourceAttrs, h.SDKResourceAttrs)
	}
	for _, a := range slices.Concat(lists...) {
		key := strings.TrimPrefix(a.Key, "resource.")
		for _, value := range append([]string{a.Value}, a.OneOf...) {
			if value != "" && s.Field(key, value) != any(value) {
				return true
			}
		}
	}
	return false
}

// maskExpect is an expectation table as it is held against masked spans where
// only its strength matters: values that are masked there are masked here.
func maskExpect(s *secret.Set, e *spec.Expect) *spec.Expect {
	if s == nil || e == nil {
		return e
	}
	out := *e
	out.Spans = slices.Clone(e.Spans)
	for i, sp := range out.Spans {
		c := *sp
		c.AttrsAll, c.AttrsAny = maskWanted(s, sp.AttrsAll), maskWanted(s, sp.AttrsAny)
		out.Spans[i] = &c
	}
	if e.Hermeticity != nil {
		h := *e.Hermeticity
		h.ResourceAttrs, h.SDKResourceAttrs = maskWanted(s, h.ResourceAttrs), maskWanted(s, h.SDKResourceAttrs)
		out.Hermeticity = &h
	}
	return &out
}

func maskWanted(s *secret.Set, attrs []spec.AttrExpect) []spec.AttrExpect {
	out := slices.Clone(attrs)
	for i := range out {
		key := strings.TrimPrefix(out[i].Key, "resource.")
		out[i].Value = maskText(s, key, out[i].Value)
		out[i].OneOf = slices.Clone(out[i].OneOf)
		for k := range out[i].OneOf {
			out[i].OneOf[k] = maskText(s, key, out[i].OneOf[k])
		}
	}
	return out
}

func maskText(s *secret.Set, key, value string) string {
	if text, ok := s.Field(key, value).(string); ok {
		return text
	}
	return value
}
