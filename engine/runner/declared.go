package runner

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// unreceived are exporters that the format knows and whose spans nothing here
// receives.
var unreceived = []string{"jaeger", "zipkin", "datadog", "newrelic"}

// refused says why a file whose dry run found no error cannot be run all the
// same; nil when it can.
func refused(f *spec.File) error {
	if f.Otel == nil || !slices.Contains(unreceived, strings.ToLower(f.Otel.Exporter)) {
		return nil
	}
	return fmt.Errorf("%s: spans of exporter %q are not received: use exporter = \"otlp\"", f.Otel.ExporterPos, f.Otel.Exporter)
}

// outputs holds what all steps printed together against every [[expect.output]]
// of the scenario.
func (o *Outcome) outputs() {
	if len(o.Job.Scenario.Outputs) == 0 {
		return
	}
	var all bytes.Buffer
	cut := ""
	for i := range o.Steps {
		all.Write(o.Steps[i].Stdout)
		if o.Steps[i].Cut {
			cut = fmt.Sprintf(" in the first %d MiB of each step", CaptureLimit>>20)
		}
	}
	text := bytes.TrimSpace(all.Bytes())
	for i, want := range o.Job.Scenario.Outputs {
		re, err := regexp.Compile(want.Pattern)
		c := expect.Check{Rule: fmt.Sprintf("expect.output[%d]", i), Pos: want.Pos, OK: err == nil && re.Match(text)}
		if !c.OK {
			c.Message = fmt.Sprintf("stdout of the scenario does not match %q%s", want.Pattern, cut)
			for _, l := range lastLines(string(text), 4) {
				c.Explain = append(c.Explain, "stdout | "+l)
			}
		}
		o.Checks = append(o.Checks, c)
	}
}
