package report

import (
	"fmt"
	"io"
	"strings"
)

// StrengthSchema names the version of the object that Strength encodes to.
const StrengthSchema = "clnrm.strength/1"

// Strength says how many mutations of a recorded trace the expectations of a
// file catch.
type Strength struct {
	Schema    string        `json:"schema"`
	File      string        `json:"file"`
	Traces    string        `json:"traces"`
	Recorded  []RecordedRun `json:"recorded,omitempty"`
	Possible  int           `json:"possible"` // mutants that there are
	Mutants   int           `json:"mutants"`  // of them, how many were judged
	Killed    int           `json:"killed"`
	Score     float64       `json:"score"` // Killed/Mutants, to three decimals, never rounded up to 1
	Survivors []Survivor    `json:"survivors"`
	Advice    string        `json:"advice"` // TOML that kills all survivors that can be killed
}

// Survivor is a mutation that no expectation notices.
type Survivor struct {
	Mutation  string `json:"mutation"`
	Span      string `json:"span"`
	Detail    string `json:"detail,omitempty"`
	WouldKill string `json:"would_kill"` // TOML; "" when no single expectation can tell
}

// WriteStrengthJSON writes one indented clnrm.strength/1 object.
func WriteStrengthJSON(w io.Writer, s *Strength) error {
	s.Schema, s.Survivors = StrengthSchema, orEmpty(s.Survivors)
	return writeJSON(w, s)
}

// survivorLimit bounds the survivors that are listed of one kind.
const survivorLimit = 8

// Strength writes the score, the survivors by kind, and what would kill them.
func (h Human) Strength(w io.Writer, s *Strength) error {
	out := printer{w: w}
	out.f("%s %s: %d of %s killed\n", h.bold("strength"), h.score(s), s.Killed, count(s.Mutants, "mutant"))
	if s.Possible > s.Mutants {
		out.f("%s\n", h.dim(fmt.Sprintf("a sample of the %d mutants that there are", s.Possible)))
	}
	out.f("%s\n", h.dim("Traces: "+line(s.Traces)))
	for _, r := range s.Recorded {
		out.f("%s\n", h.dim(fmt.Sprintf("  %s, run %s ago%s", line(r.Scenario), age(r.AgeMS), r.shared())))
	}
	hopeless := 0
	for _, group := range byMutation(s.Survivors) {
		out.f("\n%s survived %s\n", h.yellow(fmt.Sprint(len(group))), group[0].Mutation)
		for i, v := range group {
			if v.WouldKill == "" {
				hopeless++
			}
			if i < survivorLimit {
				out.f("  %s  %s\n", line(v.Span), h.dim(line(v.Detail)))
			}
		}
		if n := len(group) - survivorLimit; n > 0 {
			out.f("  %s\n", h.dim(fmt.Sprintf("and %d more", n)))
		}
	}
	if s.Advice != "" {
		out.f("\nThese expectations hold on the trace and would kill %d of the %d survivors;\nput what belongs to a table that the file has already into that one:\n\n", len(s.Survivors)-hopeless, len(s.Survivors))
		for l := range strings.Lines(s.Advice) {
			out.f("%s\n", line(strings.TrimSuffix(l, "\n")))
		}
	}
	if hopeless > 0 {
		out.f("\n%s\n", h.dim(fmt.Sprintf("No single expectation tells %s from the honest trace: spans that are alike stand in for one another.", count(hopeless, "survivor"))))
	}
	return out.err
}

// byMutation groups survivors by kind, in the order in which kinds first occur.
func byMutation(list []Survivor) [][]Survivor {
	var out [][]Survivor
	index := map[string]int{}
	for _, s := range list {
		i, ok := index[s.Mutation]
		if !ok {
			i = len(out)
			index[s.Mutation] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], s)
	}
	return out
}

func (h Human) score(s *Strength) string {
	text := fmt.Sprintf("%.1f%%", s.Score*100)
	if s.Killed == s.Mutants {
		return h.sgr("1;32", text)
	}
	return h.yellow(text)
}
