package docker

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

func TestContainerWithoutNetworkHasANameForItsLoopbackAndNoNameServer(t *testing.T) {
	t.Parallel()
	dir := busyboxContext(t)
	write(t, filepath.Join(dir, "own"), "127.0.0.1 own\n", 0o644)
	const look = "cat /etc/hosts"
	for name, tc := range map[string]struct {
		svc     spec.Service
		script  string
		want    string // in the output
		without string // not there
	}{
		"name":             {spec.Service{}, look, "127.0.0.1\tlocalhost\n::1\tlocalhost", ""},
		"under no user":    {spec.Service{User: "1000"}, look, "127.0.0.1\tlocalhost", ""},
		"read-only root":   {spec.Service{ReadOnly: true}, look, "127.0.0.1\tlocalhost", ""},
		"hosts of its own": {spec.Service{Volumes: []spec.Volume{{Host: "own", Container: "/etc/hosts", ReadOnly: true}}}, look, "127.0.0.1 own\n", "localhost"},
		"memory over /etc": {spec.Service{Tmpfs: []spec.Tmpfs{{Path: "/etc"}}}, "ls /etc", "hosts", ""},
		"name server":      {spec.Service{}, "cat /etc/resolv.conf", "nameserver 127.0.0.1\n", ""},
		"no other network": {spec.Service{}, "ls /sys/class/net", "lo\n", "eth"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			svc := tc.svc
			svc.Name = "box"
			out := &record{}
			s := open(t, newBackend(t), request(dir, &svc), out)
			e := sh(t, s, tc.script)
			got := out.text("box/step/out")
			if e.Code != 0 || !strings.Contains(got, tc.want) || tc.without != "" && strings.Contains(got, tc.without) {
				t.Errorf("%+v, %q%s", e, got, out.text("box/step/err"))
			}
			if ev := s.Evidence(); ev.Network != "none" {
				t.Errorf("evidence = %+v", ev)
			}
		})
	}
}
