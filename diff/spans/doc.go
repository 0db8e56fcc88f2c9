// Package spans compares two recorded traces: which spans are missing, new or
// moved, and what differs on those that both have.
//
// Two sets of spans flow in. Spans are paired by structure, never by their ids:
// by the names on the way from the root and their ordinal among siblings of the
// same name, siblings with the same content first. A Diff flows out, with the
// share of spans that match, and can be written as text or JSON. Attributes that
// differ between any two runs are left out, and durations count only beyond
// noise. Time and memory are linear in the number of spans, but for sorting
// siblings. The package reads no file and judges nothing.
package spans
