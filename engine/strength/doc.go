// Package strength measures how much the expectations of a test file notice.
//
// In flow the expectation tables of a file and the spans of a run that satisfies
// them. The package breaks the trace in every small way it knows, one at a
// time, and judges each broken trace with the real judge. Out flows how many of
// the mutants were killed, and for each survivor an expectation that has been
// shown to hold on the honest trace and to fail on the mutant. A survivor is a
// hole through which a false green can pass.
//
// What differs between two runs of the same behaviour (ids, ports, process
// numbers; see trace.Digest) is not mutated. The package reads no file and no
// clock.
package strength
