package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/moby/moby/api/types/system"
	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
)

const (
	// answerWithin bounds how long a daemon may take to answer at all (docs/faults.md, F9).
	answerWithin = 3 * time.Second
	// answerOverSSH is the same where ssh has to be let in first.
	answerOverSSH = 15 * time.Second
	// podmanTellsWithin is how much longer a Podman that has answered may take to
	// describe itself: it starts a program for each thing that it tells of, and
	// waits for its storage, which a build may hold.
	podmanTellsWithin = 15 * time.Second
)

// defaultHost is where the docker command looks when nothing else is said.
const defaultHost = "unix:///var/run/docker.sock"

// endpoint is the address of a daemon and where it was said.
type endpoint struct {
	Host   string `json:"host"`
	Source string `json:"source"` // for messages: "DOCKER_HOST", "the docker context lab", …
	CA     string `json:"ca,omitempty"`
	Cert   string `json:"cert,omitempty"`
	Key    string `json:"key,omitempty"`
}

// withoutPassword is the address of a daemon as it may be shown.
func withoutPassword(host string) string {
	before, rest, _ := strings.Cut(host, "://")
	if user, at, found := strings.Cut(rest, "@"); found && strings.Contains(user, ":") {
		name, _, _ := strings.Cut(user, ":")
		return before + "://" + name + ":xxxxx@" + at
	}
	return host
}

// tls reports whether the daemon is reached over TLS.
func (e endpoint) tls() bool { return e.CA != "" || e.Cert != "" }

// resolveEndpoint finds the daemon as the docker command does: DOCKER_HOST, then
// DOCKER_CONTEXT or the current context of its configuration, then the default
// socket. There is no falling back from one to the next.
func resolveEndpoint(getenv func(string) string) (e endpoint, err error) {
	config := getenv("DOCKER_CONFIG")
	if config == "" {
		config = filepath.Join(getenv("HOME"), ".docker")
	}
	if config, err = filepath.Abs(config); err != nil {
		return endpoint{}, fmt.Errorf("read the docker configuration: %w", err)
	}
	if host := getenv("DOCKER_HOST"); host != "" {
		e = endpoint{Host: host, Source: "DOCKER_HOST"}
		certs := getenv("DOCKER_CERT_PATH")
		if certs == "" && getenv("DOCKER_TLS_VERIFY") != "" {
			certs = config
		}
		if certs != "" {
			if certs, err = filepath.Abs(certs); err != nil { // the watchdog works in another directory
				return endpoint{}, fmt.Errorf("read DOCKER_CERT_PATH: %w", err)
			}
			e.CA, e.Cert, e.Key = filepath.Join(certs, "ca.pem"), filepath.Join(certs, "cert.pem"), filepath.Join(certs, "key.pem")
		}
		return e, nil
	}
	name := getenv("DOCKER_CONTEXT")
	if name == "" {
		if name, err = currentContext(config); err != nil {
			return endpoint{}, err
		}
	}
	if name == "" || name == "default" {
		return endpoint{Host: defaultHost, Source: "the default"}, nil
	}
	return contextEndpoint(config, name)
}

// currentContext reads the name of the context that `docker context use` chose.
func currentContext(config string) (string, error) {
	path := filepath.Join(config, "config.json")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the docker configuration: %w", err)
	}
	var c struct {
		CurrentContext string `json:"currentContext"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return "", fmt.Errorf("read the docker configuration %s: %w", path, err)
	}
	return c.CurrentContext, nil
}

// contextEndpoint reads the address of a docker context from the store of the
// docker command, whose directories are the hashes of the names.
func contextEndpoint(config, name string) (endpoint, error) {
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	text, err := os.ReadFile(filepath.Join(config, "contexts", "meta", id, "meta.json"))
	if err != nil {
		return endpoint{}, fmt.Errorf("read the docker context %s: %w", name, err)
	}
	var meta struct {
		Endpoints map[string]struct {
			Host          string
			SkipTLSVerify bool
		}
	}
	if err := json.Unmarshal(text, &meta); err != nil {
		return endpoint{}, fmt.Errorf("read the docker context %s: %w", name, err)
	}
	e := endpoint{Host: meta.Endpoints["docker"].Host, Source: "the docker context " + name}
	if e.Host == "" {
		return endpoint{}, fmt.Errorf("the docker context %s has no address", name)
	}
	if meta.Endpoints["docker"].SkipTLSVerify {
		return endpoint{}, fmt.Errorf("the docker context %s lets anybody answer as the daemon (skip-tls-verify), which this program does not: give the context its CA", name)
	}
	certs := filepath.Join(config, "contexts", "tls", id, "docker")
	for _, f := range []struct {
		name string
		into *string
	}{{"ca.pem", &e.CA}, {"cert.pem", &e.Cert}, {"key.pem", &e.Key}} {
		if _, err := os.Stat(filepath.Join(certs, f.name)); err == nil {
			*f.into = filepath.Join(certs, f.name)
		}
	}
	return e, nil
}

// dial returns a client for the daemon; it does not contact it.
func (e endpoint) dial() (api *engineClient, err error) {
	opts := []client.Opt{client.WithHost(e.Host)}
	if isSSH(e.Host) {
		if opts, err = sshOptions(e.Host); err != nil {
			return nil, err
		}
	}
	opts = append(opts, client.WithUserAgent("clnrm-tui"))
	if e.tls() && !isSSH(e.Host) {
		opts = append(opts, client.WithTLSClientConfig(e.CA, e.Cert, e.Key))
	}
	api = &engineClient{}
	api.Client, err = client.New(append(opts, client.WithHTTPResponseHook(api.hear))...)
	return api, err
}

// daemon is the engine that this backend uses.
type daemon struct {
	endpoint endpoint
	api      *engineClient
	engine   string // "Docker" or "Podman", as its API says
	version  string // of the engine
	id       string // the engine's own identity
	name     string
	info     system.Info // as it was when the daemon was found
	goarch   string
	cpus     int
}

// goarchs are the machine names of engines as Go names them.
var goarchs = map[string]string{
	"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "armv6l": "arm", "i686": "386", "i386": "386",
	"amd64": "amd64", "arm64": "arm64", // as Podman says
	"ppc64le": "ppc64le", "s390x": "s390x", "riscv64": "riscv64",
}

// engineOf tells Podman from Docker by what its API says that it consists of.
func engineOf(v client.ServerVersionResult) string {
	for _, c := range v.Components {
		if strings.HasPrefix(c.Name, "Podman") {
			return podman
		}
	}
	return "Docker"
}

// dialDaemon finds the daemon and makes sure that it answers. Every failure is
// a *runner.EnvironmentError that names the address and who said it.
func dialDaemon(ctx context.Context, getenv func(string) string) (*daemon, error) {
	e, err := resolveEndpoint(getenv)
	if err != nil {
		return nil, &runner.EnvironmentError{What: "the address of the Docker daemon is unknown", Remedy: "correct the docker configuration or set DOCKER_HOST", Err: err}
	}
	unreachable := func(err error) error {
		remedy := "start Docker or Podman, or point DOCKER_HOST to a daemon that runs"
		if isSSH(e.Host) {
			remedy = "make `ssh` reach that host without a question, with the docker command there, or point DOCKER_HOST to a daemon that runs"
		}
		var said *sshError
		if errors.As(err, &said) {
			err = said
		}
		return &runner.EnvironmentError{
			What: fmt.Sprintf("no Docker daemon answers at %s (from %s)", withoutPassword(e.Host), e.Source), Remedy: remedy, Err: err,
		}
	}
	api, err := e.dial()
	if err != nil {
		return nil, unreachable(err)
	}
	limit := answerWithin
	if isSSH(e.Host) {
		limit = answerOverSSH
	}
	whole := ctx
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if _, err := api.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true}); err != nil {
		return nil, errors.Join(unreachable(err), api.Close())
	}
	if api.said.Load() {
		ctx, cancel = context.WithTimeout(whole, limit+podmanTellsWithin)
		defer cancel()
	}
	version, err := api.ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		return nil, errors.Join(unreachable(err), api.Close())
	}
	info, err := api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return nil, errors.Join(unreachable(err), api.Close())
	}
	d := &daemon{endpoint: e, api: api, engine: engineOf(version), version: version.Version, id: info.Info.ID, name: info.Info.Name, info: info.Info, cpus: info.Info.NCPU, goarch: goarchs[info.Info.Architecture]}
	if d.engine == podman {
		if err := api.isPodman(); err != nil {
			return nil, errors.Join(unreachable(err), api.Close())
		}
	}
	if info.Info.OSType != "linux" || d.goarch == "" {
		err := &runner.EnvironmentError{
			What:   fmt.Sprintf("the Docker daemon at %s runs %s containers on %s", e.Host, info.Info.OSType, info.Info.Architecture),
			Remedy: "use a daemon that runs Linux containers",
		}
		return nil, errors.Join(err, api.Close())
	}
	return d, nil
}
