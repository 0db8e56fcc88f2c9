package store

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	logSuffix = ".txt"
	// A log that no record names belongs to a run that has not ended, or that was
	// stopped or killed. One that nobody wrote to for so long is left behind.
	logIdle = time.Hour
)

// Folder is where everything about one scenario lies.
func (s *Store) Folder(path, scenario string) string { return s.folder(path, scenario) }

func (s *Store) logDir(path, scenario string) string {
	return filepath.Join(s.folder(path, scenario), "logs")
}

// NewLog names the file for the complete log of a run by this process that starts
// at a time. No other run writes there, not even one of the same scenario by
// another process. The base of the name goes into the record of the run.
func (s *Store) NewLog(path, scenario string, at time.Time) string {
	return filepath.Join(s.logDir(path, scenario), fmt.Sprintf("%s-%d%s", newID(at), os.Getpid(), logSuffix))
}

// LogFile is the complete log of a recorded run. It need not be there: not every
// run writes one.
func (s *Store) LogFile(r *Record) string {
	if r.Log == "" { // or recorded when all runs of a scenario shared one
		return filepath.Join(s.folder(r.Path, r.Scenario), "log.txt")
	}
	return filepath.Join(s.logDir(r.Path, r.Scenario), filepath.Base(r.Log))
}

// NewestLog is the log of the last run of a scenario by a process, recorded or
// not; pid 0 stands for any process. It is "" when there is none.
func (s *Store) NewestLog(path, scenario string, pid int) (newest string) {
	end := logSuffix
	if pid != 0 {
		end = fmt.Sprintf("-%d%s", pid, logSuffix)
	}
	names, err := os.ReadDir(s.logDir(path, scenario))
	if err != nil {
		return "" // no run has written any
	}
	for _, n := range names { // sorted by name, hence by time
		if strings.HasSuffix(n.Name(), end) {
			newest = filepath.Join(s.logDir(path, scenario), n.Name())
		}
	}
	return newest
}

// pruneLogs removes from the folder of a scenario the logs of runs whose records
// are gone.
func (s *Store) pruneLogs(folder string) error {
	// The log that older versions shared went with the record that was replaced.
	errs := []error{remove(filepath.Join(folder, "log.txt"))}
	dir := filepath.Join(folder, "logs")
	logs, err := os.ReadDir(dir)
	if len(logs) == 0 {
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return errors.Join(append(errs, err)...)
	}
	idle, _, err := s.looseLogs(folder, logs)
	errs = append(errs, err)
	for _, name := range idle {
		errs = append(errs, remove(filepath.Join(dir, name)))
	}
	return errors.Join(errs...)
}

// looseLogs are the logs that no record in the folder of a scenario names: those
// that are left behind, and whether others may still be written to.
func (s *Store) looseLogs(folder string, logs []fs.DirEntry) (idle []string, busy bool, err error) {
	traces, err := filepath.Glob(filepath.Join(folder, "history", "*"+traceSuffix))
	named := map[string]bool{}
	for _, file := range append(traces, filepath.Join(folder, "record.ndjson")) {
		named[headOf(file).Log] = true
	}
	for _, l := range logs {
		info, err := l.Info()
		switch {
		case err != nil || named[l.Name()]:
		case s.now().Sub(info.ModTime()) > logIdle:
			idle = append(idle, l.Name())
		default:
			busy = true
		}
	}
	return idle, busy, err
}

// remove removes a file; that another process has done so already is no error.
func remove(file string) error {
	if err := os.Remove(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// head is what is read of a record without its spans. Nothing vouches for it.
type head struct {
	Schema   string        `json:"schema"`
	Path     string        `json:"path"`
	Scenario string        `json:"scenario"`
	At       time.Time     `json:"at"`
	Duration time.Duration `json:"duration_ns"`
	Log      string        `json:"log"`
}

// headOf reads the head of a record; zero when there is none.
func headOf(file string) (h head) {
	f, err := os.Open(file)
	if err != nil {
		return head{}
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &h) != nil || h.Schema != schema {
		return head{}
	}
	return h
}
