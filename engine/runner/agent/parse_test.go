package agent

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestUserIsResolvedWithTheFilesOfTheImage(t *testing.T) {
	passwd := [][]string{strings.Split("root:x:0:0:root:/root:/bin/sh", ":"), strings.Split("app:x:1000:1001:app:/home/app:/bin/sh", ":"), {"broken"}, strings.Split("bad:x:y:z::/:", ":")}
	groups := [][]string{strings.Split("root:x:0:", ":"), strings.Split("wheel:x:10:root,app", ":"), strings.Split("audio:x:29:app", ":")}
	for _, tc := range []struct {
		text     string
		uid, gid uint32
		groups   []uint32
		home     string
		fails    string
	}{
		{text: "app", uid: 1000, gid: 1001, groups: []uint32{10, 29}, home: "/home/app"},
		{text: "1000", uid: 1000, gid: 1001, groups: []uint32{10, 29}, home: "/home/app"},
		{text: "app:wheel", uid: 1000, gid: 10, home: "/home/app"},
		{text: "app:77", uid: 1000, gid: 77, home: "/home/app"},
		{text: "4711", uid: 4711, gid: 0, home: "/"},
		{text: "4711:29", uid: 4711, gid: 29, home: "/"},
		{text: "root", uid: 0, gid: 0, groups: []uint32{10}, home: "/root"},
		{text: "nobody", fails: "user nobody: not in /etc/passwd"},
		{text: "app:nogroup", fails: "group nogroup: not in /etc/group"},
		{text: "bad", fails: "has no numbers"},
	} {
		id, err := resolveUser(tc.text, passwd, groups)
		if tc.fails != "" {
			if err == nil || !strings.Contains(err.Error(), tc.fails) {
				t.Errorf("%s: err = %v", tc.text, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tc.text, err)
			continue
		}
		c := id.credential
		if c.Uid != tc.uid || c.Gid != tc.gid || !slices.Equal(c.Groups, tc.groups) || id.home != tc.home {
			t.Errorf("%s: %+v, home %s", tc.text, c, id.home)
		}
	}
	if id, err := lookupUser(""); id != nil || err != nil {
		t.Errorf("no user: %v, %v", id, err)
	}
}

func TestProgramIsFoundAsAShellFindsIt(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"bin/tool": 0o755, "bin/plain": 0o644, "other/plain": 0o755, "other/deep": 0o755} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{"PATH=/nowhere", "PATH=" + dir + "/bin:other"}
	for _, tc := range []struct {
		argv []string
		want string
		code int
	}{
		{[]string{"tool"}, dir + "/bin/tool", 0},
		{[]string{"plain"}, dir + "/other/plain", 0}, // the first is not executable
		{[]string{"deep"}, dir + "/other/deep", 0},   // PATH relative to the directory
		{[]string{"./bin/tool"}, dir + "/bin/tool", 0},
		{[]string{"none"}, "", 127},
		{[]string{"./none"}, "", 127},
		{[]string{"bin/tool/x"}, "", 127},
		{[]string{"./bin/plain"}, "", 126},
		{[]string{"./bin"}, "", 126},
		{[]string{""}, "", 127},
		{nil, "", 127},
	} {
		got, code, err := findProgram(tc.argv, env, dir)
		if got != tc.want || code != tc.code || (err == nil) != (tc.code == 0) {
			t.Errorf("%v: %s, %d, %v", tc.argv, got, code, err)
		}
	}
	if _, code, err := findProgram([]string{"plain"}, []string{"PATH=" + dir + "/bin"}, dir); code != 126 {
		t.Errorf("a file that is not executable: %d, %v", code, err)
	}
}

func TestInterpreterThatIsMissingIsNamed(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/no/such/shell -e\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got := interpreter(script); got != "/no/such/shell -e" {
		t.Errorf("interpreter %q", got)
	}
}

func TestProcFilesAreRead(t *testing.T) {
	for text, want := range map[string]int{
		"42 (sh) S 7 42 42 0": 7, "42 (a) b) R) Z 9 1": 9, "": 0, "42 (sh": 0, "42 (sh) S": 0, "42 (sh) S x": 0,
	} {
		if ppid, _ := parseStat([]byte(text)); ppid != want {
			t.Errorf("%q: parent %d, want %d", text, ppid, want)
		}
	}
	routes := "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n" +
		"eth0\t00000000\t01EFD50A\t0003\t0\t0\t0\t00000000\n" +
		"eth0\t00EFD50A\t00000000\t0001\t0\t0\t0\tF0FFFFFF\n"
	for ip, want := range map[string]string{"192.0.2.1": "10.213.239.1", "10.213.239.3": "10.213.239.3"} {
		if got := nextHop(routes, net.ParseIP(ip)); got != want {
			t.Errorf("%s goes to %s, want %s", ip, got, want)
		}
	}
	arp := "IP address       HW type     Flags       HW address            Mask     Device\n" +
		"10.213.239.1     0x1         0x0         00:00:00:00:00:00     *        eth0\n" +
		"10.213.239.2     0x1         0x2         02:42:0a:d5:ef:02     *        eth0\n"
	if answered(arp, "10.213.239.1") || !answered(arp, "10.213.239.2") || answered(arp, "10.213.239.3") {
		t.Error("neighbours are misread")
	}
}
