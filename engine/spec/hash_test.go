package spec

import (
	"strings"
	"testing"
)

const hashed = head + `
[service.a]
image = "b:1"
[[scenario]]
name = "s"
run = "true"
[scenario.expect.counts]
spans_total = 1
[expect.counts]
spans_total = 2
[limits]
memory_mb = 10
`

func TestHashes(t *testing.T) {
	base := decodeClean(t, hashed)
	cases := []struct {
		name          string
		old, new      string
		hash, runHash bool // differ
	}{
		{"nothing", "", "", false, false},
		{"white space and a comment", "memory_mb = 10", "memory_mb   =  10 # MiB", false, false},
		{"spelling of a number", "memory_mb = 10", "memory_mb = 0xA", false, false},
		{"order of keys", "name = \"t\"\nversion = \"1.0\"", "version = \"1.0\"\nname = \"t\"", false, false},
		{"inline or not", "[service.a]\nimage = \"b:1\"", "[service]\na = { image = \"b:1\" }", false, false},
		{"file-level expectation", "spans_total = 2", "spans_total = 3", true, false},
		{"expectation of a scenario", "spans_total = 1", "spans_total = 3", true, false},
		{"the name of the test", "name = \"t\"", "name = \"u\"", true, false},
		{"the report", "[limits]", "[report]\njson = \"a\"\n[limits]", true, false},
		{"the image", "b:1", "b:2", true, true},
		{"the command", "run = \"true\"", "run = \"false\"", true, true},
		{"a limit", "memory_mb = 10", "memory_mb = 11", true, true},
		{"the type of a value", "memory_mb = 10", "memory_mb = \"10\"", true, true},
		{"telemetry", "[limits]", "[otel]\nexporter = \"otlp\"\n[limits]", true, true},
		{"determinism", "[limits]", "[determinism]\nseed = 1\n[limits]", true, true},
		{"an exit code under expect", "[limits]", "[[expect.status]]\nexit_code = 1\n[limits]", true, true},
		{"an output pattern of a scenario", "[expect.counts]", "[[scenario.expect.output]]\npattern = \"x\"\n[expect.counts]", true, true},
		{"the default timeout", "version = \"1.0\"", "version = \"1.0\"\ntimeout = \"1s\"", true, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(hashed, c.old, c.new, 1)
			if text == hashed && c.old != "" {
				t.Fatal("the case changes nothing")
			}
			f, _ := decode(text)
			if got := f.Hash != base.Hash; got != c.hash {
				t.Errorf("Hash differs: %v, want %v", got, c.hash)
			}
			if got := f.RunHash != base.RunHash; got != c.runHash {
				t.Errorf("RunHash differs: %v, want %v", got, c.runHash)
			}
		})
	}
}

func TestHashesKeepTextsApart(t *testing.T) {
	a := decodeClean(t, head+"[vars]\na = \"b\"\nc = \"d\"")
	for _, other := range []string{"[vars]\na = \"bs1:c\"\n", "[vars]\na = \"b\"\n\"c\" = \"e\"", "[vars]\nab = \"\"\nc = \"d\"", "[vars]\na = [\"b\"]\nc = \"d\"", "[vars.a]\nb = 1\n"} {
		if b := decodeClean(t, head+other); a.Hash == b.Hash {
			t.Errorf("%q has the same hash", other)
		}
	}
}
