package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// chatter is a program that prints 100,000 lines a second until its parent ends.
const chatter = `package main

import (
	"fmt"
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
	fmt.Fprintf(&b, "[vars]\nimage = \"registry.invalid/app:1.%d\"\n[service.app]\nplugin = \"generic_container\"\nimage = \"{{ image }}\"\nargs = [\"serve\", \"--port\", \"8080\"]\n", i%7)
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
	write(t, dir, "tests/aaa.clnrm.toml", `[meta]
name = "aaa"
version = "1.0"
[service.app]
plugin = "go_binary"
package = "./chatter"
[[scenario]]
name = "chatter"
service = "app"
timeout_ms = 3600000
run = "chatter"
[expect.output]
contains = "line"
`)
	for i := range templates {
		write(t, dir, path(i), multitude(i, scenarios, ""))
	}
	return dir, path
}

// BenchmarkResident is the memory that the dashboard holds over 10,000 templates
// with 10 scenarios each, or over as many as CLNRM_LOAD_TEMPLATES says: when all
// of them have been checked, and the most until then.
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
		b.ReportMetric(0, "ns/op")
		if err := tm.quit(); err != nil {
			b.Fatal(err)
		}
	}
}
