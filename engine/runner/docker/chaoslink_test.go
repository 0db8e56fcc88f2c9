package docker

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// linkScenario is a service web that serves files, and two that can ask it, with
// faults during the step "struck".
func linkScenario(t *testing.T, faults ...*spec.Chaos) runner.Request {
	t.Helper()
	web := &spec.Service{Name: "web", Args: []string{"sh", "-c", "mkdir -p /www && dd if=/dev/urandom of=/www/big bs=1M count=2 2>/dev/null && echo small >/www/small && exec httpd -f -p 8080 -h /www"}, Ports: []int{8080}}
	r := request(busyboxContext(t), web, &spec.Service{Name: "box", DependsOn: []string{"web"}}, &spec.Service{Name: "other", DependsOn: []string{"web"}})
	for _, f := range faults {
		f.During = "struck"
	}
	r.Scenario.Chaos = faults
	return r
}

// shell executes a script as a step and returns what it prints. It must end with
// status 0.
func shell(t *testing.T, s runner.Session, out *record, service, step, script string) string {
	t.Helper()
	before := len(out.text(service + "/" + step + "/out"))
	e, err := s.Exec(t.Context(), runner.Command{Service: service, Step: step, Argv: []string{"sh", "-c", script}})
	if err != nil || e.Code != 0 {
		t.Fatalf("%s in %s: %+v, %v: %s", step, service, e, err, out.text(service+"/"+step+"/err"))
	}
	return strings.TrimSpace(out.text(service + "/" + step + "/out")[before:])
}

// fetchTimed asks web for a small file and prints how many hundredths of a second
// that took by the clock of the container.
const fetchTimed = `now() { cut -d' ' -f1 /proc/uptime | tr -d .; }
a=$(now); timeout 50 wget -q -O /dev/null http://web:8080/small || exit 1; b=$(now); echo $((b - a))`

// neighbours prints which others in its network the container knows, and where it
// believes them to be.
const neighbours = "sed 1d /proc/net/arp | sed 's/  */ /g' | grep ' 0x2 ' | cut -d' ' -f1,4 | sort"

func TestLatencyHoldsBackWhatServicesSendEachOther(t *testing.T) {
	b := newBackend(t)
	r := linkScenario(t, &spec.Chaos{Fault: spec.ChaosLatency, Service: "web", Latency: 300 * time.Millisecond, Jitter: 20 * time.Millisecond})
	out := &record{}
	s := open(t, b, r, out)
	shell(t, s, out, "box", "before", fetchTimed)
	known := shell(t, s, out, "box", "before", neighbours)
	if len(s.Evidence().Faults) != 0 {
		t.Errorf("before: %q", s.Evidence().Faults)
	}
	took, err := strconv.Atoi(shell(t, s, out, "box", "struck", fetchTimed))
	// A connection is made and answered in two round trips at least, of four
	// packets that are held back in turn; the clock has a hundredth of a second.
	if err != nil || took < 4*30-2 {
		t.Errorf("an answer took %d hundredths of a second: %v", took, err)
	}
	want := regexp.MustCompile("^latency of web during step struck, for [0-9.]+m?s from [0-9:.]+Z: [1-9][0-9]* packets held back for 300ms to 320ms$")
	if f := s.Evidence().Faults; len(f) != 1 || !want.MatchString(f[0]) {
		t.Errorf("evidence = %q", f)
	}
	// Before anything is sent, by which they would find each other in the end.
	if now := shell(t, s, out, "box", "after", neighbours); now != known {
		t.Errorf("the services believe each other elsewhere after the fault:\n%s\nbefore:\n%s", now, known)
	}
	shell(t, s, out, "box", "after", fetchTimed)
	if tel, err := s.Finish(t.Context(), time.Second); err != nil || len(tel.Died) > 0 {
		t.Errorf("%+v, %v", tel, err)
	}
}

func TestLossLosesPacketsAndConnectionsGetOverIt(t *testing.T) {
	b := newBackend(t)
	r := linkScenario(t, &spec.Chaos{Fault: spec.ChaosLoss, Service: "web", Percent: 20})
	out := &record{}
	s := open(t, b, r, out)
	const (
		lost    = "ping -q -c 100 -i 0.01 -W 5 web | sed -n 's/.*received, \\([0-9]*\\)% packet loss/\\1/p'"
		content = "timeout 60 wget -q -O - http://web:8080/small && timeout 200 wget -q -O - http://web:8080/big | md5sum"
	)
	percent := func(step string) int {
		n, err := strconv.Atoi(shell(t, s, out, "box", step, lost+" || true"))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := percent("before"); n != 0 {
		t.Errorf("%d%% lost before the fault", n)
	}
	want := shell(t, s, out, "box", "before", content)
	// Of both ways 36 of 100 are lost in the mean: 5 or fewer, or 90 or more, in
	// less than one run of 10^12.
	if n := percent("struck"); n <= 5 || n >= 90 {
		t.Errorf("%d%% lost during the fault", n)
	}
	if got := shell(t, s, out, "box", "struck", "timeout 100 wget -q -O - http://web:8080/small"); got != "small" {
		t.Errorf("a connection gave %q during the fault", got)
	}
	if n := percent("after"); n != 0 {
		t.Errorf("%d%% lost after the fault", n)
	}
	if got := shell(t, s, out, "box", "after", content); got != want {
		t.Errorf("a connection gave %q after the fault, want %q", got, want)
	}
	say := regexp.MustCompile("^loss of web during step struck, for [0-9.]+m?s from [0-9:.]+Z: [1-9][0-9]* of [1-9][0-9]* packets lost, 20% asked$")
	if f := s.Evidence().Faults; len(f) != 2 || !say.MatchString(f[0]) {
		t.Errorf("evidence = %q", f)
	}
}

// Large sends leave the kernel as one, without a checksum: they must arrive as
// they were.
func TestConnectionsCarryTheSameThroughARelay(t *testing.T) {
	b := newBackend(t)
	r := linkScenario(t,
		&spec.Chaos{Fault: spec.ChaosLatency, Service: "web", Latency: time.Millisecond, Jitter: time.Millisecond},
		&spec.Chaos{Fault: spec.ChaosLoss, Service: "box", Percent: 1, From: "web"})
	out := &record{}
	s := open(t, b, r, out)
	const content = "timeout 100 wget -q -O - http://web:8080/big | md5sum"
	want := shell(t, s, out, "other", "before", content)
	if got := shell(t, s, out, "box", "struck", content); got != want {
		t.Errorf("a file of 2 MiB came as %s, want %s", got, want)
	}
	f := s.Evidence().Faults
	if len(f) != 2 || !strings.HasPrefix(f[0], "latency of web during") || !strings.HasPrefix(f[1], "loss of box from web during") {
		t.Errorf("evidence = %q", f)
	}
}

func TestLossFromOneServiceLeavesTheOthersAlone(t *testing.T) {
	b := newBackend(t)
	r := linkScenario(t, &spec.Chaos{Fault: spec.ChaosLoss, Service: "web", Percent: 100, From: "box"})
	out := &record{}
	s := open(t, b, r, out)
	asks := func(service, step string, seconds string) int {
		e, err := s.Exec(t.Context(), runner.Command{Service: service, Step: step, Argv: []string{"timeout", seconds, "wget", "-q", "-O", "/dev/null", "http://web:8080/small"}})
		if err != nil {
			t.Fatal(err)
		}
		return e.Code
	}
	if asks("box", "struck", "2") == 0 {
		t.Error("what is lost arrives")
	}
	if asks("other", "struck", "20") != 0 {
		t.Error("what is sent by another service does not arrive")
	}
	if asks("box", "after", "20") != 0 {
		t.Error("what is sent after the fault does not arrive")
	}
	f := s.Evidence().Faults
	if len(f) != 2 || !regexp.MustCompile("^loss of web from box during step struck, for [0-9.]+m?s from [0-9:.]+Z: ([1-9][0-9]*) of [1-9][0-9]* packets lost, 100% asked$").MatchString(f[0]) ||
		!strings.HasSuffix(f[1], ": no packet was on the way") {
		t.Errorf("evidence = %q", f)
	}
}

// A connection that is open already is disturbed too.
func TestLatencyActsOnOpenConnections(t *testing.T) {
	b := newBackend(t)
	r := request(busyboxContext(t),
		&spec.Service{Name: "echo", Ports: []int{9000}, Args: []string{"nc", "-ll", "-p", "9000", "-e", "cat"}},
		&spec.Service{Name: "asker", DependsOn: []string{"echo"}, Args: []string{"sh", "-c", "mkfifo /in /out; exec nc echo 9000 <>/in 1<>/out"}})
	r.Scenario.Chaos = []*spec.Chaos{{Fault: spec.ChaosLatency, Service: "echo", During: "struck", Latency: 500 * time.Millisecond}}
	out := &record{}
	s := open(t, b, r, out)
	const ask = `now() { cut -d' ' -f1 /proc/uptime | tr -d .; }
until [ -p /out ]; do sleep 0.1; done
a=$(now); echo hello >/in; read x </out; b=$(now); [ "$x" = hello ] && echo $((b - a))`
	shell(t, s, out, "asker", "before", ask)
	took, err := strconv.Atoi(shell(t, s, out, "asker", "struck", ask))
	if err != nil || took < 2*50-2 {
		t.Errorf("an answer took %d hundredths of a second: %v", took, err)
	}
}

func TestLinkFaultThatCannotActIsAnError(t *testing.T) {
	b := newBackend(t)
	dir := busyboxContext(t)
	for name, c := range map[string]struct {
		fault spec.Chaos
		alone bool
		level spec.NetworkLevel
		say   string
	}{
		"no network":       {fault: spec.Chaos{Service: "box"}, alone: true, say: "the scenario has no network"},
		"nobody else":      {fault: spec.Chaos{Service: "box"}, alone: true, level: spec.NetworkSealed, say: "service box has no other service to be kept from"},
		"not in this one":  {fault: spec.Chaos{Service: "box", From: "absent"}, say: "service box has no other service to be kept from"},
		"as it should act": {fault: spec.Chaos{Service: "box", From: "other"}},
	} {
		t.Run(name, func(t *testing.T) {
			services := []*spec.Service{{Name: "box"}, {Name: "other"}}
			if c.alone {
				services = services[:1]
			}
			r := request(dir, services...)
			c.fault.Fault, c.fault.Percent, c.fault.During = spec.ChaosLoss, 10, "struck"
			r.Scenario.Chaos, r.Scenario.Network = []*spec.Chaos{&c.fault}, c.level
			s := open(t, b, r, &record{})
			_, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "struck", Argv: []string{"true"}})
			if (err == nil) != (c.say == "") || err != nil && !strings.Contains(err.Error(), c.say) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

// Two relays would take the packets from each other.
func TestLinkFaultsOfStepsAtTheSameTimeAreAnError(t *testing.T) {
	b := newBackend(t)
	r := linkScenario(t, &spec.Chaos{Fault: spec.ChaosLoss, Service: "web", Percent: 10}, &spec.Chaos{Fault: spec.ChaosLoss, Service: "web", Percent: 10})
	r.Scenario.Chaos[1].During = "meanwhile"
	out := &record{}
	s := open(t, b, r, out)
	first := make(chan error, 1)
	go func() {
		_, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "struck", Argv: []string{"sh", "-c", "echo on; while [ ! -e /end ]; do sleep 0.1; done"}})
		first <- err
	}()
	out.await(t, "box/struck/out", "on")
	_, err := s.Exec(t.Context(), runner.Command{Service: "other", Step: "meanwhile", Argv: []string{"true"}})
	if err == nil || !strings.Contains(err.Error(), "already acts") {
		t.Errorf("err = %v", err)
	}
	shell(t, s, out, "box", "end", "touch /end")
	if err := <-first; err != nil {
		t.Error(err)
	}
	shell(t, s, out, "other", "meanwhile", "true")
}

func TestRunnerThatIsKilledDuringALinkFaultLeavesNothing(t *testing.T) {
	api := needDocker(t)
	dir := busyboxContext(t)
	newBackendWarm(t, dir)
	c := startChild(t, dir, spec.ChaosLatency)
	c.line(t) // it is up
	c.line(t)
	awaitRelay(t, api, c.owner)
	c.kill(t)
	expectGone(t, api, c.owner, 20*time.Second)
}

// awaitRelay waits until the relay of an owner runs.
func awaitRelay(t *testing.T, api remover, owner string) {
	t.Helper()
	filters := make(client.Filters).Add("label", labelOwner+"="+owner).Add("label", labelService+"="+relayName).Add("status", string(container.StateRunning))
	for begin := time.Now(); ; <-time.After(20 * time.Millisecond) { // the daemon is asked again
		list, err := api.ContainerList(t.Context(), client.ContainerListOptions{All: true, Filters: filters})
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Items) == 1 {
			return
		}
		if time.Since(begin) > 30*time.Second {
			t.Fatalf("%d relays run", len(list.Items))
		}
	}
}

// Packets of IP version 6 would go past the relay: a network that has it, on real
// interfaces, is refused.
func TestLinkFaultsRefuseNetworksOfIPVersion6(t *testing.T) {
	b := newBackend(t)
	r := request(busyboxContext(t), &spec.Service{Name: "box"}, &spec.Service{Name: "other"})
	r.Scenario.Chaos = []*spec.Chaos{{Fault: spec.ChaosLoss, Service: "box", During: "struck", Percent: 10}}
	out := &record{}
	s := open(t, b, r, out)
	if got := shell(t, s, out, "box", "before", "grep -v ' lo$' /proc/net/if_inet6 || true"); got != "" {
		t.Errorf("the scenario's own network has addresses of IP version 6: %s", got)
	}
	opened := s.(*session)
	api := opened.c.api
	for _, n := range opened.nodes {
		if _, err := api.NetworkDisconnect(t.Context(), opened.network, client.NetworkDisconnectOptions{Container: n.id}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := api.NetworkRemove(t.Context(), opened.network, client.NetworkRemoveOptions{}); err != nil {
		t.Fatal(err)
	}
	six := true
	made, err := api.NetworkCreate(t.Context(), "clnrm-"+opened.token, client.NetworkCreateOptions{
		Driver: "bridge", Internal: true, EnableIPv6: &six, Labels: opened.labels(""),
		IPAM: &network.IPAM{Config: []network.IPAMConfig{{Subnet: opened.subnet}, {Subnet: netip.MustParsePrefix("fd00:c14e:" + opened.token[:4] + "::/64")}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	opened.network = made.ID // to be removed with the session
	for _, n := range opened.nodes {
		if _, err := api.NetworkConnect(t.Context(), opened.network, client.NetworkConnectOptions{Container: n.id}); err != nil {
			t.Fatal(err)
		}
	}
	if got := shell(t, s, out, "box", "meanwhile", "grep -v ' lo$' /proc/net/if_inet6 || true"); got == "" {
		t.Fatal("the network that was made has no addresses of IP version 6")
	}
	_, err = s.Exec(t.Context(), runner.Command{Service: "box", Step: "struck", Argv: []string{"true"}})
	if err == nil || !strings.Contains(err.Error(), "has an address of IP version 6") {
		t.Errorf("err = %v", err)
	}
}
