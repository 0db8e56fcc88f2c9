package engine

import (
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// rowBuilder makes the rows of one file in few pieces of memory that hold nothing
// of the decoded file, for there may be a hundred thousand of them.
type rowBuilder struct {
	rows     []Scenario
	steps    []Step
	services []string // of the row before, which mostly has the same
	name     string   // of the step before
}

func newRowBuilder(f *spec.File) *rowBuilder {
	steps := 0
	for _, sc := range f.Scenarios {
		steps += len(sc.Steps)
	}
	return &rowBuilder{rows: make([]Scenario, 0, len(f.Scenarios)), steps: make([]Step, 0, steps)}
}

// row is a scenario as the file declares it. It is called at most once for each
// scenario of the file.
func (b *rowBuilder) row(en *entry, f *spec.File, sc *spec.Scenario) *Scenario {
	b.rows = append(b.rows, Scenario{ID: ScenarioID{Path: en.path, Name: strings.Clone(sc.Name)}, Line: sc.Pos.Line, Steps: b.stepsOf(sc, en.secrets)})
	s := &b.rows[len(b.rows)-1]
	var names []string
	for _, svc := range runner.Services(f, sc) {
		names = append(names, svc.Name)
	}
	if !slices.Equal(names, b.services) {
		for i := range names {
			names[i] = strings.Clone(names[i])
		}
		b.services = slices.Clip(names)
	}
	s.Services = b.services
	return s
}

// stepsOf lists the steps of one scenario as the file declares them.
func stepsOf(sc *spec.Scenario, hide *secret.Set) []Step { return (&rowBuilder{}).stepsOf(sc, hide) }

func (b *rowBuilder) stepsOf(sc *spec.Scenario, hide *secret.Set) []Step {
	from := len(b.steps)
	for _, st := range sc.Steps {
		if st.Name != b.name {
			b.name = strings.Clone(st.Name)
		}
		command := hide.String(strings.Join(st.Command, " "))
		b.steps = append(b.steps, Step{Name: b.name, Line: st.Pos.Line, Command: strings.Clone(command)})
	}
	return b.steps[from:len(b.steps):len(b.steps)]
}
