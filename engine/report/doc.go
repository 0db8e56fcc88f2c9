// Package report writes what a run or a dry run found, for people and programs.
//
// In flows one neutral model: a Run (schema clnrm.run/1), a Validation (schema
// clnrm.validate/1) or an Event (schema clnrm.event/1), as the command line
// contract defines them. Out flows JSON, JUnit XML, TAP 13, HTML, Markdown or plain
// text on an io.Writer. Names and output of test programs are hostile input: whatever they
// contain, every format stays well formed, and text for a terminal carries no
// control character of theirs.
//
// The package judges nothing and reads no file. It never imports the engine,
// the runner or a terminal library.
package report
