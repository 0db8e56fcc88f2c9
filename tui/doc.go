// Package tui is the dashboard: a full-screen program beside the editor that
// shows the state of every test file and scenario.
//
// Snapshots of the engine, keys and mouse flow in; frames for the terminal and
// wishes to the engine flow out. There is one bubbletea model; panels are plain
// structs that draw on a grid of cells. A frame is built when something
// changed, written at once, and holds only what differs from the one before;
// nothing ticks while nothing moves. The package never starts a container,
// opens a file of the user's or reads a cache: it asks the engine.
package tui
