package expect

import (
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// hosts tells the test's own peers from the rest of the world.
type hosts struct {
	names    map[string]bool // lower case, without a trailing dot
	networks []netip.Prefix
}

func newHosts(internal []string) hosts {
	h := hosts{names: map[string]bool{}}
	for _, name := range internal {
		if p, err := netip.ParsePrefix(name); err == nil {
			h.networks = append(h.networks, p)
			continue
		}
		h.names[normalHost(name)] = true
	}
	return h
}

func normalHost(s string) string {
	return strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), ".")
}

// evidence says what an attribute tells about the peer of a span.
type evidence uint8

const (
	noEvidence evidence = iota
	hostKey             // the value names a host, perhaps with a port
	urlKey              // the value is a URL or a connection string
	peerKey             // the value alone does not say where the peer is
)

// evidenceOf lists the keys by which a span shows that it talked to somebody.
func evidenceOf(key string) evidence {
	switch key {
	case "net.peer.name", "net.peer.ip", "http.host", "server.address", "peer.service", "network.peer.address":
		return hostKey
	case "http.url", "url.full", "db.connection_string", "messaging.url":
		return urlKey
	case "net.peer.port", "rpc.service", "messaging.destination":
		return peerKey
	}
	return noEvidence
}

// external returns the attributes by which a span shows a peer outside the
// test. A port, or the name of a topic, is innocent when everything else on the
// span that names a host names an internal one.
func (h hosts) external(s *trace.Span) []trace.Attr {
	var out, vague []trace.Attr
	inside := 0
	for _, a := range s.Attrs {
		kind := evidenceOf(a.Key)
		if kind == noEvidence {
			continue
		}
		text := trace.ValueText(a.Value)
		host, named := text, true
		if kind == urlKey {
			host, named = urlHost(text)
		}
		switch {
		case named && h.internal(host):
			if kind != peerKey {
				inside++
			}
		case kind == peerKey || !named:
			vague = append(vague, a)
		default:
			out = append(out, a)
		}
	}
	if len(out) > 0 || inside == 0 {
		out = append(out, vague...)
	}
	return out
}

// internal reports whether a host, with or without a port, is loopback or part
// of the test.
func (h hosts) internal(value string) bool {
	if strings.HasPrefix(value, "/") || strings.HasPrefix(value, "unix:") || strings.HasPrefix(value, "@") {
		return true // a Unix socket
	}
	name := normalHost(value)
	if h.names[name] || name == "localhost" {
		return true
	}
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = normalHost(host)
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	if h.names[name] || name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	if err != nil {
		return false
	}
	ip = ip.Unmap().WithZone("")
	if ip.IsLoopback() || ip.IsUnspecified() {
		return true
	}
	for _, p := range h.networks {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// urlHost finds the host in a URL or in a connection string like
// "host=db port=5432" or "Server=db;Database=x". named is false when it names
// none, as a relative URL does.
func urlHost(text string) (host string, named bool) {
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		return u.Host, true
	}
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == ' ' }) {
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "host", "server", "source", "addr", "address":
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}
