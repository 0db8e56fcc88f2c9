package agent

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
)

// partial is what was not accepted of a request that was (trace_service.proto,
// ExportTracePartialSuccess); the zero value says that all of it was.
type partial struct {
	rejected int64 // spans
	why      string
}

// protobuf is the ExportTraceServiceResponse.
func (p partial) protobuf() []byte {
	if p.rejected == 0 {
		return nil
	}
	in := binary.AppendUvarint([]byte{1 << 3}, uint64(p.rejected)) // rejected_spans
	in = binary.AppendUvarint(append(in, 2<<3|wireBytes), uint64(len(p.why)))
	in = append(in, p.why...) // error_message
	return append(binary.AppendUvarint([]byte{1<<3 | wireBytes}, uint64(len(in))), in...)
}

// json is the same in JSON.
func (p partial) json() []byte {
	if p.rejected == 0 {
		return []byte("{}")
	}
	why, err := json.Marshal(p.why)
	if err != nil { // a text always can be written
		why = []byte(`""`)
	}
	return fmt.Appendf(nil, `{"partialSuccess":{"rejectedSpans":"%d","errorMessage":%s}}`, p.rejected, why)
}
