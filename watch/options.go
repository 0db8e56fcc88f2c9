package watch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Mode says how changes are to be noticed.
type Mode uint8

// The modes.
const (
	Auto   Mode = iota // events where the file system has them, polling elsewhere
	Native             // events everywhere, whatever the file system
	Poll               // no events
)

// String returns the word for the mode that the command line uses.
func (m Mode) String() string {
	switch m {
	case Native:
		return "native"
	case Poll:
		return "poll"
	default:
		return "auto"
	}
}

// Options say what to watch. The zero value of every field but Roots is usable.
type Options struct {
	// Roots are the directories and single files to watch, as the user named
	// them; changes are reported under these names. They must exist when New
	// is called. A directory is watched with all its sub-directories; symbolic
	// links to directories are followed for a root only. A single file is
	// watched whatever Match says.
	Roots []string
	// Match says whether the file at path is of interest. nil means all.
	Match func(path string) bool
	// Ignore excludes files and directories beside the built-in rules of
	// [Ignored]; nothing below an ignored directory is looked at. May be nil.
	Ignore func(path string, dir bool) bool
	// Debounce is how long a burst of events must be quiet before the files are
	// read; 0 means 50 ms. A burst that does not end is cut after six times as
	// long.
	Debounce time.Duration
	// Mode is Auto unless said otherwise.
	Mode Mode
	// PollInterval is the least time between two looks where there are no
	// events; 0 means 1 s. Large trees are looked at less often, so that
	// polling stays below a twentieth of a core.
	PollInterval time.Duration
}

const (
	defaultDebounce     = 50 * time.Millisecond
	debounceLimit       = 6 // times Debounce
	defaultPollInterval = time.Second
)

// New checks the options and returns a watcher that does nothing until Run. It
// fails when there is no root or a root does not exist; the error then wraps
// fs.ErrNotExist.
func New(o Options) (*Watcher, error) {
	if len(o.Roots) == 0 {
		return nil, errors.New("watch: no path to watch")
	}
	if o.Debounce < 0 || o.PollInterval < 0 {
		return nil, fmt.Errorf("watch: negative interval (debounce %s, poll %s)", o.Debounce, o.PollInterval)
	}
	if o.Debounce == 0 {
		o.Debounce = defaultDebounce
	}
	if o.PollInterval == 0 {
		o.PollInterval = defaultPollInterval
	}
	if o.Match == nil {
		o.Match = func(string) bool { return true }
	}
	if o.Ignore == nil {
		o.Ignore = func(string, bool) bool { return false }
	}
	w := &Watcher{
		opts:      o,
		out:       make(chan Batch),
		hints:     newHints(),
		source:    notifySource{},
		clock:     newClock(),
		eventless: eventlessAt,
		debounce:  debouncer{quiet: o.Debounce, limit: debounceLimit * o.Debounce},
		dirs:      map[string]*dir{},
		files:     map[string]*file{},
		dirty:     map[string]*dirt{},
		suspect:   map[string]time.Time{},
	}
	for _, name := range o.Roots {
		if err := w.addRoot(name); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// addRoot sorts a path of the user's into trees and single files.
func (w *Watcher) addRoot(name string) error {
	abs, err := filepath.Abs(name)
	if err != nil {
		return fmt.Errorf("watch %s: %w", name, err)
	}
	info, err := os.Stat(abs)
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err // the path is named already, as the user wrote it
		}
		return fmt.Errorf("watch %s: %w", name, err)
	}
	name = filepath.Clean(name)
	if info.IsDir() {
		w.roots = append(w.roots, &root{name: name, abs: abs})
	} else {
		w.wants = append(w.wants, &want{name: name, abs: abs})
	}
	return nil
}
