package level

import (
	"strings"
	"testing"
)

func TestLevelsOfLines(t *testing.T) {
	for _, c := range []struct {
		line string
		want Level
		word string
	}{
		{`{"time":"2026-01-02T03:04:05Z","level":"INFO","msg":"started"}`, Info, "INFO"},
		{`{"msg":"level is \"error\"","level":"debug"}`, Debug, "debug"},
		{`{"data":{"level":"error"},"severity":"WARNING"}`, Warn, "WARNING"},
		{`{"data":{"level":"error"}}`, None, ""},
		{`{"level":50,"msg":"x"}`, Error, "50"},
		{`{"log.level": "fatal"}`, Error, "fatal"},
		{`{"values":["level","error"]}`, None, ""},
		{`{"level"`, None, ""},
		{`{"level":"warn`, Warn, "warn"},
		{`{"level":"gold"}`, None, ""},
		{`time=2026-01-02T03:04:05Z level=WARN msg="disk is full"`, Warn, "WARN"},
		{`ts=1 lvl="error" msg=x`, Error, "error"},
		{`ts=1 sublevel=error msg=x`, None, ""},
		{`level=7`, None, ""},
		{`2026/01/02 03:04:05 INFO listening addr=:8080`, Info, "INFO"},
		{`2026-01-02T03:04:05.678Z  WARN shop::orders: slow`, Warn, "WARN"},
		{`[2026-01-02T03:04:05Z ERROR shop] no db`, Error, "ERROR"},
		{`2026-01-02 03:04:05,678 - shop - ERROR - no db`, Error, "ERROR"},
		{`2026-01-02 03:04:05.678 UTC [1] LOG:  database system is ready`, Info, "LOG"},
		{`2026-01-02 03:04:05.678 UTC [33] FATAL:  role "x" does not exist`, Error, "FATAL"},
		{`2026-01-02T03:04:05Z info main.go:12 up`, Info, "info"},
		{`Jan  2 03:04:05 error no db`, Error, "error"},
		{`ERROR:root:no db`, Error, "ERROR"},
		{`[warn] slow`, Warn, "warn"},
		{`[main] DEBUG org.example.App - x`, Debug, "DEBUG"},
		{`error: cannot find module`, Error, "error"},
		{`I0102 03:04:05.678 1 main.go:3] up`, Info, "I"},
		{`E0102 03:04:05.678 1 main.go:3] down`, Error, "E"},
		{`<3>no db`, Error, "3"},
		{`<6>up`, Info, "6"},
		{`panic: runtime error: index out of range`, Error, "panic"},
		{`Traceback (most recent call last):`, Error, "Traceback"},
		{`the error was handled`, None, ""},
		{`no error: all is well`, None, ""},
		{`GET /errors 200`, None, ""},
		{`an INFORMAL note`, None, ""},
		{`order 42 created`, None, ""},
		{`ERROR_CODE 7`, None, ""},
		{`   `, None, ""},
		{``, None, ""},
	} {
		l, from, to := Of(c.line)
		if l != c.want || c.line[from:to] != c.word {
			t.Errorf("%s: %v from %q, want %v from %q", c.line, l, c.line[from:to], c.want, c.word)
		}
	}
}

func TestLongLinesAreLookedAtInPart(t *testing.T) {
	if l, _, _ := Of(strings.Repeat("x", look) + " level=error"); l != None {
		t.Errorf("%v", l)
	}
}

func FuzzOf(f *testing.F) {
	f.Add(`{"level":"error\"`)
	f.Add(`<3`)
	f.Add(`E0102 `)
	f.Add(`level="`)
	f.Fuzz(func(t *testing.T, line string) {
		l, from, to := Of(line)
		if from < 0 || to < from || to > len(line) || l >= Levels || l == None && to > 0 {
			t.Errorf("%q: %v [%d:%d]", line, l, from, to)
		}
	})
}

func BenchmarkOf(b *testing.B) {
	for name, line := range map[string]string{
		"json":   `{"time":"2026-01-02T03:04:05.678901234Z","level":"INFO","msg":"order created","order":42,"customer":"ada"}`,
		"logfmt": `time=2026-01-02T03:04:05Z level=INFO msg="order created" order=42 customer=ada`,
		"plain":  `order 42 of ada was created in the shop after 12ms, and nothing else happened today`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Of(line)
			}
		})
	}
}
