package baseline

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/diff/spans"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// WriteText writes a comparison for people: a line per scenario, and below those
// that differ what explains it.
func WriteText(w io.Writer, c *Comparison, color bool) error {
	out := &printer{w: w}
	out.f("Baseline of %s, %d scenarios, digest sha256:%s\n", c.Baseline.At.Format(time.RFC3339), len(c.Scenarios), c.Baseline.Digest)
	for _, e := range c.Environment {
		out.f("  environment  %s\n", diag.Printable(e))
	}
	for i := range c.Scenarios {
		s := &c.Scenarios[i]
		mark := map[Outcome]string{Same: "=", Different: "≠", NotRun: "?"}[s.Outcome]
		out.f("%s %-9s %s › %s", mark, s.Outcome, diag.Printable(s.File), diag.Printable(s.Name))
		if s.New != nil && !s.SameVerdict() {
			out.f("  verdict %s → %s", s.Old.Verdict, s.New.Verdict)
		}
		out.f("\n")
		out.explain(s, color)
	}
	out.f("\n%d same, %d different, %d not run\n", c.Count(Same), c.Count(Different), c.Count(NotRun))
	return out.err
}

type printer struct {
	w   io.Writer
	err error
}

func (p *printer) f(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

// explain writes what differs of one scenario, causes before effects.
func (p *printer) explain(s *Compared, color bool) {
	if s.Why != "" {
		p.f("    %s\n", diag.Printable(s.Why))
	}
	for _, t := range s.Test {
		p.f("    test         %s\n", diag.Printable(t))
	}
	for _, e := range s.Environment {
		p.f("    environment  %s\n", diag.Printable(e))
	}
	if s.New != nil && s.New.Failure != "" && !s.SameVerdict() {
		p.f("    failure      %s\n", diag.Printable(s.New.Failure))
	}
	if s.New == nil || s.SameDigest() {
		return
	}
	p.f("    digest       %s → %s\n", short(s.Old.Digest), short(s.New.Digest))
	var tree strings.Builder
	if err := spans.WriteTree(&tree, s.Spans, spans.TextOptions{Color: color}); err != nil && p.err == nil {
		p.err = err
	}
	for line := range strings.Lines(tree.String()) {
		p.f("    %s", line)
	}
}

// ReproSchema names the version of the object that WriteJSON writes.
const ReproSchema = "clnrm.repro/1"

type jsonComparison struct {
	Schema      string         `json:"schema"`
	BaselineAt  time.Time      `json:"baseline_at"`
	OldDigest   string         `json:"old_digest"`
	NewDigest   string         `json:"new_digest"`
	Environment []string       `json:"environment"`
	Scenarios   []jsonCompared `json:"scenarios"`
	Summary     struct {
		Same      int `json:"same"`
		Different int `json:"different"`
		NotRun    int `json:"not_run"`
	} `json:"summary"`
}

type jsonCompared struct {
	File        string          `json:"file"`
	Name        string          `json:"name"`
	Outcome     Outcome         `json:"outcome"`
	Why         string          `json:"why,omitempty"`
	OldVerdict  string          `json:"old_verdict"`
	NewVerdict  string          `json:"new_verdict,omitempty"`
	OldDigest   string          `json:"old_digest"`
	NewDigest   string          `json:"new_digest,omitempty"`
	Test        []string        `json:"test,omitempty"`
	Environment []string        `json:"environment,omitempty"`
	Spans       json.RawMessage `json:"spans,omitempty"` // as diff has it for two traces
}

// WriteJSON writes one indented clnrm.repro/1 object.
func WriteJSON(w io.Writer, c *Comparison) error {
	out := jsonComparison{
		Schema: ReproSchema, BaselineAt: c.Baseline.At, OldDigest: c.Baseline.Digest, NewDigest: c.Now.Digest,
		Environment: append([]string{}, c.Environment...), Scenarios: []jsonCompared{},
	}
	out.Summary.Same, out.Summary.Different, out.Summary.NotRun = c.Count(Same), c.Count(Different), c.Count(NotRun)
	for i := range c.Scenarios {
		s := &c.Scenarios[i]
		j := jsonCompared{File: s.File, Name: s.Name, Outcome: s.Outcome, Why: s.Why, OldVerdict: s.Old.Verdict, OldDigest: s.Old.Digest, Test: s.Test, Environment: s.Environment}
		if s.New != nil {
			j.NewVerdict, j.NewDigest = s.New.Verdict, s.New.Digest
		}
		if s.Spans != nil {
			var text strings.Builder
			if err := spans.WriteJSON(&text, s.Spans); err != nil {
				return err
			}
			j.Spans = json.RawMessage(text.String())
		}
		out.Scenarios = append(out.Scenarios, j)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(out)
}
