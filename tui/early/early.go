// Package early keeps the terminal libraries from asking the terminal anything
// while the program starts.
//
// bubbletea v1 asks for the terminal's background colour when its package is
// initialised and waits up to five seconds for the answer; a terminal that
// never answers would delay every command by that much, and a late answer would
// be read as keys. The libraries do not ask a terminal that is called "dumb",
// so this package sets TERM to that before they are initialised, and Restore
// puts it back.
//
// Go initialises, again and again, the package with the smallest import path of
// those whose imports are initialised. This one imports syscall only, and its
// path sorts before that of every standard package that the libraries need and
// that comes after syscall (internal/poll, io, os, time): its turn comes first.
// It must never import anything else.
package early

import "syscall"

const variable = "TERM"

var before, found = syscall.Getenv(variable)

func init() {
	// A failure leaves TERM as it was: the program starts more slowly.
	_ = syscall.Setenv(variable, "dumb")
}

// Restore gives TERM its value back. It is called once, by the initialisation
// of package tui, which comes after that of the libraries and before main.
func Restore() {
	if !found {
		_ = syscall.Unsetenv(variable) // fails only for a malformed name
		return
	}
	_ = syscall.Setenv(variable, before) // the value was valid before
}
