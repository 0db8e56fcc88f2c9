package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// suite is one of many templates: a macro file, variables, a loop, and all the
// expectations of an ordinary test. Rendered it has about 80 lines.
func suite(i int, extra string) string {
	return fmt.Sprintf(`{%% import "_macros.toml.tera" as m %%}
[meta]
name = "suite %04d"
version = "1.0"
%s
[vars]
image = "registry.invalid/app:1.%d"
port = 8080

[otel]
exporter = "otlp"

[service.app]
plugin = "generic_container"
image = "{{ image }}"
args = ["serve", "--port", "{{ port }}"]
env = { MODE = "test" }

[[scenario]]
name = "orders"
service = "app"
run = "client order --count %d"

{%% for name in ["order", "price", "reserve", "charge", "receipt"] %%}
{{ m::span(name=name, parent="request") }}
{%% endfor %%}
[expect.graph]
must_include = [["request", "order"], ["request", "charge"]]
acyclic = true

[expect.counts]
spans_total = { gte = 6, lte = 60 }
errors_total = { eq = 0 }

[expect.status]
all = "OK"
`, i, extra, i%7, i%5+1)
}

const macros = `{% macro span(name, parent="") %}
[[expect.span]]
name = "{{ name }}"
{% if parent %}parent = "{{ parent }}"{% endif %}
kind = "internal"
attrs.all = { "shop.step" = "{{ name | upper }}" }
{% endmacro %}
`

// project writes n templates in folders of fifty.
func project(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "cleanroom.toml", "")
	for i := range n {
		folder := fmt.Sprintf("tests/area%02d", i/50)
		if i%50 == 0 {
			write(t, dir, folder+"/_macros.toml.tera", macros)
		}
		write(t, dir, fmt.Sprintf("%s/suite%04d.clnrm.toml.tera", folder, i), suite(i, ""))
	}
	return dir
}

// BenchmarkSaveToScreen is the time from the end of a save to the moment its
// verdict has been written to the terminal: one file among 1,000 templates, 50 ms
// of debounce included. Each save breaks the file in another way, and the verdict
// is the message that names it.
func BenchmarkSaveToScreen(b *testing.B) {
	dir := project(b, 1000)
	tm := open(b, dir, 120, 40)
	tm.shows("1000 templates")
	tm.press("g") // to the first row, whose details are then on the screen
	file := filepath.Join(dir, "tests/area00/suite0000.clnrm.toml.tera")
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		// No character in the place of the one before: the screen writes what
		// differs only.
		name := strings.Repeat(string(rune('a'+i%26)), 9)
		mark := tm.mark()
		if err := os.WriteFile(file, []byte(suite(0, "description = \"{{ "+name+" }}\"")), 0o644); err != nil {
			b.Fatal(err)
		}
		saved := time.Now()
		took = append(took, tm.wait(mark, name).Sub(saved))
	}
	report(b, took)
}

// BenchmarkColdStart is the time from the start of the program over 1,000
// templates to a screen that is complete and right.
func BenchmarkColdStart(b *testing.B) {
	dir := project(b, 1000)
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		tm := open(b, dir, 120, 40)
		took = append(took, tm.shows("1000 templates").Sub(start))
		if err := tm.quit(); err != nil {
			b.Fatal(err)
		}
	}
	report(b, took)
}

// BenchmarkFirstFrame is the time from the start of the program over 1,000
// templates to the first frame on the terminal, which is complete but for the
// verdicts that are still being found.
func BenchmarkFirstFrame(b *testing.B) {
	dir := project(b, 1000)
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		tm := open(b, dir, 120, 40)
		took = append(took, tm.wait(0, "Templates").Sub(start))
		if err := tm.quit(); err != nil {
			b.Fatal(err)
		}
	}
	report(b, took)
}

// BenchmarkIdle is what the dashboard costs over 1,000 templates while nothing
// happens: percent of one core, and how much its memory grows, in 10 s; or over
// as many seconds as CLNRM_IDLE_SECONDS says.
func BenchmarkIdle(b *testing.B) {
	seconds := 10
	if s := os.Getenv("CLNRM_IDLE_SECONDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			b.Fatal(err)
		}
		seconds = n
	}
	dir := project(b, 1000)
	tm := open(b, dir, 120, 40)
	tm.shows("1000 templates")
	time.Sleep(2 * time.Second) // the start is not idling
	for b.Loop() {
		cpu, rss := usage(b, tm.cmd.Process.Pid)
		written := tm.mark()
		time.Sleep(time.Duration(seconds) * time.Second) // what is measured
		cpu2, rss2 := usage(b, tm.cmd.Process.Pid)
		b.ReportMetric(100*(cpu2-cpu).Seconds()/float64(seconds), "%core")
		b.ReportMetric(float64(rss2-rss)/1024, "KiB-grown")
		b.ReportMetric(float64(rss2)/(1<<20), "MiB")
		b.ReportMetric(float64(tm.mark()-written), "B-written")
	}
}

// usage reads the processor time and the resident memory of a process.
func usage(b *testing.B, pid int) (cpu time.Duration, rss int64) {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+2:]))
	num := func(i int) int64 {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 on Linux
	return time.Duration(num(11)+num(12)) * tick, num(21) * int64(os.Getpagesize())
}

// BenchmarkValidateThousand is one dry run over 1,000 templates as a script
// would do it.
func BenchmarkValidateThousand(b *testing.B) {
	dir := project(b, 1000)
	var took []time.Duration
	for b.Loop() {
		cmd := exec.Command(binary, "validate", "--format", "json", ".")
		cmd.Dir = dir
		start := time.Now()
		if out, err := cmd.Output(); err != nil {
			b.Fatalf("%v\n%.2000s", err, out)
		}
		took = append(took, time.Since(start))
	}
	report(b, took)
}

// report gives the quantiles of what was measured.
func report(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	q := func(f float64) float64 {
		return float64(took[int(f*float64(len(took)-1)+0.5)].Microseconds()) / 1000
	}
	b.ReportMetric(q(0.5), "p50-ms")
	b.ReportMetric(q(0.95), "p95-ms")
	b.ReportMetric(q(1), "max-ms")
	b.ReportMetric(0, "ns/op")
}
