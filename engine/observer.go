package engine

import (
	"io"
	"slices"
	"sync"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
)

// observer turns what the runner tells of one scenario into its row and its log.
type observer struct {
	e    *Engine
	run  string
	job  *queued
	id   ScenarioID
	hide *secret.Set // nil hides nothing
	ring *logRing    // set by Started, before any output
	// attempt counts the executions of the scenario in its run, from 1; a quiet one
	// leaves the log of the one before, whose verdict is kept, as it is.
	attempt int
	quiet   bool
	keep    *keeper // nil when nothing is collected; set by Started

	mu      sync.Mutex // guards streams
	streams map[logSource]*secret.Stream
}

// update changes the scenario's row and publishes it.
func (o *observer) update(change func(s *Scenario, run *ScenarioRun)) {
	e := o.e
	e.mu.Lock()
	defer e.mu.Unlock()
	en := e.entries[o.id.Path]
	if en == nil || en.active[o.id.Name] != o.job {
		return
	}
	old := findScenario(en.shown, o.id)
	if old == nil {
		return
	}
	s, run := *old, old.Last()
	s.Run = &run
	if run.Steps = slices.Clone(run.Steps); run.Steps == nil {
		run.Steps = old.Steps()
	}
	run.LogLines = e.logs.total(o.id)
	change(&s, &run)
	e.replaceLocked(en, &s)
	e.emit(ScenarioChanged{RunID: o.run, Scenario: &s})
}

// replaceLocked puts a row in place of the one of the same scenario.
func (e *Engine) replaceLocked(en *entry, s *Scenario) {
	if en.shown == nil {
		return
	}
	t := *en.shown
	t.Scenarios = append([]*Scenario(nil), t.Scenarios...)
	for i := range t.Scenarios {
		if t.Scenarios[i].ID == s.ID {
			t.Scenarios[i] = s
		}
	}
	en.shown = &t
}

// Queued implements runner.Observer.
func (o *observer) Queued(position int, why string) {
	if why != "" {
		why = "waiting for " + why
	}
	o.update(func(s *Scenario, run *ScenarioRun) {
		if s.Verdict != VerdictQueued {
			run.Since = o.e.now()
			for i := range run.Steps {
				run.Steps[i].Verdict, run.Steps[i].Message = VerdictQueued, ""
			}
		}
		s.Verdict, run.Queue, s.Stale, s.Replayed, run.Progress = VerdictQueued, position, false, false, why
		run.Attempt, run.Expected = o.attempt, o.job.expected
	})
}

// Started implements runner.Observer.
func (o *observer) Started() {
	if !o.quiet {
		o.startLog()
	}
	o.keep = o.newKeeper()
	at := o.e.now()
	o.e.forecast.started(o.job, at)
	o.update(func(s *Scenario, run *ScenarioRun) {
		s.Verdict, run.Queue, run.Since = VerdictRunning, 0, at
	})
}

// Uses implements runner.Observer.
func (o *observer) Uses(uses []runner.Use) {
	sum := 0
	shown := make([]Use, 0, len(uses))
	for _, u := range uses {
		sum += u.MemoryMB
		shown = append(shown, Use(u))
	}
	o.e.forecast.uses(o.job, sum)
	o.update(func(_ *Scenario, run *ScenarioRun) { run.Uses = shown })
}

// Progress implements runner.Observer.
func (o *observer) Progress(text string) {
	text = o.hide.String(text)
	if o.ring != nil {
		o.e.logs.write(o.id, o.ring, "", "", "clnrm", []byte(text+"\n"))
	}
	o.update(func(_ *Scenario, run *ScenarioRun) { run.Progress = text })
}

// StepStarted implements runner.Observer.
func (o *observer) StepStarted(index int) {
	o.update(func(s *Scenario, run *ScenarioRun) {
		if index < len(run.Steps) {
			run.Steps[index].Verdict = VerdictRunning
			run.Progress = "step " + run.Steps[index].Name
		}
	})
}

// StepFinished implements runner.Observer.
func (o *observer) StepFinished(index int, r runner.StepOutcome) {
	o.update(func(s *Scenario, run *ScenarioRun) {
		if index >= len(run.Steps) {
			return
		}
		st := &run.Steps[index]
		st.ExitCode, st.Duration, st.Message = r.Exit.Code, r.Exit.Duration, o.hide.String(r.Message)
		st.Attempts = r.Attempts
		st.Verdict = VerdictFail
		if r.OK {
			st.Verdict = VerdictPass
		}
	})
}

// Output implements runner.Observer.
func (o *observer) Output(service, step string, stream runner.Stream, p []byte) {
	if o.ring == nil {
		return
	}
	word := "stdout"
	if stream == runner.Stderr {
		word = "stderr"
	}
	p = o.clean(logSource{service, step, word}, p)
	o.e.logs.write(o.id, o.ring, service, step, word, p)
	o.keep.output(word, p)
}

// Keep implements runner.Observer.
func (o *observer) Keep(service, path string) (io.WriteCloser, error) {
	return o.keep.open(service, path)
}

// Missing implements runner.Observer.
func (o *observer) Missing(what string) {
	if o.keep != nil && o.keep.folder != nil {
		o.keep.folder.Miss(o.hide.String(what))
	}
}

// clean takes secrets out of a stream of output, also where one is cut in two by
// the way it arrives.
func (o *observer) clean(src logSource, p []byte) []byte {
	if o.hide == nil {
		return p
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.streams == nil {
		o.streams = map[logSource]*secret.Stream{}
	}
	if o.streams[src] == nil {
		o.streams[src] = o.hide.Stream()
	}
	return o.streams[src].Append(nil, p)
}

// close ends the log.
func (o *observer) close() {
	if o.ring == nil {
		return
	}
	for src, s := range o.streams {
		if rest := s.Flush(nil); len(rest) > 0 {
			o.e.logs.write(o.id, o.ring, src.service, src.step, src.stream, rest)
			o.keep.output(src.stream, rest)
		}
	}
	if err := o.e.logs.finish(o.id, o.ring); err != nil {
		o.e.notice(diag.Warning, "%v", err)
	}
}
