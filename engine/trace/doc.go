// Package trace holds the canonical span and everything that is known about
// spans before anyone has an opinion on them: reading them, indexing them,
// normalising them, writing them down again.
//
// What flows in: OTLP payloads (protobuf and JSON), the standard output of a
// program, trace files in any of the forms that docs/traces.md names. What
// flows out: Spans, an indexed immutable Set, its digest, recorded traces as
// JSON lines. The package knows neither test files nor expectations and imports
// nothing of the project.
package trace
