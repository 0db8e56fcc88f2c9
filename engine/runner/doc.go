// Package runner executes scenarios: it takes a place in the queue, has a
// backend bring the services up, runs the steps, judges each step's own
// conditions, ends the services so that exporters flush, and hands over what
// happened with every span that arrived.
//
// Jobs flow in; outcomes and progress flow out. It does not judge expectations
// over spans (the engine does, for runs and replays alike), and it never
// prints.
package runner
