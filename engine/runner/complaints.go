package runner

import "strings"

// grievance is what a line has that says that spans are gone: all words of has, in
// lower case, and none of not.
type grievance struct{ has, not []string }

// complaints are what the SDKs of OpenTelemetry, and its collector, write when
// spans could not be exported and are gone. What is tried again is none. The words
// are those of their sources; some lose spans without a word, which no line can
// tell: Go, Java, Ruby and PHP when a queue is full, and what a program's end comes
// before.
var complaints = []grievance{
	// Go: otlptrace hands every failure of either exporter to the error handler. A
	// partial success without rejected spans is a remark of the receiver.
	{has: []string{"traces export:"}, not: []string{"(0 spans rejected)"}},
	{has: []string{"partial success", "spans rejected"}, not: []string{"(0 spans rejected)"}},
	{has: []string{"failed to upload traces"}}, // earlier
	// The batch processor tells what it dropped to a logger of high verbosity only.
	{has: []string{"exporting spans", `"total_dropped"=`}, not: []string{`"total_dropped"=0`}},

	// Python: OTLP over gRPC and HTTP, the latter with earlier words, too; the batch
	// processor.
	{has: []string{"failed to export traces"}},
	{has: []string{"failed to export span"}}, // Java, too: "spans"
	{has: []string{"failed to export batch code:"}},
	{has: []string{"exporter already shutdown, ignoring batch"}},
	{has: []string{"shutdown in progress, aborting retry"}},
	{has: []string{"exception while exporting span"}},
	{has: []string{"queue full, dropping span"}},
	{has: []string{"queue is full, likely spans will be dropped"}},

	// Java: the batch processor. What the exporters say is above.
	{has: []string{"exporter threw an exception"}},

	// JavaScript: errors as JSON, with their stacks.
	{has: []string{"otlpexportererror"}},
	{has: []string{"concurrent export limit reached"}},
	{has: []string{"batchspanprocessor: span export failed"}},
	{has: []string{"error: timeout", "batchspanprocessorbase"}},
	{has: []string{"dropped", "spans because maxqueuesize reached"}},
	{has: []string{"received partial success response:", "rejectedspans"}, not: []string{`"rejectedspans":0`, `"rejectedspans":"0"`}},

	// Rust: names of events.
	{has: []string{"batchspanprocessor", "export", "error"}},
	{has: []string{"batchspanprocessor.spandroppingstarted"}},
	{has: []string{"batchspanprocessor.spansdropped"}},
	{has: []string{"httptraceclient.partialsuccess"}, not: []string{"rejected_spans=0"}},

	// .NET: events, where a program prints them.
	{has: []string{"exporter failed send data to collector"}},
	{has: []string{"unknown error in export method"}},
	{has: []string{"exporting to", "dropped", "due to buffer full"}},

	// Ruby.
	{has: []string{"unable to export", "spans"}},

	// PHP.
	{has: []string{"opentelemetry:", "export failure"}},
	{has: []string{"opentelemetry:", "export partial success"}},
	{has: []string{"opentelemetry:", "unhandled export error"}},

	// C++: both exporters, with earlier words of the one; the batch processor.
	{has: []string{"[otlp trace", "exporter] error: export"}},
	{has: []string{"[otlp trace", "exporter] export() failed"}},
	{has: []string{"[otlp exporter] export() failed"}},
	{has: []string{"batchspanprocessor queue is full - dropping span"}},

	// The collector, of which other signals are no matter.
	{has: []string{"exporting failed.", "dropping data"}, not: otherSignals},
	{has: []string{"exporting failed.", "rejecting data"}, not: otherSignals},
	{has: []string{"dropping data because sending_queue is full"}, not: otherSignals},
}

// otherSignals are how a line of the collector says what it is about.
var otherSignals = []string{`"metrics"`, `"logs"`, `"profiles"`}

// hints are what every complaint has at least one of, in this spelling.
var hints = [][]byte{
	[]byte("xport"), []byte("upload traces"), []byte("ropp"), []byte("spans rejected"), []byte("aborting retry"), []byte("artial"), []byte("ejecting"),
}

// is reports whether a line, in lower case, is such a one.
func (g grievance) is(line string) bool {
	for _, w := range g.has {
		if !strings.Contains(line, w) {
			return false
		}
	}
	for _, w := range g.not {
		if strings.Contains(line, w) {
			return false
		}
	}
	return true
}
