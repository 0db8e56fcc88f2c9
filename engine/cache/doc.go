// Package cache keeps rendered templates, so that a save of one file renders
// one file and going back to an earlier content renders none.
//
// Hashes of a template, of the files it includes, of the environment variables
// and the overrides it can see flow in; a rendered text with its source map, or
// the exact reason why there is none, flows out. The key of an entry is the
// SHA-256 over that whole closure.
//
// Three parts: [Closure] says what a rendering has read and turns it into a
// [Key]; [Backend] stores entries by key ([Memory] is the one that lives in the
// process); [Cache] knows per template path which closures were met and therefore
// which key to ask for. Behind the memory lie any number of [Far] stores over
// [Blobs], on [Disk] or in [Redis], which outlive the process or are shared; they
// keep the names of closures too. Every record carries a hash over its name and
// content: one that was changed is dropped and said, never served.
//
// The package imports nothing of the project, reads no environment and opens no
// file but those of a disk store: the caller passes all of these in.
package cache
