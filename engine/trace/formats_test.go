package trace

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// The same small trace, as each format would tell it.
const (
	formatA = `{"name":"GET /cart","trace_id":"5B8EFFF798038103D269B633813FC60C","span_id":"00f067aa0ba902b7","parent_span_id":"","kind":"server","start_time_unix_nano":"1000","end_time_unix_nano":"9000","attributes":{"http.status":200,"ok":true,"load":0.5},"events":["accepted"],"status":{"code":"OK"}}
{"name":"db","trace_id":"5b8efff798038103d269b633813fc60c","span_id":"eee19b7ec3c1b174","parent_span_id":"00F067AA0BA902B7","kind":3,"start_time_unix_nano":2000,"end_time_unix_nano":8000,"attributes":{},"events":[],"status":"error"}
`
	formatB = `{"name":"GET /cart","traceId":"5b8efff798038103d269b633813fc60c","spanId":"00f067aa0ba902b7","parentSpanId":null,"kind":"Server","startTimeUnixNano":1000,"endTimeUnixNano":9000,"attributes":{"http.status":200,"ok":true,"load":0.5},"events":[{"name":"accepted","timestamp":0,"attributes":{}}],"status":{"code":"Ok","message":""},"instrumentationScope":{"name":"","version":""}}
{"name":"db","traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","parentSpanId":"00f067aa0ba902b7","kind":"Client","startTimeUnixNano":2000,"endTimeUnixNano":8000,"attributes":{},"events":[],"status":{"code":"Error { description: \"gone\" }","message":""}}
`
	formatC = `{
  "resourceSpans": [
    {
      "scopeSpans": [
        {
          "spans": [
            {
              "traceId": "5b8efff798038103d269b633813fc60c",
              "spanId": "00f067aa0ba902b7",
              "parentSpanId": "",
              "name": "GET /cart",
              "kind": "SPAN_KIND_SERVER",
              "startTimeUnixNano": "1000",
              "endTimeUnixNano": 9000,
              "attributes": [
                {"key": "http.status", "value": {"intValue": "200"}},
                {"key": "load", "value": {"doubleValue": 0.5}},
                {"key": "ok", "value": {"boolValue": true}}
              ],
              "events": [{"name": "accepted", "timeUnixNano": "0"}],
              "status": {"code": "STATUS_CODE_OK"}
            },
            {
              "traceId": "5b8efff798038103d269b633813fc60c",
              "spanId": "eee19b7ec3c1b174",
              "parentSpanId": "00f067aa0ba902b7",
              "name": "db",
              "kind": 3,
              "startTimeUnixNano": "2000",
              "endTimeUnixNano": "8000",
              "status": {"code": 2}
            }
          ]
        }
      ]
    }
  ]
}
`
	formatD = `{"spans":[{"name":"GET /cart","span_id":"root-1","parent_span_id":null,"trace_id":"t-1","kind":"SERVER"},
{"name":"db","span_id":"s-2","parent_span_id":"root-1","trace_id":"t-1","kind":"CLIENT"}]}`
	formatE = `{"spans":[{"name":"GET /cart","service_name":"shop","duration_ns":1200000,"status":"ok","attributes":{"http.status":200},"events":[{"name":"accepted","timestamp":7,"attributes":{}}]},
{"name":"db","service_name":"shop","duration_ns":800000,"status":"error","attributes":{},"events":[]}]}`
)

func sampleSpans() []Span {
	file := Source{Kind: "file"}
	return []Span{
		{
			Name: "GET /cart", TraceID: "5b8efff798038103d269b633813fc60c", ID: "00f067aa0ba902b7", Kind: KindServer, KindKnown: true,
			Start: 1000, End: 9000, Status: StatusOK, Events: []Event{{Name: "accepted"}}, Source: file,
			Attrs: []Attr{{"http.status", int64(200)}, {"load", 0.5}, {"ok", true}},
		},
		{
			Name: "db", TraceID: "5b8efff798038103d269b633813fc60c", ID: "eee19b7ec3c1b174", ParentID: "00f067aa0ba902b7",
			Kind: KindClient, KindKnown: true, Start: 2000, End: 8000, Status: StatusError, Source: file,
		},
	}
}

func mustRead(t *testing.T, data string) []Span {
	t.Helper()
	spans, counts, err := ReadFile([]byte(data), false)
	if err != nil {
		t.Fatal(err)
	}
	if counts.Spans != len(spans) {
		t.Fatalf("counted %d spans, returned %d", counts.Spans, len(spans))
	}
	return spans
}

func TestFormatsABCFTellTheSameTrace(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(formatA), "\n")
	for name, data := range map[string]string{
		"A":                  formatA,
		"A without last EOL": strings.TrimSpace(formatA),
		"A with CRLF":        strings.ReplaceAll(formatA, "\n", "\r\n"),
		"A with BOM":         "\xef\xbb\xbf" + formatA,
		"B":                  formatB,
		"C pretty-printed":   formatC,
		"C on one line":      strings.ReplaceAll(formatC, "\n", " "),
		"C old scopes":       strings.Replace(formatC, "scopeSpans", "instrumentationLibrarySpans", 1),
		"F of A":             "[" + strings.Join(lines, ",") + "]",
		"F of B":             "[" + strings.Join(strings.Split(strings.TrimSpace(formatB), "\n"), ",\n") + "]",
		"gzip":               string(gzipped(t, []byte(formatA))),
	} {
		t.Run(name, func(t *testing.T) {
			got, want := mustRead(t, data), sampleSpans()
			for i := range got { // C has a resource for every group, the others none
				got[i].Resource = nil
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestFormatDKeepsNamesAndEdges(t *testing.T) {
	set := NewSet(mustRead(t, formatD))
	if r, ok := set.Find("t-1", "s-2"); !ok || set.Parent(r) != 0 || set.Span(r).Kind != KindClient || !set.Span(r).KindKnown {
		t.Errorf("got %+v", set.Span(1))
	}
}

func TestFormatEHasDurationsServicesAndNoKinds(t *testing.T) {
	spans := mustRead(t, formatE)
	s := spans[0]
	if ns, ok := s.Duration(); !ok || ns != 1200000 || s.Timed() {
		t.Errorf("duration %d %v, times %d %d", ns, ok, s.Start, s.End)
	}
	if v, _ := Lookup(s.Resource.Attrs, "service.name"); v != "shop" {
		t.Errorf("service.name is %v", v)
	}
	if s.KindKnown || s.Status != StatusOK || spans[1].Status != StatusError {
		t.Errorf("got %+v", spans)
	}
	if s.Resource != spans[1].Resource {
		t.Error("equal resources are not shared")
	}
	if n := NewSet(spans).Len(); n != 2 {
		t.Errorf("spans without ids were taken for duplicates: %d left", n)
	}
}

func TestReadFileNamesTheLine(t *testing.T) {
	for name, tc := range map[string]struct{ data, want string }{
		"text":              {formatA + "oops\n", "line 3: not JSON"},
		"broken line":       {formatA + `{"name":` + "\n" + formatA, "line 3: not JSON"},
		"cut off":           {formatC[:len(formatC)-30], "ends too early"},
		"pretty and broken": {strings.Replace(formatC, `"name": "db",`, `"name": "db"`, 1), "line 28: not JSON"},
		"not a span":        {formatA + "\n\n" + `{"level":"info","msg":"hi"}`, "line 5: a JSON object that is not a span"},
		"not spans":         {`{"spans":[1,2]}`, "line 1: a JSON object with a \"spans\" array that does not hold spans"},
		"bad kind":          {strings.Replace(formatA, `"server"`, `"sever"`, 1), `line 1: unknown span kind "sever"`},
		"bad time":          {strings.Replace(formatA, `"1000"`, `"soon"`, 1), `line 1: start_time_unix_nano: "soon" is not a count of nanoseconds`},
		"negative time":     {strings.Replace(formatA, `2000`, `-2000`, 1), `line 2: start_time_unix_nano`},
		"bad status":        {strings.Replace(formatA, `"error"`, `"fatal"`, 1), `line 2: unknown status code "fatal"`},
		"no name":           {strings.Replace(formatA, `"name":"db",`, ``, 1), `line 2: the span has no name`},
		"id not text":       {strings.Replace(formatA, `"eee19b7ec3c1b174"`, `7`, 1), `line 2: span_id is not a string`},
		"half an array":     {`[` + strings.Split(formatA, "\n")[0] + `,3]`, "line 1: element 1 of an array of spans is not a span"},
		"attributes":        {strings.Replace(formatA, `"attributes":{}`, `"attributes":3`, 1), "line 2: attributes"},
		"gzip":              {"\x1f\x8b\x08nonsense", "unpack gzip"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := ReadFile([]byte(tc.data), false)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestTrap19DamagedTracesAreNoEmptyOnes(t *testing.T) {
	for name, tc := range map[string]struct {
		text  string
		spans int
		line  string // of the error
	}{
		"pretty-printed OTLP":      {formatC, 2, ""},
		"OTLP on one line":         {strings.ReplaceAll(formatC, "\n", ""), 2, ""},
		"NDJSON":                   {formatA, 2, ""},
		"a damaged second line":    {strings.Split(formatA, "\n")[0] + "\n{\"name\":\n", 0, "line 2"},
		"OTLP that ends too early": {formatC[:len(formatC)/2], 0, "line"},
		"no spans at all":          {`{"level":"info","msg":"hello"}`, 0, "line 1"},
		"text":                     {"PASS\n", 0, "line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			spans, counts, err := ReadFile([]byte(tc.text), false)
			if tc.line == "" && (err != nil || len(spans) != tc.spans || counts.Spans != tc.spans) {
				t.Errorf("%d spans, %+v, %v", len(spans), counts, err)
			}
			if tc.line != "" && (err == nil || !strings.Contains(err.Error(), tc.line)) {
				t.Errorf("%d spans, %v; want an error that names the line", len(spans), err)
			}
		})
	}
}

func TestLenientReadingKeepsWhatCanBeRead(t *testing.T) {
	data := formatC + "\nplain text\n" + formatA + `{"name":"x","span_id":` + "\n" + `{"level":"info"}` + "\n" + formatB
	spans, counts, err := ReadFile([]byte(data), true)
	if err != nil {
		t.Fatal(err)
	}
	if len(spans) != 6 || counts.Spans != 6 || counts.Malformed != 1 || counts.Skipped != 2 ||
		counts.FirstLine != 1+strings.Count(data[:strings.Index(data, `{"name":"x"`)], "\n") || counts.FirstMalformed == "" {
		t.Errorf("got %d spans, counts %+v", len(spans), counts)
	}
}

func TestEmptyFileHasNoSpansAndNoError(t *testing.T) {
	for _, data := range []string{"", "\n\n", "[]", `{"resourceSpans":[]}`, `{"spans":[]}`} {
		if spans, counts, err := ReadFile([]byte(data), false); err != nil || len(spans) != 0 || counts.Spans != 0 {
			t.Errorf("%q: %v %+v %v", data, spans, counts, err)
		}
	}
}

func TestStatusResolution(t *testing.T) {
	for name, tc := range map[string]struct {
		fields string
		want   Status
	}{
		"number":                   {`"status":{"code":1}`, StatusOK},
		"proto word":               {`"status":{"code":"STATUS_CODE_ERROR"}`, StatusError},
		"Rust word":                {`"status":{"code":"Unset"}`, StatusUnset},
		"code wins over attribute": {`"status":{"code":"Ok"},"attributes":{"otel.status_code":"ERROR"}`, StatusOK},
		"unset asks otel.status":   {`"status":{"code":0},"attributes":{"otel.status_code":"error"}`, StatusError},
		"then status":              {`"attributes":{"status":"OK"}`, StatusOK},
		"otel before status":       {`"attributes":{"otel.status_code":"OK","status":"ERROR"}`, StatusOK},
		"HTTP status is none":      {`"attributes":{"status":200}`, StatusUnset},
		"digits are no word":       {`"attributes":{"status":"2"}`, StatusUnset},
		"pass is no status":        {`"attributes":{"status":"pass"}`, StatusUnset},
		"error flag":               {`"attributes":{"error":true}`, StatusError},
		"error text":               {`"attributes":{"error":"true"}`, StatusError},
		"error false":              {`"attributes":{"error":false}`, StatusUnset},
		"unset word, error flag":   {`"attributes":{"otel.status_code":"UNSET","error":true}`, StatusError},
		"nothing":                  {`"attributes":{}`, StatusUnset},
	} {
		t.Run(name, func(t *testing.T) {
			s := mustRead(t, `{"name":"a","span_id":"1",`+tc.fields+`}`)[0]
			if s.Status != tc.want {
				t.Errorf("got %s, want %s", s.Status, tc.want)
			}
		})
	}
}

func TestCorpusTraceFilesAreRead(t *testing.T) {
	root := os.Getenv("CLNRM_CORPUS")
	if root == "" {
		t.Skip("set CLNRM_CORPUS to the folder with the original's files")
	}
	for file, want := range map[string]int{
		"docs/example-otel-trace.json":              -1, // any number but none
		"examples/traces/sample-trace.json":         8,
		".claude-flow/docs/test_spans_example.json": 3,
	} {
		data, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		spans, _, err := ReadFile(data, false)
		if err != nil || len(spans) != want && want >= 0 || len(spans) == 0 {
			t.Errorf("%s: %d spans, %v", file, len(spans), err)
		}
	}
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
