package runner

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

func TestEveryLossOfAnAgentIsAccountedFor(t *testing.T) {
	for name, tc := range map[string]struct {
		said     wire.Finished
		received int64
		want     Telemetry
		words    string // in the details; "" for none at all
	}{
		"nothing lost":   {wire.Finished{Traces: 3, Spans: 9, Metrics: 2, Logs: 1}, 3, Telemetry{Requests: 3, Spans: 9, Metrics: 2, Logs: 1, Complete: true}, ""},
		"refused":        {wire.Finished{Rejected: 2, Reasons: []string{"traces: no"}}, 0, Telemetry{Rejected: 2, Complete: true}, "service app: 2 requests were refused; service app: why, at first: traces: no"},
		"without ids":    {wire.Finished{Traces: 1, Invalid: 2}, 1, Telemetry{Requests: 1, Invalid: 2, Complete: true}, "2 spans without valid ids"},
		"over the limit": {wire.Finished{Over: 5}, 0, Telemetry{Over: 5, Complete: true}, "5 spans were refused, more than 1048576 in all"},
		"not delivered":  {wire.Finished{Traces: 3}, 2, Telemetry{Requests: 3, Dropped: 1, Complete: true}, "1 accepted requests did not arrive"},
		"under way":      {wire.Finished{InFlight: 1}, 0, Telemetry{Unseen: true}, "1 requests were still under way"},
		"never flushed":  {wire.Finished{Killed: []uint32{1}}, 0, Telemetry{Cut: []string{"service app did not end within 3s of TERM and was killed"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := Telemetry{Complete: true}
			words := strings.Join(got.Account("app", tc.said, tc.received, 3*time.Second), "; ")
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
			if !strings.Contains(words, tc.words) || (words == "") != (tc.words == "") {
				t.Errorf("details %q, want %q", words, tc.words)
			}
		})
	}
}
