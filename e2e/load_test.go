package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// chatter is a program that prints 100,000 lines a second until its parent ends.
const chatter = `package main

import (
	"bufio"
	"fmt"
	"os"
	"time"
)

func main() {
	out := bufio.NewWriterSize(os.Stdout, 64<<10)
	start, n := time.Now(), 0
	for tick := range time.Tick(10 * time.Millisecond) {
		for due := int(tick.Sub(start).Seconds() * 100_000); n < due; n++ {
			fmt.Fprintf(out, "line %08d of what a busy service says, all day long\n", n)
		}
		if out.Flush() != nil {
			return
		}
	}
}
`

// multitude is the text of the ith of very many templates, with n scenarios. It
// is sound, or complains about mistake when that is not empty.
func multitude(i, n int, mistake string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[meta]\nname = \"suite %05d\"\nversion = \"1.0\"\n", i)
	if mistake != "" {
		fmt.Fprintf(&b, "description = \"{{ %s }}\"\n", mistake)
	}
	fmt.Fprintf(&b, "[otel]\nexporter = \"otlp\"\n[vars]\nimage = \"registry.invalid/app:1.%d\"\n[service.app]\nplugin = \"generic_container\"\nimage = \"{{ image }}\"\nargs = [\"serve\", \"--port\", \"8080\"]\n", i%7)
	for k := range n {
		fmt.Fprintf(&b, "[[scenario]]\nname = \"orders_%d_of_%05d\"\nservice = \"app\"\nrun = \"client order --count %d\"\n", k, i, k+1)
	}
	b.WriteString(`{% for name in ["order", "price", "reserve", "charge", "receipt"] %}
[[expect.span]]
name = "{{ name }}"
parent = "request"
kind = "internal"
attrs.all = { "shop.step" = "{{ name | upper }}" }
{% endfor %}
[expect.graph]
must_include = [["request", "order"], ["request", "charge"]]
acyclic = true
[expect.status]
all = "OK"
`)
	return b.String()
}

// multitudes writes a project of very many templates in folders of a hundred, and
// one template, the first in the list, whose scenario prints without end.
func multitudes(t testing.TB, templates, scenarios int) (dir string, path func(i int) string) {
	t.Helper()
	dir = t.TempDir()
	path = func(i int) string { return fmt.Sprintf("tests/area%02d/suite%05d.clnrm.toml.tera", i/100, i) }
	write(t, dir, "go.mod", "module example.invalid/crowd\n\ngo 1.24\n")
	write(t, dir, "chatter/main.go", chatter)
	write(t, dir, "aaa.clnrm.toml", `[meta]
name = "aaa"
version = "1.0"
[service.app]
plugin = "go_binary"
package = "./chatter"
[[scenario]]
name = "chatter"
service = "app"
timeout_ms = 3600000
[[scenario.steps]]
name = "talk"
command = ["chatter"]
expected_output_regex = "line"
`)
	for i := range templates {
		write(t, dir, path(i), multitude(i, scenarios, ""))
	}
	return dir, path
}

// BenchmarkResident is the memory that the dashboard holds over 10,000 templates
// with 10 scenarios each, or over as many as CLNRM_LOAD_TEMPLATES says: when all
// of them have been checked, and the most until then. code-MB of it is the program
// itself.
func BenchmarkResident(b *testing.B) {
	n := number(b, "CLNRM_LOAD_TEMPLATES", 10_000)
	dir, _ := multitudes(b, n, 10)
	for b.Loop() {
		tm := open(b, dir, 120, 40, "--backend", "local")
		tm.showsWithin(fmt.Sprintf("%d templates", n+1), 5*time.Minute)
		tm.press("=")
		tm.shows("orders_0_of_00000")
		time.Sleep(3 * time.Second) // what the first pass left is given back meanwhile
		_, rss := usage(b, tm.cmd.Process.Pid)
		b.ReportMetric(float64(rss)/1e6, "MB")
		b.ReportMetric(float64(resident(tm.cmd.Process.Pid)<<20)/1e6, "peak-MB")
		b.ReportMetric(float64(code(b, tm.cmd.Process.Pid))/1e6, "code-MB")
		b.ReportMetric(0, "ns/op")
		if err := tm.quit(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoad is the time from a key to the frame that shows what it did, over
// 10,000 unfolded templates with 10 scenarios each, while 1,000 saves a second of
// templates and 100,000 lines of log a second arrive, for 30 s or as many as
// CLNRM_LOAD_SECONDS says. Every key must be answered, and in the end every
// template must have the verdict of its last content.
func BenchmarkLoad(b *testing.B) {
	n := number(b, "CLNRM_LOAD_TEMPLATES", 10_000)
	d := time.Duration(number(b, "CLNRM_LOAD_SECONDS", 30)) * time.Second
	dir, path := multitudes(b, n, 10)
	socket := filepath.Join(dir, "socket")
	for b.Loop() {
		tm := open(b, dir, 120, 40, "--backend", "local", "--socket", socket)
		tm.showsWithin(fmt.Sprintf("%d templates", n+1), 5*time.Minute)
		tm.press("=gj")
		tm.shows("orders_0_of_00000")
		tm.press("r")
		tm.shows("a busy service says")
		_, before := usage(b, tm.cmd.Process.Pid)
		cpu, _ := usage(b, tm.cmd.Process.Pid)
		ctx, stop := context.WithTimeout(b.Context(), d)
		saved := make(chan saves, 1)
		go func() { saved <- saveMany(ctx, dir, path, n) }()
		took := tm.answers(ctx)
		stop()
		s := <-saved
		if s.err != nil {
			b.Fatal(s.err)
		}
		cpu2, rss := usage(b, tm.cmd.Process.Pid)
		ended := time.Now()
		lost := verdictsLost(b, socket, s.mistakes)
		b.ReportMetric(time.Since(ended).Seconds(), "s-behind")
		b.ReportMetric(float64(lost), "verdicts-lost")
		b.ReportMetric(float64(s.count)/d.Seconds(), "saves/s")
		b.ReportMetric(float64(linesOf(b, dir))/d.Seconds(), "lines/s")
		b.ReportMetric(100*(cpu2-cpu).Seconds()/d.Seconds(), "%core")
		b.ReportMetric(float64(before)/1e6, "MB-before")
		b.ReportMetric(float64(rss)/1e6, "MB-after")
		b.ReportMetric(float64(resident(tm.cmd.Process.Pid)<<20)/1e6, "peak-MB")
		report(b, took)
		if err := tm.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			b.Fatal(err)
		}
		tm.cmd.Wait() // it was told to end, and takes what it runs with it
	}
}

// code is the memory of a process in bytes that is its program file, without what was
// written to.
func code(b *testing.B, pid int) (n int64) {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", pid))
	if err != nil {
		b.Fatal(err)
	}
	in := false
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "-") && !strings.Contains(strings.Fields(line)[0], ":") { // a mapping begins
			in = strings.HasSuffix(strings.TrimSpace(line), binary) && !strings.Contains(line, " rw")
		} else if rss, ok := strings.CutPrefix(line, "Rss:"); ok && in {
			var kb int64
			if _, err := fmt.Sscan(rss, &kb); err != nil {
				b.Fatal(err)
			}
			n += kb << 10
		}
	}
	return n
}

// saves is what saveMany did.
type saves struct {
	count    int
	mistakes map[string]string // by path: what the last content complains about, "" for nothing
	err      error
}

// saveMany saves templates at random, 1,000 a second, each second one in place and
// the others by renaming, as editors do; half of them with a mistake.
func saveMany(ctx context.Context, dir string, path func(int) string, n int) (s saves) {
	s.mistakes = map[string]string{}
	start := time.Now()
	random := rand.New(rand.NewPCG(1, 2))
	for s.err == nil && ctx.Err() == nil {
		due := int(time.Since(start).Seconds() * 1000)
		if s.count >= due {
			time.Sleep(time.Millisecond)
			continue
		}
		i := random.IntN(n)
		s.count++
		mistake := ""
		if random.IntN(2) == 0 {
			mistake = fmt.Sprintf("mistake_%d", s.count)
		}
		s.mistakes[path(i)] = mistake
		file, text := filepath.Join(dir, path(i)), []byte(multitude(i, 10, mistake))
		if s.count%2 == 0 {
			s.err = os.WriteFile(file, text, 0o644)
			continue
		}
		if s.err = os.WriteFile(file+"~", text, 0o644); s.err == nil {
			s.err = os.Rename(file+"~", file)
		}
	}
	return s
}

// answers presses a key every 50 ms until ctx ends and returns how long each took
// to move the marker of the selected row.
func (tm *terminal) answers(ctx context.Context) (took []time.Duration) {
	tm.t.Helper()
	row, by := tm.marker(), 1
	first, last := row, row+20
	for ctx.Err() == nil {
		switch row {
		case last:
			by = -1
		case first:
			by = 1
		}
		row += by
		start := time.Now()
		tm.press(map[int]string{1: "j", -1: "k"}[by])
		took = append(took, tm.until(func() bool { return tm.screen.has(row, 1, '▌') }).Sub(start))
		time.Sleep(time.Until(start.Add(50 * time.Millisecond)))
	}
	return took
}

// marker is the row on the screen in which the selection is marked.
func (tm *terminal) marker() int {
	tm.t.Helper()
	tm.mu.Lock()
	defer tm.mu.Unlock()
	for y := range tm.screen.rows {
		if tm.screen.has(y, 1, '▌') {
			return y
		}
	}
	tm.t.Fatalf("no row is marked:\n%s", tm.screen)
	return 0
}

// has reports whether a character stands in a cell.
func (s *screen) has(y, x int, r rune) bool { return s.rows[y][x] == r }

// until waits until the screen is as ok wants it, and returns the moment.
func (tm *terminal) until(ok func() bool) time.Time {
	tm.t.Helper()
	deadline := time.After(time.Minute)
	for {
		tm.mu.Lock()
		done := ok()
		tm.mu.Unlock()
		now := time.Now()
		if done {
			return now
		}
		select {
		case <-tm.more:
		case <-tm.eof:
			tm.t.Fatal("the program ended")
		case <-deadline:
			tm.t.Fatalf("waited in vain for the answer to a key; the screen:\n%s", tm.screen)
		}
	}
}

// linesOf is how many lines the chatter has printed into its log.
func linesOf(t testing.TB, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(dir, ".clnrm"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".txt") {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if _, err := f.Seek(-min(4096, size(f)), io.SeekEnd); err != nil {
			return err
		}
		tail, err := io.ReadAll(f)
		if i := strings.LastIndex(string(tail), "line 0"); i >= 0 {
			fmt.Sscanf(string(tail)[i:], "line %d", &n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func size(f *os.File) int64 {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// verdictsLost asks for all problems until every template has the verdict of its
// last content, at most for a minute, and returns how many have not.
func verdictsLost(t testing.TB, socket string, mistakes map[string]string) (lost int) {
	t.Helper()
	c, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	in := json.NewDecoder(c)
	var hello any
	if err := in.Decode(&hello); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; {
		if _, err := io.WriteString(c, "{\"do\":\"problems\"}\n"); err != nil {
			t.Fatal(err)
		}
		var reply struct {
			Problems struct {
				List []struct{ File, Severity, Message string }
			}
		}
		if err := in.Decode(&reply); err != nil {
			t.Fatal(err)
		}
		said := map[string]string{}
		for _, p := range reply.Problems.List {
			if p.Severity == "error" {
				said[p.File] += p.Message + "\n"
			}
		}
		lost = 0
		for path, mistake := range mistakes {
			if got := said[path]; (got == "") != (mistake == "") || !strings.Contains(got, mistake) {
				lost++
			}
		}
		if lost == 0 || time.Now().After(deadline) {
			return lost
		}
		time.Sleep(20 * time.Millisecond)
	}
}
