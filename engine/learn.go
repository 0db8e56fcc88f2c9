package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/learn"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// LearnTraces writes the expectations that hold in every one of the trace files,
// as TOML. The error is a *RequestError, a *TraceError or, when the traces have
// nothing in common, an *UnfitError.
func LearnTraces(names []string, leftOut LeftOut) ([]byte, error) {
	files, err := readTraces(names, leftOut)
	if err != nil {
		return nil, err
	}
	var traces [][]trace.Span
	for _, f := range files {
		if len(f.spans) == 0 {
			return nil, &TraceError{f.name, errNoSpans}
		}
		traces = append(traces, f.spans)
	}
	return lesson(traces, learn.Options{})
}

// Learn is LearnTraces for the test file at path: its services are no outside,
// and of a recorded run only the spans count that its expectations would be
// judged over. Without trace files it learns from the last runs of the file's
// scenarios, which must have been carried out without a failed condition.
func (e *Engine) Learn(path string, names []string, leftOut LeftOut) ([]byte, error) {
	f, err := e.sound(path)
	if err != nil {
		return nil, err
	}
	var traces [][]trace.Span
	var inside []string
	if len(names) > 0 {
		files, err := readTraces(names, leftOut)
		if err != nil {
			return nil, err
		}
		for _, one := range files {
			if len(one.spans) == 0 {
				return nil, &TraceError{one.name, errNoSpans}
			}
			traces = append(traces, fromChannels(f, one.spans))
		}
	} else {
		recs, err := e.records(f)
		if err != nil {
			return nil, err
		}
		for _, rec := range recs {
			if why := unsound(rec); why != "" {
				return nil, &UnfitError{fmt.Errorf("nothing is learnt from the recorded run of %q: %s", rec.Scenario, why)}
			}
		}
		traces = append(traces, recordedSpans(f, recs))
		inside = subnets(recs...)
	}
	o := learn.Options{InternalHosts: append(inside, judgeOptions(f).InternalHosts...), Hidden: hidden}
	for i := range traces {
		traces[i] = maskSpans(e.secrets(f.Path), traces[i])
	}
	return lesson(traces, o)
}

// hidden reports whether an attribute held a secret, of which only the mask is
// left.
func hidden(a trace.Attr) bool { return strings.Contains(trace.ValueText(a.Value), secret.Mask) }

// unsound says why a recorded run is no example to learn from; "" when it is.
func unsound(rec *store.Record) string {
	if rec.Error != "" {
		return rec.Error
	}
	for i := range rec.Checks {
		if !rec.Checks[i].OK {
			return rec.Checks[i].Message
		}
	}
	return lossOf(rec)
}

func lesson(traces [][]trace.Span, o learn.Options) ([]byte, error) {
	l, err := learn.From(traces, o)
	if err != nil {
		return nil, &UnfitError{err}
	}
	return l.TOML()
}

// The marks around what was learnt. What stands between them is replaced when
// something is learnt again.
const (
	learntBegin = "# --- learnt by clnrm-tui: begin (learn --write replaces what stands between these marks) ---"
	learntEnd   = "# --- learnt by clnrm-tui: end ---"
)

// WriteLearnt puts learnt expectations at the end of the test file at path, or
// in place of those that were learnt before; everything else stays as it is.
// The file changes only when it is sound with them. A file with an [expect] of
// its own is an *UnfitError, one that would have errors an *InvalidError.
func (e *Engine) WriteLearnt(ctx context.Context, path string, block []byte) error {
	rel := e.ProjectPath(path)
	file, err := filepath.EvalSymlinks(e.scope.abs(rel))
	if err != nil {
		return &RequestError{err.Error()}
	}
	info, err := os.Stat(file)
	if err != nil {
		return &RequestError{err.Error()}
	}
	old, err := os.ReadFile(file)
	if err != nil {
		return &RequestError{err.Error()}
	}
	before, after, err := aroundLearnt(old)
	if err != nil {
		return &UnfitError{fmt.Errorf("%s: %w", path, err)}
	}
	without := e.checkText(ctx, rel, append(bytes.Clone(before), after...))
	if err := e.invalid(path, without.diags); err != nil {
		return err
	}
	for _, f := range without.files {
		if f.Expect != nil {
			return &UnfitError{fmt.Errorf("%s has expectations of its own (line %d): print what is learnt, and put what is missing into it", path, f.Expect.Pos.Line)}
		}
	}
	text := withLearnt(before, block, after)
	if err := e.invalid(path, e.checkText(ctx, rel, text).diags); err != nil {
		return err
	}
	return replaceFile(file, text, info.Mode().Perm())
}

// checkText runs the dry run over a text that is not on disk.
func (e *Engine) checkText(ctx context.Context, rel string, text []byte) checked {
	return e.pipeline.check(ctx, &source{path: rel, data: text, hash: sha256.Sum256(text)})
}

// invalid is the error of a check that found errors.
func (e *Engine) invalid(path string, ds []diag.Diagnostic) error {
	if errs, _ := diag.Count(ds); errs > 0 {
		return &InvalidError{path, e.typedAll(ds)}
	}
	return nil
}

// aroundLearnt splits a file into what stands before and after what was learnt.
func aroundLearnt(text []byte) (before, after []byte, err error) {
	from := bytes.Index(text, []byte(learntBegin))
	to := bytes.Index(text, []byte(learntEnd))
	switch {
	case from < 0 && to < 0:
		return text, nil, nil
	case from < 0 || to < from:
		return nil, nil, errors.New("one of the two marks around what was learnt is missing; remove the other one with what belongs to it")
	}
	return text[:from], bytes.TrimPrefix(bytes.TrimPrefix(text[to+len(learntEnd):], []byte("\r")), []byte("\n")), nil
}

// withLearnt joins a file around a block, with the line breaks that it has.
func withLearnt(before, block, after []byte) []byte {
	var b bytes.Buffer
	b.Write(before)
	if len(before) > 0 && !bytes.HasSuffix(before, []byte("\n")) {
		b.WriteString("\n")
	}
	if len(before) > 0 && !bytes.HasSuffix(bytes.ReplaceAll(b.Bytes(), []byte("\r"), nil), []byte("\n\n")) {
		b.WriteString("\n")
	}
	learnt := learntBegin + "\n\n" + string(block) + "\n" + learntEnd + "\n"
	b.WriteString(learnt)
	b.Write(after)
	text := b.Bytes()
	if bytes.Contains(before, []byte("\r\n")) {
		text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	}
	return text
}

// replaceFile puts text in the place of a file, whole or not at all.
func replaceFile(file string, text []byte, mode os.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(file), ".clnrm-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w", file, errors.Join(err, os.Remove(f.Name())))
		}
	}()
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
