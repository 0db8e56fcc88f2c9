package diff

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// builder makes the nodes of a tree from a decoded file.
type builder struct {
	nodes []*Node
	hosts []string // the services of the test, sorted
	scope string
}

func hostsOf(f *spec.File) []string {
	out := make([]string, 0, len(f.Services))
	for _, s := range f.Services {
		out = append(out, s.Name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// node adds a node; its names are the patterns that its key is made of.
func (b *builder) node(rule string, pos, wider diag.Position, names ...string) *Node {
	if pos == (diag.Position{}) {
		pos = wider
	}
	n := &Node{Scope: b.scope, Rule: rule, Key: strings.Join(names, arrow), Pos: pos, names: names}
	b.nodes = append(b.nodes, n)
	return n
}

// arrow joins the two names of an edge, as the rules of the judge do.
const arrow = " -> "

// value adds a leaf that stands for itself.
func (n *Node) value(path, text string, pos diag.Position, asks ...demand) {
	if pos == (diag.Position{}) {
		pos = n.Pos
	}
	n.Leaves = append(n.Leaves, Leaf{Path: path, Value: text, Pos: pos, asks: asks})
}

// opaque adds a leaf that only the same leaf is known to imply.
func (n *Node) opaque(path, text string, pos diag.Position) {
	n.value(path, text, pos, demand{kind: same, text: identify(n.Scope, n.Rule, n.Key) + "\x00" + path + "\x00" + text})
}

// expect adds the nodes of one table of expectations.
func (b *builder) expect(scope string, e *spec.Expect) {
	if e == nil {
		return
	}
	b.scope = scope
	strict := e.Status != nil && e.Status.Strict
	for _, s := range e.Spans {
		b.span(s, strict)
	}
	if e.Graph != nil {
		b.graph(e.Graph)
	}
	if e.Counts != nil {
		b.counts(e.Counts)
	}
	for _, w := range e.Windows {
		b.window(w)
	}
	if e.Order != nil {
		b.order(e.Order)
	}
	if e.Status != nil {
		b.status(e.Status)
	}
	if e.Hermeticity != nil {
		b.hermeticity(e.Hermeticity)
	}
	b.constraints(e)
	b.scope = ""
}

func (b *builder) graph(e *spec.GraphExpect) {
	for _, edge := range e.MustInclude {
		n := b.node(ruleInclude, edge.Pos, e.Pos, edge.From, edge.To)
		// A direct edge is a span below a parent.
		c := anySpan()
		c.name, c.parent = edge.To, edge.From
		n.asks = []demand{{kind: someSpan, where: &c}}
	}
	for _, edge := range e.MustNotCross {
		n := b.node(ruleCross, edge.Pos, e.Pos, edge.From, edge.To)
		n.asks = []demand{{kind: notCrossing, a: edge.From, b: edge.To}}
	}
	flags := [...]struct {
		on   bool
		name string
		pos  diag.Position
	}{
		{e.Acyclic, "acyclic", e.AcyclicPos}, {e.SingleRoot, "single_root", e.SingleRootPos},
		{e.NoOrphans, "no_orphans", e.NoOrphansPos}, {e.Connected, "must_be_connected", e.ConnectedPos},
	}
	for _, f := range flags {
		if f.on {
			b.node("expect.graph."+f.name, f.pos, e.Pos).opaque("", "true", f.pos)
		}
	}
	if e.MaxDepth != nil {
		b.node("expect.graph.max_depth", e.MaxDepthPos, e.Pos).
			value("", strconv.FormatInt(*e.MaxDepth, 10), e.MaxDepthPos, demand{kind: counted, a: maxDepth, high: *e.MaxDepth})
	}
}

func (b *builder) counts(e *spec.CountsExpect) {
	totals := [...]struct {
		quantity string
		bound    *spec.Bound
	}{{spansTotal, e.SpansTotal}, {eventsTotal, e.EventsTotal}, {errorsTotal, e.ErrorsTotal}}
	for _, t := range totals {
		if t.bound != nil {
			b.node("expect.counts."+t.quantity, t.bound.Pos, e.Pos).bound(t.quantity, t.bound)
		}
	}
	named := [...]struct {
		rule, prefix string
		list         []spec.NamedBound
	}{{ruleByName, countName, e.ByName}, {"expect.counts.by_kind", countKind, e.ByKind}, {"expect.counts.by_service", countOf, e.ByService}}
	for _, by := range named {
		for i := range by.list {
			nb := &by.list[i]
			quantity := by.prefix + nb.Name
			if k, ok := trace.ParseKind(nb.Name); by.prefix == countKind && ok {
				quantity = by.prefix + k.String()
			}
			b.node(by.rule, nb.Pos, e.Pos, nb.Name).bound(quantity, &nb.Bound)
		}
	}
}

// bound adds the limits of a count.
func (n *Node) bound(quantity string, b *spec.Bound) {
	add := func(word string, limit *int64, low, high bool) {
		if limit == nil {
			return
		}
		d := demand{kind: counted, a: quantity, high: unbounded}
		if low {
			d.low = *limit
		}
		if high {
			d.high = *limit
		}
		n.value(word, strconv.FormatInt(*limit, 10), b.Pos, d)
	}
	add("gte", b.Gte, true, false)
	add("lte", b.Lte, false, true)
	add("eq", b.Eq, true, true)
}

func (b *builder) window(e *spec.WindowExpect) {
	n := b.node(ruleWindow, e.Pos, e.Pos, e.Outer)
	for _, name := range e.Contains {
		n.value("contains["+name+"]", name, e.ContainsPos, demand{kind: inWindow, a: e.Outer, b: name})
	}
	if d := e.Duration; d != nil {
		n.limit("duration_ms.min", d.Min, d.Pos)
		n.limit("duration_ms.max", d.Max, d.Pos)
	}
}

func (b *builder) order(e *spec.OrderExpect) {
	for _, edge := range e.MustPrecede {
		n := b.node(rulePrecede, edge.Pos, e.Pos, edge.From, edge.To)
		n.asks = []demand{{kind: before, a: edge.From, b: edge.To}}
	}
	for _, edge := range e.MustFollow {
		n := b.node(ruleFollow, edge.Pos, e.Pos, edge.From, edge.To)
		n.asks = []demand{{kind: before, a: edge.To, b: edge.From}}
	}
}

func (b *builder) status(e *spec.StatusExpect) {
	if e.All != "" {
		n := b.node("expect.status.all", e.AllPos, e.Pos)
		if set, ok := statusSet(e.All, e.Strict); ok {
			n.value("", e.All, e.AllPos, demand{kind: allStatus, set: set})
		} else {
			n.opaque("", e.All, e.AllPos)
		}
	}
	for _, s := range e.ByName {
		n := b.node(ruleStatus, s.Pos, e.Pos, s.Name)
		if set, ok := statusSet(s.Status, e.Strict); ok {
			n.value("", s.Status, s.Pos, demand{kind: namedStatus, a: s.Name, set: set})
		} else {
			n.opaque("", s.Status, s.Pos)
		}
	}
	if e.Strict {
		b.node(ruleStrict, e.Pos, e.Pos).value("", "true", e.Pos)
	}
}

func (b *builder) hermeticity(e *spec.HermeticityExpect) {
	if e.NoExternalServices {
		b.node("expect.hermeticity.no_external_services", e.NoExternalPos, e.Pos).
			value("", "true", e.NoExternalPos, demand{kind: noExternal, hosts: b.hosts})
	}
	for _, a := range e.ResourceAttrs {
		b.resource(ruleMatch, e, a, a.Key)
	}
	for _, a := range e.SDKResourceAttrs {
		key := a.Key
		if !strings.HasPrefix(key, sdkPrefix) {
			key = sdkPrefix + key
		}
		b.resource(ruleSDK, e, a, key)
	}
	for _, key := range e.ForbidKeys {
		b.node(ruleForbid, e.ForbidPos, e.Pos, key).asks = []demand{{kind: forbidden, a: key}}
	}
}

const sdkPrefix = "telemetry.sdk."

func (b *builder) resource(rule string, e *spec.HermeticityExpect, a spec.AttrExpect, key string) {
	n := b.node(rule, a.Pos, e.Pos, a.Key)
	path, text := operator(&a)
	a.Key = resourceKey(key)
	n.value(strings.TrimPrefix(path, "."), text, a.Pos, demand{kind: onResource, attr: &a})
}

// operator names what is done with an attribute, as the file writes it, and the
// value.
func operator(a *spec.AttrExpect) (path, value string) {
	switch a.Op {
	case spec.AttrPresent:
		return ".exists", "true"
	case spec.AttrAbsent:
		return ".exists", "false"
	case spec.AttrGte:
		return ".gte", trace.ValueText(a.Number)
	case spec.AttrLte:
		return ".lte", trace.ValueText(a.Number)
	case spec.AttrRegex:
		return ".regex", a.Value
	case spec.AttrOneOf:
		return "", listText(a.OneOf)
	default:
		return "", a.Value
	}
}

// listText writes a list of texts as JSON does.
func listText(list []string) string {
	b, err := json.Marshal(list)
	if err != nil { // a list of strings always has a JSON form
		return strings.Join(list, ", ")
	}
	return string(b)
}
