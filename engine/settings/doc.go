// Package settings reads what a project and its user have set: the files
// cleanroom.toml, the environment and the options of a command.
//
// The names of files, a lookup of environment variables and the options that
// were given flow in; one [Set] flows out, in which every key has a value and
// says where it came from, together with every complaint about what is wrong or
// has no effect. The table of keys is the only description there is: it is what
// files are checked against, what `config show` prints and what the
// documentation is held to.
//
// The sections [keys] and [theme.colors] have names that belong to the surface
// that interprets them; they are passed on as text with their places. The
// package imports spec for TOML and diag for complaints, and nothing else of the
// project; it never looks at a terminal.
package settings
