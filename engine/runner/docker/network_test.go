package docker

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// hostAddresses lists the addresses of this machine that are not loopback.
func hostAddresses(t *testing.T) []string {
	t.Helper()
	list, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, a := range list {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil && !ip.IP.IsLoopback() && len(out) < 5 {
			out = append(out, ip.IP.String())
		}
	}
	return out
}

// listener accepts connections on every address of this machine and returns its
// port: what a container must not reach.
func listener(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		serving.Wait()
	})
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// leveled is a scenario of two services at a network level.
func leveled(dir string, level spec.NetworkLevel) runner.Request {
	web := &spec.Service{Name: "web", Args: []string{"sh", "-c", "exec httpd -f -p 8080 -h /home"}, Ports: []int{8080}}
	r := request(dir, web, &spec.Service{Name: "box", DependsOn: []string{"web"}})
	r.Scenario.Network = level
	return r
}

func TestNetworkLevelsLetThroughWhatTheySayAndNoMore(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	port := listener(t)
	hosts := hostAddresses(t)
	for _, tc := range []struct {
		level           spec.NetworkLevel
		neighbour, host bool
		hermetic        bool
		proof           string
	}{
		{spec.NetworkNone, false, false, true, "unreachable: 192.0.2.1:443, 198.51.100.1:80, 169.254.169.254:80"},
		{spec.NetworkSealed, true, false, true, "unreachable: 192.0.2.1:443, 198.51.100.1:80, 169.254.169.254:80, 10.213."},
		{spec.NetworkInternal, true, true, false, "unreachable: 192.0.2.1:443, 198.51.100.1:80, 169.254.169.254:80"},
		{spec.NetworkOpen, true, true, false, "not sealed"},
	} {
		t.Run(string(tc.level), func(t *testing.T) {
			t.Parallel()
			s := open(t, b, leveled(dir, tc.level), &record{})
			ev := s.Evidence()
			if ev.Network != string(tc.level) || ev.Hermetic != tc.hermetic || !strings.HasPrefix(ev.Proof, tc.proof) || tc.hermetic != (len(ev.Exceptions) == 0) {
				t.Errorf("evidence = %+v", ev)
			}
			if e := sh(t, s, "nc -w 1 web 8080 </dev/null"); (e.Code == 0) != tc.neighbour {
				t.Errorf("neighbour: %+v, want reachable = %v", e, tc.neighbour)
			}
			reached := sh(t, s, "for h in "+strings.Join(hosts, " ")+"; do nc -w 1 $h "+port+" </dev/null && exit 0; done; exit 1").Code == 0
			if reached != tc.host {
				t.Errorf("host %v at port %s: reachable = %v, want %v", hosts, port, reached, tc.host)
			}
		})
	}
}

// TestBreachesOfASealedNetworkFail is F26.
func TestBreachesOfASealedNetworkFail(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	port := listener(t)
	neighbour := open(t, b, leveled(dir, ""), &record{})
	theirs, _, _ := strings.Cut(neighbour.Evidence().Subnet, "/")
	base := net.ParseIP(theirs).To4()
	attempts := []string{
		"nc -w 1 192.0.2.1 443",
		"nc -w 1 169.254.169.254 80",
		"nslookup -timeout=1 example.com 8.8.8.8",
		"nslookup -timeout=1 example.com",
		"wget -T 1 -q -O - http://example.com/",
		"ping -c 1 -W 1 1.1.1.1",
	}
	for _, h := range append(hostAddresses(t), "172.17.0.1") {
		attempts = append(attempts, "nc -w 1 "+h+" "+port)
	}
	for last := 1; last <= 4; last++ { // the neighbour scenario, by address
		ip := net.IPv4(base[0], base[1], base[2], base[3]+byte(last)).String()
		attempts = append(attempts, "nc -w 1 "+ip+" 8080")
	}
	only := request(dir, &spec.Service{Name: "box"}, &spec.Service{Name: "other"})
	for _, r := range []runner.Request{only, request(dir, &spec.Service{Name: "box"})} {
		s := open(t, b, r, &record{})
		// All at once: what is blocked is waited out.
		script := "x=0; t() { \"$@\" >/dev/null 2>&1 && echo \"$*\" >> /tmp/breach; }\n"
		for _, a := range append(attempts, "nc -w 1 web 8080") { // and by name
			script += "t " + a + " </dev/null &\n"
		}
		if e := sh(t, s, script+"wait; ! cat /tmp/breach"); e.Code != 0 {
			t.Errorf("at %s these succeed: %+v", s.Evidence().Network, e)
		}
	}
}

// TestManyScenariosHaveANetworkEach is F24: the engine's own pool ends at about
// 31 networks. CLNRM_E2E_REPEATS=60 runs it in full.
func TestManyScenariosHaveANetworkEach(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	c, err := b.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	count := 6
	if n, err := strconv.Atoi(os.Getenv("CLNRM_E2E_REPEATS")); err == nil {
		count = n
	}
	var wg sync.WaitGroup
	for i := range count {
		wg.Go(func() {
			name := fmt.Sprintf("clnrm-test-%s-%d", b.owner, i)
			_, subnet, err := c.createNetwork(t.Context(), name, spec.NetworkSealed, 2, map[string]string{labelOwner: b.owner})
			if err != nil || subnet.Bits() != 28 || !pool.Contains(subnet.Addr()) {
				t.Errorf("network %d: %v, %v", i, subnet, err)
			}
		})
	}
	wg.Wait()
}

// TestScenariosRunWhereTheEnginesOwnNetworksHaveRunOut is F24 with scenarios in
// the networks: side by side, 60 of them with CLNRM_FAULTS=full.
func TestScenariosRunWhereTheEnginesOwnNetworksHaveRunOut(t *testing.T) {
	t.Parallel()
	d := newPrivateDaemon(t, "1g")
	api := d.api(t)
	// What the pool has to give is taken.
	count := 0
	for ; count < 200; count++ {
		if _, err := api.NetworkCreate(t.Context(), fmt.Sprint("theirs-", count), client.NetworkCreateOptions{Driver: "bridge"}); err != nil {
			if !strings.Contains(err.Error(), "available") {
				t.Fatal(err)
			}
			break
		}
	}
	if count == 200 {
		t.Fatal("the engine has networks without end")
	}
	scenarios := 4
	if fullFaults() {
		scenarios = 60
	}
	b := backendAt(t, "unix://"+d.socket)
	dir := busyboxContext(t)
	var mu sync.Mutex
	subnets := map[string]bool{}
	var all sync.WaitGroup
	for range scenarios {
		all.Go(func() {
			s, err := b.Open(t.Context(), two(dir), &record{})
			if err != nil {
				t.Error(err)
				return
			}
			// All are there at once: each goes when the backend does.
			if e, err := s.Exec(t.Context(), runner.Command{Service: "box", Argv: []string{"ping", "-c", "1", "other"}}); err != nil || e.Code != 0 {
				t.Errorf("%+v, %v", e, err)
			}
			mu.Lock()
			defer mu.Unlock()
			subnets[s.Evidence().Subnet] = true
		})
	}
	all.Wait()
	if len(subnets) != scenarios {
		t.Errorf("%d scenarios have %d networks, after %d of the engine's own", scenarios, len(subnets), count)
	}
	if err := b.Close(t.Context()); err != nil {
		t.Error(err)
	}
	expectGone(t, api, b.owner, 15*time.Second)
}

// TestSubnetsKeepOutOfTheWayOfRoutes is F25.
func TestSubnetsKeepOutOfTheWayOfRoutes(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	c, err := b.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	table := func(routes ...string) {
		c.routes = filepath.Join(t.TempDir(), "route")
		write(t, c.routes, "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"+strings.Join(routes, ""), 0o644)
	}
	labels := map[string]string{labelOwner: b.owner}
	// Everything but 10.213.128.0/17: the route of a VPN, say.
	table("eth0\t0000D50A\t00000000\t0001\t0\t0\t0\t0080FFFF\n")
	for i := range 3 {
		_, subnet, err := c.createNetwork(t.Context(), fmt.Sprintf("clnrm-test-%s-%d", b.owner, i), spec.NetworkSealed, 2, labels)
		if err != nil || subnet.Addr().As4()[2] < 128 {
			t.Errorf("%v, %v", subnet, err)
		}
	}
	table("eth0\t0000D50A\t00000000\t0001\t0\t0\t0\t0000FFFF\n")
	r := leveled(busyboxContext(t), "")
	_, err = b.Open(t.Context(), r, &record{})
	var ee *runner.EnvironmentError
	if !errors.As(err, &ee) || !strings.Contains(err.Error(), "no free subnet in 10.213.0.0/16: every one is in use by a network of the daemon or a route of this machine") {
		t.Errorf("err = %v", err)
	}
}

// A network that lets through more than its level says, as one of a daemon that does
// not keep containers apart would, is found out by the probe in each container.
func TestNetworkThatIsWiderThanItsLevelIsFoundOut(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	r := request(busyboxContext(t), &spec.Service{Name: "box"}, &spec.Service{Name: "other"})
	r.Scenario.Network = spec.NetworkOpen
	s, ok := open(t, b, r, &record{}).(*session)
	if !ok {
		t.Fatal("this is another session")
	}
	if err := s.canary(t.Context()); err != nil {
		t.Errorf("at the level that it has: %v", err)
	}
	s.level = spec.NetworkSealed
	err := s.canary(t.Context())
	var machine *runner.EnvironmentError
	if !errors.As(err, &machine) || !strings.Contains(err.Error(), "the scenario's network is not sealed for service") {
		t.Errorf("at the level sealed: %v", err)
	}
}
