package spec

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// drawnOf decodes a file with a chaos engine of these options and returns what it
// draws, scenario by scenario.
func drawnOf(t *testing.T, options, rest string) (lines []string) {
	t.Helper()
	text := "[meta]\nname = \"t\"\nversion = \"1\"\n[service.chaos]\nplugin = \"chaos_engine\"\n" + options + rest
	f, ds := Decode("t.clnrm.toml", []byte(text), PlainText("t.clnrm.toml", []byte(text)))
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	for _, sc := range f.Scenarios {
		for _, c := range sc.Chaos {
			amount := ""
			switch c.Fault {
			case ChaosMemory:
				amount = fmt.Sprint(" ", c.Megabytes)
			case ChaosCPU, ChaosLoss:
				amount = fmt.Sprint(" ", c.Percent)
			case ChaosLatency:
				amount = fmt.Sprint(" ", c.Latency)
			}
			by := ""
			if c.By != "" {
				by = fmt.Sprintf(" (%s of %s, %d)", c.Option, c.By, c.Seed)
			}
			lines = append(lines, fmt.Sprintf("%s/%s: %s of %s%s%s", sc.Name, c.During, c.Fault, c.Between(), amount, by))
		}
	}
	return lines
}

// shop is a service box in which steps run, with two that it depends on.
const shop = `
[service.box]
image = "b:1"
depends_on = ["web"]
[service.web]
image = "w:1"
depends_on = ["db"]
[service.db]
image = "d:1"
[[scenario]]
name = "s"
service = "box"
[[scenario.steps]]
name = "one"
run = "true"
[[scenario.steps]]
name = "two"
run = "true"
`

func TestChaosEnginesStrikeWhatCanBeStruck(t *testing.T) {
	for name, c := range map[string]struct {
		options, rest string
		want          []string
	}{
		"certain failures": {"failure_rate = 1.0\nduring = [\"one\"]", shop, []string{
			"s/one: pause of db (failure_rate of chaos, 0)", "s/one: pause of web (failure_rate of chaos, 0)"}}, // not of box, in which it runs
		"latency once for each pair": {"latency_ms = 5\nduring = [\"one\"]\nseed = 9", shop, []string{
			"s/one: latency of db from web 5ms (latency_ms of chaos, 9)", "s/one: latency of db from box 5ms (latency_ms of chaos, 9)", "s/one: latency of web from box 5ms (latency_ms of chaos, 9)"}},
		"pressure everywhere": {"memory_pressure_mb = 8\ncpu_stress_percent = 9\nduring = [\"two\"]\ntargets = [\"box\"]", shop, []string{
			"s/two: memory of box 8 (memory_pressure_mb of chaos, 0)", "s/two: cpu of box 9 (cpu_stress_percent of chaos, 0)"}},
		"no latency beside a partition": {"network_partition_rate = 1\nlatency_ms = 5\npacket_loss_percent = 1\ntargets = [\"db\"]\nduring = [\"one\"]", shop, []string{
			"s/one: partition of db (network_partition_rate of chaos, 0)"}},
		"nothing is used up by what stands still": {"failure_rate = 1\nmemory_pressure_mb = 8\nduring = [\"one\"]\ntargets = [\"db\", \"box\"]", shop, []string{
			"s/one: pause of db (failure_rate of chaos, 0)", "s/one: memory of box 8 (memory_pressure_mb of chaos, 0)"}},
		"what the test injects comes first": {"failure_rate = 1\nduring = [\"one\"]", shop + "[[scenario.chaos]]\nfault = \"pause\"\nservice = \"db\"\nduring = \"one\"\n", []string{
			"s/one: pause of db", "s/one: pause of web (failure_rate of chaos, 0)"}},
		"a failure spreads": {"scenarios = [{ CascadingFailures = { trigger_service = \"db\" } }]\nduring = [\"one\"]", shop, []string{
			"s/one: pause of db (CascadingFailures of chaos, 0)", "s/one: pause of web (CascadingFailures of chaos, 0)"}},
		"as entries": {"scenarios = [\"MemoryExhaustion\", { CpuSaturation = { target_percent = 3 } }, { NetworkPartition = { affected_services = [\"db\"] } }]\nmemory_pressure_mb = 7\nduring = [\"one\"]", shop, []string{
			"s/one: partition of db (NetworkPartition of chaos, 0)",
			"s/one: memory of db 7 (MemoryExhaustion of chaos, 0)", "s/one: memory of web 7 (MemoryExhaustion of chaos, 0)", "s/one: memory of box 7 (MemoryExhaustion of chaos, 0)",
			"s/one: cpu of db 3 (CpuSaturation of chaos, 0)", "s/one: cpu of web 3 (CpuSaturation of chaos, 0)", "s/one: cpu of box 3 (CpuSaturation of chaos, 0)"}},
		"the container of steps without a service": {"latency_ms = 5", "\n[service.db]\nimage = \"d:1\"\n[[steps]]\nname = \"a\"\nrun = \"true\"\n[[steps]]\nname = \"b\"\nservice = \"db\"\nrun = \"true\"\n", []string{
			"steps/a: latency of db from default 5ms (latency_ms of chaos, 0)", "steps/b: latency of db from default 5ms (latency_ms of chaos, 0)"}},
		"no network": {"latency_ms = 5\nfailure_rate = 1.0\nnetwork_partition_rate = 1.0\nduring = [\"one\"]", "\n[isolation]\nnetwork = \"none\"" + shop, []string{
			"s/one: pause of db (failure_rate of chaos, 0)", "s/one: pause of web (failure_rate of chaos, 0)"}},
		"a step beside it": {"failure_rate = 1\nduring = [\"two\"]", strings.NewReplacer("name = \"one\"", "name = \"one\"\nconcurrent = true\nservice = \"web\"", "name = \"two\"", "name = \"two\"\nconcurrent = true").Replace(shop), []string{
			"s/two: pause of db (failure_rate of chaos, 0)"}},
		"the seed of the file": {"cpu_stress_percent = 1\ntargets = [\"db\"]\nduring = [\"one\"]", "\n[determinism]\nseed = 77" + shop, []string{
			"s/one: cpu of db 1 (cpu_stress_percent of chaos, 77)"}},
		"its own seed": {"cpu_stress_percent = 1\ntargets = [\"db\"]\nduring = [\"one\"]\nseed = 0", "\n[determinism]\nseed = 77" + shop, []string{
			"s/one: cpu of db 1 (cpu_stress_percent of chaos, 0)"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := drawnOf(t, c.options, c.rest); !slices.Equal(got, c.want) {
				t.Errorf("drawn:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// Changed dice would change every test that relies on a seed.
func TestDiceFallAsTheyAlwaysDid(t *testing.T) {
	got := drawnOf(t, "failure_rate = 0.5\nscenarios = [\"RandomFailures\", \"LatencySpikes\"]\nlatency_ms = 100\nseed = 8", shop)
	want := []string{
		"s/one: latency of web from db 21ms (LatencySpikes of chaos, 8)",
		"s/one: latency of web from box 21ms (LatencySpikes of chaos, 8)",
		"s/one: latency of box from db 68ms (LatencySpikes of chaos, 8)",
		"s/two: pause of web (RandomFailures of chaos, 8)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("drawn:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestDiceDependOnNamesAloneAndFallAsOftenAsTheyShould(t *testing.T) {
	steps := func(n int) string {
		var b strings.Builder
		b.WriteString("\n[service.box]\nimage = \"b:1\"\ndepends_on = [\"db\"]\n[service.db]\nimage = \"d:1\"\n[[scenario]]\nname = \"s\"\nservice = \"box\"\n")
		for i := range n {
			fmt.Fprintf(&b, "[[scenario.steps]]\nname = \"step %d\"\nrun = \"true\"\n", i)
		}
		return b.String()
	}
	few, many := drawnOf(t, "failure_rate = 0.2", steps(100)), drawnOf(t, "failure_rate = 0.2", steps(2000))
	if !slices.Equal(few, many[:len(few)]) {
		t.Error("steps that come later change what happens in the earlier ones")
	}
	if n := len(many); n < 340 || n > 460 { // more than three standard deviations, and always the same
		t.Errorf("a rate of 0.2 struck %d of 2000", n)
	}
	other := drawnOf(t, "failure_rate = 0.2\nseed = 1", steps(100))
	if slices.Equal(few, other) {
		t.Error("the seed changes nothing")
	}
}

func TestChaosEnginesDrawNoMoreThanABound(t *testing.T) {
	var b strings.Builder
	b.WriteString("\n[service.box]\nimage = \"b:1\"\n[[scenario]]\nname = \"s\"\nservice = \"box\"\n")
	for i := range MaxDrawn + 1 {
		fmt.Fprintf(&b, "[[scenario.steps]]\nname = \"step %d\"\nrun = \"true\"\n", i)
	}
	text := "[service.chaos]\nplugin = \"chaos_engine\"\ncpu_stress_percent = 5" + b.String()
	f, _ := Decode("t.clnrm.toml", []byte(text), PlainText("t.clnrm.toml", []byte(text)))
	if f == nil || len(f.Scenarios[0].Chaos) != MaxDrawn || !f.Service("chaos").Chaos.Overflow {
		t.Errorf("%d faults were drawn, and nobody is told", len(f.Scenarios[0].Chaos))
	}
}
