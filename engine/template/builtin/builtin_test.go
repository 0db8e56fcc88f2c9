package builtin

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// testHost is a world that stands still.
type testHost struct{ counts map[string]int64 }

func (testHost) Getenv(name string) (string, bool) { return "value of " + name, name == "SET" }
func (testHost) Now() time.Time                    { return time.Date(2025, 1, 2, 3, 4, 5, 6_000_000, time.UTC) }
func (testHost) Random(_ string, seed *uint64) *rand.Rand {
	if seed == nil {
		return rand.New(rand.NewPCG(1, 2))
	}
	return rand.New(rand.NewPCG(*seed, 0))
}
func (h testHost) Next(name string) int64 { h.counts[name]++; return h.counts[name] - 1 }
func (testHost) MaxBytes() int            { return 1 << 16 }
func (testHost) MaxItems() int            { return 1000 }

func newHost() testHost { return testHost{map[string]int64{}} }

// with makes arguments of pairs of name and value.
func with(pairs ...any) *Args {
	a := &Args{}
	for i := 0; i < len(pairs); i += 2 {
		a.Add(pairs[i].(string), value.Normalise(pairs[i+1]))
	}
	return a
}

func show(v any) string {
	b, _ := value.AppendJSON(nil, v, false, 1<<16)
	return string(b)
}

func TestFilters(t *testing.T) {
	people := []any{map[string]any{"n": "b", "v": 2, "d": map[string]any{"e": 1}}, map[string]any{"n": "a", "v": 1}, map[string]any{"n": "c", "v": nil}}
	tests := []struct {
		filter string
		v      any
		args   *Args
		want   string // JSON, or "!" and a part of the error
	}{
		{"upper", 7, nil, `"7"`}, {"lower", "ÄB", nil, `"äb"`},
		{"trim", " x\u00a0", nil, `"x"`}, {"trim_start", " x ", nil, `"x "`}, {"trim_end", " x ", nil, `" x"`},
		{"trim_start_matches", "aab", with("pat", "a"), `"b"`}, {"trim_end_matches", "baa", with("pat", "a"), `"b"`},
		{"truncate", "e\u0301a👨‍👩‍👧z", with("length", 3), "\"e\u0301a👨‍👩‍👧…\""}, {"truncate", "abc", with("length", 3), `"abc"`},
		{"truncate", "abc", with("length", 0, "end", "-"), `"-"`}, {"wordcount", " a  b ", nil, `2`},
		{"replace", "aXbX", with("from", "X", "to", "-"), `"a-b-"`}, {"replace", "a", with("from", "a"), "!`to` is missing"},
		{"replace", strings.Repeat("a", 1000), with("from", "a", "to", strings.Repeat("b", 1000)), "!larger"},
		{"capitalize", "hELLO", nil, `"Hello"`}, {"title", "john's big-day", nil, `"John's Big-Day"`},
		{"split", "a,b", with("pat", ","), `["a","b"]`}, {"split", "ab", with("pat", ""), `["","a","b",""]`},
		{"int", "42", nil, `42`}, {"int", "0x1F", with("base", 16), `31`}, {"int", "nope", with("default", 3), `3`}, {"int", 3.9, nil, `3`},
		{"int", true, nil, "!true"}, {"float", "1.5", nil, `1.5`}, {"float", "x", with("default", 2), `2.0`},
		{"linebreaksbr", "a\r\nb\n", nil, `"a<br>b<br>"`}, {"indent", "a\nb", nil, `"a\n    b"`},
		{"indent", "a\n\nb", with("prefix", "> ", "first", true, "blank", true), `"> a\n> \n> b"`},
		{"striptags", "<b>x</b><!-- c -->", nil, `"x"`}, {"spaceless", "<a> <b>", nil, `"<a><b>"`},
		{"urlencode", "a b/ü", nil, `"a%20b/%C3%BC"`}, {"urlencode_strict", "a/b", nil, `"a%2Fb"`},
		{"escape", `<'>`, nil, `"&lt;&#x27;&gt;"`}, {"escape_xml", `<'>`, nil, `"&lt;&apos;&gt;"`},
		{"slugify", "Straße & Café!", nil, `"strasse-cafe"`}, {"addslashes", `a"b`, nil, `"a\\\"b"`},
		{"json_encode", map[string]any{"a": []any{1, nil}}, with("pretty", true), `"{\n  \"a\": [\n    1,\n    null\n  ]\n}"`},
		{"first", []any{1, 2}, nil, `1`}, {"last", []any{1, 2}, nil, `2`}, {"first", []any{}, nil, `""`}, {"first", "x", nil, "!array"},
		{"nth", []any{1, 2}, with("n", 1), `2`}, {"nth", []any{1}, with("n", 5), `""`}, {"nth", []any{1}, nil, "!missing"},
		{"join", []any{1, "a"}, with("sep", `\n`), `"1\na"`},
		{"sort", []any{3, 1.5, 2}, nil, `[1.5,2,3]`}, {"sort", []any{"b", 1}, nil, "!one type"}, {"sort", []any{nil}, nil, "!null"},
		{"sort", people[:2], with("attribute", "v"), `[{"n":"a","v":1},{"d":{"e":1},"n":"b","v":2}]`},
		{"unique", []any{"a", "A", "b"}, nil, `["a","b"]`}, {"unique", []any{"a", "A"}, with("case_sensitive", true), `["a","A"]`},
		{"slice", []any{1, 2, 3}, with("start", -2), `[2,3]`}, {"slice", []any{1, 2, 3}, with("end", -1), `[1,2]`}, {"slice", []any{1}, with("start", 9), `[]`},
		{"group_by", people, with("attribute", "v"), `{"1":[{"n":"a","v":1}],"2":[{"d":{"e":1},"n":"b","v":2}]}`},
		{"filter", people, with("attribute", "d.e"), `[{"d":{"e":1},"n":"b","v":2}]`}, {"map", people, with("attribute", "v"), `[2,1]`},
		{"concat", []any{1}, with("with", []any{2}), `[1,2]`}, {"reverse", "äb", nil, `"bä"`}, {"length", map[string]any{"a": 1}, nil, `1`},
		{"get", map[string]any{"a": 1}, with("key", "b", "default", 2), `2`}, {"get", map[string]any{"a": 1}, with("key", "b"), "!no key"},
		{"abs", -3, nil, `3`}, {"round", 2.5, nil, `3.0`}, {"round", -2.345, with("precision", 2, "method", "floor"), `-2.35`}, {"round", 1, with("method", "x"), "!method"},
		{"pluralize", 1, nil, `""`}, {"pluralize", 0, with("plural", "en"), `"en"`}, {"filesizeformat", 1536, nil, `"1.50 kB"`}, {"filesizeformat", 1024, with("binary", true), `"1 KiB"`},
		{"camel", "http server-name", nil, `"httpServerName"`}, {"pascal", "a_b", nil, `"AB"`}, {"snake", "HTTPServer2", nil, `"http_server_2"`},
		{"kebab", "Version2025Test", nil, `"version-2025-test"`}, {"slug", "CamelCase String", nil, `"camelcase-string"`},
		{"sha256", "", nil, `"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`},
		{"toml_encode", map[string]any{"a b": "x\"\n\x01", "c": []any{1, 1.0, nil, true}}, nil, `"{ \"a b\" = \"x\\\"\\n\\u0001\", c = [1, 1.0, \"null\", true] }"`},
	}
	table, h := Clnrm(), newHost()
	for _, tt := range tests {
		got, err := table.Filters[tt.filter].Fn(h, value.Normalise(tt.v), tt.args)
		compareResult(t, fmt.Sprintf("%v | %s", tt.v, tt.filter), got, err, tt.want)
	}
}

func compareResult(t *testing.T, what string, got any, err error, want string) {
	t.Helper()
	if part, isError := strings.CutPrefix(want, "!"); isError {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: got %s, error %v, expected an error with %q", what, show(got), err, part)
		}
	} else if err != nil || show(got) != want {
		t.Errorf("%s: got %s, error %v, want %s", what, show(got), err, want)
	}
}

func TestDates(t *testing.T) {
	for _, tt := range []struct {
		v                  any
		format, zone, want string
	}{
		{1704067199, "%Y-%m-%d %H:%M:%S", "", `"2023-12-31 23:59:59"`},
		{"2024-02-29", "%d.%m.%y %j %A %b", "", `"29.02.24 060 Thursday Feb"`},
		{"2024-03-04T05:06:07.089+02:00", "%+|%z|%:z|%.3f|%s", "", `"2024-03-04T05:06:07.089+02:00|+0200|+02:00|.089|1709521567"`},
		{"2024-07-01T12:00:00Z", "%H:%M %Z", "America/New_York", `"08:00 EDT"`},
		{"2024-07-01T12:00:00", "%-d/%_m/%e %l%p %I", "", `"1/ 7/ 1 12PM 12"`},
		{"2021-01-03", "%U %W %V %G %u %w", "", `"01 00 53 2020 7 0"`},
		{"2024-02-09", "%D|%x|%F|%c|%v", "", `"02/09/24|02/09/24|2024-02-09|Fri Feb  9 00:00:00 2024| 9-Feb-2024"`},
		{253402300800, "%Y %-Y %F %D", "", `"+10000 +10000 +10000-01-01 01/01/00"`},
		{-62198755200, "%Y|%-Y|%_Y|%F|%C|%y|%D", "", `"-0001|-1|   -1|-0001-01-01|-1|99|01/01/99"`},
		{"2024-01-01", "%Q", "", "!invalid date format"}, {"2024-01-01", "%Z", "", "!invalid date format"}, {"2024-01-01", "%", "", "!invalid date format"},
		{"never", "%Y", "", "!not a date"}, {1.5, "%Y", "", "!whole number"}, {0, "%Y", "Nowhere/Land", "!not a time zone"},
	} {
		args := with("format", tt.format)
		if tt.zone != "" {
			args.Add("timezone", tt.zone)
		}
		got, err := date(newHost(), value.Normalise(tt.v), args)
		compareResult(t, fmt.Sprint(tt.v, " ", tt.format), got, err, tt.want)
	}
}

func TestFunctions(t *testing.T) {
	h, table := newHost(), Clnrm()
	for _, tt := range []struct {
		fn   string
		args *Args
		want string
	}{
		{"range", with("end", 3), `[0,1,2]`}, {"range", with("start", 1, "end", 6, "step_by", 2), `[1,3,5]`},
		{"range", with("start", 2, "end", 1), "!greater"}, {"range", with("end", 3, "step_by", 0), "!step_by"}, {"range", nil, "!missing"}, {"range", with("end", 5000), "!larger"},
		{"env", with("name", "SET"), `"value of SET"`}, {"env", with("name", "NOT"), "!not set"}, {"env", with("name", "NOT", "default", 1), `1`},
		{"sha256", with("s", "abc"), `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`},
		{"toml_encode", with("value", `a\b`), `"\"a\\\\b\""`}, {"toml_key", with("value", "a.b"), `"\"a.b\""`}, {"toml_key", with("value", "a-b"), `"a-b"`},
		{"now_rfc3339", nil, `"2025-01-02T03:04:05.006Z"`}, {"now_unix", nil, `1735787045`}, {"now_ms", nil, `1735787045006`},
		{"now_plus", with("seconds", -5), `"2025-01-02T03:04:00.006Z"`}, {"now_plus", nil, "!missing"}, {"date_rfc3339", nil, `"2025-01-02T03:04:05.006Z"`},
		{"fake_uuid_seeded", with("seed", 255), `"00000000-0000-0000-0000-0000000000ff"`},
		{"uuid_v5", with("ns", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "name", "python.org"), `"886313e1-3b8a-5372-9b90-0c9aee199e5d"`},
		{"uuid_v5", with("ns", "x", "name", "y"), "!invalid namespace UUID: x"},
		{"traceparent", with("trace_id", "t", "span_id", "s", "sampled", 0), `"00-t-s-00"`},
		{"baggage", with("map", map[string]any{"b": 1, "a": "x"}), `"a=x,b=1"`},
		{"seq", with("name", "q", "start", 10, "step", 5), `10`}, {"seq", with("name", "q", "start", 10, "step", 5), `15`}, {"seq", with("name", "other"), `0`},
		{"pick", with("array", []any{"only"}), `"only"`}, {"pick", with("list", []any{}), "!empty"},
		{"weighted", with("pairs", []any{[]any{"never", 0}, []any{"always", 1}}), `"always"`}, {"weighted", with("pairs", []any{1}), "!pairs"},
		{"sample", with("list", []any{1}, "k", 2), "!sample() k (2) cannot be larger than list size (1)"}, {"sample", with("array", []any{7, 7}, "n", 2), `[7,7]`},
		{"fake_int_range", with("min", 42, "max", 42), `42`}, {"fake_int_range", with("min", 2, "max", 1), "!greater"},
		{"fake_bool", with("ratio", 100), `true`}, {"fake_bool", with("ratio", 0), `false`}, {"fake_bool", with("ratio", 101), "!ratio"},
		{"fake", with("kind", "name.ful"), "!did you mean `name.full`"}, {"throw", with("message", "m"), "!m"},
		{"fake_string", with("len", 1<<20), "!larger"}, {"fake_word", with("seed", "x"), "!seed"},
	} {
		got, err := table.Functions[tt.fn].Fn(h, tt.args)
		compareResult(t, tt.fn, got, err, tt.want)
	}
}

func TestTests(t *testing.T) {
	tests := Clnrm().Tests
	for _, tt := range []struct {
		test string
		v    any
		args []any
		want string
	}{
		{"odd", int64(-3), nil, "true"}, {"even", 4.0, nil, "true"}, {"odd", "x", nil, "!number"}, {"odd", int64(1), []any{1}, "!takes 0"},
		{"divisibleby", int64(9), []any{int64(3)}, "true"}, {"divisibleby", int64(9), []any{"3"}, "!divide"}, {"divisibleby", int64(9), nil, "!takes 1"},
		{"iterable", []any{}, nil, "true"}, {"iterable", "x", nil, "false"}, {"object", map[string]any{}, nil, "true"},
		{"starting_with", "abc", []any{"ab"}, "true"}, {"ending_with", "abc", []any{"ab"}, "false"}, {"starting_with", int64(1), []any{"1"}, "!string"},
		{"containing", []any{int64(1)}, []any{1.0}, "false"}, {"containing", map[string]any{"k": nil}, []any{"k"}, "true"}, {"containing", "abc", []any{int64(1)}, "!string"}, {"containing", true, []any{"x"}, "!array"},
		{"matching", "a1", []any{`^\w\d$`}, "true"}, {"matching", "a", []any{"("}, "!not valid"},
	} {
		got, err := tests[tt.test](tt.v, tt.args)
		compareResult(t, tt.test, got, err, tt.want)
	}
}

func TestGeneratedShapes(t *testing.T) {
	h, table := newHost(), Clnrm()
	for fn, pattern := range map[string]string{
		"uuid_v4":       `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		"uuid_v7":       `^019424f8-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		"ulid":          `^01JGJF[0-9A-HJKMNP-TV-Z]{20}$`,
		"trace_id":      `^[0-9a-f]{32}$`,
		"span_id":       `^[0-9a-f]{16}$`,
		"rand_hex":      `^[0-9a-f]{16}$`,
		"traceparent":   `^00-[0-9a-f]{32}-[0-9a-f]{16}-01$`,
		"fake_name":     `^\w+ \w+$`,
		"fake_email":    `^[a-z]+\.[a-z]+\d+@example\.(com|org|net)$`,
		"fake_url":      `^https://[a-z]+\.[a-z]+$`,
		"fake_password": `^.{8,20}$`, "fake_semver": `^\d+\.\d+\.\d+$`, "fake_date": `^20\d\d-\d\d-\d\d$`,
		"fake_ipv4": `^(\d{1,3}\.){3}\d{1,3}$`, "fake_ipv6": `^([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}$`,
		"fake_mac_address": `^([0-9a-f]{2}:){5}[0-9a-f]{2}$`, "fake_credit_card": `^\d{16}$`,
		"fake_hex_color": `^#[0-9a-f]{6}$`, "fake_string": `^[a-z]{10}$`, "fake_latitude": `^-?\d+\.\d{6}$`,
		"fake_sentence": `^[A-Z][a-z]*( [a-z]+){3,9}\.$`, "fake_words": `^[a-z]+( [a-z]+){2}$`,
	} {
		for seed := range 20 {
			got, err := table.Functions[fn].Fn(h, with("seed", seed))
			if s, ok := got.(string); err != nil || !ok || !regexp.MustCompile(pattern).MatchString(s) {
				t.Errorf("%s with seed %d: %v %v does not match %s", fn, seed, got, err, pattern)
				break
			}
		}
	}
}

func TestTraceparentHasTwoIndependentParts(t *testing.T) {
	v, err := Clnrm().Functions["traceparent"].Fn(newHost(), with("seed", 9))
	parts := strings.Split(fmt.Sprint(v), "-")
	if err != nil || len(parts) != 4 || strings.HasPrefix(parts[1], parts[2]) {
		t.Errorf("%v %v", v, err)
	}
}

// TestEveryGeneratorObeysItsSeed calls all functions that take one, twice.
func TestEveryGeneratorObeysItsSeed(t *testing.T) {
	h, table := newHost(), Clnrm()
	names := []string{"uuid_v4", "uuid_v7", "ulid", "trace_id", "span_id", "rand_hex", "traceparent"}
	for name := range fakes {
		names = append(names, "fake_"+name)
	}
	for _, name := range names {
		a, err := table.Functions[name].Fn(h, with("seed", 5))
		b, _ := table.Functions[name].Fn(h, with("seed", 5))
		if err != nil || a == nil || a == "" || !value.Equal(a, b) {
			t.Errorf("%s: %v and %v (%v)", name, a, b, err)
		}
	}
	for _, k := range kinds {
		v, err := table.Functions["fake"].Fn(h, with("kind", k.kind, "seed", 1))
		list, _ := table.Functions["fake"].Fn(h, with("kind", k.kind, "n", 3))
		if l, ok := list.([]any); err != nil || v == "" || !ok || len(l) != 3 {
			t.Errorf("fake %s: %v, %v (%v)", k.kind, v, list, err)
		}
	}
}
