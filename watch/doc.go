// Package watch says which files changed on disk: hints from the operating
// system become facts after a look at the file and its hash.
//
// Events of github.com/rjeczalik/notify flow in; batches of changes whose
// content hash really differs flow out. The package imports nothing of the
// project.
package watch
