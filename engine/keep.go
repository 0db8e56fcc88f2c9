package engine

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/seanchatmangpt/clnrm-tui/engine/artifact"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// keeper fills the folder of artifacts of one execution. Secrets are taken out of
// everything that it writes.
type keeper struct {
	folder *artifact.Folder
	hide   *secret.Set

	mu   sync.Mutex                // guards what follows
	logs map[string]io.WriteCloser // by stream
	err  error                     // the first failure
}

// newKeeper begins the folder when the scenario collects anything.
func (o *observer) newKeeper() *keeper {
	sc := o.job.Scenario
	if len(sc.Artifacts) == 0 || o.quiet {
		return nil
	}
	k := &keeper{hide: o.hide, logs: map[string]io.WriteCloser{}}
	k.folder, k.err = artifact.Create(o.e.artifacts(), artifact.Manifest{File: o.id.Path, Scenario: o.id.Name, RunID: o.run, At: o.e.now()})
	if k.err == nil {
		if err := k.folder.Leftovers(); err != nil {
			o.e.notice(diag.Warning, "artifacts that an earlier process left unfinished are still there: %v", err)
		}
	}
	for _, stream := range []string{"stdout", "stderr"} {
		if k.err == nil && (slices.Contains(sc.Artifacts, "logs:"+stream) || slices.Contains(sc.Artifacts, "logs:all")) {
			var w io.WriteCloser
			if w, k.err = k.folder.Open(stream+".log", ""); k.err == nil {
				k.logs[stream] = w
			}
		}
	}
	return k
}

// artifacts is where the folders of artifacts are.
func (e *Engine) artifacts() string { return filepath.Join(e.scope.root, ".clnrm", "artifacts") }

// output keeps what was printed; it is without secrets already.
func (k *keeper) output(stream string, p []byte) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.logs[stream] == nil {
		return // not asked for, or it comes after the end
	}
	if _, err := k.logs[stream].Write(p); err != nil && k.err == nil {
		k.err = err
	}
}

// open begins a copy of a file of a container.
func (k *keeper) open(service, name string) (io.WriteCloser, error) {
	if k == nil || k.folder == nil {
		return nil, errors.New("there is no folder for artifacts")
	}
	w, err := k.folder.Open(path.Join("files", service, name), service+":"+name)
	if err != nil || k.hide == nil {
		return w, err
	}
	return &masking{w, k.hide.Stream()}, nil
}

// masking takes secrets out of what is written.
type masking struct {
	io.WriteCloser
	stream *secret.Stream
}

// Write implements io.Writer.
func (m *masking) Write(p []byte) (int, error) {
	if _, err := m.WriteCloser.Write(m.stream.Append(nil, p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close implements io.Closer.
func (m *masking) Close() error {
	_, err := m.WriteCloser.Write(m.stream.Flush(nil))
	return errors.Join(err, m.WriteCloser.Close())
}

// commit adds a recorded run, which is masked already, with the spans that are
// asked for, and puts the folder in its place. It returns where that is.
func (k *keeper) commit(asked []string, rec *store.Record) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.folder == nil {
		return "", k.err
	}
	for _, a := range asked {
		if which, ok := strings.CutPrefix(a, "spans:"); ok {
			k.spans(which, rec.Spans)
		}
	}
	head, err := rec.Head()
	if err == nil {
		err = k.write(runFile, func(w io.Writer) error { _, err := w.Write(head); return err })
	}
	k.err = cmp.Or(k.err, err)
	for _, w := range k.logs {
		k.err = errors.Join(k.err, w.Close())
	}
	k.logs = nil
	if k.err != nil {
		return "", errors.Join(k.err, k.folder.Discard())
	}
	dir, _, err := k.folder.Commit()
	return dir, err
}

// spans writes the runner's own spans, or those of the programs. The caller holds
// mu.
func (k *keeper) spans(which string, all []trace.Span) {
	var chosen []trace.Span
	for _, s := range all {
		if (s.Source.Kind == "self") == (which == "self") {
			chosen = append(chosen, s)
		}
	}
	err := k.write(spansFile(which), func(w io.Writer) error { return trace.WriteNDJSON(w, chosen) })
	k.err = cmp.Or(k.err, err)
}

// write writes a file of the runner's own. The caller holds mu.
func (k *keeper) write(name string, by func(io.Writer) error) error {
	w, err := k.folder.Open(name, "")
	if err == nil {
		err = errors.Join(by(w), w.Close())
	}
	if err != nil {
		return fmt.Errorf("artifact %s: %w", name, err)
	}
	return nil
}

// runFile is what a recorded run says beside its spans, in a folder of artifacts.
const runFile = "run.json"

// spansFile is the name of the spans of one entry spans:WHICH.
func spansFile(which string) string {
	if which == "default" {
		return "spans.json"
	}
	return "spans-" + strings.ReplaceAll(which, "/", "-") + ".json"
}

// discard removes the folder of an execution that came to no end.
func (k *keeper) discard() error {
	if k == nil || k.folder == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	var errs []error
	for _, w := range k.logs {
		errs = append(errs, w.Close())
	}
	k.logs = nil
	return errors.Join(append(errs, k.folder.Discard())...)
}

// keepArtifacts completes the folder of artifacts of a recorded run.
func (e *Engine) keepArtifacts(o *runner.Outcome, rec *store.Record, obs *observer) {
	if obs.keep == nil {
		return
	}
	dir, err := obs.keep.commit(o.Job.Scenario.Artifacts, masked(obs.hide, rec))
	if err != nil {
		e.notice(diag.Warning, "%s %s: artifacts are not kept: %v", rec.Path, rec.Scenario, err)
		return
	}
	rec.Artifacts = e.scope.rel(dir)
}
