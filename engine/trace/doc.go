// Package trace holds the canonical span and everything that is known about
// spans before anyone has an opinion on them: reading them, indexing them,
// normalising them, writing them down again.
//
// What flows in: OTLP payloads (protobuf and JSON), the standard output of a
// program, trace files. What flows out: Spans, an indexed immutable Set, its
// digest, recorded traces as JSON lines. The package knows neither test files
// nor expectations and imports nothing of the project.
//
// Spans in JSON come in six forms, which the code calls by letters:
//
//	A  an object with keys like span_id and start_time_unix_nano
//	B  an object with keys like spanId and startTimeUnixNano
//	C  OTLP/JSON: an object with resourceSpans
//	D  an object with a list "spans" of objects of form A or B
//	E  the same, with objects that have a name and duration_ns in place of ids
//	   and times
//	F  a list of objects of form A or B
package trace
