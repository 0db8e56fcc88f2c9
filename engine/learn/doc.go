// Package learn derives expectations from traces.
//
// In flow one or more traces of the same behaviour. What is the same in all of
// them is stable, what differs is volatile: out flows an expectation table that
// pins the stable parts (names, contents, tree, counts, order, status), written
// as TOML, with a remark for every thing that was left out. Every expectation
// has been judged on every trace with the real judge and holds.
//
// One trace alone cannot tell stable from volatile; then values that look like
// ids, clocks and paths are left out by their form. The package reads no file.
package learn
