// Package cache keeps rendered templates, so that a save of one file renders
// one file and going back to an earlier content renders none.
//
// Hashes of a template, of the files it includes, of the environment variables
// and the overrides it can see flow in; a rendered text with its source map, or
// the exact reason why there is none, flows out. The key of an entry is the
// SHA-256 over that whole closure (architecture, cache key; semantics 5.2).
//
// Three parts: [Closure] says what a rendering has read and turns it into a
// [Key]; [Backend] stores entries by key ([Memory] is the one that lives in the
// process, others may outlive it or be shared); [Cache] knows per template path
// which closures were met and therefore which key to ask for.
//
// The package imports nothing of the project, opens no file, reads no
// environment and asks no clock: the caller passes all of these in.
package cache
