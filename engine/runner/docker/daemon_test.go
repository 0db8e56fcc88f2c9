package docker

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeContext writes a context as the docker command does and returns its id.
func writeContext(t testing.TB, config, name, host string) (id string) {
	t.Helper()
	sum := sha256.Sum256([]byte(name))
	id = hex.EncodeToString(sum[:])
	write(t, filepath.Join(config, "contexts/meta", id, "meta.json"), `{"Name":"`+name+`","Endpoints":{"docker":{"Host":"`+host+`"}}}`, 0o644)
	return id
}

func TestEndpointIsFoundAsTheDockerCommandFindsIt(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	context := func(name, host string, tls bool) {
		id := writeContext(t, filepath.Join(home, ".docker"), name, host)
		if tls {
			write(t, filepath.Join(home, ".docker/contexts/tls", id, "docker/ca.pem"), "", 0o644)
		}
	}
	context("lab", "tcp://lab:2376", true)
	context("local", "unix:///run/other.sock", false)
	context("empty", "", false)
	careless := writeContext(t, filepath.Join(home, ".docker"), "careless", "tcp://lab:2376")
	write(t, filepath.Join(home, ".docker/contexts/meta", careless, "meta.json"), `{"Endpoints":{"docker":{"Host":"tcp://lab:2376","SkipTLSVerify":true}}}`, 0o644)
	config := filepath.Join(home, ".docker/config.json")
	for _, tc := range []struct {
		name, config string
		env          map[string]string
		host, source string
		tls          bool
		fails        string
	}{
		{name: "nothing said", host: "unix:///var/run/docker.sock", source: "the default"},
		{name: "DOCKER_HOST", env: map[string]string{"DOCKER_HOST": "tcp://h:1", "DOCKER_CONTEXT": "lab"}, host: "tcp://h:1", source: "DOCKER_HOST"},
		{name: "DOCKER_HOST with TLS", env: map[string]string{"DOCKER_HOST": "tcp://h:1", "DOCKER_CERT_PATH": "/certs"}, host: "tcp://h:1", source: "DOCKER_HOST", tls: true},
		{name: "DOCKER_HOST with TLS by default", env: map[string]string{"DOCKER_HOST": "tcp://h:1", "DOCKER_TLS_VERIFY": "1"}, host: "tcp://h:1", source: "DOCKER_HOST", tls: true},
		{name: "DOCKER_HOST with TLS from here", env: map[string]string{"DOCKER_HOST": "tcp://h:1", "DOCKER_CERT_PATH": "certs"}, host: "tcp://h:1", source: "DOCKER_HOST", tls: true},
		{name: "context that trusts anybody", env: map[string]string{"DOCKER_CONTEXT": "careless"}, fails: "skip-tls-verify"},
		{name: "DOCKER_CONTEXT", config: `{"currentContext":"local"}`, env: map[string]string{"DOCKER_CONTEXT": "lab"}, host: "tcp://lab:2376", source: "the docker context lab", tls: true},
		{name: "current context", config: `{"currentContext":"local"}`, host: "unix:///run/other.sock", source: "the docker context local"},
		{name: "default context", config: `{"currentContext":"default"}`, host: "unix:///var/run/docker.sock", source: "the default"},
		{name: "unknown context", env: map[string]string{"DOCKER_CONTEXT": "nowhere"}, fails: "read the docker context nowhere"},
		{name: "context without address", env: map[string]string{"DOCKER_CONTEXT": "empty"}, fails: "has no address"},
		{name: "broken configuration", config: `{`, fails: "read the docker configuration"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.config == "" {
				tc.config = "{}"
			}
			write(t, config, tc.config, 0o644)
			e, err := resolveEndpoint(func(name string) string {
				if name == "HOME" {
					return home
				}
				return tc.env[name]
			})
			if tc.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tc.fails) {
					t.Errorf("err = %v, want %q", err, tc.fails)
				}
				return
			}
			if err != nil || e.Host != tc.host || e.Source != tc.source || e.tls() != tc.tls || tc.tls && !filepath.IsAbs(e.CA) {
				t.Errorf("%+v, %v", e, err)
			}
		})
	}
}

func TestSubnetsAreSmallApartAndFree(t *testing.T) {
	t.Parallel()
	for members, want := range map[int]int{2: 28, 13: 28, 14: 27, 29: 27, 30: 26} {
		if got := subnetBits(members); got != want {
			t.Errorf("%d members get /%d, want /%d", members, got, want)
		}
	}
	p := netip.MustParsePrefix("10.0.0.0/26")
	var all []string
	for s := range subnets(p, 28, 5) {
		all = append(all, s.String())
	}
	if want := []string{"10.0.0.16/28", "10.0.0.32/28", "10.0.0.48/28", "10.0.0.0/28"}; !slices.Equal(all, want) {
		t.Errorf("subnets %v, want %v", all, want)
	}
	taken := []netip.Prefix{netip.MustParsePrefix("10.0.0.32/27")}
	if !overlapsAny(netip.MustParsePrefix("10.0.0.48/28"), taken) || overlapsAny(netip.MustParsePrefix("10.0.0.16/28"), taken) {
		t.Error("overlaps are misjudged")
	}
}

func TestRoutesOfTheHostAreRead(t *testing.T) {
	t.Parallel()
	text := `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	0101A8C0	0003	0	0	0	00000000	0	0	0
eth0	0001A8C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
br-1	10D50A0A	00000000	0001	0	0	0	F0FFFFFF	0	0	0
junk
`
	got := parseRoutes(text)
	want := []netip.Prefix{netip.MustParsePrefix("192.168.1.0/24"), netip.MustParsePrefix("10.10.213.16/28")}
	if !slices.Equal(got, want) {
		t.Errorf("routes %v, want %v", got, want)
	}
}

// piece is output as the daemon frames it.
func piece(stream byte, text string) string {
	h := []byte{stream, 0, 0, 0, 0, 0, 0, 0}
	binary.BigEndian.PutUint32(h[4:], uint32(len(text)))
	return string(h) + text
}

func TestAttachedStreamIsTakenApart(t *testing.T) {
	t.Parallel()
	d := &demux{r: strings.NewReader(piece(1, "ab") + piece(2, "panic: ") + piece(1, "") + piece(1, "c") + piece(2, "boom"))}
	out, err := io.ReadAll(d)
	if err != nil || string(out) != "abc" || d.standardError() != "panic: boom" {
		t.Errorf("%q, %q, %v", out, d.standardError(), err)
	}
	for name, in := range map[string]string{
		"something else": "HTTP/1.1 500 Internal Server Error\r\n",
		"short header":   "\x01\x00",
		"short piece":    piece(1, "abc")[:10],
	} {
		if _, err := io.ReadAll(&demux{r: strings.NewReader(in)}); err == nil {
			t.Errorf("%s is taken for a stream", name)
		}
	}
}

func FuzzDemux(f *testing.F) {
	f.Add([]byte(piece(1, "abc") + piece(2, "def")))
	f.Add([]byte("\x01\x00\x00\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, in []byte) {
		d := &demux{r: bytes.NewReader(in)}
		out, err := io.ReadAll(d)
		if len(out)+len(d.standardError()) > len(in) {
			t.Errorf("%d bytes out of %d, %v", len(out), len(in), err)
		}
	})
}
