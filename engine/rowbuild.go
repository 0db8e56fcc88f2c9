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
	names    string // of all scenarios, one after another
	declared Declaration
}

// newRowBuilder makes the rows of a file that is kept as k. Values that must not be
// shown are hidden in what rows tell.
func newRowBuilder(f *spec.File, k *kept, hide *secret.Set) *rowBuilder {
	var names strings.Builder
	for _, sc := range f.Scenarios {
		names.WriteString(sc.Name)
	}
	return &rowBuilder{rows: make([]Scenario, 0, len(f.Scenarios)), names: names.String(), declared: &declared{k, hide}}
}

// row is a scenario as the file declares it. It is called once for each scenario
// of the file, in order.
func (b *rowBuilder) row(en *entry, sc *spec.Scenario) *Scenario {
	name := b.names[:len(sc.Name)]
	b.names = b.names[len(name):]
	b.rows = append(b.rows, rowOf(en, sc, name, b.declared))
	return &b.rows[len(b.rows)-1]
}

// rowOf is a scenario as its file declares it.
func rowOf(en *entry, sc *spec.Scenario, name string, d Declaration) Scenario {
	return Scenario{ID: ScenarioID{Path: en.path, Name: name}, Line: int32(sc.Pos.Line), Stepped: len(sc.Steps) > 0, Declared: d}
}

// declared is what a file says of its scenarios.
type declared struct {
	in   *kept
	hide *secret.Set
}

// Of implements Declaration.
func (d *declared) Of(name string) (services []string, steps []Step) {
	f := d.in.file()
	for _, sc := range f.Scenarios {
		if sc.Name != name {
			continue
		}
		for _, svc := range runner.Services(f, sc) {
			services = append(services, svc.Name)
		}
		return slices.Clip(services), stepsOf(sc, d.hide)
	}
	return nil, nil
}

// stepsOf lists the steps of one scenario as the file declares them. They hold
// nothing of the decoded file.
func stepsOf(sc *spec.Scenario, hide *secret.Set) []Step {
	steps := make([]Step, 0, len(sc.Steps))
	for _, st := range sc.Steps {
		command := hide.String(strings.Join(st.Command, " "))
		steps = append(steps, Step{Name: strings.Clone(st.Name), Line: st.Pos.Line, Command: strings.Clone(command)})
	}
	return steps
}
