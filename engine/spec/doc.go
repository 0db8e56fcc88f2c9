// Package spec turns the rendered text of a test file into types, every one of
// which knows where it stands in the file that the user edits.
//
// TOML text and a Locator (from offsets of that text to positions of the
// user's file) flow in; a File and diagnostics flow out. The package knows
// shapes: which tables and keys exist, which type a value has, what an older
// spelling stands for. Whether the parts of a file fit together is decided in
// package check, whether an expectation holds in package expect. It also owns
// the two small languages that appear inside values: span name patterns (Glob)
// and command strings (splitCommand).
//
// It imports diag and a TOML parser, never trace, runner or anything above.
package spec
