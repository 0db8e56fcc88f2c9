package spec

import (
	"cmp"
	"slices"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// document is what the root table decodes into.
type document struct {
	meta, metadata, test header
	service, services    []*Service
	steps                []*Step
	scenarios            []*Scenario
	expect, validation   *expectation
	otel                 Otel
	hasOtel              bool
	file                 *File
}

// header is [meta], [test.metadata] or the scalars of [test].
type header struct {
	name, version, descr string
	namePos, versionPos  Pos
	tags                 []string
	timeout              time.Duration
	manual               bool
	at                   span
	table                *node // nil when the file has no such header
}

var headerTable = newTable(anyKey,
	str("name", func(h *header) *string { return &h.name }).at(func(h *header) *Pos { return &h.namePos }),
	str("version", func(h *header) *string { return &h.version }).at(func(h *header) *Pos { return &h.versionPos }),
	str("description", func(h *header) *string { return &h.descr }),
	strList("tags", func(h *header) *[]string { return &h.tags }),
	boolean("manual", func(h *header) *bool { return &h.manual }),
	duration("timeout", 0, func(h *header) *time.Duration { return &h.timeout }),
)

// testTable is [test]: its metadata table, or the metadata itself in the oldest
// generation of files.
var testTable = newTable(unknownRule{severity: diag.Warning, code: "unknown-key", text: "`{key}` in [{table}] is not evaluated"},
	headerField("metadata", func(t *document) *header { return &t.metadata }),
	str("name", func(t *document) *string { return &t.test.name }).at(func(t *document) *Pos { return &t.test.namePos }),
	str("description", func(t *document) *string { return &t.test.descr }),
	str("version", func(t *document) *string { return &t.test.version }).at(func(t *document) *Pos { return &t.test.versionPos }),
	duration("timeout", 0, func(t *document) *time.Duration { return &t.test.timeout }),
	strList("tags", func(t *document) *[]string { return &t.test.tags }),
	ignored[document]("author"),
)

func headerField(name string, to func(*document) *header) field[document] {
	return field[document]{name: name, schema: inTable(headerTable), shape: "a table", set: func(d *decoder, path string, e *entry, into *document) bool {
		h := to(into)
		h.table, h.at = e.val, e.at
		return headerTable.decode(d, join(path, e.key), e.val, h)
	}}
}

var rootTable = newTable(unknownTable,
	headerField("meta", func(t *document) *header { return &t.meta }),
	field[document]{name: "test", schema: inTable(testTable), shape: "a table", set: func(d *decoder, path string, e *entry, t *document) bool {
		t.test.at, t.test.table = e.at, e.val
		return testTable.decode(d, e.key, e.val, t)
	}},
	serviceField("service", func(t *document) *[]*Service { return &t.service }),
	serviceField("services", func(t *document) *[]*Service { return &t.services }),
	each("scenario", scenarioTable, func(d *decoder, t *document, s scenarioDraft, n *node) {
		t.scenarios = append(t.scenarios, d.scenario(s, n))
	}),
	each("steps", stepTable, func(d *decoder, t *document, s stepDraft, n *node) {
		t.steps = append(t.steps, d.step(s, n))
	}),
	field[document]{name: "expect", schema: inTable(expectTable), shape: "a table", set: func(d *decoder, path string, e *entry, t *document) bool {
		t.expect = &expectation{}
		return d.expect(e, e.key, t.expect)
	}},
	field[document]{name: "otel", schema: inTable(otelTable), shape: "a table", set: func(d *decoder, path string, e *entry, t *document) bool {
		t.hasOtel = true
		t.otel = Otel{Pos: d.pos(e.at), SampleRatio: 1}
		return otelTable.decode(d, e.key, e.val, &t.otel)
	}},
	field[document]{name: "assertions", schema: assertionShapes, shape: "a table", set: (*decoder).assertions},
	sub("limits", limitsTable, func(t *document) *Limits { return &t.file.Limits }).at(func(t *document) *Pos { return &t.file.Limits.Pos }),
	sub("isolation", isolationTable, func(t *document) *File { return t.file }),
	sub("determinism", determinismTable, func(t *document) *Determinism { return &t.file.Determinism }),
	sub("report", reportTable, func(t *document) *Report { return &t.file.Report }),
	field[document]{name: "vars", schema: of(object{"type": "object"}), shape: "a table", set: func(_ *decoder, _ string, e *entry, _ *document) bool {
		return e.val.kind == kindTable // rendering has used them
	}},
	field[document]{name: "template", schema: inTable(templateTable), shape: "a table", set: func(d *decoder, path string, e *entry, _ *document) bool {
		return templateTable.decode(d, e.key, e.val, &struct{}{})
	}}.unproposed(),
	field[document]{name: "matrix", schema: of(object{"type": "object"}), shape: "a table", set: func(_ *decoder, _ string, e *entry, _ *document) bool {
		return e.val.kind == kindTable // each combination has been rendered by itself
	}}.unproposed(),
	field[document]{name: "otel_validation", schema: inTable(validationTable), shape: "a table", set: otelValidation}.unproposed(),
	unhonoured[document]("otel_headers", diag.Info, "spans go to the built-in receiver"),
	unhonoured[document]("otel_propagators", diag.Info, "the instrumented program decides on propagators"),
)

// templateTable holds what rendering has used up already.
var templateTable = newTable(unknownKey,
	ignored[struct{}]("vars"),
	ignored[struct{}]("matrix"),
	ignored[struct{}]("otel"),
)

var otelTable = newTable(unknownKey,
	str("exporter", func(o *Otel) *string { return &o.Exporter }).at(func(o *Otel) *Pos { return &o.ExporterPos }),
	str("endpoint", func(o *Otel) *string { return &o.Endpoint }),
	str("protocol", func(o *Otel) *string { return &o.Protocol }).at(func(o *Otel) *Pos { return &o.ProtocolPos }),
	field[Otel]{name: "sample_ratio", schema: of(object{"type": "number", "minimum": 0, "maximum": 1}), shape: "a number", set: func(_ *decoder, _ string, e *entry, o *Otel) (ok bool) {
		o.SampleRatio, ok = e.val.number()
		return ok
	}}.at(func(o *Otel) *Pos { return &o.RatioPos }),
	pairs("resources", func(o *Otel) *[]EnvVar { return &o.Resources }),
	field[Otel]{name: "service_name", schema: text, shape: "a string", set: func(d *decoder, _ string, e *entry, o *Otel) bool {
		o.Resources = append(o.Resources, EnvVar{Name: "service.name", Value: e.val.text, Pos: d.pos(e.val.at)})
		return e.val.kind == kindString
	}},
	field[Otel]{name: "enabled", schema: truth, shape: "true or false", set: func(d *decoder, _ string, e *entry, o *Otel) bool {
		if e.val.kind == kindBool && e.val.empty() {
			d.warnf(e.at, "not-honoured", `write exporter = "none"`, "`otel.enabled = false` has no effect")
		}
		return e.val.kind == kindBool
	}},
	unhonoured[Otel]("headers", diag.Info, "spans go to the built-in receiver"),
	unhonoured[Otel]("propagators", diag.Info, "the instrumented program decides on propagators"),
)

var determinismTable = newTable(unknownKey,
	field[Determinism]{name: "seed", schema: natural, shape: "an integer from 0 up", set: func(_ *decoder, _ string, e *entry, t *Determinism) bool {
		seed := uint64(e.val.num)
		t.Seed = &seed
		return e.val.kind == kindInt && e.val.num >= 0
	}},
	field[Determinism]{name: "freeze_clock", schema: text, shape: "a time such as \"2025-01-01T00:00:00Z\"", set: func(_ *decoder, _ string, e *entry, t *Determinism) bool {
		t.FreezeClock = e.val.text
		return e.val.kind == kindString || e.val.kind == kindTime
	}}.at(func(t *Determinism) *Pos { return &t.FreezePos }),
)

var reportTable = newTable(unknownKey,
	str("json", func(r *Report) *string { return &r.JSON }),
	str("junit", func(r *Report) *string { return &r.JUnit }),
	str("html", func(r *Report) *string { return &r.HTML }),
	str("digest", func(r *Report) *string { return &r.Digest }),
	ignored[Report]("comment"),
)

// assertions decodes [assertions]: a closed set is judged, the rest is named as
// not evaluated.
func (d *decoder) assertions(path string, e *entry, t *document) bool {
	if e.val.kind != kindTable {
		return false
	}
	if len(e.val.entries) == 0 {
		d.warnf(e.at, "empty-expectation", "", "[assertions] is empty")
	}
	judged := []string{AssertCommands, AssertHermetic, AssertSucceeded, AssertSteps, AssertScenarios, AssertNoFailed}
	for i := range e.val.entries {
		a := &e.val.entries[i]
		if !slices.Contains(judged, a.key) {
			d.unknown(unknownRule{severity: diag.Warning, code: "unknown-assertion", text: "assertion `{key}` is not evaluated"}, e.key, a, judged, e.val.has)
			continue
		}
		as := Assertion{Pos: d.pos(a.at), Name: a.key}
		switch {
		case a.key == AssertCommands && a.val.kind == kindInt && a.val.num >= 0:
			as.Min = int(a.val.num)
		case a.key == AssertCommands:
			d.wrongType(e.key, a, "an integer from 0 up")
			continue
		case a.val.kind != kindBool:
			d.wrongType(e.key, a, "true")
			continue
		case a.val.empty():
			d.errorf(a.val.at, "unsupported-expectation", "remove the line", "`%s = false` cannot be asserted", a.key)
			continue
		}
		t.file.Assertions = append(t.file.Assertions, as)
	}
	return true
}

// hermetic turns the assertion that execution is hermetic into the expectation
// that says the same over spans; the other half of it, that no container is
// shared, holds for every run.
func (f *File) hermetic() {
	i := slices.IndexFunc(f.Assertions, func(a Assertion) bool { return a.Name == AssertHermetic })
	if i < 0 {
		return
	}
	pos := f.Assertions[i].Pos
	if f.Expect == nil {
		f.Expect = &Expect{Pos: pos}
	}
	if f.Expect.Hermeticity == nil {
		f.Expect.Hermeticity = &HermeticityExpect{Pos: pos}
	}
	if h := f.Expect.Hermeticity; !h.NoExternalServices {
		h.NoExternalServices, h.NoExternalPos = true, pos
	}
}

// document decodes the whole file.
func (d *decoder) document(root *node) {
	t := &document{file: d.file}
	rootTable.decode(d, "", root, t)
	d.header(t)
	d.services(t)
	f := d.file
	if len(t.steps) > 0 {
		f.Scenarios = append(f.Scenarios, &Scenario{Name: "steps", Pos: t.steps[0].Pos, Steps: t.steps, Implicit: true})
	}
	f.Scenarios = append(f.Scenarios, t.scenarios...)
	timeout := cmp.Or(t.meta.timeout, t.metadata.timeout, t.test.timeout)
	for _, s := range f.Scenarios {
		if s.Timeout == 0 {
			s.Timeout = timeout
		}
		s.bounded()
	}
	if t.hasOtel {
		f.Otel = &t.otel
	}
	if t.validation != nil {
		if t.expect == nil {
			t.expect = &expectation{Expect: Expect{Pos: t.validation.Pos}}
		}
		d.merge(t.expect, t.validation)
	}
	if t.expect != nil {
		f.Expect = d.conditions(t.expect, f.Scenarios)
	}
	f.hermetic()
	for _, s := range f.Engines() {
		if !s.Chaos.seeded && f.Determinism.Seed != nil {
			s.Chaos.Seed = *f.Determinism.Seed
		}
	}
	f.drawAll()
}

// header settles which of the three headers names the file: [meta], else
// [test.metadata], else [test].
func (d *decoder) header(t *document) {
	f, h := d.file, &t.meta
	switch {
	case t.meta.table != nil:
		f.Generation = "v1.0"
		if t.meta.table.child("version") == nil {
			d.missing(t.meta.at, "`version` in [meta]", `add version = "1.0"`)
		}
	case t.metadata.table != nil:
		f.Generation, h = "v0.4", &t.metadata
	case t.test.namePos.Line > 0:
		f.Generation, h = "v0.3", &t.test
		before := len(d.diags)
		d.warnf(t.test.at, "deprecated-header", "rename the table to [test.metadata], or to [meta] with a version", "[test] with `name` is the header of v0.3 files")
		d.offer(before, d.asMetadata(t, t.test.table))
	default:
		return // package check says that there is none
	}
	if h.table != nil && h.table.child("name") == nil {
		d.missing(h.at, "`name` in the header", `add name = "…"`)
	}
	f.Name, f.NamePos, f.Version, f.VersionPos = h.name, h.namePos, h.version, h.versionPos
	f.Descr, f.Tags = h.descr, h.tags
	for _, other := range []*header{&t.metadata, &t.test} {
		if f.VersionPos.Line == 0 {
			f.Version, f.VersionPos = other.version, other.versionPos
		}
		f.Descr = cmp.Or(f.Descr, other.descr)
		if len(f.Tags) == 0 {
			f.Tags = other.tags
		}
	}
	d.overruled(t)
	f.Manual = t.meta.manual || t.metadata.manual
}

// services merges the two spellings; [service.X] wins over [services.X].
func (d *decoder) services(t *document) {
	for _, s := range append(t.services, t.service...) {
		i := slices.IndexFunc(d.file.Services, func(o *Service) bool { return o.Name == s.Name })
		if i < 0 {
			d.file.Services = append(d.file.Services, s)
			continue
		}
		d.file.Services[i] = s
		d.warnf(d.file.places[s.Pos], "repeated-service", keepOne, "[service.%s] replaces [services.%s]", s.Name, s.Name)
	}
	slices.SortStableFunc(d.file.Services, func(a, b *Service) int {
		return d.file.places[a.Pos].off - d.file.places[b.Pos].off
	})
}
