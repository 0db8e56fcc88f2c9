// Package diff says what an edit did to the proof: which expectations of a test
// file were added, removed, changed or renamed, and whether the file now asks
// for more or for less.
//
// Decoded files flow in and become expectation trees; a strategy pairs the nodes
// of two trees; every difference is then judged by implication between the
// trees. A change tightens when the new tree is shown to still guarantee the old
// part of it, loosens when the old tree is shown to guarantee the new part, and
// is neutral when both are shown, or neither. Differences flow out as a Diff,
// which the renderings of this package write down. Nothing is guessed from text,
// and the package reads no file, runs nothing and knows no terminal. Recorded
// traces are compared by package diff/spans.
package diff
