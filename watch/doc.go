// Package watch says which files changed on disk, and to what.
//
// Events of github.com/rjeczalik/notify and the results of looking around flow
// in; batches of changes with the new content and its hash flow out. An event
// is only a hint that a path may have changed: what is reported was read from
// the file and differs from what was reported before.
//
// On a save: a point (one per directory) puts the path into the set of
// hints; the loop of [Watcher.Run], which owns all other state, waits until
// the burst is quiet (debouncer), looks at each path twice, reads it, and
// hands over a [Batch]. Beside the events a slow sweep compares the tree with
// what is known, so that a lost event costs seconds and not the truth; the same
// sweep, run faster, is the poll mode for file systems without events.
//
// The library below keeps one tree of watches per process and has no way to
// close it. Two watchers in one process work side by side, but a directory that
// both watch may stay without events after it was replaced until the sweep
// finds it; a program should have one watcher.
//
// The package imports nothing of the project.
package watch
