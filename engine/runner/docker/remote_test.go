package docker

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// backendWith returns a backend in that environment, which is closed with the
// test and must leave nothing.
func backendWith(t testing.TB, env map[string]string) *Backend {
	t.Helper()
	return newBackend(t, func(o *Options) { o.Getenv = func(name string) string { return env[name] } })
}

// expectRemoteRun runs a scenario of two services on a daemon to which the agent
// must be copied.
func expectRemoteRun(t *testing.T, b *Backend) {
	t.Helper()
	out := &record{}
	s := open(t, b, request(busyboxContext(t),
		&spec.Service{Name: "web", Args: []string{"nc", "-ll", "-p", "80", "-e", "echo", "from web"}, Ports: []int{80}},
		&spec.Service{Name: "box", DependsOn: []string{"web"}},
	), out)
	if e := sh(t, s, "nc web 80 </dev/null; test -x "+agentPath+" && ! grep "+agentPath+" /proc/mounts"); e.Code != 0 {
		t.Errorf("exit = %+v, %s", e, out.text("box/step/err"))
	}
	if got := out.text("box/step/out"); got != "from web\n" {
		t.Errorf("stdout = %q", got)
	}
	if tel, err := s.Finish(t.Context(), time.Second); err != nil || !tel.Complete {
		t.Errorf("telemetry = %+v, %v", tel, err)
	}
}

func TestScenarioRunsOnADaemonOverTCP(t *testing.T) {
	t.Parallel()
	needDocker(t)
	_, host := newProxy(t, "tcp", nil)
	expectRemoteRun(t, backendWith(t, map[string]string{"DOCKER_HOST": host}))
}

// authority signs certificates of the test.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  []byte
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template(1), template(1), &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

// template is a certificate for this machine: number 1 may sign others.
func template(serial int64) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "clnrm test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IsCA:        serial == 1, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
}

// sign returns a certificate and its key as PEM.
func (a *authority) sign(t testing.TB, serial int64) (cert, key []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template(serial), a.cert, &k.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: text})
}

// newTLSDaemon puts TLS before the machine's daemon, which then asks for
// certificates of the authority, and returns its address.
func newTLSDaemon(t testing.TB, a *authority) (host string) {
	t.Helper()
	_, plain := newProxy(t, "tcp", nil)
	cert, key := a.sign(t, 2)
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: roots, ClientAuth: tls.RequireAndVerifyClientCert})
	if err != nil {
		t.Fatal(err)
	}
	relay(t, l, func() (net.Conn, error) { return net.Dial("tcp", strings.TrimPrefix(plain, "tcp://")) })
	return "tcp://" + l.Addr().String()
}

// relay carries every connection of l to what dial returns, until the test ends.
func relay(t testing.TB, l net.Listener, dial func() (net.Conn, error)) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			wg.Go(func() {
				defer c.Close()
				up, err := dial()
				if err != nil {
					return
				}
				mu.Lock()
				conns = append(conns, up)
				mu.Unlock()
				carry(c, up)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
}

// carry copies both ways. The end of what the daemon sends is the end.
func carry(client io.ReadWriteCloser, daemon net.Conn) {
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = io.Copy(daemon, client)
		if c, ok := daemon.(interface{ CloseWrite() error }); ok {
			_ = c.CloseWrite()
		}
	})
	_, _ = io.Copy(client, daemon)
	_ = client.Close()
	_ = daemon.Close()
	wg.Wait()
}

// writeCertificates writes what a client needs, as the docker command names it.
func writeCertificates(t testing.TB, dir string, ca, signer *authority) {
	t.Helper()
	cert, key := signer.sign(t, 3)
	write(t, filepath.Join(dir, "ca.pem"), string(ca.pem), 0o644)
	write(t, filepath.Join(dir, "cert.pem"), string(cert), 0o644)
	write(t, filepath.Join(dir, "key.pem"), string(key), 0o600)
}

func TestScenarioRunsOnADaemonOverTLS(t *testing.T) {
	needDocker(t)
	a := newAuthority(t)
	host := newTLSDaemon(t, a)
	certs := t.TempDir()
	writeCertificates(t, certs, a, a)
	t.Run("DOCKER_CERT_PATH", func(t *testing.T) {
		t.Chdir(filepath.Dir(certs)) // as relative as a user may say it
		expectRemoteRun(t, backendWith(t, map[string]string{"DOCKER_HOST": host, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": filepath.Base(certs)}))
	})
	t.Run("docker context", func(t *testing.T) {
		config := t.TempDir()
		id := writeContext(t, config, "far", host)
		writeCertificates(t, filepath.Join(config, "contexts/tls", id, "docker"), a, a)
		write(t, filepath.Join(config, "config.json"), `{"currentContext":"far"}`, 0o644)
		expectRemoteRun(t, backendWith(t, map[string]string{"DOCKER_CONFIG": config}))
	})
	stranger := newAuthority(t)
	for name, who := range map[string][2]*authority{
		"the daemon is somebody else": {stranger, a},
		"the daemon does not know us": {a, stranger},
	} {
		t.Run(name, func(t *testing.T) {
			wrong := t.TempDir()
			writeCertificates(t, wrong, who[0], who[1])
			b := backendWith(t, map[string]string{"DOCKER_HOST": host, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": wrong})
			var ee *runner.EnvironmentError
			if err := b.Ready(t.Context()); !errors.As(err, &ee) || !strings.Contains(err.Error(), host) {
				t.Errorf("err = %v", err)
			}
		})
	}
	t.Run("no TLS", func(t *testing.T) {
		var ee *runner.EnvironmentError
		if err := backendWith(t, map[string]string{"DOCKER_HOST": host}).Ready(t.Context()); !errors.As(err, &ee) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestVolumesOfADaemonThatDoesNotSeeOurFilesAreRefused(t *testing.T) {
	needDocker(t)
	d := newPrivateDaemon(t, "256m")
	relayed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	relay(t, relayed, func() (net.Conn, error) { return net.Dial("unix", d.socket) })
	b := backendAt(t, "tcp://"+relayed.Addr().String())
	defer func() {
		if err := b.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	dir := busyboxContext(t)
	svc := &spec.Service{Name: "box", Volumes: []spec.Volume{{Host: dir, Container: "/data"}}}
	s := open(t, b, request(dir, svc), &record{}) // it does see them: a volume is one
	if e := sh(t, s, "test -d /data/ctx"); e.Code != 0 {
		t.Errorf("exit = %+v", e)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	d.order(t, "hide "+cacheDir)
	_, err = b.Open(t.Context(), request(dir, svc), &record{})
	var ee *runner.EnvironmentError
	if !errors.As(err, &ee) || !strings.Contains(err.Error(), "does not see the files of this machine") {
		t.Errorf("err = %v: another machine's directory would be taken for the volume", err)
	}
}
