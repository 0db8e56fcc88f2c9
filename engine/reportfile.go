package engine

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// WriteProblem writes r, the report of a run that could not be carried out, to
// the files that the [report] tables of the templates of ids ask for: what an
// earlier run wrote there must not pass for the result of this one.
func (e *Engine) WriteProblem(ids []ScenarioID, r *report.Run) error {
	var errs []error
	done := map[string]bool{}
	for _, id := range ids {
		e.mu.Lock()
		en := e.entries[id.Path]
		e.mu.Unlock()
		if done[id.Path] || en == nil || len(en.kept) == 0 {
			continue
		}
		done[id.Path] = true
		errs = append(errs, e.writeTo(en.kept[0].file().Report, r))
	}
	return errors.Join(errs...)
}

// writeTo writes r to the files that a [report] table names.
func (e *Engine) writeTo(want spec.Report, r *report.Run) error {
	return errors.Join(
		e.writeReport(want.JSON, report.JSON{}, r),
		e.writeReport(want.JUnit, report.JUnit{}, r),
		e.writeReport(want.HTML, report.HTML{}, r),
		e.writeReport(want.Digest, digestFile{}, r))
}

// digestFile writes the digest of a run and nothing else.
type digestFile struct{}

// Write implements report.Writer.
func (digestFile) Write(w io.Writer, r *report.Run) error {
	_, err := fmt.Fprintln(w, r.Digest)
	return err
}

func (e *Engine) writeReport(name string, w report.Writer, r *report.Run) error {
	if name == "" {
		return nil
	}
	file := e.scope.abs(name)
	if err := WriteReport(file, w, r); err != nil {
		return fmt.Errorf("report %s: %w", name, err)
	}
	return nil
}

// maxLinks is how many symbolic links in a row are followed to a report.
const maxLinks = 40

// ReadReport reads the report of a run that was written as JSON; "-" is in. What is
// no such report, or contradicts itself, is a *RequestError.
func ReadReport(file string, in io.Reader) (*report.Run, error) {
	var data []byte
	var err error
	if file == "-" {
		data, err = io.ReadAll(in)
	} else {
		data, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, &RequestError{err.Error()}
	}
	r, err := report.ReadRun(data)
	if err != nil {
		return nil, &RequestError{fmt.Sprintf("%s is no JSON report of a run: %v", file, err)}
	}
	return r, nil
}

// CheckReport tells before anything is executed that a report could not be written
// to a file: the error is a *RequestError. What it cannot foresee is found by
// WriteReport.
func CheckReport(file string) error {
	info, err := os.Stat(file)
	switch {
	case err == nil && info.IsDir():
		return &RequestError{fmt.Sprintf("the report cannot be written to %s: it is a folder", file)}
	case err == nil && (!info.Mode().IsRegular() || printsTo(info) != nil):
		return nil
	}
	to, err := followed(file)
	if err != nil {
		return &RequestError{err.Error()}
	}
	dir := filepath.Dir(to)
	for info, err = os.Stat(dir); errors.Is(err, fs.ErrNotExist); info, err = os.Stat(dir) {
		dir = filepath.Dir(dir)
	}
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", dir)
	}
	if err == nil && unix.Access(dir, unix.W_OK|unix.X_OK) != nil {
		err = fmt.Errorf("nothing can be written in %s", dir)
	}
	if err != nil {
		return &RequestError{fmt.Sprintf("the report cannot be written to %s: %v", file, err)}
	}
	return nil
}

// printsTo is standard output or standard error when that goes to a file; nil when
// neither does.
func printsTo(file fs.FileInfo) *os.File {
	for _, open := range []*os.File{os.Stdout, os.Stderr} {
		if same, err := open.Stat(); err == nil && os.SameFile(file, same) {
			return open
		}
	}
	return nil
}

// WriteReport writes a report to a file that appears whole or not at all;
// missing folders are made. A symbolic link is followed and stays. What is no
// regular file (a pipe, a device), and what standard output or standard error go
// to already, is written to as it is.
func WriteReport(file string, w report.Writer, r *report.Run) error {
	switch info, err := os.Stat(file); {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case err != nil:
	default:
		if open := printsTo(info); open != nil {
			return w.Write(open, r) // another handle would write over what is there
		}
		if !info.Mode().IsRegular() {
			f, err := os.OpenFile(file, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			return errors.Join(w.Write(f, r), f.Close())
		}
	}
	file, err := followed(file)
	if err != nil {
		return err
	}
	return replaceReport(file, w, r)
}

// followed is the file that a path leads to through symbolic links; there need
// not be one yet.
func followed(file string) (string, error) {
	for range maxLinks {
		to, err := os.Readlink(file)
		if err != nil {
			return file, nil // no link, or nothing there
		}
		if !filepath.IsAbs(to) {
			dir, err := filepath.EvalSymlinks(filepath.Dir(file))
			if err != nil {
				return "", err
			}
			to = filepath.Join(dir, to)
		}
		file = to
	}
	return "", fmt.Errorf("%s: more than %d symbolic links in a row", file, maxLinks)
}

// replaceReport writes a report beside file and puts it in the place of file.
func replaceReport(file string, w report.Writer, r *report.Run) (err error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".clnrm-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err = errors.Join(w.Write(f, r), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
