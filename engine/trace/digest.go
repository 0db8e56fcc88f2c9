package trace

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Digest is the SHA-256, in lower hex, of the normalised spans of set as
// canonical JSON. The same behaviour has the same digest whatever its ids, its
// times, the order of arrival and the machine.
//
// The JSON is an array of traces; a trace is an array of spans, parents before
// children, siblings sorted by name, kind and content. The key "under" takes
// the place of the ids: it is the position of the parent within the trace, null
// for a root, "missing" for an orphan, "cycle" for a span that is its own
// ancestor.
func Digest(set *Set) string {
	d := newNormalised(set)
	h := sha256.New()
	d.write(h)
	return hex.EncodeToString(h.Sum(nil))
}

// Canonical is the JSON that Digest is the SHA-256 of, see there.
func Canonical(set *Set) []byte {
	var out bytes.Buffer
	newNormalised(set).write(&out)
	return out.Bytes()
}

type sum = [sha256.Size]byte

// normalised is a set seen without anything that differs between two runs of
// the same behaviour.
type normalised struct {
	set  *Set
	text []byte  // the content of all spans, one after another
	from []int   // text[from[r]:from[r+1]] is the content of row r
	tree []sum   // digest of the subtree of a row
	kids [][]Ref // children in canonical order
	top  []top   // by trace, in canonical order
}

// top is a span that hangs below no other, and why.
type top struct {
	ref  Ref
	mark string // JSON value of "under"
}

func newNormalised(set *Set) *normalised {
	n := set.Len()
	d := &normalised{set: set, from: make([]int, n+1), tree: make([]sum, n), kids: make([][]Ref, n)}
	resources := make(map[*Resource][]byte)
	for r := range Ref(n) {
		d.from[r] = len(d.text)
		d.text = appendContent(d.text, set.Span(r), resources)
	}
	d.from[n] = len(d.text)

	onCycle := make(map[Ref]bool)
	for _, cycle := range set.Cycles() {
		for _, r := range cycle {
			onCycle[r] = true
		}
	}
	// From the leaves up; a cycle is cut open at each of its spans.
	var below []byte
	for _, r := range slices.Backward(set.TopDown()) {
		if len(set.Children(r)) == 0 {
			d.tree[r] = sha256.Sum256(d.content(r))
			continue
		}
		d.kids[r] = slices.DeleteFunc(slices.Clone(set.Children(r)), func(c Ref) bool { return onCycle[c] })
		slices.SortFunc(d.kids[r], d.compare)
		below = append(below[:0], d.content(r)...)
		for _, c := range d.kids[r] {
			below = append(below, d.tree[c][:]...)
		}
		d.tree[r] = sha256.Sum256(below)
	}
	d.collectTops(onCycle)
	return d
}

func (d *normalised) content(r Ref) []byte { return d.text[d.from[r]:d.from[r+1]] }

// compare is the canonical order of siblings.
func (d *normalised) compare(a, b Ref) int {
	x, y := d.set.Span(a), d.set.Span(b)
	return cmp.Or(
		strings.Compare(x.Name, y.Name),
		cmp.Compare(x.Kind, y.Kind),
		bytes.Compare(d.content(a), d.content(b)),
		bytes.Compare(d.tree[a][:], d.tree[b][:]),
	)
}

// collectTops puts the traces into an order that does not depend on their ids:
// that of their first span, then that of everything in them.
func (d *normalised) collectTops(onCycle map[Ref]bool) {
	traces := make([][]top, d.set.Traces())
	add := func(r Ref, mark string) {
		t := d.set.Trace(r)
		traces[t] = append(traces[t], top{r, mark})
	}
	for _, r := range d.set.Roots() {
		add(r, "null")
	}
	for _, r := range d.set.Orphans() {
		add(r, `"missing"`)
	}
	for r := range onCycle {
		add(r, `"cycle"`)
	}
	whole := make(map[Ref]sum, len(traces))
	for _, tops := range traces {
		slices.SortFunc(tops, func(a, b top) int {
			return cmp.Or(d.compare(a.ref, b.ref), strings.Compare(a.mark, b.mark))
		})
		h := sha256.New()
		for _, t := range tops {
			h.Write(d.tree[t.ref][:])
			h.Write([]byte(t.mark))
		}
		whole[tops[0].ref] = sum(h.Sum(nil))
	}
	slices.SortFunc(traces, func(a, b []top) int {
		x, y := whole[a[0].ref], whole[b[0].ref]
		return cmp.Or(d.compare(a[0].ref, b[0].ref), bytes.Compare(x[:], y[:]))
	})
	d.top = slices.Concat(traces...)
}

// write puts the canonical JSON into h, which never fails.
func (d *normalised) write(h io.Writer) {
	var buf []byte
	flush := func() {
		_, _ = h.Write(buf)
		buf = buf[:0]
	}
	buf = append(buf, '[')
	type visit struct {
		ref   Ref
		under string
	}
	var stack []visit
	position, trace := 0, -1
	for _, t := range d.top {
		if next := d.set.Trace(t.ref); next != trace {
			if trace >= 0 {
				buf = append(buf, "],"...)
			}
			buf = append(buf, '[')
			position, trace = 0, next
		}
		stack = append(stack[:0], visit{t.ref, t.mark})
		for len(stack) > 0 {
			v := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if position > 0 {
				buf = append(buf, ',')
			}
			buf = append(buf, d.content(v.ref)...)
			buf = append(append(buf, `,"under":`...), v.under...)
			buf = append(buf, '}')
			under := strconv.Itoa(position)
			position++
			for _, c := range slices.Backward(d.kids[v.ref]) {
				stack = append(stack, visit{c, under})
			}
			if len(buf) > 32<<10 {
				flush()
			}
		}
	}
	if trace >= 0 {
		buf = append(buf, ']')
	}
	buf = append(buf, ']')
	flush()
}

// appendContent appends what a span says, apart from its place, as a JSON
// object that is still open.
func appendContent(b []byte, s *Span, resources map[*Resource][]byte) []byte {
	b = appendNormalised(append(b, `{"attributes":`...), s.Attrs)
	b = append(b, `,"events":[`...)
	if len(s.Events) > 0 {
		texts := make([]string, len(s.Events))
		for i := range s.Events {
			e := appendNormalised([]byte(`{"attributes":`), s.Events[i].Attrs)
			texts[i] = string(append(appendField(e, `,"name":`, s.Events[i].Name), '}'))
		}
		slices.Sort(texts)
		b = append(b, strings.Join(texts, ",")...)
	}
	b = appendField(b, `],"kind":`, s.Kind.String())
	if len(s.Links) > 0 { // of what they refer to, everything is volatile
		texts := make([]string, len(s.Links))
		for i := range s.Links {
			texts[i] = string(appendNormalised(nil, s.Links[i].Attrs))
		}
		slices.Sort(texts)
		b = append(append(append(b, `,"links":[`...), strings.Join(texts, ",")...), ']')
	}
	b = appendField(b, `,"name":`, s.Name)
	if s.Resource != nil {
		known, ok := resources[s.Resource]
		if !ok {
			known = appendNormalised(nil, s.Resource.Attrs)
			resources[s.Resource] = known
		}
		b = append(append(b, `,"resource":`...), known...)
	}
	return appendField(b, `,"status":`, s.Status.String())
}

// appendNormalised appends attributes as an object sorted by key, values as
// their canonical text, without those that change from run to run.
func appendNormalised(b []byte, attrs []Attr) []byte {
	var room [16]Attr
	kept := room[:0]
	for _, a := range attrs {
		if !Volatile(a.Key) {
			kept = append(kept, a)
		}
	}
	slices.SortStableFunc(kept, func(x, y Attr) int { return strings.Compare(x.Key, y.Key) })
	b = append(b, '{')
	for i, a := range kept {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, a.Key), ':')
		if t, ok := a.Value.(string); ok {
			b = appendString(b, withoutPort(a.Key, t))
		} else if n, ok := a.Value.(int64); ok { // by far the commonest but text
			b = append(strconv.AppendInt(append(b, '"'), n, 10), '"')
		} else {
			b = appendString(b, ValueText(a.Value))
		}
	}
	return append(b, '}')
}

// withoutPort cuts the port out of a value that holds an address: which port
// was free is no behaviour.
func withoutPort(key, value string) string {
	switch key {
	case "url.full", "http.url", "http.host", "server.address", "net.peer.name":
	default:
		return value
	}
	host := 0
	if i := strings.Index(value, "://"); i >= 0 {
		host = i + len("://")
	}
	end := len(value)
	if i := strings.IndexAny(value[host:], "/?#"); i >= 0 {
		end = host + i
	}
	colon := strings.LastIndexByte(value[:end], ':')
	if colon < host || colon+1 == end || !numeric(value[colon+1:end]) || strings.Count(value[host:colon], ":") > 0 && value[colon-1] != ']' {
		return value // no port, or an IPv6 address without one
	}
	return value[:colon] + value[end:]
}

// Volatile reports whether an attribute differs between two runs of the same
// behaviour: ids, clocks, processes, hosts, ports.
func Volatile(key string) bool {
	for _, prefix := range [...]string{"process.", "host.", "thread.", "os."} {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	switch key {
	case "telemetry.sdk.version", "service.instance.id", "container.id", "container.name", "net.host.name",
		"net.sock.peer.addr", "net.sock.host.addr", "network.peer.address", "network.local.address", "client.address",
		"exception.stacktrace":
		return true
	}
	last := key[strings.LastIndexByte(key, '.')+1:]
	switch last {
	case "pid", "port", "hostname", "host_name", "timestamp", "container_id", "span_id", "trace_id", "uuid",
		"duration", "duration_ms", "duration_us", "duration_ns", "elapsed", "elapsed_ms":
		return true
	}
	return false
}
