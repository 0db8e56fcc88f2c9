// Package engine is the one thing behind every surface of clnrm-tui: it checks
// templates, replays recorded traces, runs scenarios, and publishes what
// happened as immutable snapshots.
//
// File changes and wishes flow in; snapshots, logs and reports flow out. The
// dashboard and the commands see this package only: they never start a
// container, open a file of the user's or read a cache themselves. Nothing here
// or below imports a terminal library.
package engine
