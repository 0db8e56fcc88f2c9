// Package expect judges the expectations of a test file against collected
// spans.
//
// What flows in: an expectation table (package spec) and an indexed set of
// spans (package trace). What flows out: a Result with one Check per rule, in
// the order span, graph, counts, window, order, status, hermeticity, each
// failure with what was expected, what was found, where the expectation stands
// and how near the nearest span came. Judging is a pure function: it reads no
// clock, no environment and no file.
//
// Nothing passes without evidence: an empty set fails the first expectation,
// missing times fail, and a rule that could not be judged says so and is never
// OK.
package expect
