package store

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Limits bound what is kept. A zero field means its default.
type Limits struct {
	Runs   int           // entries per scenario; default 200
	Traces int           // of which so many with their trace; default 10
	Age    time.Duration // of entries; default 90 days; the newest of a test that is there is kept
	Gone   time.Duration // since the last run of a test that is not there; default 7 days
	// Bytes bounds all traces of the project and their logs; default 256 MiB. The
	// oldest go first, the last of a scenario only when nothing else is left to go,
	// and that of the scenario that was just recorded never.
	Bytes int64
}

func (l Limits) withDefaults() Limits {
	l.Runs = max(l.Runs, 0)
	l.Runs, l.Traces = cmp.Or(l.Runs, 200), cmp.Or(max(l.Traces, 0), 10)
	l.Age, l.Gone = cmp.Or(max(l.Age, 0), 90*24*time.Hour), cmp.Or(max(l.Gone, 0), 7*24*time.Hour)
	l.Bytes = cmp.Or(max(l.Bytes, 0), 256<<20)
	return l
}

const (
	// sweepEvery is how old this process lets its knowledge of the project become:
	// others record, too, and what is there grows older.
	sweepEvery = time.Minute
	// spare is the part of the size, one in so many, that is made free when there
	// is too much, so that not every run has to look at everything.
	spare = 16
	// goneSuffix marks a folder that is being removed; what it held is of the past.
	goneSuffix = ".gone"
)

// prune holds the history of a record's scenario to its limits, and when there is
// reason to the whole project: at first, when it is too large as far as is known,
// and every minute in which something is recorded.
func (s *Store) prune(r *Record, written int64) error {
	now, folder := s.now(), s.folder(r.Path, r.Scenario)
	err := s.pruneFolder(folder, now)
	s.mu.Lock()
	s.size += written
	if size := fileSize(s.LogFile(r)); size > 0 {
		s.size += size
	}
	due := s.swept.IsZero() || s.size > s.limits.Bytes || now.Sub(s.swept) >= sweepEvery || now.Before(s.swept)
	if due {
		s.swept = now // nobody else of this process need do it too
	}
	s.mu.Unlock()
	if !due {
		return err
	}
	size, serr := s.pruneAll(folder, now)
	s.mu.Lock()
	s.size = size
	s.mu.Unlock()
	return errors.Join(err, serr)
}

// pruneFolder holds one scenario to its limits. Files that another process has
// removed already are no error.
func (s *Store) pruneFolder(folder string, now time.Time) error {
	err := s.pruneHistory(filepath.Join(folder, "history"), now)
	return errors.Join(err, s.pruneLogs(folder))
}

func (s *Store) pruneHistory(dir string, now time.Time) error {
	names, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var entries, traces []string
	var errs []error
	drop := func(name string) { errs = append(errs, remove(filepath.Join(dir, name))) }
	for _, n := range names {
		switch name := n.Name(); {
		case strings.HasSuffix(name, entrySuffix):
			entries = append(entries, name)
		case strings.HasSuffix(name, traceSuffix):
			traces = append(traces, name)
		case abandoned(n, now, s.limits.Age):
			drop(name)
		}
	}
	oldest := fmt.Sprintf("%019d", max(0, now.Add(-s.limits.Age).UnixNano()))
	for i, name := range entries {
		if i < len(entries)-s.limits.Runs || name < oldest && i < len(entries)-1 {
			drop(name)
		}
	}
	for i, name := range traces {
		if i < len(traces)-s.limits.Traces || name < oldest && i < len(traces)-1 {
			drop(name)
		}
	}
	return errors.Join(errs...)
}

// abandoned reports whether a file was left behind by a process that was killed
// while it wrote, or was set aside long ago.
func abandoned(n fs.DirEntry, now time.Time, age time.Duration) bool {
	temp, _ := filepath.Match(tempPattern, n.Name())
	if !temp && !strings.HasSuffix(n.Name(), damagedSuffix) {
		return false
	}
	if temp {
		age = time.Hour
	}
	info, err := n.Info()
	return err == nil && now.Sub(info.ModTime()) > age
}

// scenarioFolder is what the runs of one scenario take.
type scenarioFolder struct {
	name   string
	newest string // ID of its last run; "" for one without any
	head   head   // of its last record; zero when it cannot be told
	traces []traceFile
	size   int64 // of all traces and logs
}

type traceFile struct {
	name, id string
	size     int64
}

// pruneAll holds the whole project to its limits and returns the bytes that are
// left. The folder just recorded to stays, whatever it takes.
func (s *Store) pruneAll(just string, now time.Time) (total int64, err error) {
	names, err := os.ReadDir(s.dir)
	if err != nil {
		return 0, err
	}
	var errs []error
	var folders []*scenarioFolder
	for _, n := range names {
		name := filepath.Join(s.dir, n.Name())
		if !n.IsDir() {
			continue
		}
		if strings.HasSuffix(n.Name(), goneSuffix) { // whoever removed it was killed
			errs = append(errs, os.RemoveAll(name))
			continue
		}
		if name != just {
			errs = append(errs, s.pruneFolder(name, now))
		}
		f := folderOf(name)
		if name != just && s.vanished(f, now) && !s.busy(name) {
			errs = append(errs, s.removeFolder(f, now))
			continue
		}
		total += f.size
		folders = append(folders, f)
	}
	if total <= s.limits.Bytes {
		return total, errors.Join(errs...)
	}
	want := s.limits.Bytes - s.limits.Bytes/spare
	for _, t := range oldTraces(folders) {
		if total <= want {
			break
		}
		freed, err := t.remove()
		total -= freed
		errs = append(errs, err)
	}
	slices.SortFunc(folders, func(a, b *scenarioFolder) int { return strings.Compare(a.newest, b.newest) })
	for _, f := range folders {
		if total <= s.limits.Bytes {
			break
		}
		if f.name == just || s.busy(f.name) {
			continue
		}
		total -= folderOf(f.name).size
		errs = append(errs, s.removeFolder(f, now))
	}
	return total, errors.Join(errs...)
}

// folderOf measures the folder of a scenario.
func folderOf(name string) *scenarioFolder {
	f := &scenarioFolder{name: name, head: headOf(filepath.Join(name, RecordName)), size: sizeOf(filepath.Join(name, "logs"))}
	dir := filepath.Join(name, "history")
	names, err := os.ReadDir(dir)
	if err != nil {
		return f // no history there
	}
	for _, n := range names {
		if id, ok := strings.CutSuffix(n.Name(), entrySuffix); ok {
			f.newest = id
		}
		id, ok := strings.CutSuffix(n.Name(), traceSuffix)
		info, err := n.Info()
		if !ok || err != nil {
			continue
		}
		f.traces = append(f.traces, traceFile{filepath.Join(dir, n.Name()), id, info.Size()})
		f.size += info.Size()
	}
	return f
}

// vanished reports whether a folder is of a test whose file is not there, or does
// not hold it, and that was not run for long: it may only be on another branch.
func (s *Store) vanished(f *scenarioFolder, now time.Time) bool {
	if f.head.Path == "" || f.newest > fmt.Sprintf("%019d", max(0, now.Add(-s.limits.Gone).UnixNano())) {
		return false
	}
	root := filepath.Dir(filepath.Dir(s.dir))
	_, err := os.Stat(filepath.Join(root, filepath.FromSlash(f.head.Path)))
	return errors.Is(err, fs.ErrNotExist) || err == nil && s.absent != nil && s.absent(f.head.Path, f.head.Scenario)
}

// busy reports whether a run may be writing its log in a folder.
func (s *Store) busy(folder string) bool {
	logs, err := os.ReadDir(filepath.Join(folder, "logs"))
	if err != nil {
		return false // there is none
	}
	_, busy, err := s.looseLogs(folder, logs)
	return busy || err != nil
}

// oldTrace is a trace that is not the last of its scenario.
type oldTrace struct {
	traceFile
	kept string // the last of the same scenario
}

// oldTraces are those of all scenarios, the oldest first.
func oldTraces(folders []*scenarioFolder) []oldTrace {
	var out []oldTrace
	for _, f := range folders {
		for i := range max(0, len(f.traces)-1) {
			out = append(out, oldTrace{f.traces[i], f.traces[len(f.traces)-1].name})
		}
	}
	slices.SortFunc(out, func(a, b oldTrace) int { return strings.Compare(a.id, b.id) })
	return out
}

// remove removes a trace with its log and returns the bytes that were freed.
func (t oldTrace) remove() (freed int64, err error) {
	freed = t.size
	if log := headOf(t.name).Log; log != "" && log != headOf(t.kept).Log {
		log = filepath.Join(filepath.Dir(filepath.Dir(t.name)), "logs", filepath.Base(log))
		freed += fileSize(log)
		err = remove(log)
	}
	return freed, errors.Join(err, remove(t.name))
}

// removeFolder removes the folder of a scenario unless something was recorded there
// since it was looked at. It takes its name away first, while nobody records.
func (s *Store) removeFolder(f *scenarioFolder, now time.Time) error {
	gone := f.name + "." + newID(now) + goneSuffix
	unlock, err := s.lock(syscall.LOCK_EX)
	if err == nil && folderOf(f.name).newest == f.newest {
		err = os.Rename(f.name, gone)
	}
	unlock()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.mu.Lock()
	delete(s.known, filepath.Join(f.name, "history"))
	s.mu.Unlock()
	return os.RemoveAll(gone)
}

// lock keeps those who record (syscall.LOCK_SH) and whoever removes a folder
// (syscall.LOCK_EX) out of each other's way, also in other processes. The system
// lifts it when a process ends.
func (s *Store) lock(how int) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(s.dir, ".lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return func() {}, err
	}
	for err = syscall.EINTR; err == syscall.EINTR; {
		err = syscall.Flock(int(f.Fd()), how)
	}
	return func() { _ = f.Close() }, err // which lifts it
}

// sizeOf is how much the files in a folder hold; 0 when there is none.
func sizeOf(dir string) (total int64) {
	names, err := os.ReadDir(dir)
	if err != nil {
		return 0
	}
	for _, n := range names {
		if info, err := n.Info(); err == nil {
			total += info.Size()
		}
	}
	return total
}

// fileSize is how much a file holds; 0 when there is none.
func fileSize(name string) int64 {
	info, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return info.Size()
}
